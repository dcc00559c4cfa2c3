// Sets of labels as bits: one machine word for most problems, any number for the others. Private.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace flopscope {

inline int lowest_bit(std::uint64_t word) noexcept {
#if defined(__GNUC__)
  return __builtin_ctzll(word);
#else
  int index = 0;
  while ((word & 1) == 0) {
    word >>= 1;
    ++index;
  }
  return index;
#endif
}

inline int count_bits(std::uint64_t word) noexcept {
#if defined(__GNUC__)
  return __builtin_popcountll(word);
#else
  int count = 0;
  for (; word != 0; word &= word - 1) ++count;
  return count;
#endif
}

// Every bit of the word has a say in every bit of the result: sets of high labels differ in high
// bits only, and tables look at the low ones.
inline std::uint64_t mixed(std::uint64_t word) noexcept {
  word ^= word >> 32;
  word *= 0x9E3779B97F4A7C15U;
  word ^= word >> 29;
  word *= 0xBF58476D1CE4E5B9U;
  return word ^ (word >> 32);
}

// `Words` is an array for a width known when compiling, and a vector for the rest.
template <class Words>
class LabelSet {
 public:
  LabelSet() = default;
  explicit LabelSet([[maybe_unused]] std::size_t labels) {
    if constexpr (!k_is_fixed) words_.assign((labels + 63) / 64, 0);
  }

  void add(int label) noexcept { word(label) |= bit(label); }
  void remove(int label) noexcept { word(label) &= ~bit(label); }
  bool has(int label) const noexcept {
    return (words_[static_cast<std::size_t>(label) / 64] & bit(label)) != 0;
  }

  bool is_empty() const noexcept {
    for (const std::uint64_t w : words_) {
      if (w != 0) return false;
    }
    return true;
  }
  bool is_disjoint(const LabelSet& other) const noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if ((words_[i] & other.words_[i]) != 0) return false;
    }
    return true;
  }

  LabelSet& operator|=(const LabelSet& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  LabelSet& operator&=(const LabelSet& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  LabelSet& operator-=(const LabelSet& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    return *this;
  }
  friend LabelSet operator|(LabelSet a, const LabelSet& b) noexcept { return a |= b; }
  friend LabelSet operator&(LabelSet a, const LabelSet& b) noexcept { return a &= b; }
  friend LabelSet operator-(LabelSet a, const LabelSet& b) noexcept { return a -= b; }
  friend bool operator==(const LabelSet& a, const LabelSet& b) noexcept {
    return a.words_ == b.words_;
  }

  // Calls f(label), ascending.
  template <class F>
  void each(F&& f) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t w = words_[i]; w != 0; w &= w - 1) {
        f(static_cast<int>(i * 64) + lowest_bit(w));
      }
    }
  }

  std::uint64_t hash() const noexcept {
    std::uint64_t h = 0;
    for (const std::uint64_t w : words_) h = mixed(h ^ w);
    return h;
  }

  const Words& words() const noexcept { return words_; }

 private:
  static constexpr bool k_is_fixed = !std::is_same_v<Words, std::vector<std::uint64_t>>;

  static std::uint64_t bit(int label) noexcept { return std::uint64_t{1} << (label & 63); }
  std::uint64_t& word(int label) noexcept { return words_[static_cast<std::size_t>(label) / 64]; }

  Words words_{};
};

template <std::size_t N>
using FixedLabelSet = LabelSet<std::array<std::uint64_t, N>>;
using LongLabelSet = LabelSet<std::vector<std::uint64_t>>;

// Calls f with an empty set of the narrowest type that holds so many labels.
template <class F>
decltype(auto) with_label_set(std::size_t labels, F&& f) {
  if (labels <= 64) return f(FixedLabelSet<1>{});
  if (labels <= 128) return f(FixedLabelSet<2>{});
  if (labels <= 256) return f(FixedLabelSet<4>{});
  return f(LongLabelSet{labels});
}

}  // namespace flopscope
