// The methods behind find_path, and what they hand on. Private.
//
// Inside, nodes are numbered once: operands 0 to n-1, results from n on in the order of the steps.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "flopscope/paths.hpp"
#include "path_network.hpp"

namespace flopscope {

using NodePath = std::vector<std::vector<int>>;  // nodes of each step, instead of positions

// Positions in the shrinking list, ascending in each step.
ContractionPath to_positions(const NodePath& path, int operands);

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

}  // namespace flopscope
