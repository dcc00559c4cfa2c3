#include <algorithm>
#include <iterator>
#include <memory>
#include <numeric>
#include <ostream>  // doctest prints shared pointers
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "core/errors.hpp"
#include "core/symmetry/symmetry_ops.hpp"
#include "tests/symmetry/group_oracle.hpp"

using flopscope::AxisSet;
using flopscope::GroupPtr;
using flopscope::Permutation;
using flopscope::SymmetryGroup;

namespace {

GroupPtr generated(const std::vector<std::vector<int>>& literals, std::vector<int> axes) {
  std::vector<Permutation> generators;
  for (const auto& literal : literals) generators.emplace_back(literal);
  return SymmetryGroup::from_generators(generators, std::move(axes));
}

AxisSet set_of(const std::vector<int>& axes) {
  AxisSet set = 0;
  for (const int axis : axes) set |= AxisSet{1} << axis;
  return set;
}

GroupPtr reduce(const GroupPtr& group, const std::vector<int>& axes, bool keepdims = false) {
  return flopscope::reduce_symmetry(group, set_of(axes), keepdims);
}

bool same(const GroupPtr& a, const GroupPtr& b) { return a && b && *a == *b; }

std::vector<int> up_to(int n) {
  std::vector<int> axes(static_cast<std::size_t>(n));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

}  // namespace

TEST_CASE("a full group leaves the full group on what is left") {
  const GroupPtr full = SymmetryGroup::symmetric({0, 1, 2});
  CHECK(same(reduce(full, {0}), SymmetryGroup::symmetric({0, 1})));
  CHECK(same(reduce(full, {1}, true), SymmetryGroup::symmetric({0, 2})));
  CHECK(reduce(full, {0, 2}) == nullptr);
  CHECK(reduce(full, {0, 1, 2}) == nullptr);
  CHECK(same(reduce(full, {}), full));
  CHECK(same(reduce(full, {3}), full));
  CHECK(reduce(nullptr, {0}) == nullptr);
  CHECK(same(reduce(SymmetryGroup::symmetric({1, 3}), {0, 2}), SymmetryGroup::symmetric({0, 1})));
}

TEST_CASE("products are reduced factor by factor") {
  const GroupPtr young = SymmetryGroup::young({{0, 1}, {2, 3}});
  CHECK(same(reduce(young, {2}), SymmetryGroup::symmetric({0, 1})));
  CHECK(same(reduce(young, {1}), SymmetryGroup::symmetric({1, 2})));
  CHECK(same(reduce(young, {0}, true), SymmetryGroup::symmetric({2, 3})));
  CHECK(reduce(young, {1, 3}) == nullptr);
  // A turned cyclic factor goes when another survives, and stays as a last resort.
  const GroupPtr mixed = SymmetryGroup::direct_product(
      {SymmetryGroup::symmetric({0, 1}), SymmetryGroup::cyclic({2, 3, 4, 5})});
  CHECK(same(reduce(mixed, {2, 4}, true), SymmetryGroup::symmetric({0, 1})));
  CHECK(same(reduce(mixed, {0, 2, 4}, true), SymmetryGroup::symmetric({3, 5})));
}

TEST_CASE("a lone cyclic or dihedral group keeps the stabiliser of the reduced axes") {
  const GroupPtr cyclic = SymmetryGroup::cyclic({0, 1, 2, 3});
  CHECK(reduce(cyclic, {0}) == nullptr);
  CHECK(same(reduce(cyclic, {0, 2}), SymmetryGroup::symmetric({0, 1})));
  const GroupPtr dihedral = SymmetryGroup::dihedral({0, 1, 2, 3});
  const GroupPtr left = reduce(dihedral, {0});
  REQUIRE(left != nullptr);
  CHECK(*left->axes() == std::vector<int>{0, 1, 2});
  CHECK(left->orbits() == std::vector<std::vector<int>>{{0, 2}, {1}});
  CHECK(
      same(reduce(generated({{2, 3, 0, 1}}, up_to(4)), {0, 2}), SymmetryGroup::symmetric({0, 1})));
}

TEST_CASE("intersections agree with listing") {
  const std::vector<GroupPtr> groups{
      SymmetryGroup::symmetric({0, 1, 2}),
      SymmetryGroup::symmetric({1, 2, 3, 4}),
      SymmetryGroup::symmetric(up_to(5)),
      SymmetryGroup::cyclic({0, 1, 2}),
      SymmetryGroup::cyclic(up_to(5)),
      SymmetryGroup::cyclic({0, 2, 1, 3}),
      SymmetryGroup::dihedral({0, 1, 2, 3}),
      SymmetryGroup::dihedral(up_to(5)),
      SymmetryGroup::young({{0, 1}, {2, 3}}),
      SymmetryGroup::young({{0, 2, 4}, {1, 3}}),
      SymmetryGroup::direct_product(
          {SymmetryGroup::symmetric({3, 4}), SymmetryGroup::cyclic({0, 1, 2})}),
      generated({{2, 3, 0, 1}}, up_to(4)),
      generated({{1, 0, 3, 2}}, up_to(4)),
      generated({{1, 2, 0, 3}, {0, 2, 3, 1}}, up_to(4)),
      generated({{1, 0, 2}}, {0, 1, 2}),
  };
  for (const GroupPtr& a : groups) {
    for (const GroupPtr& b : groups) {
      CAPTURE(a->repr());
      CAPTURE(b->repr());
      const auto of_a = oracle::elements(*a, 5);
      const auto of_b = oracle::elements(*b, 5);
      std::set<oracle::Axes> expected;
      std::set_intersection(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(),
                            std::inserter(expected, expected.begin()));
      const GroupPtr common = flopscope::intersect(a, b);
      if (common == nullptr) {
        CHECK(expected.size() == 1);
        continue;
      }
      CHECK(common->order() > 1);
      const auto found = oracle::elements(*common, 5);
      CHECK(std::set<oracle::Axes>(found.begin(), found.end()) == expected);
    }
  }
}

TEST_CASE("intersections of large full groups list nothing") {
  const GroupPtr a = SymmetryGroup::symmetric(up_to(20));
  const GroupPtr b = SymmetryGroup::young({{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {18, 19, 20, 21}});
  const GroupPtr common = flopscope::intersect(a, b);
  CHECK(same(common, SymmetryGroup::young({{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {18, 19}})));
  // The object itself when it is contained.
  const GroupPtr cyclic = SymmetryGroup::cyclic(up_to(20));
  CHECK(flopscope::intersect(a, cyclic).get() == cyclic.get());
  CHECK(flopscope::intersect(cyclic, a).get() == cyclic.get());
  CHECK(flopscope::intersect({a, cyclic, a}).get() == cyclic.get());
  CHECK(flopscope::intersect({a, nullptr}) == nullptr);
  CHECK(flopscope::intersect(std::vector<GroupPtr>{}) == nullptr);
}

TEST_CASE("relabelling keeps local positions") {
  const GroupPtr cyclic = SymmetryGroup::cyclic({0, 1, 2});
  const GroupPtr turned = flopscope::relabel_axes(cyclic, {2, 1, 0});
  CHECK(*turned->axes() == std::vector<int>{2, 1, 0});
  CHECK(turned->generators() == cyclic->generators());
  CHECK_THROWS_AS((void)flopscope::relabel_axes(cyclic, {0, 1}), flopscope::MissingPosition);
  CHECK_THROWS_AS((void)flopscope::relabel_axes(cyclic, {0, 1, -1}), flopscope::MissingPosition);
  CHECK(flopscope::relabel_axes(nullptr, {}) == nullptr);
}

TEST_CASE("indexing, flipping and slicing") {
  const GroupPtr young = SymmetryGroup::young({{0, 1}, {2, 3}});
  const GroupPtr first = flopscope::fix_axes(young, set_of({0}));
  CHECK(*first->axes() == std::vector<int>{1, 2, 3});
  CHECK(first->orbits() == std::vector<std::vector<int>>{{0}, {1, 2}});
  CHECK(flopscope::fix_axes(SymmetryGroup::cyclic({0, 1, 2}), set_of({1})) == nullptr);
  CHECK(flopscope::fix_axes(young, set_of({0, 1, 2, 3})) == nullptr);
  CHECK(flopscope::fix_axes(young, set_of({7})).get() == young.get());

  const GroupPtr dihedral = SymmetryGroup::dihedral({0, 1, 2, 3});
  CHECK(flopscope::preserve_axes(dihedral, set_of({0, 2}))->order() == 4);
  CHECK(flopscope::preserve_axes(dihedral, set_of({0, 1, 2, 3}))->order() == 8);
  CHECK(flopscope::preserve_axes(SymmetryGroup::symmetric({0, 1}), set_of({0})) == nullptr);

  CHECK(same(flopscope::drop_axes(young, set_of({0})), SymmetryGroup::symmetric({2, 3})));
  CHECK(flopscope::drop_axes(young, set_of({0, 2})) == nullptr);
}

TEST_CASE("groups of equal lengths") {
  const auto tag = [](const std::vector<std::int64_t>& lengths) {
    return flopscope::symmetric_on_equal_lengths(
        {lengths.data(), static_cast<int>(lengths.size())});
  };
  CHECK(tag({}) == nullptr);
  CHECK(tag({4}) == nullptr);
  CHECK(tag({2, 3}) == nullptr);
  CHECK(same(tag({4, 4}), SymmetryGroup::symmetric({0, 1})));
  CHECK(same(tag({4, 3, 4, 3, 5}), SymmetryGroup::young({{0, 2}, {1, 3}})));
  CHECK(same(tag({0, 0, 1, 1}), SymmetryGroup::young({{0, 1}, {2, 3}})));
  CHECK(same(flopscope::swap_of_two(1, 4), SymmetryGroup::symmetric({1, 4})));
}
