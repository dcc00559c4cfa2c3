// Elements of a small permutation group, listed. Private to the group code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/symmetry/permutation.hpp"

namespace flopscope {

class ElementList {
 public:
  // How many elements have the same number of cycles on each orbit.
  struct CycleType {
    std::vector<int> cycles;  // one entry per orbit
    std::uint64_t count = 0;
  };

  // The elements of a group, in any order.
  explicit ElementList(std::vector<Permutation> elements);

  std::size_t size() const noexcept { return elements_.size(); }
  const std::vector<Permutation>& all() const noexcept { return elements_; }
  bool contains(const Permutation& p) const;

  const std::vector<std::vector<int>>& orbits() const noexcept { return orbits_; }
  const std::vector<CycleType>& cycle_types() const noexcept { return cycle_types_; }

 private:
  std::vector<Permutation> elements_;  // lexicographic, hence the identity first
  std::vector<std::vector<int>> orbits_;
  std::vector<CycleType> cycle_types_;
};

// Everything the generators generate; throws GroupTooLarge beyond `budget` elements.
std::vector<Permutation> closure(const std::vector<Permutation>& generators, int degree,
                                 std::size_t budget);

// A few elements that generate the given group, the identity alone for the trivial one.
std::vector<Permutation> generating_subset(const std::vector<Permutation>& group, int degree);

// Orbits of 0..degree-1 by least element, each ascending.
std::vector<std::vector<int>> orbits_of(const std::vector<Permutation>& generators, int degree);

}  // namespace flopscope
