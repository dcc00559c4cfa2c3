// The least rearrangement of a word's letters by a group acting on its positions. Private.
//
// Two words are rearrangements of each other exactly when their least ones are equal, which turns
// "is there an element of the group that ..." into a comparison.
#pragma once

#include <cstdint>
#include <vector>

#include "core/symmetry/element_list.hpp"
#include "core/symmetry/symmetry_group.hpp"

namespace flopscope {

class WordForm {
 public:
  // Of words with ndim letters; null: without a group. Throws InvalidArgument when the group acts
  // on an axis that the word does not have, GroupTooLarge when it has to be listed and cannot be.
  WordForm(GroupPtr group, std::size_t ndim);

  bool is_plain() const noexcept { return pieces_.empty(); }

  void reduce(std::vector<int>& word) const;

  // Positions that the group carries into each other have the same number.
  const std::vector<int>& orbit_of() const noexcept { return orbit_of_; }

  // What one call of reduce() costs, in those of a word without a list; measured.
  std::uint64_t work() const noexcept { return work_; }

 private:
  struct Piece {
    FactorKind kind;
    std::vector<std::size_t> positions;
    const ElementList* list = nullptr;  // generated kind only; owned by the group
  };

  static void least_turn(std::vector<int>& letters, bool reflects);
  static void least_listed(std::vector<int>& letters, const ElementList& list);

  GroupPtr group_;
  std::vector<Piece> pieces_;
  std::vector<int> orbit_of_;
  std::uint64_t work_ = 1;
  mutable std::vector<int> letters_;  // scratch; a form belongs to one search
};

}  // namespace flopscope
