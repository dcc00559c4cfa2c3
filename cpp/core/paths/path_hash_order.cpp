#include "core/paths/path_hash_order.hpp"

#include <algorithm>

namespace flopscope {

void HashOrder::clear() {
  table_.assign(k_smallest, k_free);
  used_ = 0;
}

// The slot of the hash, then up to nine neighbours if the table is wide enough, then a jump.
void HashOrder::insert(int member) {
  constexpr std::size_t k_neighbours = 9;
  std::size_t perturbation = static_cast<std::size_t>(member);
  std::size_t slot = perturbation & mask();
  while (true) {
    const std::size_t last = slot + k_neighbours <= mask() ? slot + k_neighbours : slot;
    for (std::size_t s = slot; s <= last; ++s) {
      if (table_[s] == k_free) {
        table_[s] = member;
        ++used_;
        return;
      }
    }
    perturbation >>= 5;
    slot = (slot * 5 + 1 + perturbation) & mask();
  }
}

void HashOrder::resize(std::size_t minimum) {
  std::size_t capacity = k_smallest;
  while (capacity <= minimum) capacity *= 2;
  std::vector<int> members;
  list(members);
  table_.assign(capacity, k_free);
  used_ = 0;
  for (const int member : members) insert(member);
}

void HashOrder::add(int member) {
  insert(member);
  if (is_crowded(used_)) resize(used_ * 4);
}

void HashOrder::discard(int member) {
  const auto found = std::find(table_.begin(), table_.end(), member);
  if (found == table_.end()) return;
  *found = k_free;
  --used_;
}

// Merges into an empty set: slot by slot if the tables are alike, else one after the other.
void HashOrder::copy(const HashOrder& from, bool has_holes) {
  clear();
  if (is_crowded(from.used_)) resize(from.used_ * 2);
  if (mask() == from.mask() && !has_holes) {
    table_ = from.table_;
    used_ = from.used_;
    return;
  }
  for (const int member : from.table_) {
    if (member != k_free) insert(member);
  }
}

HashOrder HashOrder::range(int count) {
  HashOrder out;
  for (int member = 0; member < count; ++member) out.add(member);
  return out;
}

void HashOrder::replace(const HashOrder& from, int i, int j, int added) {
  HashOrder rest;
  // A much larger set is copied and loses members, a smaller one is built up from what stays.
  const bool is_copied = from.used_ / 4 > 2;
  if (is_copied) {
    rest.copy(from, false);
    rest.discard(i);
    rest.discard(j);
  } else {
    for (const int member : from.table_) {
      if (member != k_free && member != i && member != j) rest.add(member);
    }
  }
  if (rest.used_ == 0) {
    clear();
  } else {
    copy(rest, is_copied);
    if (is_crowded(used_ + 1)) resize((used_ + 1) * 2);
  }
  add(added);
}

void HashOrder::list(std::vector<int>& members) const {
  members.clear();
  for (const int member : table_) {
    if (member != k_free) members.push_back(member);
  }
}

}  // namespace flopscope
