#include "core/contraction/label_words.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace flopscope {

namespace {

std::size_t at(int label) noexcept { return static_cast<std::size_t>(label); }

// Mixes a value into a hash. Only equality of the results matters, and a collision merely leaves
// more for the search to tell apart.
std::uint64_t mixed(std::uint64_t seed, std::uint64_t value) noexcept {
  std::uint64_t h = (seed ^ (value + 0x9E3779B97F4A7C15ULL)) * 0xBF58476D1CE4E5B9ULL;
  h ^= h >> 29U;
  h *= 0x94D049BB133111EBULL;
  return h ^ (h >> 32U);
}

int distinct(std::vector<std::uint64_t> values) {
  std::sort(values.begin(), values.end());
  return static_cast<int>(std::unique(values.begin(), values.end()) - values.begin());
}

}  // namespace

WordTable::WordTable(const LabelProblem& problem, SearchBudget& budget)
    : label_count_{static_cast<int>(problem.lengths.size())},
      budget_{budget},
      words_of_(problem.lengths.size()) {
  std::vector<const LabelWord*> first(problem.kinds.size(), nullptr);
  for (const LabelWord& word : problem.words) {
    const LabelWord*& known = first[at(word.kind)];
    if (known == nullptr) known = &word;
    if (known->labels.size() != word.labels.size()) {
      throw InvalidArgument{"operands that are the same object have the same number of axes"};
    }
  }
  forms_.reserve(problem.kinds.size());
  for (std::size_t kind = 0; kind < problem.kinds.size(); ++kind) {
    const std::size_t ndim = first[kind] != nullptr ? first[kind]->labels.size() : 0;
    forms_.emplace_back(first[kind] != nullptr ? problem.kinds[kind] : nullptr, ndim);
  }
  words_.reserve(problem.words.size());
  for (const LabelWord& word : problem.words) add(word);
  refine(problem);
}

void WordTable::add(const LabelWord& word) {
  Word entry{word.labels, word.labels, word.kind, 1, 0};
  reduce(entry, entry.least);
  entry.signature = signature(entry, entry.labels);
  for (Word& known : words_) {
    if (known.kind != entry.kind || known.least != entry.least) continue;
    ++known.count;
    return;
  }
  const int index = static_cast<int>(words_.size());
  for (const int label : entry.labels) {
    auto& places = words_of_[at(label)];
    if (places.empty() || places.back() != index) places.push_back(index);
  }
  words_.push_back(std::move(entry));
}

std::uint64_t WordTable::signature(const Word& word, const Labels& letters) const {
  const std::vector<int>& orbit = forms_[at(word.kind)].orbit_of();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    sum += mixed(static_cast<std::uint64_t>(letters[i]), static_cast<std::uint64_t>(orbit[i]));
  }
  return sum;
}

void WordTable::reduce(const Word& word, Labels& letters) const {
  const WordForm& form = forms_[at(word.kind)];
  if (budget_.left < form.work()) throw SearchExhausted{};
  budget_.left -= form.work();
  form.reduce(letters);
}

// Colours spread along the words until nothing more is told apart: a label's next colour tells in
// which orbits of positions it stands, and what the letters beside it look like.
void WordTable::refine(const LabelProblem& problem) {
  std::vector<std::uint64_t> colour(at(label_count_));
  for (std::size_t l = 0; l < colour.size(); ++l) {
    colour[l] = mixed(problem.lengths[l],
                      problem.colours.empty() ? 0 : static_cast<std::uint64_t>(problem.colours[l]));
  }
  std::vector<std::uint64_t> seen(colour.size());
  int known = distinct(colour);
  for (int round = 0; round < label_count_; ++round) {
    std::fill(seen.begin(), seen.end(), 0);
    for (const Word& word : words_) {
      const std::vector<int>& orbit = forms_[at(word.kind)].orbit_of();
      std::uint64_t whole =
          mixed(static_cast<std::uint64_t>(word.kind), static_cast<std::uint64_t>(word.count));
      for (std::size_t i = 0; i < word.labels.size(); ++i) {
        whole += mixed(colour[at(word.labels[i])], static_cast<std::uint64_t>(orbit[i]));
      }
      for (std::size_t i = 0; i < word.labels.size(); ++i) {
        seen[at(word.labels[i])] += mixed(whole, static_cast<std::uint64_t>(orbit[i]));
      }
    }
    for (std::size_t l = 0; l < colour.size(); ++l) colour[l] = mixed(colour[l], seen[l]);
    const int now = distinct(colour);
    if (now == known && round > 0) break;
    known = now;
    if (known == label_count_) break;
  }
  colours_.assign(colour.size(), 0);
  std::vector<std::uint64_t> names;
  for (std::size_t l = 0; l < colour.size(); ++l) {
    auto found = std::find(names.begin(), names.end(), colour[l]);
    if (found == names.end()) found = names.insert(found, colour[l]);
    colours_[l] = static_cast<int>(found - names.begin());
  }
  colour_count_ = static_cast<int>(names.size());
}

bool WordTable::accepts_swap(int x, int y) const {
  if (words_of(x).size() != words_of(y).size()) return false;
  Labels letters;
  const auto lands = [&](int index, int other) {
    const Word& word = words_[at(index)];
    letters = word.labels;
    for (int& letter : letters) {
      letter = letter == x ? y : letter == y ? x : letter;
    }
    const std::uint64_t sum = signature(word, letters);
    bool is_least = false;
    const auto& places = words_of(other);
    return std::any_of(places.begin(), places.end(), [&](int place) {
      const Word& there = words_[at(place)];
      if (there.kind != word.kind || there.count != word.count || there.signature != sum) {
        return false;
      }
      if (!std::exchange(is_least, true)) reduce(word, letters);
      return there.least == letters;
    });
  };
  // Different words stay different, so it is enough that each lands on some word.
  return std::all_of(words_of(x).begin(), words_of(x).end(), [&](int w) { return lands(w, y); }) &&
         std::all_of(words_of(y).begin(), words_of(y).end(), [&](int w) { return lands(w, x); });
}

}  // namespace flopscope
