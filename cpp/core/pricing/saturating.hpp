// Arithmetic on counts that may exceed 64 bits: results are held at the ends of the range.
// An honest input can overflow a cost, and a wrapped cost would look affordable.
#pragma once

#include <cstdint>
#include <limits>

namespace flopscope {

// Product of two counts, held at the largest value instead of wrapping.
constexpr std::uint64_t saturating_mul(std::uint64_t a, std::uint64_t b) noexcept {
  constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();
#if defined(__GNUC__)
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? k_top : product;  // no division
#else
  return (b != 0 && a > k_top / b) ? k_top : a * b;
#endif
}

// Sum of two counts, held at the largest value instead of wrapping.
constexpr std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) noexcept {
  constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();
  return a > k_top - b ? k_top : a + b;
}

// Difference of two counts, held at 0 instead of wrapping. A count held at the largest value stands
// for one that is not known, and so does the difference.
constexpr std::uint64_t saturating_sub(std::uint64_t a, std::uint64_t b) noexcept {
  constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();
  if (a == k_top) return k_top;
  return a > b ? a - b : 0;
}

}  // namespace flopscope
