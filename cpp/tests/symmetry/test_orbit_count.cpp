#include <limits>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "core/errors.hpp"
#include "core/symmetry/orbit_count.hpp"
#include "tests/symmetry/group_oracle.hpp"

using flopscope::AxisSet;
using flopscope::GroupPtr;
using flopscope::Permutation;
using flopscope::ReductionCounts;
using flopscope::Regime;
using flopscope::Shape;
using flopscope::SymmetryGroup;

namespace {

using Lengths = std::vector<std::int64_t>;

Shape shape_of(const Lengths& lengths) {
  return {lengths.data(), static_cast<int>(lengths.size())};
}

GroupPtr generated(const std::vector<std::vector<int>>& literals, std::vector<int> axes) {
  std::vector<Permutation> generators;
  for (const auto& literal : literals) generators.emplace_back(literal);
  return SymmetryGroup::from_generators(generators, std::move(axes));
}

ReductionCounts reduce(const GroupPtr& group, const Lengths& lengths,
                       const std::vector<int>& axes) {
  AxisSet reduced = 0;
  for (const int axis : axes) reduced |= AxisSet{1} << axis;
  return flopscope::reduction_counts(*group, shape_of(lengths), reduced);
}

std::vector<int> up_to(int n) {
  std::vector<int> axes(static_cast<std::size_t>(n));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

}  // namespace

TEST_CASE("unique elements of the documented arrays") {
  const auto unique = [](const GroupPtr& group, const Lengths& lengths) {
    return flopscope::unique_elements(*group, shape_of(lengths));
  };
  CHECK(unique(SymmetryGroup::symmetric({0, 1}), {4, 4}) == 10);
  CHECK(unique(SymmetryGroup::symmetric(up_to(9)), Lengths(9, 2)) == 10);  // exp bills 16 each
  CHECK(unique(SymmetryGroup::cyclic({0, 1, 2}), {3, 3, 3}) == 11);
  CHECK(unique(SymmetryGroup::dihedral({0, 1, 2, 3}), {2, 2, 2, 2}) == 6);
  CHECK(unique(SymmetryGroup::young({{0, 1}, {2, 3}}), {2, 2, 3, 3}) == 18);
  CHECK(unique(SymmetryGroup::symmetric({1, 2}), {5, 3, 3}) == 30);
  CHECK(unique(SymmetryGroup::symmetric({0, 1}), {0, 0}) == 0);
  CHECK(unique(SymmetryGroup::symmetric({0, 1}), {3, 3, 0}) == 0);
  CHECK(unique(SymmetryGroup::symmetric({4}), {2, 2, 2, 2, 2}) == 32);
}

TEST_CASE("closed forms are exact where a plain sum would overflow") {
  // C(n + 1, 2) of n = 2^31: n * n alone is 2^62, the Burnside sum above 2^64 for more axes.
  const Lengths large{std::int64_t{1} << 31, std::int64_t{1} << 31};
  CHECK(flopscope::unique_elements(*SymmetryGroup::symmetric({0, 1}), shape_of(large)) ==
        (std::uint64_t{1} << 61U) + (std::uint64_t{1} << 30U));
  const Lengths cube(3, 2000000);
  const std::uint64_t n = 2000000;
  CHECK(flopscope::unique_elements(*SymmetryGroup::cyclic({0, 1, 2}), shape_of(cube)) ==
        (n * n * n + 2 * n) / 3);
  const Lengths huge(3, std::int64_t{1} << 40);
  CHECK(flopscope::unique_elements(*SymmetryGroup::symmetric({0, 1, 2}), shape_of(huge)) ==
        std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("worked reductions of the cost model, n = 3") {
  struct Row {
    const char* name;
    GroupPtr group;
    Lengths lengths;
    std::vector<int> reduced;
    std::uint64_t elements;
    std::uint64_t alpha;
    std::uint64_t omega;
    Regime regime;
  };
  const GroupPtr full = SymmetryGroup::symmetric({0, 1, 2});
  const GroupPtr two = SymmetryGroup::symmetric({0, 1});
  const GroupPtr cyclic = SymmetryGroup::cyclic({0, 1, 2});
  const GroupPtr dihedral = SymmetryGroup::dihedral({0, 1, 2, 3});
  const Lengths cube(3, 3);
  const std::vector<Row> rows{
      {"15 ijk-> T", full, cube, {0, 1, 2}, 10, 10, 1, Regime::functional_projection},
      {"16 ijk->i T", full, cube, {1, 2}, 10, 18, 3, Regime::singleton},
      {"17 ijk->ij T", full, cube, {2}, 10, 18, 6, Regime::young},
      {"18 ijk->ij T01", two, cube, {2}, 18, 18, 6, Regime::functional_projection},
      {"19 ijk->k T01", two, cube, {0, 1}, 18, 18, 3, Regime::functional_projection},
      {"20 ijk->i C", cyclic, cube, {1, 2}, 11, 21, 3, Regime::singleton},
      {"21 ijk->ij C", cyclic, cube, {2}, 11, 27, 9, Regime::partition_count},
      {"25 ijkl->ij T4",
       SymmetryGroup::symmetric(up_to(4)),
       Lengths(4, 3),
       {2, 3},
       15,
       36,
       6,
       Regime::young},
      {"26 ijkl->i D", dihedral, Lengths(4, 2), {1, 2, 3}, 6, 10, 2, Regime::singleton},
      {"27 ijkl->ik D", dihedral, Lengths(4, 2), {1, 3}, 6, 9, 3, Regime::partition_count},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const ReductionCounts counts = reduce(row.group, row.lengths, row.reduced);
    CHECK(counts.elements == row.elements);
    CHECK(counts.alpha == row.alpha);
    CHECK(counts.omega == row.omega);
    CHECK(counts.exact);
    AxisSet reduced = 0;
    for (const int axis : row.reduced) reduced |= AxisSet{1} << axis;
    const auto parts = flopscope::reduction_components(*row.group, shape_of(row.lengths), reduced);
    CHECK(parts.front().regime == row.regime);
  }
  // 28: independent blocks are separate components here, with the same products.
  const ReductionCounts blocks =
      reduce(SymmetryGroup::young({{0, 1}, {2, 3}}), {2, 2, 3, 3}, {0, 3});
  CHECK(blocks.elements == 18);
  CHECK(blocks.alpha == 36);
  CHECK(blocks.omega == 6);
}

TEST_CASE("counts agree with listing all elements") {
  struct Case {
    GroupPtr group;
    Lengths lengths;
  };
  const std::vector<Case> cases{
      {SymmetryGroup::symmetric({0, 1, 2}), {3, 3, 3, 2}},
      {SymmetryGroup::symmetric({3, 1, 0}), {2, 2, 3, 2}},
      {SymmetryGroup::cyclic(up_to(4)), {2, 2, 2, 2}},
      {SymmetryGroup::cyclic(up_to(4)), {3, 3, 3, 3}},
      {SymmetryGroup::cyclic(up_to(5)), Lengths(5, 2)},
      {SymmetryGroup::cyclic({4, 0, 2}), {3, 2, 3, 1, 3}},
      {SymmetryGroup::dihedral(up_to(4)), {3, 3, 3, 3}},
      {SymmetryGroup::dihedral(up_to(5)), Lengths(5, 2)},
      {SymmetryGroup::dihedral(up_to(6)), Lengths(6, 2)},
      {SymmetryGroup::direct_product(
           {SymmetryGroup::symmetric({0, 3}), SymmetryGroup::cyclic({1, 2, 4})}),
       {3, 2, 2, 3, 2}},
      {SymmetryGroup::young({{0, 1}, {2, 3}}), {2, 2, 3, 3}},
      {generated({{2, 3, 0, 1}}, up_to(4)), {2, 3, 2, 3}},
      {generated({{2, 3, 0, 1}}, up_to(4)), {3, 3, 3, 3}},
      {generated({{1, 0, 3, 2}}, up_to(4)), {2, 2, 4, 4}},
      {generated({{1, 0, 3, 2}, {2, 3, 0, 1}}, up_to(4)), {3, 3, 3, 3}},
      {generated({{1, 0, 2, 3}, {2, 3, 0, 1}}, up_to(4)), {3, 3, 3, 3}},
      {generated({{1, 2, 0, 4, 5, 3}}, up_to(6)), {2, 2, 2, 2, 2, 2}},
      {generated({{1, 2, 0, 4, 5, 3}, {0, 1, 2, 3, 4, 5}}, up_to(6)), {2, 2, 2, 1, 1, 1}},
      {generated({{2, 3, 4, 5, 0, 1}, {1, 0, 2, 3, 4, 5}}, up_to(6)), Lengths(6, 2)},
      {generated({{1, 2, 0, 3}, {0, 2, 3, 1}}, up_to(4)), {3, 3, 3, 3}},  // even permutations
      {generated({{1, 2, 3, 0, 4}, {1, 2, 4, 3, 0}}, up_to(5)), Lengths(5, 2)},  // full, listed
      {SymmetryGroup::from_generators({Permutation{{1, 0}}}), {3, 3, 2}},
      {SymmetryGroup::symmetric({1, 2}), {2, 0, 0}},
      {SymmetryGroup::cyclic({0, 1, 2}), {0, 0, 0}},
      {SymmetryGroup::cyclic({0, 1, 2}), {1, 1, 1}},
      {SymmetryGroup::symmetric({1}), {2, 3}},
  };
  for (const Case& item : cases) {
    const std::size_t ndim = item.lengths.size();
    for (AxisSet reduced = 0; reduced < (AxisSet{1} << ndim); ++reduced) {
      CAPTURE(item.group->repr());
      CAPTURE(reduced);
      std::vector<bool> kept;
      for (std::size_t i = 0; i < ndim; ++i) kept.push_back(((reduced >> i) & 1U) == 0);
      const oracle::Counts expected = oracle::reduce(*item.group, item.lengths, kept);
      const ReductionCounts counts =
          flopscope::reduction_counts(*item.group, shape_of(item.lengths), reduced);
      CHECK(counts.exact);
      CHECK(counts.elements == expected.elements);
      CHECK(counts.alpha == expected.alpha);
      CHECK(counts.omega == expected.omega);
      CHECK(flopscope::unique_elements(*item.group, shape_of(item.lengths)) == expected.elements);
      ReductionCounts product{1, 1, 1, true};
      for (const auto& part :
           flopscope::reduction_components(*item.group, shape_of(item.lengths), reduced)) {
        product.alpha *= part.alpha;
        product.omega *= part.omega;
        product.elements *= part.elements;
      }
      CHECK(product.alpha == expected.alpha);
      CHECK(product.omega == expected.omega);
      CHECK(product.elements == expected.elements);
    }
  }
}

TEST_CASE("the partition budget turns a component dense") {
  const std::uint64_t before = flopscope::partition_budget();
  flopscope::set_partition_budget(1);
  const ReductionCounts cyclic = reduce(SymmetryGroup::cyclic({0, 1, 2}), {3, 3, 3}, {2});
  const ReductionCounts full = reduce(SymmetryGroup::symmetric({0, 1, 2}), {3, 3, 3}, {2});
  flopscope::set_partition_budget(before);
  CHECK_FALSE(cyclic.exact);
  CHECK(cyclic.alpha - cyclic.omega == 18);
  CHECK(full.exact);
  CHECK(full.alpha == 18);
}

TEST_CASE("Burnside counts by position") {
  CHECK(SymmetryGroup::symmetric({1, 3})->burnside_unique_count({3, 3}) == 6);
  CHECK(SymmetryGroup::young({{0, 1}, {2, 3}})->burnside_unique_count({3, 3, 3, 3, 3}) == 36);
  CHECK(SymmetryGroup::young({{0, 1}, {2}})->burnside_unique_count({2, 2, 5}) == 15);
  CHECK_THROWS_AS((void)SymmetryGroup::symmetric({0, 1})->burnside_unique_count({2, 3}),
                  flopscope::InvalidArgument);
}
