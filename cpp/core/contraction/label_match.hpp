// Backtracking over units of labels: is there an accepted permutation that carries one arrangement
// of units onto another? Private.
#pragma once

#include <cstdint>
#include <vector>

#include "core/contraction/label_words.hpp"

namespace flopscope {

// Units of labels, by index, and what a search knows of them.
struct UnitTable {
  std::vector<LabelUnit> units;
  std::vector<int> colours;    // by unit: units of different colours or sizes stay apart
  std::vector<char> is_fixed;  // alone of its colour: every accepted permutation keeps it
};

class UnitMatcher {
 public:
  UnitMatcher(const WordTable& words, const UnitTable& table);

  // Images of the units `from`, all of them in `to`; empty when there is no such permutation.
  std::vector<int> carry(const std::vector<int>& from, const std::vector<int>& to);

  // The permutations of the units `order` onto themselves, as permutations of their indices: a few
  // generators, the identity first, and how many there are (held at the largest value).
  struct SelfMaps {
    std::vector<Permutation> generators;
    std::uint64_t order = 1;
  };
  SelfMaps self_maps(const std::vector<int>& order);

 private:
  bool extend(std::size_t depth);
  bool try_image(int unit, int image);
  void place(int unit, int image);
  void undo(int unit);
  bool is_consistent(int unit);
  bool has_partner(const WordTable::Word& word, const std::vector<int>& places);

  const WordTable& words_;
  const UnitTable& table_;
  std::vector<int> from_;  // the units of the current search
  std::vector<int> to_;
  std::vector<int> image_of_unit_;   // -1: open
  std::vector<char> is_taken_;       // units that are an image
  std::vector<int> image_of_label_;  // -1: open
  std::vector<char> is_image_;       // labels that are an image
  Labels image_;                     // scratch of has_partner
  Labels target_;
};

}  // namespace flopscope
