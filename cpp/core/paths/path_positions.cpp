#include <algorithm>
#include <cstdint>

#include "core/paths/path_arena.hpp"
#include "core/paths/path_label_set.hpp"
#include "core/paths/path_methods.hpp"

namespace flopscope {

namespace {

// Which nodes are left: results join at the end, so a node's position is the number of earlier
// ones.
class NodesLeft {
 public:
  NodesLeft(std::size_t nodes, int operands, Arena& arena)
      : words_((nodes + 63) / 64, 0, ArenaAllocator<std::uint64_t>{arena}) {
    for (int node = 0; node < operands; ++node) add(node);
  }

  void add(int node) noexcept { word(node) |= bit(node); }
  void remove(int node) noexcept { word(node) &= ~bit(node); }

  int position(int node) const noexcept {
    const std::size_t last = static_cast<std::size_t>(node) / 64;
    int earlier = count_bits(words_[last] & (bit(node) - 1));
    for (std::size_t i = 0; i < last; ++i) earlier += count_bits(words_[i]);
    return earlier;
  }

 private:
  static std::uint64_t bit(int node) noexcept { return std::uint64_t{1} << (node & 63); }
  std::uint64_t& word(int node) noexcept { return words_[static_cast<std::size_t>(node) / 64]; }

  ArenaVector<std::uint64_t> words_;
};

}  // namespace

ContractionPath to_positions(NodePath path, int operands) {
  Arena arena;
  NodesLeft left{static_cast<std::size_t>(operands) + path.size(), operands, arena};
  int next = operands;
  for (PathStep& step : path) {
    std::sort(step.begin(), step.end());
    int* const nodes = step.begin();
    for (std::size_t i = step.size(); i-- > 0;) {
      const int node = nodes[i];
      nodes[i] = left.position(node);
      left.remove(node);
    }
    left.add(next++);
  }
  return path;
}

}  // namespace flopscope
