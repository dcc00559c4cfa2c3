#include <cstdint>
#include <initializer_list>
#include <random>

#include <doctest/doctest.h>

#include "core/pricing/count.hpp"

using flopscope::bit_count;
using flopscope::bit_length;
using flopscope::ceil_log2;
using flopscope::Count;
using flopscope::integer_root;

namespace {

__extension__ typedef __int128 Wide;

constexpr Wide k_top = Count::k_top;

// The same numbers in 128 bits.
Wide wide(Count count) {
  return count.is_negative() ? -Wide{count.magnitude()} : Wide{count.magnitude()};
}

Wide held(Wide value) { return value > k_top ? k_top : value < -k_top ? -k_top : value; }

Wide floor_quotient(Wide a, Wide b) {
  if (b == 0) return 0;
  const Wide quotient = a / b;
  return quotient * b != a && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

Count some_count(std::mt19937_64& random) {
  const auto bits = static_cast<unsigned>(random() % 65);
  const std::uint64_t magnitude = bits == 0 ? 0 : random() >> (64U - bits);
  const Count count{magnitude};
  return random() % 2 == 0 ? count : -count;
}

}  // namespace

TEST_CASE("counts calculate as whole numbers do, held at 64 bits") {
  std::mt19937_64 random{7};
  for (int i = 0; i < 200'000; ++i) {
    const Count a = some_count(random);
    const Count b = some_count(random);
    const Wide wide_a = wide(a);
    const Wide wide_b = wide(b);
    CAPTURE(a.magnitude());
    CAPTURE(b.magnitude());
    // What was held at the top before stays there: it has lost its true value.
    const bool is_held = a.magnitude() == Count::k_top || b.magnitude() == Count::k_top;
    if (!is_held) {
      REQUIRE(wide(a + b) == held(wide_a + wide_b));
      REQUIRE(wide(a - b) == held(wide_a - wide_b));
      REQUIRE(wide(floor_divide(a, b)) == floor_quotient(wide_a, wide_b));
      if (bit_length(a) + bit_length(b) < Count{126}) {
        REQUIRE(wide(a * b) == held(wide_a * wide_b));
      }
    }
    REQUIRE((a < b) == (wide_a < wide_b));
    REQUIRE((a == b) == (wide_a == wide_b));
    REQUIRE((a <= b) == (wide_a <= wide_b));
    REQUIRE(wide(least(a, b)) == (wide_b < wide_a ? wide_b : wide_a));
    REQUIRE(wide(most(a, b)) == (wide_a < wide_b ? wide_b : wide_a));
  }
}

TEST_CASE("the top absorbs everything but a product with zero") {
  const Count top{Count::k_top};
  CHECK(top + Count{1} == top);
  CHECK(top - Count{1'000} == top);
  CHECK(Count{1'000} - top == -top);
  CHECK(floor_divide(top, Count{2}) == top);
  CHECK(top * Count{0} == Count{0});
  CHECK((-top).billed() == 0);
  CHECK(top.billed() == Count::k_top);
}

TEST_CASE("logarithms, bits and roots") {
  for (std::uint64_t n = 0; n < 5'000; ++n) {
    CAPTURE(n);
    std::int64_t log = 0;
    while ((std::uint64_t{1} << log) < n) ++log;
    CHECK(ceil_log2(Count{n}) == Count{log});
    const std::uint64_t root = integer_root(Count{n}).billed();
    CHECK(root * root <= n);
    CHECK((root + 1) * (root + 1) > n);
  }
  CHECK(bit_length(Count{std::uint64_t{255}}) == Count{8});
  CHECK(bit_count(Count{std::uint64_t{255}}) == Count{8});
  CHECK(bit_count(Count{std::uint64_t{256}}) == Count{1});
  CHECK(ceil_log2(Count{Count::k_top}) == Count{64});
  CHECK(integer_root(Count{Count::k_top}) == Count{std::uint64_t{0xFFFFFFFF}});
  CHECK(integer_root(Count{-4}) == Count{0});
}
