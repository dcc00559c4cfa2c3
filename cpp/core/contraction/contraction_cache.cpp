#include "core/contraction/contraction_cache.hpp"

#include <algorithm>
#include <utility>

namespace flopscope {

namespace {

void append(std::vector<std::uint64_t>& key, const std::vector<int>& values) {
  key.push_back(values.size());
  for (const int value : values) key.push_back(static_cast<std::uint64_t>(value));
}

}  // namespace

PricedContraction::PricedContraction(ContractionQuery query)
    : query_{std::move(query)}, bill_{price_contraction(query_)} {}

const ContractionComponents& PricedContraction::components() const {
  std::call_once(described_, [this] { components_ = contraction_components(query_); });
  return components_;
}

std::size_t ContractionCache::Hash::operator()(const Key& key) const noexcept {
  std::uint64_t hash = key.size();
  for (const std::uint64_t word : key) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 32U;
  }
  return static_cast<std::size_t>(hash);
}

ContractionCache::Key ContractionCache::key_of(const ContractionQuery& query) {
  const Expression& expression = query.expression;
  Key key;
  key.reserve(64);
  key.push_back(expression.inputs.size());
  for (const Labels& labels : expression.inputs) append(key, labels);
  append(key, expression.output);
  key.insert(key.end(), expression.lengths.begin(), expression.lengths.end());
  key.push_back(query.groups.size());
  for (const GroupPtr& group : query.groups) {
    key.push_back(reinterpret_cast<std::uintptr_t>(group.get()));
  }
  // Only the pattern of shared objects matters, so each class goes by its first member.
  key.push_back(query.classes.size());
  for (const int own : query.classes) {
    const auto first = std::find(query.classes.begin(), query.classes.end(), own);
    key.push_back(static_cast<std::uint64_t>(first - query.classes.begin()));
  }
  key.push_back(query.path.size());
  for (const PathStep& step : query.path) append(key, {step.begin(), step.end()});
  key.push_back(query.partition_limit.value_or(partition_budget()));
  key.push_back(element_budget());
  return key;
}

ContractionCache::Entry ContractionCache::price(ContractionQuery query) {
  Key key = key_of(query);
  {
    const std::scoped_lock guard{lock_};
    if (const auto found = index_.find(key); found != index_.end()) {
      ++hits_;
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->entry;
    }
    ++misses_;
  }
  auto entry = std::make_shared<const PricedContraction>(std::move(query));
  const std::scoped_lock guard{lock_};
  if (capacity_ == 0 || index_.count(key) != 0) return entry;
  recent_.push_front({key, entry});
  index_.emplace(std::move(key), recent_.begin());
  trim();
  return entry;
}

void ContractionCache::trim() {
  while (recent_.size() > capacity_) {
    index_.erase(recent_.back().key);
    recent_.pop_back();
  }
}

CacheInfo ContractionCache::info() const {
  const std::scoped_lock guard{lock_};
  return {hits_, misses_, capacity_, recent_.size()};
}

void ContractionCache::clear() {
  const std::scoped_lock guard{lock_};
  index_.clear();
  recent_.clear();
  hits_ = misses_ = 0;
}

void ContractionCache::resize(std::size_t capacity) {
  const std::scoped_lock guard{lock_};
  capacity_ = capacity;
  trim();
}

ContractionCache& contraction_cache() {
  // Never destroyed: bills may be asked for while other statics go away.
  static auto* cache = new ContractionCache;
  return *cache;
}

}  // namespace flopscope
