#include <algorithm>
#include <limits>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "core/errors.hpp"
#include "core/paths/paths.hpp"

namespace {

using namespace flopscope;

using LabelBag = std::set<int>;

// Reads `ab,bc->ac` with a length for each letter from `a` on.
Expression expression(std::string_view text, std::vector<std::uint64_t> lengths) {
  Expression out;
  out.lengths = std::move(lengths);
  Labels* term = &out.inputs.emplace_back();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      term = &out.inputs.emplace_back();
    } else if (text[i] == '-') {
      term = &out.output;
      ++i;
    } else {
      term->push_back(text[i] - 'a');
    }
  }
  return out;
}

// Cost of a path from the definition, with steps of any number of operands.
double cost_of(const Expression& problem, const ContractionPath& path) {
  std::vector<LabelBag> terms;
  for (const Labels& labels : problem.inputs) terms.emplace_back(labels.begin(), labels.end());
  double total = 0;
  for (const flopscope::PathStep& step : path) {
    REQUIRE(std::is_sorted(step.begin(), step.end()));
    LabelBag either;
    LabelBag kept{problem.output.begin(), problem.output.end()};
    std::multiset<int> met;
    for (std::size_t i = step.size(); i-- > 0;) {
      REQUIRE(static_cast<std::size_t>(step[i]) < terms.size());
      const LabelBag& term = terms[static_cast<std::size_t>(step[i])];
      either.insert(term.begin(), term.end());
      met.insert(term.begin(), term.end());
      terms.erase(terms.begin() + step[i]);
    }
    for (const LabelBag& term : terms) kept.insert(term.begin(), term.end());
    double size = 1;
    bool sums = false;
    LabelBag result;
    for (const int label : either) {
      size *= static_cast<double>(problem.lengths[static_cast<std::size_t>(label)]);
      if (kept.count(label) != 0) {
        result.insert(label);
      } else {
        sums = sums || met.count(label) > 1;
      }
    }
    total += size * (sums ? 2 : 1);
    terms.push_back(result);
  }
  REQUIRE(terms.size() == 1);
  return total;
}

// The least cost over all orders of pairwise steps.
double least_cost(const Expression& problem, ContractionPath& path, int left) {
  if (left == 1) return cost_of(problem, path);
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < left; ++i) {
    for (int j = i + 1; j < left; ++j) {
      path.push_back({i, j});
      best = std::min(best, least_cost(problem, path, left - 1));
      path.pop_back();
    }
  }
  return best;
}

Expression random_problem(std::mt19937& random, int operands, int labels, int longest) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Expression out;
  for (int l = 0; l < labels; ++l) {
    out.lengths.push_back(static_cast<std::uint64_t>(below(longest + 1)));
  }
  LabelBag used;
  for (int o = 0; o < operands; ++o) {
    Labels& term = out.inputs.emplace_back();
    for (int n = below(5); n > 0; --n) term.push_back(below(labels));  // may repeat
    used.insert(term.begin(), term.end());
  }
  for (const int label : used) {
    if (below(4) == 0) out.output.push_back(label);
  }
  return out;
}

constexpr PathMethod k_searches[] = {PathMethod::optimal, PathMethod::connected,
                                     PathMethod::random_greedy, PathMethod::balanced,
                                     PathMethod::thorough};

TEST_CASE("optimal is the best of all trees") {
  std::mt19937 random{1};
  for (int round = 0; round < 120; ++round) {
    const int operands = 2 + round % 4 + (round % 12 == 11 ? 1 : 0);
    const Expression problem = random_problem(random, operands, 1 + round % 9, 3);
    ContractionPath scratch;
    const double best = least_cost(problem, scratch, operands);
    CHECK(cost_of(problem, find_path(problem, PathMethod::optimal)) == best);
    for (const PathMethod method : k_searches) {
      CHECK(cost_of(problem, find_path(problem, method)) >= best);
    }
  }
}

TEST_CASE("searches are no dearer than greedy, and optimal no dearer than any") {
  std::mt19937 random{2};
  for (int round = 0; round < 40; ++round) {
    const Expression problem = random_problem(random, 7 + round % 6, 12, 4);
    const double greedy = cost_of(problem, find_path(problem, PathMethod::greedy));
    const double best = cost_of(problem, find_path(problem, PathMethod::optimal));
    for (const PathMethod method : k_searches) {
      const double cost = cost_of(problem, find_path(problem, method));
      CHECK(cost <= greedy);
      CHECK(cost >= best);
    }
  }
}

TEST_CASE("the reference path is opt_einsum's") {
  using Path = ContractionPath;
  CHECK(reference_path(expression("ab,bc,cd->ad", {9, 2, 2, 2})) == Path{{1, 2}, {0, 1}});
  CHECK(reference_path(expression("abd,ac,bdc->", {1, 2, 3, 4})) == Path{{0, 2}, {0, 1}});
  // All orders cost the same: the first that is tried stays.
  CHECK(reference_path(expression("a,a,a->a", {3})) == Path{{0, 1}, {0, 1}});
  // Of one operand there is nothing to order.
  CHECK(reference_path(expression("ab->a", {3, 3})).empty());
  CHECK(reference_path(expression("ab,bc->ac", {3, 3, 3})) == Path{{0, 1}});
}

TEST_CASE("branches take the sums of a ring from its smallest side") {
  const Expression ring = expression("ab,bc,cd,de,ea->", {2, 3, 4, 5, 6});
  const ContractionPath path = reference_path(ring);
  CHECK(path == find_path(ring, PathMethod::branch_all));
  ContractionPath scratch;
  CHECK(cost_of(ring, path) == least_cost(ring, scratch, 5));
}

TEST_CASE("paths of many operands and labels") {
  Expression chain;
  chain.lengths.assign(301, 2);
  for (int i = 0; i < 300; ++i) chain.inputs.push_back({i, i + 1});
  chain.output = {0, 300};
  for (const PathMethod method : k_searches) CHECK(cost_of(chain, find_path(chain, method)) > 0);
  CHECK(cost_of(chain, reference_path(chain)) == 299 * 16);
}

TEST_CASE("a limit on memory is kept, or all is contracted at once") {
  const Expression outer = expression("a,b,c->abc", {10, 10, 10});
  for (const PathMethod method : {PathMethod::reference_auto, PathMethod::branch_all,
                                  PathMethod::branch_1, PathMethod::greedy}) {
    PathOptions options;
    options.memory_limit = 50;
    CHECK(find_path(outer, method, options) == ContractionPath{{0, 1, 2}});
    options.memory_limit = 5000;
    CHECK(find_path(outer, method, options).size() == 2);
  }
}

TEST_CASE("no work at all still gives a path") {
  std::mt19937 random{3};
  const Expression problem = random_problem(random, 20, 30, 3);
  PathOptions options;
  options.work_limit = 0;
  for (const PathMethod method : k_searches)
    CHECK(cost_of(problem, find_path(problem, method, options)) >= 0);
  CHECK(cost_of(problem, find_path(problem, PathMethod::branch_all, options)) >= 0);
}

TEST_CASE("problems that are none") {
  CHECK_THROWS_AS(reference_path({}), InvalidArgument);
  CHECK_THROWS_AS(reference_path(expression("ab->a", {2})), InvalidArgument);
  CHECK_THROWS_AS(reference_path(expression("a->b", {2, 2})), InvalidArgument);
  CHECK_THROWS_AS(reference_path({{{-1}}, {}, {2}}), InvalidArgument);
}

}  // namespace
