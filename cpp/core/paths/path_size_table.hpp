// Sizes of label sets by table: the product of up to eight lengths is one look-up. Private.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace flopscope {

// Products in floating point: exact to 2^53, infinite at worst.
class SizeTable {
 public:
  explicit SizeTable(const std::vector<std::uint64_t>& sizes) : tables_((sizes.size() + 7) / 8) {
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      std::array<double, 256>& table = tables_[t];
      table[0] = 1.0;
      std::size_t filled = 1;
      for (std::size_t label = 8 * t; label < sizes.size() && label < 8 * t + 8; ++label) {
        const auto size = static_cast<double>(sizes[label]);
        for (std::size_t i = 0; i < filled; ++i) table[filled + i] = table[i] * size;
        filled *= 2;
      }
    }
  }

  template <class Set>
  double operator()(const Set& labels) const noexcept {
    double size = 1.0;
    std::size_t next = 0;
    for (std::uint64_t word : labels.words()) {
      for (std::size_t t = next; word != 0; ++t, word >>= 8) {
        if ((word & 255) != 0) size *= tables_[t][word & 255];
      }
      next += 8;
    }
    return size == size ? size : 0.0;  // nothing times infinity
  }

 private:
  std::vector<std::array<double, 256>> tables_;
};

}  // namespace flopscope
