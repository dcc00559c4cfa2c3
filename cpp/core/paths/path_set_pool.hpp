// Label sets by number, each with its size, so that equal sets are equal numbers. Private.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/paths/path_arena.hpp"
#include "core/paths/path_network.hpp"

namespace flopscope {

// Positions in a table of twice as many slots as there are entries.
class SlotTable {
 public:
  SlotTable(std::size_t expected, Arena& arena) : slots_{ArenaAllocator<int>{arena}} {
    std::size_t capacity = 16;
    while (capacity < 2 * expected) capacity *= 2;
    slots_.assign(capacity, -1);
  }

  // The entry with this hash for which is_equal(entry) holds, or -1.
  template <class IsEqual>
  int find(std::uint64_t hash, IsEqual&& is_equal) const {
    for (std::size_t i = start(hash);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i] < 0 || is_equal(slots_[i])) return slots_[i];
    }
  }

  // Adds entry `count_`, which find() did not find; hash_of(entry) is asked when the table grows.
  template <class HashOf>
  void append(std::uint64_t hash, HashOf&& hash_of) {
    if (2 * (static_cast<std::size_t>(count_) + 1) > slots_.size()) {
      slots_.assign(2 * slots_.size(), -1);
      for (int entry = 0; entry < count_; ++entry) put(hash_of(entry), entry);
    }
    put(hash, count_++);
  }

 private:
  std::size_t start(std::uint64_t hash) const noexcept { return hash & (slots_.size() - 1); }
  void put(std::uint64_t hash, int entry) {
    std::size_t i = start(hash);
    while (slots_[i] >= 0) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = entry;
  }

  ArenaVector<int> slots_;
  int count_ = 0;
};

template <class Count, class Set>
class SetPool {
 public:
  SetPool(const std::vector<std::uint64_t>& sizes, std::size_t expected, Arena& arena)
      : label_sizes_{sizes}, entries_{ArenaAllocator<Entry>{arena}}, table_{expected, arena} {
    entries_.reserve(expected);
  }

  int intern(const Set& set) {
    const std::uint64_t hash = set.hash();
    const int known = table_.find(
        hash, [&](int id) { return entries_[static_cast<std::size_t>(id)].set == set; });
    if (known >= 0) return known;
    entries_.push_back({set, size_of<Count>(set, label_sizes_)});
    table_.append(hash, [&](int id) { return entries_[static_cast<std::size_t>(id)].set.hash(); });
    return static_cast<int>(entries_.size()) - 1;
  }

  const Set& set(int id) const noexcept { return entries_[static_cast<std::size_t>(id)].set; }
  const Count& size(int id) const noexcept { return entries_[static_cast<std::size_t>(id)].size; }

 private:
  struct Entry {
    Set set;
    Count size;
  };

  const std::vector<std::uint64_t>& label_sizes_;
  ArenaVector<Entry> entries_;
  SlotTable table_;
};

}  // namespace flopscope
