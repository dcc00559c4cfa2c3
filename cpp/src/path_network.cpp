#include "path_network.hpp"

#include <algorithm>
#include <utility>

#include "flopscope/errors.hpp"

namespace flopscope {

namespace {

// Merged lengths stay far from the ends of 64 bits.
constexpr std::uint64_t k_longest_merged = std::uint64_t{1} << 40;

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

struct Merger {
  struct Kind {
    std::uint64_t holders = 0;
    bool is_output = false;
    int label = 0;
  };
  std::vector<Kind> kinds;
  std::vector<int> slots;  // open addressing into `kinds`

  explicit Merger(std::size_t labels) {
    std::size_t capacity = 8;
    while (capacity < 2 * labels) capacity *= 2;
    slots.assign(capacity, -1);
    kinds.reserve(labels);
  }

  // The slot of this kind, or the free one where it belongs.
  int& find(std::uint64_t holders, bool is_output) {
    const std::uint64_t h = mixed(holders + (is_output ? 1 : 0));
    for (std::size_t i = h & (slots.size() - 1);; i = (i + 1) & (slots.size() - 1)) {
      if (slots[i] < 0) return slots[i];
      const Kind& kind = kinds[at(slots[i])];
      if (kind.holders == holders && kind.is_output == is_output) return slots[i];
    }
  }
};

// New numbers of the labels, -1 for those that no operand has; fills in the lengths.
std::vector<int> merge(const std::vector<std::uint64_t>& holders,
                       const std::vector<char>& is_output,
                       const std::vector<std::uint64_t>& lengths,
                       std::vector<std::uint64_t>& sizes) {
  std::vector<int> renamed(lengths.size(), -1);
  Merger merger{lengths.size()};
  for (std::size_t l = 0; l < lengths.size(); ++l) {
    if (holders[l] == 0) continue;
    int& slot = merger.find(holders[l], is_output[l] != 0);
    if (slot >= 0) {
      const int known = merger.kinds[at(slot)].label;
      std::uint64_t& size = sizes[at(known)];
      if (lengths[l] <= 1 || size <= k_longest_merged / lengths[l]) {
        size *= lengths[l];
        renamed[l] = known;
        continue;
      }
    } else {
      slot = static_cast<int>(merger.kinds.size());
      merger.kinds.push_back({holders[l], is_output[l] != 0, 0});
    }
    renamed[l] = static_cast<int>(sizes.size());
    merger.kinds[at(slot)].label = renamed[l];
    sizes.push_back(lengths[l]);
  }
  return renamed;
}

}  // namespace

Network make_network(const Expression& expression) {
  const std::size_t count = expression.inputs.size();
  const std::vector<std::uint64_t>& lengths = expression.lengths;
  if (count == 0) throw InvalidArgument{"a contraction needs an operand"};
  const bool is_small = count <= 64;
  std::vector<std::uint64_t> holders(lengths.size(), 0);  // of a large one: any or none
  for (std::size_t o = 0; o < count; ++o) {
    for (const int label : expression.inputs[o]) {
      if (label < 0 || at(label) >= lengths.size()) {
        throw InvalidArgument{"every label needs a length"};
      }
      holders[at(label)] |= std::uint64_t{1} << (is_small ? o : 0);
    }
  }
  std::vector<char> is_output(lengths.size(), 0);
  for (const int label : expression.output) {
    if (label < 0 || at(label) >= lengths.size() || holders[at(label)] == 0) {
      throw InvalidArgument{"the output has a label that no operand has"};
    }
    is_output[at(label)] = 1;
  }

  Network network;
  network.terms.resize(count);
  network.sizes.reserve(lengths.size());
  std::vector<int> renamed;
  if (is_small) {
    renamed = merge(holders, is_output, lengths, network.sizes);
  } else {
    renamed.assign(lengths.size(), -1);
    for (std::size_t l = 0; l < lengths.size(); ++l) {
      if (holders[l] == 0) continue;
      renamed[l] = static_cast<int>(network.sizes.size());
      network.sizes.push_back(lengths[l]);
    }
  }
  std::vector<std::size_t> seen(network.sizes.size(), 0);
  for (std::size_t o = 0; o < count; ++o) {
    std::vector<int>& term = network.terms[o];
    term.reserve(expression.inputs[o].size());
    for (const int label : expression.inputs[o]) {
      const int renamed_label = renamed[at(label)];
      if (std::exchange(seen[at(renamed_label)], o + 1) != o + 1) term.push_back(renamed_label);
    }
  }
  for (std::size_t l = 0; l < lengths.size(); ++l) {
    if (is_output[l] != 0 && std::exchange(seen[at(renamed[l])], count + 1) != count + 1) {
      network.output.push_back(renamed[l]);
    }
  }
  return network;
}

}  // namespace flopscope
