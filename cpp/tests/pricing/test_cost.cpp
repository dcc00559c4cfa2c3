#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "core/pricing/cost.hpp"
#include "core/symmetry/orbit_count.hpp"
#include "tests/symmetry/group_oracle.hpp"

using flopscope::AxisSet;
using flopscope::dense_contraction;
using flopscope::dense_reduction;
using flopscope::element_count;
using flopscope::reduction_cost;
using flopscope::ReductionSize;
using flopscope::Rule;
using flopscope::Shape;
using flopscope::SymmetryGroup;

namespace {

constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();

using Lengths = std::vector<std::int64_t>;

Shape shape_of(const Lengths& lengths) {
  return {lengths.data(), static_cast<int>(lengths.size())};
}

bool holds(AxisSet axes, std::size_t axis) { return ((axes >> axis) & 1U) != 0; }

// What a reduction does, found by doing it: every element is visited and counted for its output.
struct Work {
  std::int64_t elements = 0;
  std::int64_t outputs = 0;
  std::int64_t additions = 0;   // A - O; negative for outputs that no element contributes to
  std::int64_t per_output = 0;  // elements that one output is chosen from
};

Work reduce(const Lengths& lengths, AxisSet axes) {
  Lengths kept = lengths;
  Lengths dropped = lengths;
  for (std::size_t i = 0; i < lengths.size(); ++i) (holds(axes, i) ? kept : dropped)[i] = 1;
  std::map<oracle::Element, std::int64_t> visits;
  for (const auto& element : oracle::elements(kept)) visits[element] = 0;
  Work work;
  for (auto element : oracle::elements(lengths)) {
    for (std::size_t i = 0; i < element.size(); ++i) element[i] = holds(axes, i) ? 0 : element[i];
    ++visits[element];
    ++work.elements;
  }
  work.outputs = static_cast<std::int64_t>(visits.size());
  work.per_output = static_cast<std::int64_t>(oracle::elements(dropped).size());
  if (axes == 0) return work;  // nothing is accumulated
  for (const auto& [element, count] : visits) work.additions += count - 1;
  return work;
}

// The rules in the words of the cost model.
std::int64_t bill(Rule rule, const Work& work, bool has_weights) {
  const std::int64_t n = work.elements;
  const std::int64_t unique = std::max<std::int64_t>(1, n);
  const std::int64_t out = work.outputs;
  const std::int64_t additions = work.additions;
  const std::int64_t at_least_one = std::max<std::int64_t>(1, additions);
  switch (rule) {
    case Rule::accumulate:
    case Rule::scan:
      return at_least_one;
    case Rule::mean:
      return additions + out;
    case Rule::variance:
      return 2 * unique + 2 * additions + 2 * out;
    case Rule::deviation:
      return 2 * unique + 2 * additions + 3 * out;
    case Rule::range:
      return 2 * at_least_one + out;
    case Rule::average:
      return at_least_one + out + (has_weights ? unique + at_least_one : 0);
    case Rule::tested:
      return unique;
    case Rule::selection:
      return out * work.per_output;
    default:
      return -1;
  }
}

constexpr Rule k_rules[] = {Rule::accumulate, Rule::scan,      Rule::mean,
                            Rule::variance,   Rule::deviation, Rule::range,
                            Rule::average,    Rule::tested,    Rule::selection};

std::uint64_t cost(Rule rule, const Lengths& lengths, AxisSet axes, bool has_weights = false) {
  return reduction_cost(rule, dense_reduction(shape_of(lengths), axes), has_weights);
}

}  // namespace

TEST_CASE("elements of a shape") {
  CHECK(element_count({}) == 1);
  CHECK(element_count(shape_of({7})) == 7);
  CHECK(element_count(shape_of({2, 3, 4})) == 24);
  CHECK(element_count(shape_of({2, 0, 4})) == 0);
  constexpr std::int64_t k_long = std::int64_t{1} << 40U;
  CHECK(element_count(shape_of({k_long, k_long})) == k_top);
  // Broadcast shapes may hold a zero behind lengths that overflow.
  CHECK(element_count(shape_of({k_long, k_long, 0})) == 0);
}

TEST_CASE("dense reductions agree with visiting every element") {
  const std::vector<Lengths> shapes{{},        {1},       {5},         {0},    {1, 1},
                                    {2, 3},    {3, 0},    {0, 3},      {0, 0}, {2, 3, 4},
                                    {1, 4, 1}, {2, 0, 3}, {2, 2, 2, 3}};
  for (const Lengths& lengths : shapes) {
    const AxisSet every = (AxisSet{1} << lengths.size()) - 1;
    for (AxisSet axes = 0; axes <= every; ++axes) {
      const Work work = reduce(lengths, axes);
      const ReductionSize size = dense_reduction(shape_of(lengths), axes);
      CAPTURE(lengths.size());
      CAPTURE(axes);
      CHECK(size.elements == static_cast<std::uint64_t>(work.elements));
      CHECK(size.outputs == static_cast<std::uint64_t>(work.outputs));
      CHECK(size.reduced == static_cast<std::uint64_t>(work.per_output));
      CHECK(size.accumulates == (axes != 0));
      for (const Rule rule : k_rules) {
        CAPTURE(static_cast<int>(rule));
        for (const bool has_weights : {false, true}) {
          CHECK(reduction_cost(rule, size, has_weights) ==
                static_cast<std::uint64_t>(bill(rule, work, has_weights)));
        }
      }
    }
  }
}

TEST_CASE("worked figures of the cost model") {
  CHECK(cost(Rule::accumulate, {10}, 1) == 9);
  CHECK(cost(Rule::accumulate, {4, 5}, 0b10) == 16);
  CHECK(cost(Rule::mean, {4, 5}, 0b01) == 20);
  CHECK(cost(Rule::variance, {4, 5}, 0b11) == 80);
  CHECK(cost(Rule::deviation, {4, 5}, 0b10) == 84);
  CHECK(cost(Rule::range, {4, 5}, 0b10) == 36);
  CHECK(cost(Rule::average, {4, 5}, 0b10) == 20);
  CHECK(cost(Rule::average, {4, 5}, 0b10, true) == 56);
  CHECK(cost(Rule::tested, {4, 5}, 0b10) == 20);
  CHECK(cost(Rule::selection, {4, 5}, 0b10) == 20);
  SUBCASE("nothing to accumulate") {
    CHECK(cost(Rule::accumulate, {}, 0) == 1);
    CHECK(cost(Rule::mean, {}, 0) == 1);
    CHECK(cost(Rule::variance, {}, 0) == 4);
    CHECK(cost(Rule::deviation, {}, 0) == 5);
    CHECK(cost(Rule::mean, {4, 5}, 0) == 20);
    CHECK(cost(Rule::variance, {4, 5}, 0) == 80);
  }
  SUBCASE("nothing there") {
    CHECK(cost(Rule::accumulate, {0}, 1) == 1);
    CHECK(cost(Rule::mean, {0}, 1) == 0);
    CHECK(cost(Rule::variance, {0}, 1) == 2);
    CHECK(cost(Rule::selection, {0}, 1) == 0);
    CHECK(cost(Rule::tested, {0}, 1) == 1);
  }
}

TEST_CASE("rules that are not about reductions cost nothing here") {
  const ReductionSize size = dense_reduction(shape_of({4, 5}), 0b01);
  for (const Rule rule : {Rule::none, Rule::elements, Rule::contraction, Rule::custom}) {
    CHECK(reduction_cost(rule, size, true) == 0);
  }
}

TEST_CASE("reductions of symmetric arrays bill pairs of orbits") {
  const Lengths lengths{3, 3, 3};
  const auto group = SymmetryGroup::symmetric({0, 1, 2});
  for (AxisSet axes = 1; axes < 8; ++axes) {
    CAPTURE(axes);
    const auto counts = flopscope::reduction_counts(*group, shape_of(lengths), axes);
    const auto listed =
        oracle::reduce(*group, lengths, {!holds(axes, 0), !holds(axes, 1), !holds(axes, 2)});
    ReductionSize size = dense_reduction(shape_of(lengths), axes);
    size.elements = counts.elements;
    size.contributions = counts.alpha;
    size.outputs = counts.omega;
    const std::uint64_t additions = listed.alpha - listed.omega;
    CHECK(reduction_cost(Rule::accumulate, size, false) == std::max<std::uint64_t>(1, additions));
    CHECK(reduction_cost(Rule::mean, size, false) == listed.alpha);
    CHECK(reduction_cost(Rule::variance, size, false) == 2 * listed.elements + 2 * listed.alpha);
    CHECK(reduction_cost(Rule::selection, size, false) == listed.omega * size.reduced);
  }
}

TEST_CASE("huge reductions are held at the top") {
  constexpr std::int64_t k_long = std::int64_t{1} << 40U;
  const Lengths huge{k_long, k_long};
  CHECK(cost(Rule::accumulate, huge, 0b11) == k_top);
  CHECK(cost(Rule::mean, huge, 0b11) == k_top);
  CHECK(cost(Rule::variance, huge, 0b11) == k_top);
  CHECK(cost(Rule::deviation, huge, 0b11) == k_top);
  CHECK(cost(Rule::range, huge, 0b11) == k_top);
  CHECK(cost(Rule::average, huge, 0b11, true) == k_top);
  CHECK(cost(Rule::selection, huge, 0b01) == k_top);
  CHECK(cost(Rule::tested, huge, 0b01) == k_top);
}

TEST_CASE("dense contractions") {
  // (2, 3) @ (3, 4): 24 products, and one addition less per output.
  CHECK(dense_contraction(24, 8) == 40);
  CHECK(dense_contraction(5, 1) == 9);     // a dot product
  CHECK(dense_contraction(12, 12) == 12);  // an outer product only multiplies
  CHECK(dense_contraction(0, 8) == 0);     // no label to sum over
  CHECK(dense_contraction(0, 0) == 0);
  CHECK(dense_contraction(k_top, 1) == k_top);
}
