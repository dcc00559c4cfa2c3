#include "core/paths/path_network.hpp"

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "core/paths/path_arena.hpp"

namespace flopscope {

namespace {

// Merged lengths stay far from the ends of 64 bits.
constexpr std::uint64_t k_longest_merged = std::uint64_t{1} << 40;

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

// The kinds of labels met so far, with open addressing.
class Merger {
 public:
  struct Kind {
    std::uint64_t holders;
    bool is_output;
    int label;  // its new number
  };

  Merger(std::size_t labels, Arena& arena)
      : kinds_{ArenaAllocator<Kind>{arena}}, slots_{ArenaAllocator<int>{arena}} {
    std::size_t capacity = 8;
    while (capacity < 2 * labels) capacity *= 2;
    slots_.assign(capacity, k_free);
    kinds_.reserve(labels);
  }

  // The kind, and whether it is new; its label is then to be filled in.
  std::pair<Kind&, bool> find(std::uint64_t holders, bool is_output) {
    const std::uint64_t h = mixed(holders + (is_output ? 1 : 0));
    for (std::size_t i = h & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i] == k_free) {
        slots_[i] = static_cast<int>(kinds_.size());
        kinds_.push_back({holders, is_output, 0});
        return {kinds_.back(), true};
      }
      Kind& kind = kinds_[at(slots_[i])];
      if (kind.holders == holders && kind.is_output == is_output) return {kind, false};
    }
  }

 private:
  static constexpr int k_free = -1;

  ArenaVector<Kind> kinds_;
  ArenaVector<int> slots_;
};

constexpr int k_held_by_none = -1;

// New numbers of the labels; fills in the lengths.
ArenaVector<int> merge(const ArenaVector<std::uint64_t>& holders,
                       const ArenaVector<char>& is_output,
                       const std::vector<std::uint64_t>& lengths, std::vector<std::uint64_t>& sizes,
                       Arena& arena) {
  ArenaVector<int> renamed(lengths.size(), k_held_by_none, ArenaAllocator<int>{arena});
  Merger merger{lengths.size(), arena};
  for (std::size_t l = 0; l < lengths.size(); ++l) {
    if (holders[l] == 0) continue;
    const auto [kind, is_new] = merger.find(holders[l], is_output[l] != 0);
    if (!is_new) {
      std::uint64_t& size = sizes[at(kind.label)];
      if (lengths[l] <= 1 || size <= k_longest_merged / lengths[l]) {
        size *= lengths[l];
        renamed[l] = kind.label;
        continue;
      }
    }
    kind.label = renamed[l] = static_cast<int>(sizes.size());
    sizes.push_back(lengths[l]);
  }
  return renamed;
}

// `inputs` is any list of lists of labels.
template <class Inputs>
Network network_of(const Inputs& inputs, const Labels& output,
                   const std::vector<std::uint64_t>& lengths) {
  const std::size_t count = inputs.size();
  if (count == 0) throw InvalidArgument{"a contraction needs an operand"};
  Arena arena;
  const bool is_small = count <= 64;
  // Of a large one: any or none.
  ArenaVector<std::uint64_t> holders(lengths.size(), 0, ArenaAllocator<std::uint64_t>{arena});
  std::size_t total = 0;
  for (std::size_t o = 0; o < count; ++o) {
    const std::uint64_t holder = std::uint64_t{1} << (is_small ? o : 0);
    for (const int label : inputs[o]) {
      if (label < 0 || at(label) >= lengths.size()) {
        throw InvalidArgument{"every label needs a length"};
      }
      holders[at(label)] |= holder;
      ++total;
    }
  }
  ArenaVector<char> is_output(lengths.size(), 0, ArenaAllocator<char>{arena});
  for (const int label : output) {
    if (label < 0 || at(label) >= lengths.size() || holders[at(label)] == 0) {
      throw InvalidArgument{"the output has a label that no operand has"};
    }
    is_output[at(label)] = 1;
  }

  Network network;
  network.terms.reserve(count, total);
  network.sizes.reserve(lengths.size());
  ArenaVector<int> renamed{ArenaAllocator<int>{arena}};
  if (is_small) {
    renamed = merge(holders, is_output, lengths, network.sizes, arena);
  } else {
    renamed.assign(lengths.size(), k_held_by_none);
    for (std::size_t l = 0; l < lengths.size(); ++l) {
      if (holders[l] == 0) continue;
      renamed[l] = static_cast<int>(network.sizes.size());
      network.sizes.push_back(lengths[l]);
    }
  }
  ArenaVector<std::size_t> seen(network.sizes.size(), 0, ArenaAllocator<std::size_t>{arena});
  for (std::size_t o = 0; o < count; ++o) {
    for (const int label : inputs[o]) {
      const int number = renamed[at(label)];
      if (std::exchange(seen[at(number)], o + 1) != o + 1) network.terms.add(number);
    }
    network.terms.close();
  }
  for (std::size_t l = 0; l < lengths.size(); ++l) {
    if (is_output[l] != 0 && std::exchange(seen[at(renamed[l])], count + 1) != count + 1) {
      network.output.push_back(renamed[l]);
    }
  }
  return network;
}

}  // namespace

Network make_network(const Expression& expression) {
  return network_of(expression.inputs, expression.output, expression.lengths);
}

Network make_network(const LabelLists& inputs, const Labels& output,
                     const std::vector<std::uint64_t>& lengths) {
  return network_of(inputs, output, lengths);
}

}  // namespace flopscope
