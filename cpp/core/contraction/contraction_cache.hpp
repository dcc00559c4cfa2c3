// Bills of recent contractions. A loop prices the same expression over and over; with symmetry that
// takes microseconds to milliseconds, and a look-up takes a fraction of one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "core/contraction/contraction_cost.hpp"

namespace flopscope {

// A query and its bill; the report by components is made when first asked for.
class PricedContraction {
 public:
  explicit PricedContraction(ContractionQuery query);

  const ContractionQuery& query() const noexcept { return query_; }
  const ContractionBill& bill() const noexcept { return bill_; }
  const ContractionComponents& components() const;

 private:
  ContractionQuery query_;
  ContractionBill bill_;
  mutable std::once_flag described_;
  mutable ContractionComponents components_;
};

struct CacheInfo {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::size_t capacity = 0;
  std::size_t size = 0;
};

// Keyed by everything that a bill depends on: subscripts, lengths, the identity of the groups
// (which entries keep alive), the pattern of shared objects, the path, and the budgets in force.
// The entry used longest ago goes first. Safe to use from several threads; bills are made outside
// the lock.
class ContractionCache {
 public:
  using Entry = std::shared_ptr<const PricedContraction>;

  explicit ContractionCache(std::size_t capacity = k_default_capacity) : capacity_{capacity} {}

  Entry price(ContractionQuery query);

  CacheInfo info() const;
  void clear();  // counters included
  void resize(std::size_t capacity);

  static constexpr std::size_t k_default_capacity = 4096;

 private:
  using Key = std::vector<std::uint64_t>;
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  struct Node {
    Key key;
    Entry entry;
  };

  static Key key_of(const ContractionQuery& query);
  void trim();

  mutable std::mutex lock_;
  std::size_t capacity_;
  std::list<Node> recent_;  // the last used first
  std::unordered_map<Key, std::list<Node>::iterator, Hash> index_;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

// The one of the process.
ContractionCache& contraction_cache();

}  // namespace flopscope
