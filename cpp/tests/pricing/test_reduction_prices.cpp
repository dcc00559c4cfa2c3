#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "core/pricing/cost_model.hpp"
#include "core/pricing/sizes.hpp"
#include "core/symmetry/orbit_count.hpp"
#include "tests/symmetry/group_oracle.hpp"

using flopscope::AxisSet;
using flopscope::Count;
using flopscope::dense_reduction;
using flopscope::element_count;
using flopscope::Facts;
using flopscope::plain_bill;
using flopscope::ReductionSize;
using flopscope::Shape;
using flopscope::SymmetryGroup;

namespace reduction_facts = flopscope::reduction_facts;

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

// The prices in the words of the cost model.
struct Words {
  std::string_view op;
  std::int64_t (*bill)(const Work& work);
};

std::int64_t at_least_one(std::int64_t count) { return std::max<std::int64_t>(1, count); }

const Words k_words[] = {
    {"sum", [](const Work& w) { return at_least_one(w.additions); }},
    {"cumsum", [](const Work& w) { return at_least_one(w.additions); }},
    {"mean", [](const Work& w) { return w.additions + w.outputs; }},
    {"var",
     [](const Work& w) { return 2 * at_least_one(w.elements) + 2 * w.additions + 2 * w.outputs; }},
    {"std",
     [](const Work& w) { return 2 * at_least_one(w.elements) + 2 * w.additions + 3 * w.outputs; }},
    {"ptp", [](const Work& w) { return 2 * at_least_one(w.additions) + w.outputs; }},
    {"average", [](const Work& w) { return at_least_one(w.additions) + w.outputs; }},
    {"count_nonzero", [](const Work& w) { return at_least_one(w.elements); }},
    {"median", [](const Work& w) { return w.outputs * w.per_output; }},
};

std::uint64_t bill_of_size(std::string_view op, const ReductionSize& size,
                           bool has_weights = false) {
  Count facts[reduction_facts::count];
  flopscope::set_facts(size, facts);
  facts[reduction_facts::weighted] = has_weights ? 1 : 0;
  const auto model = flopscope::shipped_list("0.8");
  const auto* row = flopscope::find_row(op);
  REQUIRE(row != nullptr);
  return plain_bill(model->price(flopscope::registry().id_of(*row)), Facts{facts, nullptr});
}

std::uint64_t bill(std::string_view op, const Lengths& lengths, AxisSet axes,
                   bool has_weights = false) {
  return bill_of_size(op, dense_reduction(shape_of(lengths), axes), has_weights);
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
      for (const Words& words : k_words) {
        CAPTURE(words.op);
        CHECK(bill_of_size(words.op, size) == static_cast<std::uint64_t>(words.bill(work)));
      }
    }
  }
}

TEST_CASE("worked figures of the cost model") {
  CHECK(bill("sum", {10}, 1) == 9);
  CHECK(bill("sum", {4, 5}, 0b10) == 16);
  CHECK(bill("mean", {4, 5}, 0b01) == 20);
  CHECK(bill("var", {4, 5}, 0b11) == 80);
  CHECK(bill("std", {4, 5}, 0b10) == 84);
  CHECK(bill("ptp", {4, 5}, 0b10) == 36);
  CHECK(bill("average", {4, 5}, 0b10) == 20);
  CHECK(bill("average", {4, 5}, 0b10, true) == 56);
  CHECK(bill("count_nonzero", {4, 5}, 0b10) == 20);
  CHECK(bill("median", {4, 5}, 0b10) == 20);
  SUBCASE("nothing to accumulate") {
    CHECK(bill("sum", {}, 0) == 1);
    CHECK(bill("mean", {}, 0) == 1);
    CHECK(bill("var", {}, 0) == 4);
    CHECK(bill("std", {}, 0) == 5);
    CHECK(bill("mean", {4, 5}, 0) == 20);
    CHECK(bill("var", {4, 5}, 0) == 80);
  }
  SUBCASE("nothing there") {
    CHECK(bill("sum", {0}, 1) == 1);
    CHECK(bill("mean", {0}, 1) == 0);
    CHECK(bill("var", {0}, 1) == 2);
    CHECK(bill("median", {0}, 1) == 0);
    CHECK(bill("count_nonzero", {0}, 1) == 1);
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
    CHECK(bill_of_size("sum", size) == std::max<std::uint64_t>(1, additions));
    CHECK(bill_of_size("mean", size) == listed.alpha);
    CHECK(bill_of_size("var", size) == 2 * listed.elements + 2 * listed.alpha);
    CHECK(bill_of_size("median", size) == listed.omega * size.reduced);
  }
}

TEST_CASE("huge reductions are held at the top") {
  constexpr std::int64_t k_long = std::int64_t{1} << 40U;
  const Lengths huge{k_long, k_long};
  CHECK(bill("sum", huge, 0b11) == k_top);
  CHECK(bill("mean", huge, 0b11) == k_top);
  CHECK(bill("var", huge, 0b11) == k_top);
  CHECK(bill("std", huge, 0b11) == k_top);
  CHECK(bill("ptp", huge, 0b11) == k_top);
  CHECK(bill("average", huge, 0b11, true) == k_top);
  CHECK(bill("median", huge, 0b01) == k_top);
  CHECK(bill("count_nonzero", huge, 0b01) == k_top);
}
