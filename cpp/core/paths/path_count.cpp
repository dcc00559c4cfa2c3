#include "core/paths/path_count.hpp"

#include <algorithm>

namespace flopscope {

LargeCount::LargeCount(std::uint64_t value) {
  for (; value != 0; value >>= 32) digits_.push_back(static_cast<std::uint32_t>(value));
}

LargeCount& LargeCount::operator*=(std::uint64_t factor) {
  const Digits other = LargeCount{factor}.digits_;
  Digits product(digits_.size() + other.size(), 0);
  for (std::size_t i = 0; i < digits_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < other.size(); ++j) {
      carry += std::uint64_t{digits_[i]} * other[j] + product[i + j];
      product[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    product[i + other.size()] = static_cast<std::uint32_t>(carry);
  }
  while (!product.empty() && product.back() == 0) product.pop_back();
  digits_ = std::move(product);
  if (digits_.empty()) is_negative_ = false;
  return *this;
}

int LargeCount::compare(const Digits& a, const Digits& b) noexcept {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (std::size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

LargeCount::Digits LargeCount::sum(const Digits& a, const Digits& b) {
  Digits out;
  out.reserve(std::max(a.size(), b.size()) + 1);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    carry += i < a.size() ? a[i] : 0U;
    carry += i < b.size() ? b[i] : 0U;
    out.push_back(static_cast<std::uint32_t>(carry));
    carry >>= 32;
  }
  return out;
}

LargeCount::Digits LargeCount::difference(const Digits& a, const Digits& b) {
  Digits out = a;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < a.size() && (i < b.size() || borrow != 0); ++i) {
    const std::uint64_t taken = (i < b.size() ? b[i] : 0U) + borrow;
    borrow = a[i] < taken ? 1 : 0;
    out[i] = static_cast<std::uint32_t>(a[i] - taken);
  }
  while (!out.empty() && out.back() == 0) out.pop_back();
  return out;
}

LargeCount LargeCount::added(const LargeCount& a, const LargeCount& b, bool flips_b) {
  const bool b_is_negative = b.is_negative_ != flips_b;
  LargeCount out;
  if (a.is_negative_ == b_is_negative) {
    out.digits_ = sum(a.digits_, b.digits_);
    out.is_negative_ = a.is_negative_;
  } else if (compare(a.digits_, b.digits_) >= 0) {
    out.digits_ = difference(a.digits_, b.digits_);
    out.is_negative_ = a.is_negative_;
  } else {
    out.digits_ = difference(b.digits_, a.digits_);
    out.is_negative_ = b_is_negative;
  }
  if (out.digits_.empty()) out.is_negative_ = false;
  return out;
}

LargeCount operator+(const LargeCount& a, const LargeCount& b) {
  return LargeCount::added(a, b, false);
}

LargeCount operator-(const LargeCount& a, const LargeCount& b) {
  return LargeCount::added(a, b, true);
}

bool operator<(const LargeCount& a, const LargeCount& b) noexcept {
  if (a.is_negative_ != b.is_negative_) return a.is_negative_;
  const int order = LargeCount::compare(a.digits_, b.digits_);
  return a.is_negative_ ? order > 0 : order < 0;
}

}  // namespace flopscope
