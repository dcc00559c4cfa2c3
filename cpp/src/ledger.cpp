#include "flopscope/ledger.hpp"

namespace flopscope {

Ledger::Ledger(Flops limit, std::string_view root) : limit_{limit}, made_{now()} {
  scopes_.emplace_back(std::string{root});
}

namespace {

std::string path_below(const std::string& parent, std::string_view segment) {
  std::string path = parent;
  if (!path.empty()) path += '.';
  path += segment;
  return path;
}

}  // namespace

NamespaceId Ledger::child(NamespaceId parent, std::string_view segment) {
  std::string path = path_below(scopes_[parent].path(), segment);
  const PartId part = scopes_[parent].part();
  // Parts of the same name have namespaces of their own. No path has a zero byte in front.
  std::string key = part == Parts::k_whole ? path : '\0' + std::to_string(part) + ':' + path;
  const auto [found, is_new] =
      scope_ids_.emplace(std::move(key), static_cast<NamespaceId>(scopes_.size()));
  if (is_new) scopes_.emplace_back(std::move(path), 0, part);
  return found->second;
}

NamespaceId Ledger::open_part(NamespaceId parent, std::string_view name, const PartLimits& limits) {
  const auto scope = static_cast<NamespaceId>(scopes_.size());
  std::string path = path_below(scopes_[parent].path(), name);
  const PartId part = parts_.add({path, scopes_[parent].part(), limits});
  scopes_.emplace_back(std::move(path), 0, part);
  return scope;
}

NamespaceId Ledger::find_place(std::uint64_t key) {
  const auto [found, is_new] = places_.emplace(key, static_cast<NamespaceId>(scopes_.size()));
  if (is_new) {
    const ScopeTotals& space = scopes_[static_cast<NamespaceId>(key)];
    std::string path = space.path();
    scopes_.emplace_back(std::move(path), static_cast<SiteId>(key >> 32U), space.part());
  }
  return found->second;
}

}  // namespace flopscope
