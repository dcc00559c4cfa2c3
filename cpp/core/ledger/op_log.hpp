// The log of operations: fixed-size records in blocks, so that appending costs the same however
// long the log is, and a record stays where it is while somebody reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/ledger/clock.hpp"
#include "core/operations/op_table.hpp"

namespace flopscope {

using NamespaceId = std::uint32_t;
using SignatureId = std::uint32_t;

// Costs are 64-bit; totals of them are kept in 128 bits and cannot wrap.
__extension__ typedef unsigned __int128 Flops;  // NOLINT(modernize-use-using)

// One logged operation: 40 bytes. The running total is not stored, it is the prefix sum.
struct Record {
  std::uint64_t cost;
  Ticks start;     // since the context was made
  Ticks backend;   // time in the numerical kernel
  float overhead;  // ticks; seven digits are plenty for one call's share
  SignatureId signature;
  NamespaceId scope;
  OpId op;
};
static_assert(sizeof(Record) == 40, "the log's size per operation is a promise");

class OpLog {
 public:
  // Appends a record and returns it; the reference stays valid for the life of the log.
  Record& append(const Record& record) {
    if (blocks_.empty() || blocks_.back().used == blocks_.back().capacity) grow();
    Block& block = blocks_.back();
    Record& slot = block.records[block.used++];
    slot = record;
    ++size_;
    return slot;
  }

  std::size_t size() const noexcept { return size_; }

  // Bytes held, spare room included.
  std::size_t bytes() const noexcept;

  // The record at `index` (< size()).
  const Record& operator[](std::size_t index) const noexcept;
  Record& at(std::size_t index) noexcept { return const_cast<Record&>((*this)[index]); }

  // Calls f(record) for every record in order, from `first` on.
  template <class F>
  void for_each(F&& f, std::size_t first = 0) const {
    for (const Block& block : blocks_) {
      if (first >= block.used) {
        first -= block.used;
        continue;
      }
      for (std::size_t i = first; i < block.used; ++i) f(block.records[i]);
      first = 0;
    }
  }

 private:
  struct Block {
    std::unique_ptr<Record[]> records;
    std::size_t capacity;
    std::size_t used;
  };

  // Small contexts stay small: blocks grow fourfold up to the full size.
  static constexpr std::size_t k_first_block = 64;
  static constexpr std::size_t k_full_block = 4096;

  void grow();

  std::vector<Block> blocks_;
  std::size_t size_ = 0;
};

// What the records' `signature` stands for: operand shapes and, for contractions, the subscripts.
// Each distinct combination is stored once. Encoding of a signature, as 64-bit words:
// [subscripts id + 1 or 0, number of operands, then per operand: ndim, lengths...].
class SignatureTable {
 public:
  SignatureTable();

  struct View {
    const std::int64_t* words;
    std::size_t count;
  };

  SignatureId intern(View signature);

  // Whether `id` is in use and stands for these words. Much cheaper than `intern` for a good guess.
  bool is(SignatureId id, View signature) const noexcept {
    if (id >= entries_.size() || entries_[id].count != signature.count) return false;
    const std::int64_t* known = words_.data() + entries_[id].offset;
    for (std::size_t i = 0; i < signature.count; ++i) {
      if (known[i] != signature.words[i]) return false;
    }
    return true;
  }

  View operator[](SignatureId id) const noexcept;

  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t bytes() const noexcept;

 private:
  struct Entry {
    std::uint64_t hash;
    std::size_t offset;
    std::uint32_t count;
  };

  void rehash(std::size_t capacity);

  std::vector<std::int64_t> words_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // open addressing; entry index + 1, 0 is free
};

}  // namespace flopscope
