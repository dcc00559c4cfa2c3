// Exact whole numbers for comparing paths: 64 bits that refuse to overflow, twice as many, and any
// number of bits for the problems where those do. Private.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace flopscope {

// Thrown by a BoundedCount; the search is then done again with more bits.
struct CountOverflow {};

template <class Integer>
class BoundedCount {
 public:
  constexpr BoundedCount() noexcept = default;
  explicit constexpr BoundedCount(std::uint64_t value) : value_{static_cast<Integer>(value)} {
    if (value_ < 0 || value_ > k_top) throw CountOverflow{};
  }

  BoundedCount& operator*=(std::uint64_t factor) {
#if defined(__GNUC__)
    if (__builtin_mul_overflow(value_, factor, &value_)) throw CountOverflow{};
#else
    const BoundedCount other{factor};
    const Integer size = value_ < 0 ? -value_ : value_;
    if (other.value_ != 0 && size > k_top / other.value_) throw CountOverflow{};
    value_ *= other.value_;
#endif
    return *this = checked(value_);
  }
  friend BoundedCount operator+(BoundedCount a, BoundedCount b) {
    return checked(a.value_ + b.value_);
  }
  friend BoundedCount operator-(BoundedCount a, BoundedCount b) {
    return checked(a.value_ - b.value_);
  }

  friend bool operator==(BoundedCount a, BoundedCount b) noexcept { return a.value_ == b.value_; }
  friend bool operator<(BoundedCount a, BoundedCount b) noexcept { return a.value_ < b.value_; }

 private:
  // The sum of two counts within these bounds is within those of the type.
  static constexpr Integer k_top = Integer{1} << (8 * sizeof(Integer) - 2);

  static BoundedCount checked(Integer value) {
    if (value > k_top || value < -k_top) throw CountOverflow{};
    BoundedCount out;
    out.value_ = value;
    return out;
  }

  Integer value_ = 0;
};

using SmallCount = BoundedCount<std::int64_t>;
#if defined(__SIZEOF_INT128__)
__extension__ typedef __int128 WideInteger;  // NOLINT(modernize-use-using)
using WideCount = BoundedCount<WideInteger>;
#endif

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

// Does it with as few bits as it can be done with.
template <class F>
decltype(auto) with_count(F&& f) {
  try {
    return f(SmallCount{});
  } catch (const CountOverflow&) {
  }
#if defined(__SIZEOF_INT128__)
  try {
    return f(WideCount{});
  } catch (const CountOverflow&) {
  }
#endif
  return f(LargeCount{});
}

}  // namespace flopscope
