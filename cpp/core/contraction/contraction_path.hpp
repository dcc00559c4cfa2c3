// The order in which the operands of a contraction are combined.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <vector>

namespace flopscope {

// What one step combines: two operands nearly always, for which no memory is asked for.
class PathStep {
 public:
  PathStep() = default;
  PathStep(std::initializer_list<int> operands) {
    for (const int operand : operands) push_back(operand);
  }

  explicit PathStep(const std::vector<int>& operands) {
    for (const int operand : operands) push_back(operand);
  }

  void push_back(int operand) {
    if (size_ < few_.size()) {
      few_[size_++] = operand;
      return;
    }
    if (size_ == few_.size()) many_.assign(few_.begin(), few_.end());
    many_.push_back(operand);
    ++size_;
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  int* begin() noexcept { return size_ <= few_.size() ? few_.data() : many_.data(); }
  int* end() noexcept { return begin() + size_; }
  const int* begin() const noexcept { return size_ <= few_.size() ? few_.data() : many_.data(); }
  const int* end() const noexcept { return begin() + size_; }
  int operator[](std::size_t index) const noexcept { return begin()[index]; }
  int& operator[](std::size_t index) noexcept { return begin()[index]; }

  friend bool operator==(const PathStep& a, const PathStep& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }
  friend bool operator!=(const PathStep& a, const PathStep& b) noexcept { return !(a == b); }

 private:
  std::array<int, 2> few_{};
  std::vector<int> many_;  // all of them, when they are more
  std::size_t size_ = 0;
};

// Positions to contract, in the shrinking list of operands; results are appended at the end.
using ContractionPath = std::vector<PathStep>;

}  // namespace flopscope
