#include <numeric>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "core/contraction/label_group.hpp"
#include "tests/contraction/contraction_oracle.hpp"

using flopscope::ContractionQuery;
using flopscope::GroupPtr;
using flopscope::LabelGroup;
using flopscope::LabelProblem;
using flopscope::Labels;
using flopscope::Permutation;
using flopscope::SearchBudget;
using flopscope::SymmetryGroup;

namespace {

std::vector<int> up_to(int n) {
  std::vector<int> axes(static_cast<std::size_t>(n));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

// All operands are one object.
LabelProblem aliases(std::vector<Labels> words, GroupPtr group, int label_count) {
  LabelProblem problem{{}, {std::move(group)}, {}, {}};
  for (Labels& word : words) problem.words.push_back({std::move(word), 0});
  problem.lengths.assign(static_cast<std::size_t>(label_count), 2);
  return problem;
}

std::uint64_t order_of(const LabelGroup& group) {
  std::uint64_t order = 1;
  for (const auto& part : group.parts) order *= part.order();
  return order;
}

LabelGroup find(const LabelProblem& problem) {
  SearchBudget budget;
  return find_label_group(problem, budget);
}

}  // namespace

TEST_CASE("interchangeable labels form one unit") {
  std::vector<Labels> words;
  for (int i = 0; i < 16; ++i) words.push_back({i});
  const LabelGroup outer = find(aliases(words, nullptr, 16));
  REQUIRE(outer.parts.size() == 1);
  CHECK(outer.parts[0].copies.front().front().size() == 16);
  CHECK(outer.generators(16).size() == 15);

  const LabelGroup full =
      find(aliases({{0, 1, 2, 3, 4, 5, 6, 7}}, SymmetryGroup::symmetric(up_to(8)), 8));
  CHECK(order_of(full) == 40'320);
}

TEST_CASE("whole operands are copies of each other") {
  std::vector<Labels> words;
  for (int i = 0; i < 16; ++i) words.push_back({2 * i, 2 * i + 1});
  const LabelGroup plain = find(aliases(words, nullptr, 32));
  REQUIRE(plain.parts.size() == 1);
  CHECK(plain.parts[0].copies.size() == 16);
  CHECK(plain.parts[0].order() == 20'922'789'888'000ULL);  // 16!
  const LabelGroup turned =
      find(aliases({{0, 1, 2}, {3, 4, 5}}, SymmetryGroup::cyclic(up_to(3)), 6));
  CHECK(order_of(turned) == 18);  // 3^2 * 2
}

TEST_CASE("rings and chains") {
  std::vector<Labels> ring;
  for (int i = 0; i < 16; ++i) ring.push_back({i, (i + 1) % 16});
  CHECK(order_of(find(aliases(ring, nullptr, 16))) == 16);
  CHECK(order_of(find(aliases(ring, SymmetryGroup::symmetric({0, 1}), 16))) == 32);
  std::vector<Labels> chain;
  for (int i = 0; i < 16; ++i) chain.push_back({i, i + 1});
  CHECK(find(aliases(chain, nullptr, 17)).is_trivial());
  CHECK(order_of(find(aliases(chain, SymmetryGroup::symmetric({0, 1}), 17))) == 2);
}

TEST_CASE("no single generator of ij,jk with S,S is accepted, only their combination") {
  const LabelGroup group = find(aliases({{0, 1}, {1, 2}}, SymmetryGroup::symmetric({0, 1}), 3));
  CHECK(order_of(group) == 2);
  CHECK(group.generators(3) == std::vector<Permutation>{Permutation{{2, 1, 0}}});
}

TEST_CASE("lengths and colours keep labels apart") {
  LabelProblem problem = aliases({{0}, {1}, {2}}, nullptr, 3);
  CHECK(order_of(find(problem)) == 6);
  problem.colours = {0, 1, 0};
  CHECK(order_of(find(problem)) == 2);
  problem.lengths = {2, 2, 3};
  CHECK(find(problem).is_trivial());
}

TEST_CASE("equal words count as often as they occur") {
  LabelProblem problem = aliases({{0}, {0}, {1}}, nullptr, 2);
  CHECK(find(problem).is_trivial());
}

TEST_CASE("a search that runs out says so") {
  SearchBudget budget{20};
  std::vector<Labels> ring;
  for (int i = 0; i < 16; ++i) ring.push_back({i, (i + 1) % 16});
  CHECK_THROWS_AS(find_label_group(aliases(ring, nullptr, 16), budget), flopscope::SearchExhausted);
}

TEST_CASE("random expressions have the group that the row moves give") {
  std::mt19937 random{7};
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 400; ++round) {
    const int rank = 1 + below(3);
    const int count = 1 + below(rank == 3 ? 2 : 3);
    const int label_count = 1 + below(5);
    GroupPtr group;
    if (rank > 1 && below(3) > 0) {
      group = below(2) == 0 ? SymmetryGroup::symmetric(up_to(rank))
                            : SymmetryGroup::cyclic(up_to(rank));
    }
    ContractionQuery query;
    std::set<int> used;
    for (int o = 0; o < count; ++o) {
      Labels word;
      for (int a = 0; a < rank; ++a) word.push_back(below(label_count));
      used.insert(word.begin(), word.end());
      query.expression.inputs.push_back(word);
      query.groups.push_back(group);
      query.classes.push_back(0);
    }
    // The oracle wants every label to occur.
    std::vector<int> name(static_cast<std::size_t>(label_count), 0);
    int next = 0;
    for (const int label : used) name[static_cast<std::size_t>(label)] = next++;
    for (Labels& word : query.expression.inputs) {
      for (int& label : word) label = name[static_cast<std::size_t>(label)];
    }
    query.expression.lengths.assign(used.size(), 2);

    const LabelGroup found = find(aliases(query.expression.inputs, group, next));
    std::vector<oracle::Axes> generators;
    for (const Permutation& p : found.generators(next)) generators.push_back(p.images());
    CAPTURE(round);
    CHECK(oracle::close(generators, used.size()) == oracle::accepted(query));
    CHECK(order_of(found) == oracle::accepted(query).size());
  }
}
