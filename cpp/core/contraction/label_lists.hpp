// Lists of labels, one per operand, in two pieces of memory however many there are.
#pragma once

#include <cstddef>
#include <vector>

namespace flopscope {

class LabelLists {
 public:
  class List {
   public:
    List(const int* first, const int* last) noexcept : first_{first}, last_{last} {}
    const int* begin() const noexcept { return first_; }
    const int* end() const noexcept { return last_; }
    std::size_t size() const noexcept { return static_cast<std::size_t>(last_ - first_); }
    int operator[](std::size_t i) const noexcept { return first_[i]; }

   private:
    const int* first_;
    const int* last_;
  };

  void reserve(std::size_t lists, std::size_t labels) {
    ends_.reserve(lists);
    labels_.reserve(labels);
  }

  // Appends to the list that is not closed yet.
  void add(int label) { labels_.push_back(label); }
  void close() { ends_.push_back(labels_.size()); }

  std::size_t size() const noexcept { return ends_.size(); }
  std::size_t label_count() const noexcept { return labels_.size(); }
  template <class F>
  void each(F&& f) const {
    for (const int label : labels_) f(label);
  }
  List operator[](std::size_t i) const noexcept {
    const int* all = labels_.data();
    return {all + (i == 0 ? 0 : ends_[i - 1]), all + ends_[i]};
  }

 private:
  std::vector<int> labels_;
  std::vector<std::size_t> ends_;
};

}  // namespace flopscope
