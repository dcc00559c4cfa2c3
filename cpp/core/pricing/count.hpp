// Counts in formulas: whole numbers that may become negative on the way and never wrap.
#pragma once

#include <cstdint>
#include <limits>

#include "core/pricing/saturating.hpp"

namespace flopscope {

// A sign and 64 bits. What does not fit is held at the largest magnitude, which absorbs everything
// but a product with zero: no budget affords it.
class Count {
 public:
  static constexpr std::uint64_t k_top = std::numeric_limits<std::uint64_t>::max();

  constexpr Count() noexcept = default;
  constexpr Count(int value) noexcept : Count{static_cast<std::int64_t>(value)} {}
  constexpr Count(std::int64_t value) noexcept
      : magnitude_{value < 0 ? ~static_cast<std::uint64_t>(value) + 1
                             : static_cast<std::uint64_t>(value)},
        is_negative_{value < 0} {}
  constexpr Count(std::uint64_t value) noexcept : magnitude_{value} {}

  // What is billed: nothing below zero.
  constexpr std::uint64_t billed() const noexcept { return is_negative_ ? 0 : magnitude_; }
  constexpr bool is_negative() const noexcept { return is_negative_; }
  constexpr std::uint64_t magnitude() const noexcept { return magnitude_; }
  constexpr explicit operator bool() const noexcept { return magnitude_ != 0; }

  constexpr Count operator-() const noexcept { return {magnitude_, !is_negative_}; }

  friend constexpr Count operator+(Count a, Count b) noexcept {
    if (a.is_negative_ == b.is_negative_) {
      return {saturating_add(a.magnitude_, b.magnitude_), a.is_negative_};
    }
    if (a.magnitude_ == k_top || (b.magnitude_ != k_top && a.magnitude_ >= b.magnitude_)) {
      return {a.magnitude_ == k_top ? k_top : a.magnitude_ - b.magnitude_, a.is_negative_};
    }
    return {b.magnitude_ == k_top ? k_top : b.magnitude_ - a.magnitude_, b.is_negative_};
  }
  friend constexpr Count operator-(Count a, Count b) noexcept { return a + -b; }
  friend constexpr Count operator*(Count a, Count b) noexcept {
    return {saturating_mul(a.magnitude_, b.magnitude_), a.is_negative_ != b.is_negative_};
  }
  // Rounds towards minus infinity, as Python does. By zero: zero.
  friend constexpr Count floor_divide(Count a, Count b) noexcept {
    if (b.magnitude_ == 0) return {};
    if (a.magnitude_ == k_top) return {k_top, a.is_negative_ != b.is_negative_};
    const std::uint64_t quotient = a.magnitude_ / b.magnitude_;
    const bool is_negative = a.is_negative_ != b.is_negative_;
    const bool rounds = is_negative && a.magnitude_ % b.magnitude_ != 0;
    return {quotient + (rounds ? 1 : 0), is_negative};
  }

  friend constexpr bool operator==(Count a, Count b) noexcept {
    return a.magnitude_ == b.magnitude_ && (a.magnitude_ == 0 || a.is_negative_ == b.is_negative_);
  }
  friend constexpr bool operator!=(Count a, Count b) noexcept { return !(a == b); }
  friend constexpr bool operator<(Count a, Count b) noexcept {
    if (a.sign() != b.sign()) return a.sign() < b.sign();
    return a.is_negative_ ? a.magnitude_ > b.magnitude_ : a.magnitude_ < b.magnitude_;
  }
  friend constexpr bool operator>(Count a, Count b) noexcept { return b < a; }
  friend constexpr bool operator<=(Count a, Count b) noexcept { return !(b < a); }
  friend constexpr bool operator>=(Count a, Count b) noexcept { return !(a < b); }

 private:
  constexpr Count(std::uint64_t magnitude, bool is_negative) noexcept
      : magnitude_{magnitude}, is_negative_{is_negative} {}
  constexpr int sign() const noexcept { return magnitude_ == 0 ? 0 : is_negative_ ? -1 : 1; }

  std::uint64_t magnitude_ = 0;
  bool is_negative_ = false;
};

constexpr Count least(Count a, Count b) noexcept { return b < a ? b : a; }
constexpr Count most(Count a, Count b) noexcept { return a < b ? b : a; }
template <class... More>
constexpr Count least(Count a, Count b, More... more) noexcept {
  return least(least(a, b), Count{more}...);
}
template <class... More>
constexpr Count most(Count a, Count b, More... more) noexcept {
  return most(most(a, b), Count{more}...);
}

constexpr Count power(Count base, int exponent) noexcept {
  Count result = 1;
  for (int i = 0; i < exponent; ++i) result = result * base;
  return result;
}

// Bits of a number without its sign, and those of them that are set.
constexpr Count bit_length(Count n) noexcept {
  int bits = 0;
  for (std::uint64_t rest = n.magnitude(); rest != 0; rest >>= 1U) ++bits;
  return bits;
}
constexpr Count bit_count(Count n) noexcept {
  int bits = 0;
  for (std::uint64_t rest = n.magnitude(); rest != 0; rest &= rest - 1) ++bits;
  return bits;
}
// The least k with 2^k >= n; 0 below 2.
constexpr Count ceil_log2(Count n) noexcept {
  return n > Count{1} ? bit_length(Count{n.magnitude() - 1}) : Count{0};
}
Count integer_root(Count n) noexcept;

}  // namespace flopscope
