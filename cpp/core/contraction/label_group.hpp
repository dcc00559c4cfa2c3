// The symmetry of a contraction: the permutations of its labels that leave the product of its
// operands as it is.
//
// Operands are words of labels, each of a kind (operands that are the same object) with an axis
// group. A permutation of labels is accepted when it turns the words of each kind into the same
// words, up to rearrangements by the axis group:
//
//   { least(pi(word)) : word of the kind }  =  { least(word) : word of the kind }     as multisets
//
// It is found by a backtracking search over labels; the row moves behind it, of which there can be
// |H|^m * m!, are never listed.
#pragma once

#include <cstdint>
#include <vector>

#include "core/contraction/subscripts.hpp"
#include "core/errors.hpp"
#include "core/symmetry/symmetry_group.hpp"

namespace flopscope {

struct LabelWord {
  Labels labels;
  int kind = 0;
};

struct LabelProblem {
  std::vector<LabelWord> words;
  std::vector<GroupPtr> kinds;         // axis group of each kind; null: none
  std::vector<std::uint64_t> lengths;  // by label; labels of different lengths stay apart
  std::vector<int> colours;            // by label, likewise; empty: all alike
};

// Labels that are freely interchangeable among themselves, ascending.
using LabelUnit = Labels;

// One direct factor of a label group. Its labels come as `copies` of one arrangement of units:
//   - inside a unit all permutations are accepted;
//   - `factors` permute whole units of a copy (their points are indices of units), in order;
//   - whole copies are exchanged freely, unit by unit.
// So the group of the part is (units and factors) wr Sym(copies).
struct LabelPart {
  std::vector<std::vector<LabelUnit>> copies;
  std::vector<Factor> factors;
  bool is_listable = true;  // false: a factor has more elements than element_budget()

  bool is_trivial() const noexcept;
  Labels labels() const;        // ascending
  std::uint64_t order() const;  // held at the largest value; throws GroupTooLarge

  // As permutations of 0..label_count-1.
  std::vector<Permutation> generators(int label_count) const;
};

struct LabelGroup {
  std::vector<LabelPart> parts;  // every label that occurs in a word is in one part

  bool is_trivial() const noexcept;
  std::vector<Permutation> generators(int label_count) const;
};

// What a search may still spend, in words that are rearranged; shared by the searches of one bill.
// The whole of it takes some 50 milliseconds.
struct SearchBudget {
  std::uint64_t left = k_default;

  static constexpr std::uint64_t k_default = 1'000'000;
};

// Throws SearchExhausted when the budget does not suffice, GroupTooLarge when an axis group cannot
// be listed. Both are for pricing code, which answers with the dense fallback.
LabelGroup find_label_group(const LabelProblem& problem, SearchBudget& budget);

class SearchExhausted : public Error {
 public:
  SearchExhausted() : Error{"the search for label symmetries ran out of budget"} {}
};

}  // namespace flopscope
