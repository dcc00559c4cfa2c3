#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "core/contraction/contraction_cache.hpp"
#include "core/contraction/contraction_cost.hpp"
#include "core/errors.hpp"
#include "tests/contraction/contraction_oracle.hpp"

using flopscope::ContractionBill;
using flopscope::ContractionPath;
using flopscope::ContractionQuery;
using flopscope::CostSource;
using flopscope::Fallback;
using flopscope::GroupPtr;
using flopscope::Labels;
using flopscope::Permutation;
using flopscope::Regime;
using flopscope::Shape;
using flopscope::SymmetryGroup;

namespace {

using Lengths = std::vector<std::int64_t>;

// An operand; objects with one name are one object.
struct Named {
  std::string name;
  Lengths shape;
  GroupPtr group = nullptr;
};

std::vector<int> up_to(int n) {
  std::vector<int> axes(static_cast<std::size_t>(n));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

Named matrix(const std::string& name, std::int64_t n = 3) { return {name, {n, n}}; }
Named vector(const std::string& name, std::int64_t n = 3) { return {name, {n}}; }
Named full(const std::string& name, int rank, std::int64_t n = 3) {
  return {name, Lengths(static_cast<std::size_t>(rank), n), SymmetryGroup::symmetric(up_to(rank))};
}

const Named A = matrix("A");
const Named B = matrix("B");
const Named v = vector("v");
const Named w = vector("w");
const Named R{"R", {2, 3}};
const Named S = full("S", 2);
const Named S2 = full("S2", 2);
const Named T = full("T", 3);
const Named T4 = full("T4", 4);
const Named T01{"T01", {3, 3, 3}, SymmetryGroup::symmetric({0, 1})};
const Named C{"C", {3, 3, 3}, SymmetryGroup::cyclic({0, 1, 2})};
const Named D{"D", {2, 2, 2, 2}, SymmetryGroup::dihedral({0, 1, 2, 3})};
const Named Y{"Y", {2, 2, 3, 3}, SymmetryGroup::young({{0, 1}, {2, 3}})};

ContractionQuery query_of(std::u32string_view text, const std::vector<Named>& operands,
                          ContractionPath path = {}) {
  auto parsed = flopscope::parse_subscripts(text);
  std::vector<Shape> shapes;
  std::map<std::string, int> classes;
  ContractionQuery query;
  for (const Named& operand : operands) {
    shapes.push_back({operand.shape.data(), static_cast<int>(operand.shape.size())});
    query.groups.push_back(operand.group);
    const int next = static_cast<int>(classes.size());
    query.classes.push_back(classes.emplace(operand.name, next).first->second);
  }
  query.expression.lengths = flopscope::label_lengths(parsed, shapes);
  query.expression.inputs = parsed.inputs;
  query.expression.output = parsed.output;
  query.path = std::move(path);
  return query;
}

ContractionBill bill_of(std::u32string_view text, const std::vector<Named>& operands,
                        ContractionPath path = {}) {
  return price_contraction(query_of(text, operands, std::move(path)));
}

struct Step {
  std::uint64_t cost;
  CostSource source;
};

bool same_steps(const ContractionBill& bill, const std::vector<Step>& expected) {
  bool same = bill.steps.size() == expected.size();
  for (std::size_t i = 0; i < expected.size() && same; ++i) {
    same = bill.steps[i].cost == expected[i].cost && bill.steps[i].source == expected[i].source;
  }
  return same;
}

constexpr auto k_input = CostSource::per_input;
constexpr auto k_joint = CostSource::joint_burnside;
constexpr auto k_output = CostSource::output_burnside;

// Contracting the first two, the result with the next, and so on, in opt_einsum's order for the
// expressions of the worked examples.
const ContractionPath k_first_two{{0, 1}, {0, 1}};
const ContractionPath k_first_two_of_four{{0, 1}, {0, 2}, {0, 1}};

}  // namespace

TEST_CASE("worked examples of one and two operands") {
  struct Example {
    std::u32string_view text;
    std::vector<Named> operands;
    std::uint64_t order, elements, alpha, omega, bill;
  };
  const std::vector<Example> examples{
      {U"ij,jk->ik", {A, B}, 1, 27, 27, 9, 45},
      {U"ij,jk->ik", {A, A}, 1, 27, 27, 9, 45},
      {U"ij,kj->ik", {A, A}, 2, 18, 18, 6, 30},
      {U"ij,ik->jk", {R, R}, 2, 12, 12, 6, 18},
      {U"i,j->ij", {v, v}, 2, 6, 6, 6, 6},
      {U"i,j->ij", {v, w}, 1, 9, 9, 9, 9},
      {U"i,i->", {v, v}, 1, 3, 3, 1, 5},
      {U"ij,ij->", {A, A}, 1, 9, 9, 1, 17},
      {U"ij,ji->", {A, A}, 2, 6, 6, 1, 11},
      {U"ij,j->i", {S, v}, 1, 9, 9, 3, 15},
      {U"ij,jk->ik", {S, B}, 1, 27, 27, 9, 45},
      {U"ij,jk->ik", {S, S}, 2, 18, 18, 6, 30},
      {U"ij,jk->ik", {S, S2}, 1, 27, 27, 9, 45},
      {U"ij,kl->ijkl", {A, A}, 2, 45, 45, 45, 45},
      {U"ijk->", {T}, 6, 10, 10, 1, 9},
      {U"ijk->i", {T}, 6, 10, 18, 3, 15},
      {U"ijk->ij", {T}, 6, 10, 18, 6, 12},
      {U"ijk->ij", {T01}, 2, 18, 18, 6, 12},
      {U"ijk->k", {T01}, 2, 18, 18, 3, 15},
      {U"ijk->i", {C}, 3, 11, 21, 3, 18},
      {U"ijk->ij", {C}, 3, 11, 27, 9, 18},
      {U"ijk,k->ij", {T, v}, 2, 18, 18, 6, 30},
      {U"ijk,jk->i", {T, A}, 1, 27, 27, 3, 51},
      {U"ijk,ijl->kl", {T, T}, 4, 36, 36, 6, 66},
      {U"ijkl->ij", {T4}, 24, 15, 36, 6, 30},
      {U"ijkl->i", {D}, 8, 6, 10, 2, 8},
      {U"ijkl->ik", {D}, 8, 6, 9, 3, 6},
      {U"ijkl->jk", {Y}, 4, 18, 36, 6, 30},
      {U"ii->", {A}, 1, 3, 3, 1, 2},
      {U"ii->i", {A}, 1, 3, 3, 3, 0},
      {U"ij->ji", {A}, 1, 9, 9, 9, 0},
  };
  for (const Example& example : examples) {
    CAPTURE(flopscope::to_utf8(example.text));
    const ContractionQuery query = query_of(example.text, example.operands);
    const ContractionBill bill = price_contraction(query);
    CHECK(bill.total == example.bill);
    CHECK(bill.steps.at(0).products == example.elements);
    CHECK(bill.steps[0].additions == example.alpha);
    CHECK(bill.steps[0].outputs == example.omega);
    CHECK(bill.mu == (example.operands.size() - 1) * example.elements);
    CHECK(bill.fallback == Fallback::none);
    std::uint64_t order = 1;
    for (const auto& component : contraction_components(query).components) order *= component.order;
    CHECK(order == example.order);
    const oracle::Counts counts = oracle::contract(query);
    CHECK(counts.elements == example.elements);
    CHECK(counts.alpha == example.alpha);
    CHECK(counts.omega == example.omega);
  }
}

TEST_CASE("regimes") {
  const auto regime = [](std::u32string_view text, const Named& operand) {
    return contraction_components(query_of(text, {operand})).components.at(0).regime;
  };
  CHECK(regime(U"ijk->", T) == Regime::functional_projection);
  CHECK(regime(U"ijk->i", T) == Regime::singleton);
  CHECK(regime(U"ijk->ij", T) == Regime::young);
  CHECK(regime(U"ijk->i", C) == Regime::singleton);
  CHECK(regime(U"ijk->ij", C) == Regime::partition_count);
  CHECK(regime(U"ijkl->ij", T4) == Regime::young);
  CHECK(regime(U"ijkl->ik", D) == Regime::partition_count);
  CHECK(regime(U"ijk->", Named{"G", {2, 3, 4}}) == Regime::trivial);
}

TEST_CASE("labels of a single operand are summed out of it first") {
  struct Example {
    std::u32string_view text;
    std::vector<Named> operands;
    std::vector<std::uint64_t> reductions;
    std::uint64_t bill;
  };
  const std::vector<Example> examples{
      {U"i,j->", {v, w}, {2, 2}, 5},
      {U"ij,k->i", {A, v}, {6, 2}, 11},
      {U"ijk,l->l", {T, v}, {9}, 12},
      {U"ij,kl->", {A, B}, {8, 8}, 17},
      {U"ij,kl->ik", {A, A}, {6, 6}, 18},
      {U"ii,j->j", {A, v}, {8}, 11},  // the axes as they stand, not the diagonal
      {U"bij,bjk->bik", {{"P", {2, 3, 3}}, {"Q", {1, 3, 3}}}, {}, 90},
      // Sums of one object are one object only when the same thing was summed.
      {U"ij,kl->il", {A, A}, {6, 6}, 21},
      {U"ij,kl->il", {S, S}, {6, 6}, 18},
      {U"ijk,lmk->jl", {C, C}, {18, 18}, 81},
      {U"i,j->i", {v, v}, {2}, 5},
      // Each figure is at least 0.
      {U"ij,k->i", {{"E", {3, 0}}, v}, {0, 2}, 5},
  };
  for (const Example& example : examples) {
    CAPTURE(flopscope::to_utf8(example.text));
    const ContractionBill bill = bill_of(example.text, example.operands);
    std::vector<std::uint64_t> costs;
    for (const auto& reduction : bill.steps.at(0).pre_reductions) costs.push_back(reduction.cost);
    CHECK(costs == example.reductions);
    CHECK(bill.total == example.bill);
  }
}

TEST_CASE("an empty summed axis refunds nothing") {
  CHECK(bill_of(U"ij,jk->ik", {{"E", {2, 0}}, {"F", {0, 3}}}).total == 0);
}

TEST_CASE("worked examples of three or more operands") {
  const auto steps = [](std::u32string_view text, const std::vector<Named>& operands,
                        const ContractionPath& path, const std::vector<Step>& expected) {
    const ContractionBill bill = bill_of(text, operands, path);
    std::uint64_t total = 0;
    for (const Step& step : expected) total += step.cost;
    CHECK(bill.total == total);
    return same_steps(bill, expected);
  };
  const std::vector<Named> three{{"p", {2, 3}}, {"q", {3, 4}}, {"r", {4, 5}}};
  CHECK(steps(U"ij,jk,kl->il", three, k_first_two, {{40, k_input}, {70, k_input}}));
  CHECK(steps(U"ij,jk,kl->il", {A, A, A}, k_first_two, {{45, k_input}, {45, k_input}}));
  CHECK(steps(U"ij,jk,ki->", {A, A, A}, k_first_two, {{45, k_input}, {17, k_input}}));
  CHECK(steps(U"ij,jk,kl->il", {S, S, S}, k_first_two, {{30, k_input}, {30, k_output}}));
  CHECK(steps(U"i,j,k->ijk", {v, v, v}, k_first_two, {{6, k_input}, {10, k_joint}}));
  CHECK(steps(U"i,j,k->ijk", {v, w, v}, k_first_two, {{9, k_input}, {18, k_joint}}));
  CHECK(steps(U"ij,ik,il->jkl", {R, R, R}, k_first_two, {{12, k_input}, {30, k_joint}}));
  CHECK(steps(U"ia,jb,ij->ab", {A, A, S}, {{0, 2}, {0, 1}}, {{45, k_input}, {30, k_output}}));
  CHECK(steps(U"ijk,j,k->i", {T, v, v}, {{1, 2}, {0, 1}}, {{6, k_input}, {33, k_input}}));
  CHECK(bill_of(U"ijk,j,k->i", {T, v, v}, k_first_two).total == 30 + 15);
  CHECK(bill_of(U"ijk,i,j,k->", {T, v, v, v}, {{1, 2}, {0, 2}, {0, 1}}).total == 6 + 33 + 5);
  CHECK(steps(U"ai,bi,ci->ab", {A, A, A}, {{0, 2}, {0, 1}}, {{15, k_input}, {30, k_output}}));
  CHECK(bill_of(U"ij,i,j->", {S, v, v}, k_first_two).total == 20);
  CHECK(bill_of(U"ij,i,j->", {A, v, v}, k_first_two).total == 20);
  CHECK(bill_of(U"i,i,i->i", {v, v, v}, k_first_two).total == 6);
  // A free third operand buys no discount, and lost ranks do no harm.
  CHECK(bill_of(U"ij,ij,k->k", {A, A, v}, k_first_two).total == 20);
  CHECK(bill_of(U"i,j,k,l->", {v, v, v, v}, k_first_two_of_four).total == 11);
}

TEST_CASE("the symmetry of the result is numbered by output position") {
  const auto tag = [](std::u32string_view text, const std::vector<Named>& operands,
                      ContractionPath path = {}) {
    return bill_of(text, operands, std::move(path)).output_group;
  };
  const auto is = [](const GroupPtr& found, const GroupPtr& expected) {
    return found && *found == *expected;
  };
  CHECK(is(tag(U"ij,kj->ik", {A, A}), SymmetryGroup::symmetric({0, 1})));
  CHECK(is(tag(U"ij,k->kij", {S, v}),
           SymmetryGroup::from_generators({Permutation{{0, 2, 1}}}, std::vector<int>{0, 1, 2})));
  CHECK(is(tag(U"ij,kl->ikjl", {A, A}),
           SymmetryGroup::from_generators({Permutation{{1, 0, 3, 2}}}, up_to(4))));
  CHECK(is(tag(U"ijk->ki", {T}), SymmetryGroup::symmetric({0, 1})));
  CHECK(is(tag(U"i,j,k->kij", {v, v, v}, k_first_two), SymmetryGroup::symmetric({0, 1, 2})));
  CHECK((tag(U"ij,jk->ik", {A, A}) == nullptr));
  CHECK((tag(U"ijk->ij", {C}) == nullptr));
}

TEST_CASE("a step tells what its group does inside") {
  const auto bill = bill_of(U"ij,jk,kl->il", {S, S, S}, k_first_two);
  REQUIRE(bill.steps.size() == 2);
  CHECK((bill.steps[0].inner_group == nullptr));  // one summed label cannot move
  CHECK(bill.steps[1].summed.size() == 2);
  REQUIRE((bill.steps[1].inner_group != nullptr));
  CHECK(bill.steps[1].inner_group->order() == 2);
  const auto reduced = bill_of(U"ijk,l->jkl", {T, v});
  REQUIRE(reduced.steps.at(0).pre_reductions.size() == 1);
  CHECK(*reduced.steps[0].pre_reductions[0].group == *SymmetryGroup::symmetric({0, 1}));
}

TEST_CASE("what cannot be counted bills the dense fallback and says so") {
  ContractionQuery query = query_of(U"ijk->ij", {C});
  query.partition_limit = 1;
  const ContractionBill partitions = price_contraction(query);
  CHECK(partitions.total == 27);
  CHECK(partitions.fallback == Fallback::partitions);

  // The even permutations of nine axes: 181440 of them, generated.
  std::vector<Permutation> rotations;
  for (int i = 0; i < 7; ++i) rotations.push_back(Permutation::from_cycles({{i, i + 1, i + 2}}, 9));
  const Named even{"E", Lengths(9, 2), SymmetryGroup::from_generators(rotations, up_to(9))};
  const ContractionBill elements = bill_of(U"abcdefghi,i->abcdefgh", {even, vector("v", 2)});
  CHECK(elements.total == 2 * 512);
  CHECK(elements.fallback == Fallback::elements);
}

TEST_CASE("counts beyond 64 bits stay unaffordable") {
  std::vector<Named> operands;
  for (int i = 0; i < 2; ++i) operands.push_back({std::to_string(i), {1LL << 40}});
  CHECK(bill_of(U"i,j->ij", operands).total == ~std::uint64_t{0});
}

TEST_CASE("queries that do not fit together are refused") {
  const auto refuses = [](const ContractionQuery& query) {
    CHECK_THROWS_AS(price_contraction(query), flopscope::InvalidArgument);
  };
  refuses({});
  refuses(query_of(U"i,j,k->", {v, v, v}));
  refuses(query_of(U"i,j,k->", {v, v, v}, {{0, 1}}));
  refuses(query_of(U"i,j,k->", {v, v, v}, {{0, 3}, {0, 1}}));
  refuses(query_of(U"i,j,k->", {v, v, v}, {{0, 0}, {0, 1}}));
  ContractionQuery query = query_of(U"ij->ij", {A});
  query.groups = {SymmetryGroup::symmetric({0, 2})};
  refuses(query);
  query.groups = {nullptr, nullptr};
  refuses(query);
}

TEST_CASE("random steps bill what enumeration counts") {
  std::mt19937 random{11};
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  int priced = 0;
  while (priced < 600) {
    const int rank = 1 + below(3);
    const int count = 1 + below(2);
    GroupPtr group;
    if (rank > 1 && below(4) > 0) {
      const auto axes = up_to(rank);
      group = below(2) == 0   ? SymmetryGroup::symmetric(axes)
              : below(2) == 0 ? SymmetryGroup::cyclic(axes)
                              : SymmetryGroup::symmetric({0, 1});
    }
    ContractionQuery query;
    std::map<int, int> name;
    for (int o = 0; o < count; ++o) {
      Labels word;
      for (int a = 0; a < rank; ++a) {
        const int next = static_cast<int>(name.size());
        word.push_back(name.emplace(below(5), next).first->second);
      }
      query.expression.inputs.push_back(word);
      query.groups.push_back(group);
      query.classes.push_back(below(4) > 0 ? 0 : o);
    }
    query.expression.lengths.assign(name.size(), 2);
    for (int label = 0; label < static_cast<int>(name.size()); ++label) {
      if (below(2) == 0) query.expression.output.push_back(label);
    }
    const ContractionBill bill = price_contraction(query);
    if (!bill.steps.at(0).pre_reductions.empty()) continue;
    ++priced;
    const oracle::Counts counts = oracle::contract(query);
    CAPTURE(priced);
    CHECK(bill.steps[0].products == counts.elements);
    CHECK(bill.steps[0].additions == counts.alpha);
    CHECK(bill.steps[0].outputs == counts.omega);
  }
}

TEST_CASE("recent bills are remembered") {
  flopscope::ContractionCache cache{2};
  const auto first = cache.price(query_of(U"ij,kj->ik", {A, A}));
  CHECK((cache.price(query_of(U"ab,cb->ac", {B, B})) == first));
  CHECK((cache.price(query_of(U"ij,kj->ik", {A, B})) != first));
  CHECK(cache.info().hits == 1);
  CHECK(cache.info().misses == 2);
  ContractionQuery limited = query_of(U"ij,kj->ik", {A, A});
  limited.partition_limit = 1;
  cache.price(std::move(limited));
  CHECK(cache.info().size == 2);  // the oldest is gone
  CHECK((cache.price(query_of(U"ij,kj->ik", {A, A})) != first));
  cache.resize(0);
  CHECK(cache.info().size == 0);
  cache.clear();
  CHECK(cache.info().misses == 0);
}
