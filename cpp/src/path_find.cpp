// Which method for which problem.
#include <numeric>

#include "flopscope/errors.hpp"
#include "path_methods.hpp"

namespace flopscope {

namespace {

constexpr std::uint64_t k_no_limit = ~std::uint64_t{0};

NodePath depth_first(const Network& network, DepthFirst how, const PathOptions& options) {
  std::optional<NodePath> path =
      depth_first_path(network, how, options.memory_limit, options.work_limit);
  if (path) return std::move(*path);
  if (!options.memory_limit) return greedy_path(network);
  std::vector<int> all(network.terms.size());
  std::iota(all.begin(), all.end(), 0);
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
    default:
      return greedy(network, options);
  }
}

}  // namespace

ContractionPath find_path(const Expression& expression, PathMethod method,
                          const PathOptions& options) {
  const Network network = make_network(expression);
  return to_positions(search(network, method, options), network.count());
}

ContractionPath reference_path(const Expression& expression) {
  return find_path(expression, PathMethod::reference_auto);
}

}  // namespace flopscope
