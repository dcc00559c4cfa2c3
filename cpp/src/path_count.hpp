// Exact whole numbers for comparing paths: 64 bits that refuse to overflow, and any number of bits
// for the problems where they do. Private.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace flopscope {

// Thrown by SmallCount; the search is then done again with LargeCount.
struct CountOverflow {};

class SmallCount {
 public:
  constexpr SmallCount() noexcept = default;
  explicit constexpr SmallCount(std::uint64_t value) : value_{static_cast<std::int64_t>(value)} {
    if (value > static_cast<std::uint64_t>(k_top)) throw CountOverflow{};
  }

  SmallCount& operator*=(std::uint64_t factor) {
    const SmallCount other{factor};
#if defined(__GNUC__)
    if (__builtin_mul_overflow(value_, other.value_, &value_)) throw CountOverflow{};
#else
    const std::int64_t size = value_ < 0 ? -value_ : value_;
    if (other.value_ != 0 && size > k_top / other.value_) throw CountOverflow{};
    value_ *= other.value_;
#endif
    return *this = checked(value_);
  }
  friend SmallCount operator+(SmallCount a, SmallCount b) { return checked(a.value_ + b.value_); }
  friend SmallCount operator-(SmallCount a, SmallCount b) { return checked(a.value_ - b.value_); }

  friend bool operator==(SmallCount a, SmallCount b) noexcept { return a.value_ == b.value_; }
  friend bool operator<(SmallCount a, SmallCount b) noexcept { return a.value_ < b.value_; }

 private:
  // The sum of two counts within these bounds is within those of the type.
  static constexpr std::int64_t k_top = std::int64_t{1} << 62;

  static SmallCount checked(std::int64_t value) {
    if (value > k_top || value < -k_top) throw CountOverflow{};
    SmallCount out;
    out.value_ = value;
    return out;
  }

  std::int64_t value_ = 0;
};

class LargeCount {
 public:
  LargeCount() = default;
  explicit LargeCount(std::uint64_t value);

  LargeCount& operator*=(std::uint64_t factor);
  friend LargeCount operator+(const LargeCount& a, const LargeCount& b);
  friend LargeCount operator-(const LargeCount& a, const LargeCount& b);

  friend bool operator==(const LargeCount& a, const LargeCount& b) noexcept {
    return a.is_negative_ == b.is_negative_ && a.digits_ == b.digits_;
  }
  friend bool operator<(const LargeCount& a, const LargeCount& b) noexcept;

 private:
  using Digits = std::vector<std::uint32_t>;  // lowest first, no leading zeros; empty is zero

  static int compare(const Digits& a, const Digits& b) noexcept;
  static Digits sum(const Digits& a, const Digits& b);
  static Digits difference(const Digits& a, const Digits& b);  // a >= b
  static LargeCount added(const LargeCount& a, const LargeCount& b, bool flips_b);

  bool is_negative_ = false;  // never of zero
  Digits digits_;
};

// A floating-point number in their place, for searches that need not be exact.
class ApproximateCount {
 public:
  constexpr ApproximateCount() noexcept = default;
  explicit constexpr ApproximateCount(std::uint64_t value) : value_{static_cast<double>(value)} {}
  static constexpr ApproximateCount of(double value) noexcept {
    ApproximateCount out;
    out.value_ = value;
    return out;
  }

  ApproximateCount& operator*=(std::uint64_t factor) noexcept {
    value_ = factor == 0 ? 0.0 : value_ * static_cast<double>(factor);
    return *this;
  }
  friend bool operator==(ApproximateCount a, ApproximateCount b) noexcept {
    return a.value_ == b.value_;
  }
  friend bool operator<(ApproximateCount a, ApproximateCount b) noexcept {
    return a.value_ < b.value_;
  }

  double value() const noexcept { return value_; }

 private:
  double value_ = 0.0;
};

// Does it with SmallCount, and with LargeCount if that overflows.
template <class F>
decltype(auto) with_count(F&& f) {
  try {
    return f(SmallCount{});
  } catch (const CountOverflow&) {
    return f(LargeCount{});
  }
}

}  // namespace flopscope
