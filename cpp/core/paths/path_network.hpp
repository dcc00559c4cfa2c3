// An expression made ready for a search: labels renamed, merged and counted once. Private.
#pragma once

#include <cstdint>
#include <vector>

#include "core/contraction/label_lists.hpp"
#include "core/contraction/subscripts.hpp"
#include "core/paths/path_label_set.hpp"

namespace flopscope {

// Labels that occur in the same operands, and both in the output or both not, stay together in
// every intermediate, so they are one label here. No method can tell: sets are equal, disjoint or
// empty exactly when they were before.
struct Network {
  LabelLists terms;  // no label twice
  std::vector<int> output;
  std::vector<std::uint64_t> sizes;  // by label

  int count() const noexcept { return static_cast<int>(terms.size()); }
};

// Throws InvalidArgument as find_path does.
Network make_network(const Expression& expression);
Network make_network(const LabelLists& inputs, const Labels& output,
                     const std::vector<std::uint64_t>& lengths);

template <class Set, class List>
Set set_of(const List& labels, std::size_t label_count) {
  Set out{label_count};
  for (const int label : labels) out.add(label);
  return out;
}

template <class Count, class Set>
Count size_of(const Set& labels, const std::vector<std::uint64_t>& sizes) {
  Count size{1};
  labels.each([&](int label) { size *= sizes[static_cast<std::size_t>(label)]; });
  return size;
}

}  // namespace flopscope
