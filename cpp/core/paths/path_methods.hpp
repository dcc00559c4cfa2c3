// The methods behind find_path, and what they hand on. Private.
//
// Inside, nodes are numbered once: operands 0 to n-1, results from n on in the order of the steps.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/paths/path_network.hpp"
#include "core/paths/paths.hpp"

namespace flopscope {

using NodePath = std::vector<PathStep>;  // nodes of each step, instead of positions

// Positions in the shrinking list, ascending in each step.
ContractionPath to_positions(NodePath path, int operands);

// Depth-first search over orders as opt_einsum does it. `breadth`: how many continuations of each
// partial order are followed; none: all, without ranking them first (its `optimal`).
struct DepthFirst {
  enum class Rank : std::uint8_t { none, by_memory };
  Rank rank = Rank::by_memory;
  int breadth = 0;  // 0: all
};

// Empty when the limit on work struck before the first path was complete.
std::optional<NodePath> depth_first_path(const Network& network, DepthFirst how,
                                         std::optional<std::uint64_t> memory_limit,
                                         std::uint64_t work_limit);

NodePath greedy_path(const Network& network);

// The same with noise; a trial depends on nothing but its arguments.
NodePath noisy_greedy_path(const Network& network, std::uint64_t seed, std::uint64_t trial,
                           std::uint64_t& work_left);

struct ExactOptions {
  double bound = std::numeric_limits<double>::infinity();    // only cheaper trees count
  double largest = std::numeric_limits<double>::infinity();  // size of an intermediate
  bool joins_all = false;  // operands that have no label in common, too
};

struct ExactResult {
  NodePath path;  // empty: nothing below the bound
  double cost = 0.0;
  bool is_complete = true;  // false: the limit on work struck first
};

// For up to 64 operands. Operands that are not connected are joined as with `joins_all`.
ExactResult exact_path(const Network& network, const ExactOptions& options,
                       std::uint64_t& work_left);

// The cost of a path of pairwise steps.
double cost_of(const Network& network, const NodePath& path);

// Improves a path of pairwise steps by replacing pieces of `window` operands by their best trees,
// over and over until that changes nothing or work runs out. `largest` bounds intermediates.
// Returns the cost.
double improve_path(const Network& network, int window, double largest, std::uint64_t& work_left,
                    NodePath& path);

}  // namespace flopscope
