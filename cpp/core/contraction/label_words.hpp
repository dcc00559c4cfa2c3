// The words of a label problem, prepared for searching: least forms, refined label colours, and
// the test whether two labels may trade places. Private.
#pragma once

#include <cstdint>
#include <vector>

#include "core/contraction/label_group.hpp"
#include "core/contraction/word_form.hpp"

namespace flopscope {

class WordTable {
 public:
  struct Word {
    Labels labels;
    Labels least;
    int kind = 0;
    int count = 1;  // equal words of one kind are kept once
    std::uint64_t signature = 0;
  };

  WordTable(const LabelProblem& problem, SearchBudget& budget);

  int label_count() const noexcept { return label_count_; }
  const std::vector<Word>& words() const noexcept { return words_; }

  // Indices of the words with a label, ascending; empty for a label that does not occur.
  const std::vector<int>& words_of(int label) const {
    return words_of_[static_cast<std::size_t>(label)];
  }

  // Labels that the group carries into each other have the same number, from 0; the converse need
  // not hold.
  const std::vector<int>& colours() const noexcept { return colours_; }
  int colour_count() const noexcept { return colour_count_; }

  // Is the exchange of two labels accepted?
  bool accepts_swap(int x, int y) const;

  // Equal for letters that are rearrangements of each other, and mostly only then. Spares comparing
  // least forms, which may take a look at every element of a group.
  std::uint64_t signature(const Word& word, const Labels& letters) const;

  // Rearranges letters that stand where a word's labels do, and pays for it.
  void reduce(const Word& word, Labels& letters) const;

 private:
  void add(const LabelWord& word);
  void refine(const LabelProblem& problem);

  int label_count_;
  SearchBudget& budget_;
  std::vector<WordForm> forms_;  // by kind
  std::vector<Word> words_;
  std::vector<std::vector<int>> words_of_;
  std::vector<int> colours_;
  int colour_count_ = 0;
};

}  // namespace flopscope
