#include "core/ledger/op_log.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace flopscope {

void OpLog::grow() {
  const std::size_t capacity =
      blocks_.empty() ? k_first_block : std::min(blocks_.back().capacity * 4, k_full_block);
  // Uninitialised on purpose: a record is written whole before anything reads it.
  blocks_.push_back({std::unique_ptr<Record[]>(new Record[capacity]), capacity, 0});
}

std::size_t OpLog::bytes() const noexcept {
  std::size_t total = blocks_.capacity() * sizeof(Block);
  for (const Block& block : blocks_) total += block.capacity * sizeof(Record);
  return total;
}

const Record& OpLog::operator[](std::size_t index) const noexcept {
  std::size_t block = 0;
  while (index >= blocks_[block].used) {
    index -= blocks_[block].used;
    ++block;
    // All blocks after the growing ones have the same size: step over them at once.
    if (block < blocks_.size() && blocks_[block].capacity == k_full_block) {
      block += index / k_full_block;
      index %= k_full_block;
      break;
    }
  }
  return blocks_[block].records[index];
}

namespace {

constexpr std::size_t k_first_slots = 64;

std::uint64_t hash_words(const std::int64_t* words, std::size_t count) noexcept {
  std::uint64_t hash = 0x9e3779b97f4a7c15ULL ^ count;
  for (std::size_t i = 0; i < count; ++i) {
    hash = (hash ^ static_cast<std::uint64_t>(words[i])) * 0xff51afd7ed558ccdULL;
    hash ^= hash >> 32U;
  }
  return hash;
}

}  // namespace

SignatureTable::SignatureTable() = default;

SignatureId SignatureTable::intern(View signature) {
  const auto [words, count] = signature;
  assert(count > 0);
  if (slots_.empty()) rehash(k_first_slots);
  const std::uint64_t hash = hash_words(words, count);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    const Entry& entry = entries_[slots_[at] - 1];
    if (entry.hash == hash && entry.count == count &&
        std::memcmp(&words_[entry.offset], words, count * sizeof(*words)) == 0) {
      return slots_[at] - 1;
    }
  }
  const auto id = static_cast<SignatureId>(entries_.size());
  entries_.push_back({hash, words_.size(), static_cast<std::uint32_t>(count)});
  words_.insert(words_.end(), words, words + count);
  slots_[at] = id + 1;
  if (2 * entries_.size() > slots_.size()) rehash(2 * slots_.size());
  return id;
}

void SignatureTable::rehash(std::size_t capacity) {
  slots_.assign(capacity, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t at = entries_[i].hash & (capacity - 1);
    while (slots_[at] != 0) at = (at + 1) & (capacity - 1);
    slots_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

SignatureTable::View SignatureTable::operator[](SignatureId id) const noexcept {
  const Entry& entry = entries_[id];
  return {&words_[entry.offset], entry.count};
}

std::size_t SignatureTable::bytes() const noexcept {
  return words_.capacity() * sizeof(std::int64_t) + entries_.capacity() * sizeof(Entry) +
         slots_.capacity() * sizeof(std::uint32_t);
}

}  // namespace flopscope
