#include "flopscope/ledger.hpp"

namespace flopscope {

Ledger::Ledger(Flops limit, std::string_view root) : limit_{limit}, made_{now()} {
  scopes_.emplace_back(std::string{root});
}

NamespaceId Ledger::child(NamespaceId parent, std::string_view segment) {
  std::string path = scopes_[parent].path();
  if (!path.empty()) path += '.';
  path += segment;
  const auto [found, is_new] =
      scope_ids_.emplace(std::move(path), static_cast<NamespaceId>(scopes_.size()));
  if (is_new) scopes_.emplace_back(found->first);
  return found->second;
}

NamespaceId Ledger::find_place(std::uint64_t key) {
  const auto [found, is_new] = places_.emplace(key, static_cast<NamespaceId>(scopes_.size()));
  if (is_new) {
    std::string path = scopes_[static_cast<NamespaceId>(key)].path();
    scopes_.emplace_back(std::move(path), static_cast<SiteId>(key >> 32U));
  }
  return found->second;
}

}  // namespace flopscope
