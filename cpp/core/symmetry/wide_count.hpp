// Counts on the way to a quotient, in 128 bits, and the two closed forms built on them. Private.
//
// A Burnside sum is up to |G| times the count it gives, so 64 bits would be too few for it. At the
// top of 128 bits the quotient is far beyond 64 bits anyway, and is held there.
#pragma once

#include <cstdint>
#include <limits>

namespace flopscope::wide {

// NOLINTNEXTLINE(modernize-use-using): only a declaration can carry the extension marker.
__extension__ typedef unsigned __int128 Count;

constexpr Count k_top = ~Count{0};

constexpr Count add(Count a, Count b) noexcept { return a > k_top - b ? k_top : a + b; }

constexpr Count mul(Count a, Count b) noexcept { return (b != 0 && a > k_top / b) ? k_top : a * b; }

constexpr Count power(Count base, int exponent) noexcept {
  Count result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = mul(result, base);
    if (exponent > 1) base = mul(base, base);
  }
  return result;
}

constexpr std::uint64_t narrow(Count count) noexcept {
  constexpr auto k_top64 = std::numeric_limits<std::uint64_t>::max();
  return count > k_top64 ? k_top64 : static_cast<std::uint64_t>(count);
}

// C(n + k - 1, k): multisets of k out of n values.
constexpr std::uint64_t multisets(std::uint64_t n, int k) noexcept {
  if (n == 0) return k == 0 ? 1 : 0;
  Count count = 1;
  for (int i = 1; i <= k; ++i) {
    // Exact at each step, and never falling: once past 64 bits it stays there.
    count = mul(count, Count{n} + static_cast<Count>(i - 1)) / static_cast<Count>(i);
    if (narrow(count) == std::numeric_limits<std::uint64_t>::max()) return narrow(count);
  }
  return narrow(count);
}

}  // namespace flopscope::wide
