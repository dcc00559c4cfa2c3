// The order in which CPython walks over a set of small integers. Private.
//
// The reference search tries pairs in that order, and what it tries first can decide what it prunes
// later. The order is a matter of table sizes and probing alone (an integer is its own hash), so it
// does not depend on the hash seed; it has been the same in every CPython from 3.10 on.
#pragma once

#include <cstddef>
#include <vector>

namespace flopscope {

class HashOrder {
 public:
  HashOrder() : table_(k_smallest, k_free) {}

  // set(range(count))
  static HashOrder range(int count);

  // *this = from - {i, j} | {added}
  void replace(const HashOrder& from, int i, int j, int added);

  std::size_t size() const noexcept { return used_; }

  // The members in the order of iteration.
  void list(std::vector<int>& members) const;

 private:
  static constexpr std::size_t k_smallest = 8;
  static constexpr int k_free = -1;

  std::size_t mask() const noexcept { return table_.size() - 1; }
  bool is_crowded(std::size_t fill) const noexcept { return fill * 5 >= mask() * 3; }
  void clear();
  void insert(int member);           // room is known to be there
  void add(int member);              // grows as set.add does
  void resize(std::size_t minimum);  // to more than so many slots
  void copy(const HashOrder& from, bool has_holes);
  void discard(int member);

  std::vector<int> table_;
  std::size_t used_ = 0;
};

}  // namespace flopscope
