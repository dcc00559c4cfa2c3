#include <algorithm>

#include "path_methods.hpp"

namespace flopscope {

ContractionPath to_positions(const NodePath& path, int operands) {
  std::vector<int> nodes;  // that are left, ascending
  nodes.reserve(static_cast<std::size_t>(operands));
  for (int node = 0; node < operands; ++node) nodes.push_back(node);
  ContractionPath out;
  out.reserve(path.size());
  int next = operands;
  for (const PathStep& step : path) {
    PathStep positions;
    for (const int node : step) {
      const auto found = std::lower_bound(nodes.begin(), nodes.end(), node);
      positions.push_back(static_cast<int>(found - nodes.begin()));
    }
    std::sort(positions.begin(), positions.end());
    for (std::size_t i = positions.size(); i-- > 0;) nodes.erase(nodes.begin() + positions[i]);
    nodes.push_back(next++);
    out.push_back(std::move(positions));
  }
  return out;
}

}  // namespace flopscope
