// Which method for which problem.
#include <algorithm>
#include <limits>
#include <utility>

#include "core/errors.hpp"
#include "core/paths/path_methods.hpp"

namespace flopscope {

namespace {

constexpr double k_infinity = std::numeric_limits<double>::infinity();
constexpr std::uint64_t k_no_limit = ~std::uint64_t{0};

NodePath depth_first(const Network& network, DepthFirst how, const PathOptions& options) {
  std::optional<NodePath> path =
      depth_first_path(network, how, options.memory_limit, options.work_limit);
  if (path) return std::move(*path);
  if (!options.memory_limit) return greedy_path(network);
  PathStep all;
  for (int operand = 0; operand < network.count(); ++operand) all.push_back(operand);
  return {all};
}

// Greedy keeps no limit on memory; opt_einsum then takes the search that follows one branch.
NodePath greedy(const Network& network, const PathOptions& options) {
  if (!options.memory_limit) return greedy_path(network);
  return depth_first(network, {DepthFirst::Rank::by_memory, 1}, options);
}

NodePath reference(const Network& network, const PathOptions& options) {
  const int count = network.count();
  if (count <= 4) return depth_first(network, {DepthFirst::Rank::none, 0}, options);
  if (count <= 6) return depth_first(network, {DepthFirst::Rank::by_memory, 0}, options);
  if (count <= 8) return depth_first(network, {DepthFirst::Rank::by_memory, 2}, options);
  if (count <= 14) return depth_first(network, {DepthFirst::Rank::by_memory, 1}, options);
  return greedy(network, options);
}

bool is_pairwise(const NodePath& path) {
  return std::all_of(path.begin(), path.end(), [](const auto& step) { return step.size() == 2; });
}

// The search methods keep the best path so far and spend what work is left on better ones.
class Planner {
 public:
  Planner(const Network& network, const PathOptions& options)
      : network_{network}, options_{options}, work_left_{options.work_limit} {
    if (options.memory_limit) largest_ = static_cast<double>(*options.memory_limit);
    best_ = greedy(network, options);
    if (is_pairwise(best_)) cost_ = cost_of(network, best_);
  }

  NodePath& best() noexcept { return best_; }

  void improve(int window) {
    if (cost_ < k_infinity) cost_ = improve_path(network_, window, largest_, work_left_, best_);
  }

  // False: there may be better ones.
  bool search_all(bool joins_all, std::uint64_t work) {
    if (network_.count() > 64) return false;
    const std::uint64_t spared = work_left_ - std::min(work_left_, work);
    work_left_ -= spared;
    ExactOptions exact;
    exact.bound = cost_;
    exact.largest = largest_;
    exact.joins_all = joins_all;
    ExactResult result = exact_path(network_, exact, work_left_);
    work_left_ += spared;
    if (!result.path.empty()) {
      best_ = std::move(result.path);
      cost_ = result.cost;
    }
    return result.is_complete;
  }

  // Noisy greedy paths; the best `kept` of them are improved with this window if it is not 0.
  void try_random(int trials, int kept, int window) {
    if (options_.memory_limit) return;  // greedy knows no limit on memory
    const std::uint64_t labels = network_.terms.label_count() + network_.terms.size();
    struct Trial {
      double cost;
      NodePath path;
    };
    std::vector<Trial> pool;
    for (int trial = 0; trial < trials && work_left_ > 0; ++trial) {
      work_left_ -= std::min(work_left_, 4 * labels);  // the cost
      NodePath path = noisy_greedy_path(network_, options_.seed, next_trial_++, work_left_);
      const double cost = cost_of(network_, path);
      if (static_cast<int>(pool.size()) == kept && !(cost < pool.back().cost)) continue;
      if (static_cast<int>(pool.size()) == kept) pool.pop_back();
      const auto place = std::find_if(pool.begin(), pool.end(),
                                      [&](const Trial& other) { return cost < other.cost; });
      pool.insert(place, {cost, std::move(path)});
    }
    for (Trial& trial : pool) {
      if (window > 0) {
        trial.cost = improve_path(network_, window, largest_, work_left_, trial.path);
      }
      if (!(trial.cost < cost_)) continue;
      cost_ = trial.cost;
      best_ = std::move(trial.path);
    }
  }

  std::uint64_t work_left() const noexcept { return work_left_; }

 private:
  const Network& network_;
  const PathOptions& options_;
  std::uint64_t work_left_;
  double largest_ = k_infinity;
  NodePath best_;
  double cost_ = k_infinity;
  std::uint64_t next_trial_ = 0;
};

// Few operands need no help; with many, a good bound saves far more than it costs, and a search
// that does not end soon does not end.
constexpr int k_few = 8;
constexpr int k_unaided = 12;
constexpr int k_many = 24;

std::uint64_t share_of_exact(const Network& network, std::uint64_t work) {
  return network.count() <= k_many ? work / 2 : work / 8;
}

// True: the path is the best there is, but for outer products.
bool try_exact(const Network& network, Planner& planner) {
  if (network.count() > k_unaided) planner.improve(k_few);
  return planner.search_all(network.count() <= k_few, share_of_exact(network, planner.work_left()));
}

NodePath optimal(const Network& network, bool joins_all, const PathOptions& options) {
  Planner planner{network, options};
  if (network.count() > k_unaided) planner.improve(k_few);
  const bool is_small = joins_all && network.count() <= k_few;
  bool is_found = is_small || planner.search_all(false, planner.work_left() / (joins_all ? 2 : 1));
  if (joins_all) is_found = planner.search_all(true, planner.work_left()) && is_found;
  if (!is_found) planner.try_random(32, 4, k_few);
  return std::move(planner.best());
}

NodePath balanced(const Network& network, const PathOptions& options) {
  Planner planner{network, options};
  if (try_exact(network, planner)) return std::move(planner.best());
  planner.try_random(16, 3, k_few);
  planner.improve(k_few + 2);
  return std::move(planner.best());
}

NodePath thorough(const Network& network, const PathOptions& options) {
  Planner planner{network, options};
  if (try_exact(network, planner)) {
    if (network.count() > k_few) planner.search_all(true, planner.work_left());
    return std::move(planner.best());
  }
  constexpr int k_rounds = 8;
  const std::uint64_t reserve = planner.work_left() / 4;
  for (int round = 0; round < k_rounds && planner.work_left() > reserve; ++round) {
    planner.try_random(32, 2, k_few);
  }
  planner.improve(k_few + 4);
  return std::move(planner.best());
}

NodePath random_greedy(const Network& network, const PathOptions& options) {
  Planner planner{network, options};
  planner.try_random(options.trials, 1, 0);
  return std::move(planner.best());
}

NodePath search(const Network& network, PathMethod method, const PathOptions& options) {
  switch (method) {
    case PathMethod::reference_auto: {
      PathOptions exact = options;
      if (network.count() <= 14) exact.work_limit = k_no_limit;  // small enough, and must be right
      return reference(network, exact);
    }
    case PathMethod::reference_optimal:
      return depth_first(network, {DepthFirst::Rank::none, 0}, options);
    case PathMethod::branch_all:
      return depth_first(network, {DepthFirst::Rank::by_memory, 0}, options);
    case PathMethod::branch_2:
      return depth_first(network, {DepthFirst::Rank::by_memory, 2}, options);
    case PathMethod::branch_1:
      return depth_first(network, {DepthFirst::Rank::by_memory, 1}, options);
    case PathMethod::greedy:
      return greedy(network, options);
    default:
      break;
  }
  if (network.count() == 1) return {{0}};
  if (network.count() == 2) return {{0, 1}};
  switch (method) {
    case PathMethod::optimal:
      return optimal(network, true, options);
    case PathMethod::connected:
      return optimal(network, false, options);
    case PathMethod::random_greedy:
      return random_greedy(network, options);
    case PathMethod::thorough:
      return thorough(network, options);
    default:
      return balanced(network, options);
  }
}

}  // namespace

ContractionPath find_path(const Expression& expression, PathMethod method,
                          const PathOptions& options) {
  const Network network = make_network(expression);
  return to_positions(search(network, method, options), network.count());
}

ContractionPath find_path(const LabelLists& inputs, const Labels& output,
                          const std::vector<std::uint64_t>& lengths, PathMethod method,
                          const PathOptions& options) {
  const Network network = make_network(inputs, output, lengths);
  return to_positions(search(network, method, options), network.count());
}

ContractionPath reference_path(const Expression& expression) {
  return find_path(expression, PathMethod::reference_auto);
}

}  // namespace flopscope
