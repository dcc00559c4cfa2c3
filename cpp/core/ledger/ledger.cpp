#include "core/ledger/ledger.hpp"

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
  const SubBudgetId sub_budget = scopes_[parent].sub_budget();
  // SubBudgets of the same name have namespaces of their own. No path has a zero byte in front.
  std::string key =
      sub_budget == SubBudgets::k_whole ? path : '\0' + std::to_string(sub_budget) + ':' + path;
  const auto [found, is_new] =
      scope_ids_.emplace(std::move(key), static_cast<NamespaceId>(scopes_.size()));
  if (is_new) scopes_.emplace_back(std::move(path), 0, sub_budget);
  return found->second;
}

NamespaceId Ledger::open_sub_budget(NamespaceId parent, std::string_view name,
                                    const SubBudgetLimits& limits) {
  const auto scope = static_cast<NamespaceId>(scopes_.size());
  std::string path = path_below(scopes_[parent].path(), name);
  const SubBudgetId sub_budget = sub_budgets_.add({path, scopes_[parent].sub_budget(), limits});
  scopes_.emplace_back(std::move(path), 0, sub_budget);
  return scope;
}

NamespaceId Ledger::find_place(std::uint64_t key) {
  const auto [found, is_new] = places_.emplace(key, static_cast<NamespaceId>(scopes_.size()));
  if (is_new) {
    const ScopeTotals& space = scopes_[static_cast<NamespaceId>(key)];
    std::string path = space.path();
    scopes_.emplace_back(std::move(path), static_cast<SiteId>(key >> 32U), space.sub_budget());
  }
  return found->second;
}

}  // namespace flopscope
