#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "core/errors.hpp"
#include "core/pricing/saturating.hpp"
#include "core/symmetry/permutation.hpp"

using flopscope::InvalidArgument;
using flopscope::Permutation;

TEST_CASE("saturating arithmetic stays at the ends of the range") {
  constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();
  static_assert(flopscope::saturating_mul(6, 7) == 42);
  static_assert(flopscope::saturating_mul(k_top, 0) == 0);
  static_assert(flopscope::saturating_mul(std::uint64_t{1} << 33U, std::uint64_t{1} << 31U) ==
                k_top);
  static_assert(flopscope::saturating_add(k_top, 0) == k_top);
  static_assert(flopscope::saturating_add(k_top - 1, 2) == k_top);
  static_assert(flopscope::saturating_sub(3, 5) == 0);
  static_assert(flopscope::saturating_sub(5, 3) == 2);
  static_assert(flopscope::saturating_sub(k_top, 2) == k_top);
}

TEST_CASE("a permutation is a bijection of 0..n-1") {
  CHECK_NOTHROW(Permutation{{2, 0, 1}});
  CHECK_THROWS_AS(Permutation({0, 0}), InvalidArgument);
  CHECK_THROWS_AS(Permutation({0, 2}), InvalidArgument);
  CHECK_THROWS_AS(Permutation({-1, 0}), InvalidArgument);
  CHECK_THROWS_WITH(Permutation({1, 1}), doctest::Contains("not a bijection"));
}

TEST_CASE("products apply the right factor first") {
  const Permutation p{{1, 2, 0}};
  const Permutation q{{1, 0, 2}};
  CHECK((p * q).images() == std::vector<int>{2, 1, 0});
  CHECK((q * p).images() == std::vector<int>{0, 2, 1});
  for (int i = 0; i < 3; ++i) CHECK((p * q)(i) == p(q(i)));
  CHECK((p * p.inverse()).is_identity());
  CHECK_THROWS_AS(p * Permutation::identity(2), InvalidArgument);
}

TEST_CASE("cycles") {
  const Permutation p = Permutation::from_cycles({{0, 2, 4}, {1, 5}}, 7);
  CHECK(p.images() == std::vector<int>{2, 5, 4, 3, 0, 1, 6});
  CHECK(p.cycles() == std::vector<std::vector<int>>{{0, 2, 4}, {1, 5}});
  CHECK(p.full_cycles() == std::vector<std::vector<int>>{{0, 2, 4}, {1, 5}, {3}, {6}});
  CHECK(p.order() == 6);
  CHECK(p.is_odd());
  CHECK(p.support() == std::vector<int>{0, 1, 2, 4, 5});
  CHECK_THROWS_AS(Permutation::from_cycles({{0, 1, 0}}), InvalidArgument);
  CHECK_THROWS_AS(Permutation::from_cycles({{0, -1}}), InvalidArgument);
}

TEST_CASE("transpositions multiply to the permutation") {
  const Permutation p{{3, 0, 4, 2, 1, 5}};
  Permutation product = Permutation::identity(6);
  for (const auto& [i, j] : p.transpositions()) {
    product = product * Permutation::from_cycles({{i, j}}, 6);
  }
  CHECK(product == p);
}

TEST_CASE("extended permutations fix the new points") {
  CHECK(Permutation({1, 0}).extended(4).images() == std::vector<int>{1, 0, 2, 3});
  CHECK(Permutation({1, 0}).extended(1).size() == 2);
  CHECK(Permutation::identity(0).is_identity());
}
