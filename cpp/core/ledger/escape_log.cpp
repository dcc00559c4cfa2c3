#include "core/ledger/escape_log.hpp"

#include <tuple>

#include "core/pricing/saturating.hpp"

namespace flopscope {
namespace {

std::string key_of(std::string_view what, std::uint32_t site) {
  return std::to_string(site) + ':' + std::string{what};
}

}  // namespace

void EscapeLog::add(std::string_view what, std::uint32_t site, std::uint64_t bytes) {
  auto found = index_.find(key_of(what, site));
  if (found == index_.end()) {
    if (entries_.size() >= k_most_entries) {
      what = k_others;
      site = 0;
    }
    bool is_new = false;
    std::tie(found, is_new) = index_.emplace(key_of(what, site), entries_.size());
    if (is_new) entries_.push_back({std::string{what}, site});
  }
  Escape& entry = entries_[found->second];
  entry.count = saturating_add(entry.count, 1);
  entry.bytes = saturating_add(entry.bytes, bytes);
}

}  // namespace flopscope
