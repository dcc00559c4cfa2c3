#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "core/errors.hpp"
#include "core/symmetry/symmetry_group.hpp"
#include "tests/symmetry/group_oracle.hpp"

using flopscope::FactorKind;
using flopscope::GroupPtr;
using flopscope::GroupTooLarge;
using flopscope::InvalidArgument;
using flopscope::MissingPosition;
using flopscope::Permutation;
using flopscope::SymmetryGroup;

namespace {

using Literals = std::vector<std::vector<int>>;

GroupPtr generated(const Literals& literals, std::vector<int> axes) {
  std::vector<Permutation> generators;
  for (const auto& literal : literals) generators.emplace_back(literal);
  return SymmetryGroup::from_generators(generators, std::move(axes));
}

Literals literals(const SymmetryGroup& group) {
  Literals out;
  for (const auto& p : group.generators()) out.push_back(p.images());
  return out;
}

std::vector<int> up_to(int n) {
  std::vector<int> axes(static_cast<std::size_t>(n));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

class ElementBudget {
 public:
  explicit ElementBudget(std::size_t budget) : old_{flopscope::element_budget()} {
    flopscope::set_element_budget(budget);
  }
  ~ElementBudget() { flopscope::set_element_budget(old_); }
  ElementBudget(const ElementBudget&) = delete;
  ElementBudget& operator=(const ElementBudget&) = delete;

 private:
  std::size_t old_;
};

}  // namespace

TEST_CASE("generators follow the conventions of the named kinds") {
  CHECK(literals(*SymmetryGroup::symmetric({0, 1, 2})) == Literals{{1, 0, 2}, {0, 2, 1}});
  CHECK(literals(*SymmetryGroup::cyclic({0, 1, 2, 3})) == Literals{{1, 2, 3, 0}});
  CHECK(literals(*SymmetryGroup::dihedral({0, 1, 2, 3})) == Literals{{1, 2, 3, 0}, {0, 3, 2, 1}});
  CHECK(literals(*SymmetryGroup::young({{0, 1}, {2, 3}})) == Literals{{1, 0, 2, 3}, {0, 1, 3, 2}});
  CHECK(literals(*SymmetryGroup::symmetric({5})) == Literals{{0}});
  CHECK(*SymmetryGroup::dihedral({0, 1}) == *SymmetryGroup::symmetric({0, 1}));
  CHECK(SymmetryGroup::symmetric({1, 3})->repr() == "SymmetryGroup([1, 0], axes=(1, 3))");
  CHECK(SymmetryGroup::symmetric({4})->repr() == "SymmetryGroup([0], axes=(4,))");
}

TEST_CASE("orders of known kinds need no elements") {
  const ElementBudget none{0};
  CHECK(SymmetryGroup::symmetric(up_to(9))->order() == 362880);
  CHECK(SymmetryGroup::cyclic(up_to(40))->order() == 40);
  CHECK(SymmetryGroup::dihedral(up_to(40))->order() == 80);
  CHECK(SymmetryGroup::young({{0, 1, 2}, {5, 6, 7}})->order() == 36);
  CHECK(SymmetryGroup::symmetric(up_to(30))->order() == std::numeric_limits<std::uint64_t>::max());
  CHECK(SymmetryGroup::symmetric(up_to(30))->order_terms().size() == 29);
  CHECK_THROWS_AS((void)SymmetryGroup::symmetric(up_to(9))->elements(), GroupTooLarge);
}

TEST_CASE("known kinds are recognised behind other generators") {
  const auto kind = [](const GroupPtr& group) { return group->factors().front().kind(); };
  std::vector<int> turn = up_to(9);
  std::rotate(turn.begin(), turn.begin() + 1, turn.end());
  std::vector<int> swap = up_to(9);
  std::swap(swap[0], swap[1]);
  CHECK(kind(generated({turn, swap}, up_to(9))) == FactorKind::symmetric);
  CHECK(kind(generated({turn}, up_to(9))) == FactorKind::cyclic);
  // Two reflections of a hexagon generate all of its symmetries.
  CHECK(kind(generated({{0, 5, 4, 3, 2, 1}, {1, 0, 5, 4, 3, 2}}, up_to(6))) ==
        FactorKind::dihedral);
  CHECK(kind(SymmetryGroup::dihedral({0, 1, 2})) == FactorKind::symmetric);
  CHECK(kind(generated({{2, 3, 0, 1}}, up_to(4))) == FactorKind::generated);
  // A cycle that does not follow the numbering.
  const GroupPtr cycle = generated({{2, 3, 1, 0}}, up_to(4));
  CHECK(kind(cycle) == FactorKind::cyclic);
  CHECK(cycle->contains(Permutation{{1, 0, 3, 2}}));
  CHECK_FALSE(cycle->contains(Permutation{{1, 2, 3, 0}}));
}

TEST_CASE("every kind lists the closure of its generators") {
  const std::vector<GroupPtr> groups{
      SymmetryGroup::symmetric({0, 1, 2, 3}),
      SymmetryGroup::cyclic({0, 1, 2, 3, 4, 5}),
      SymmetryGroup::dihedral({0, 1, 2, 3, 4}),
      SymmetryGroup::dihedral({0, 1, 2, 3}),
      SymmetryGroup::direct_product(
          {SymmetryGroup::symmetric({0, 3}), SymmetryGroup::cyclic({1, 2, 4})}),
      generated({{2, 3, 0, 1}}, up_to(4)),
      generated({{1, 0, 3, 2}, {1, 0, 2, 3}}, up_to(4)),
      generated({{1, 2, 3, 4, 0}, {1, 2, 0, 3, 4}}, up_to(5)),
  };
  for (const GroupPtr& group : groups) {
    CAPTURE(group->repr());
    const auto listed = group->elements();
    const auto expected = oracle::elements(*group, static_cast<std::size_t>(group->degree()));
    REQUIRE(listed.size() == expected.size());
    CHECK(group->order() == expected.size());
    CHECK(listed.front().is_identity());
    std::set<std::vector<int>> images;
    for (const auto& p : listed) {
      CHECK(group->contains(p));
      images.insert(p.images());
    }
    CHECK(images.size() == expected.size());
  }
}

TEST_CASE("invalid groups are refused") {
  CHECK_THROWS_WITH(SymmetryGroup::symmetric({}), doctest::Contains("axes must be non-empty"));
  CHECK_THROWS_WITH(SymmetryGroup::cyclic({0, 0}), doctest::Contains("axes must be unique"));
  CHECK_THROWS_AS(SymmetryGroup::cyclic({0, -1}), InvalidArgument);
  CHECK_THROWS_WITH(SymmetryGroup::young({{0, 1}, {1, 2}}),
                    doctest::Contains("requires disjoint supports"));
  CHECK_THROWS_WITH(SymmetryGroup::direct_product({}), doctest::Contains("requires at least one"));
  CHECK_THROWS_WITH(SymmetryGroup::young({}), doctest::Contains("requires at least one"));
  CHECK_THROWS_WITH(SymmetryGroup::from_generators({}),
                    doctest::Contains("At least one generator"));
  CHECK_THROWS_WITH(generated({{1, 0}, {1, 0, 2}}, {0, 1}),
                    doctest::Contains("has degree 3, expected degree 2"));
  CHECK_THROWS_WITH(generated({{1, 0}}, {0, 1, 2}),
                    doctest::Contains("has degree 2, expected degree 3"));
}

TEST_CASE("groups are interned while alive") {
  const GroupPtr a = SymmetryGroup::symmetric({0, 1, 2});
  CHECK(a.get() == SymmetryGroup::symmetric({0, 1, 2}).get());
  CHECK(a.get() == generated({{1, 0, 2}, {0, 2, 1}}, {0, 1, 2}).get());
  CHECK(a.get() != SymmetryGroup::symmetric({0, 2, 1}).get());
  const GroupPtr young = SymmetryGroup::young({{0, 1}, {2, 3}});
  CHECK(young.get() == SymmetryGroup::young({{0, 1}, {2, 3}}).get());
}

TEST_CASE("equality is by axes and action") {
  const auto same = [](const GroupPtr& a, const GroupPtr& b) {
    if (*a == *b) CHECK(a->hash() == b->hash());
    return *a == *b;
  };
  CHECK(same(SymmetryGroup::symmetric({0, 1, 2}), SymmetryGroup::symmetric({2, 0, 1})));
  CHECK(same(SymmetryGroup::symmetric({0, 1, 2}), SymmetryGroup::dihedral({0, 1, 2})));
  CHECK(same(SymmetryGroup::cyclic({0, 1, 2}), SymmetryGroup::cyclic({2, 1, 0})));
  CHECK(same(SymmetryGroup::cyclic({0, 1, 2, 3}), SymmetryGroup::cyclic({1, 2, 3, 0})));
  CHECK_FALSE(same(SymmetryGroup::cyclic({0, 1, 2, 3}), SymmetryGroup::cyclic({0, 2, 1, 3})));
  CHECK_FALSE(same(SymmetryGroup::cyclic({0, 1, 2}), SymmetryGroup::symmetric({0, 1, 2})));
  CHECK_FALSE(same(SymmetryGroup::symmetric({0, 1}), SymmetryGroup::symmetric({0, 2})));
  CHECK_FALSE(same(SymmetryGroup::symmetric({0, 1}), generated({{1, 0, 2}}, {0, 1, 2})));
  CHECK_FALSE(same(SymmetryGroup::symmetric({0, 1}),
                   SymmetryGroup::from_generators({Permutation{{1, 0}}})));
  // The same Klein group from other generators and other axes orders.
  CHECK(same(generated({{1, 0, 3, 2}, {2, 3, 0, 1}}, {0, 1, 2, 3}),
             generated({{3, 2, 1, 0}, {1, 0, 3, 2}}, {2, 3, 1, 0})));
}

TEST_CASE("orbits and predicates") {
  const GroupPtr young = SymmetryGroup::young({{0, 1}, {2, 3}});
  CHECK(young->orbits() == std::vector<std::vector<int>>{{0, 1}, {2, 3}});
  CHECK(young->orbit(2) == std::vector<int>{2, 3});
  CHECK_THROWS_AS((void)young->orbit(4), MissingPosition);
  CHECK(young->is_abelian());
  CHECK_FALSE(young->is_transitive());
  CHECK_FALSE(young->is_symmetric());
  CHECK(SymmetryGroup::symmetric({1, 3})->is_symmetric());
  CHECK(SymmetryGroup::symmetric({7})->is_symmetric());
  CHECK_FALSE(SymmetryGroup::dihedral({0, 1, 2, 3})->is_symmetric());
  CHECK_FALSE(SymmetryGroup::symmetric({0, 1, 2})->is_abelian());
  // Full group without a swap among the generators: (0 1 2 3) and (0 1 2 4)... by listing.
  CHECK(generated({{1, 2, 3, 0, 4}, {1, 2, 4, 3, 0}}, up_to(5))->is_symmetric());
}

TEST_CASE("stabilisers agree with filtering the elements") {
  const std::vector<GroupPtr> groups{
      SymmetryGroup::symmetric(up_to(4)),
      SymmetryGroup::cyclic(up_to(4)),
      SymmetryGroup::dihedral(up_to(4)),
      SymmetryGroup::dihedral(up_to(5)),
      SymmetryGroup::direct_product(
          {SymmetryGroup::symmetric({0, 1, 4}), SymmetryGroup::cyclic({2, 3, 5})}),
      generated({{2, 3, 0, 1}}, up_to(4)),
      generated({{1, 2, 0, 4, 5, 3}, {3, 4, 5, 0, 1, 2}}, up_to(6)),
  };
  for (const GroupPtr& group : groups) {
    const auto elements = group->elements();
    for (unsigned mask = 0; mask < (1U << static_cast<unsigned>(group->degree())); ++mask) {
      const auto in = [&](int i) { return ((mask >> static_cast<unsigned>(i)) & 1U) != 0; };
      std::vector<int> set;
      for (int i = 0; i < group->degree(); ++i) {
        if (in(i)) set.push_back(i);
      }
      CAPTURE(group->repr());
      CAPTURE(mask);
      const GroupPtr pointwise = group->pointwise_stabilizer(set);
      const GroupPtr setwise = group->setwise_stabilizer(set);
      std::size_t fixing = 0;
      std::size_t preserving = 0;
      for (const auto& p : elements) {
        bool fixes = true;
        bool preserves = true;
        for (int i = 0; i < group->degree(); ++i) {
          fixes = fixes && (!in(i) || p(i) == i);
          preserves = preserves && in(i) == in(p(i));
        }
        CHECK(pointwise->contains(p) == fixes);
        CHECK(setwise->contains(p) == preserves);
        fixing += fixes ? 1 : 0;
        preserving += preserves ? 1 : 0;
      }
      CHECK(pointwise->order() == fixing);
      CHECK(setwise->order() == preserving);
      CHECK(pointwise->axes() == group->axes());
    }
  }
}

TEST_CASE("restriction keeps closed positions in the order asked for") {
  const GroupPtr product = SymmetryGroup::direct_product(
      {SymmetryGroup::symmetric({3, 5}), SymmetryGroup::cyclic({0, 1, 2})});
  const GroupPtr cycle = product->restrict({4, 2, 3});
  CHECK(*cycle == *SymmetryGroup::cyclic({0, 1, 2}));
  CHECK(*cycle->axes() == std::vector<int>{2, 0, 1});
  CHECK_THROWS_AS((void)product->restrict({0, 2}), MissingPosition);
  CHECK_THROWS_AS((void)product->restrict({0, 9}), MissingPosition);
  CHECK_THROWS_AS((void)product->restrict({}), InvalidArgument);
  CHECK(product->pointwise_stabilizer({0})->restrict({0, 2, 3, 4})->order() == 3);
}

TEST_CASE("only generator-given groups meet the element budget") {
  // Nine swaps of neighbours moving together with a rotation: not one of the known kinds.
  std::vector<int> turn = up_to(10);
  std::rotate(turn.begin(), turn.begin() + 2, turn.end());
  std::vector<int> swaps = up_to(10);
  std::swap(swaps[0], swaps[1]);
  std::swap(swaps[2], swaps[4]);
  const GroupPtr large = generated({turn, swaps}, up_to(10));
  const ElementBudget small{100};
  CHECK_THROWS_AS((void)large->order(), GroupTooLarge);
  CHECK_THROWS_AS((void)large->contains(Permutation::identity(10)), GroupTooLarge);
  CHECK(*large == *large);
  CHECK(large->orbits().front().size() > 1);
  const GroupPtr pair = generated({{2, 3, 0, 1}}, up_to(4));
  CHECK(pair->order() == 2);
  // A list made under a larger budget is not used under a smaller one.
  const ElementBudget none{1};
  CHECK_THROWS_AS((void)pair->order(), GroupTooLarge);
}
