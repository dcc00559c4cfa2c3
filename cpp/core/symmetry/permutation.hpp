// A permutation of the positions 0..size-1, kept as the list of images.
// p(i) is the image of i, and p * q applies q first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace flopscope {

class Permutation {
 public:
  Permutation() = default;

  // From the list of images; throws InvalidArgument when it is not a bijection.
  explicit Permutation(std::vector<int> images);

  static Permutation identity(int size);

  // Product of cycles, the last applied first. `size` is raised to hold every position named.
  static Permutation from_cycles(const std::vector<std::vector<int>>& cycles, int size = 0);

  // Images that are known to be a bijection.
  static Permutation trusted(std::vector<int> images) noexcept;

  int size() const noexcept { return static_cast<int>(images_.size()); }
  const std::vector<int>& images() const noexcept { return images_; }
  int operator()(int position) const { return images_[static_cast<std::size_t>(position)]; }

  bool is_identity() const noexcept;
  Permutation inverse() const;

  // Same permutation on more positions; the new ones are fixed.
  Permutation extended(int size) const;

  // Cycles by their least element, each starting with it; fixed points as cycles of one.
  std::vector<std::vector<int>> full_cycles() const;
  std::vector<std::vector<int>> cycles() const;  // without fixed points

  std::vector<int> support() const;  // moved positions, ascending
  std::uint64_t order() const;       // least common multiple of the cycle lengths, held at the top
  bool is_odd() const;

  // Swaps whose product, the last applied first, is this permutation.
  std::vector<std::pair<int, int>> transpositions() const;

  // Throws InvalidArgument when the sizes differ.
  friend Permutation operator*(const Permutation& p, const Permutation& q);
  friend bool operator==(const Permutation& p, const Permutation& q) noexcept {
    return p.images_ == q.images_;
  }
  friend bool operator!=(const Permutation& p, const Permutation& q) noexcept { return !(p == q); }
  friend bool operator<(const Permutation& p, const Permutation& q) noexcept {
    return p.images_ < q.images_;
  }

  std::size_t hash() const noexcept;

 private:
  std::vector<int> images_;
};

struct PermutationHash {
  std::size_t operator()(const Permutation& p) const noexcept { return p.hash(); }
};

}  // namespace flopscope
