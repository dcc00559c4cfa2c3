// What the calls of a budget cost under another price list than its own.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "core/ledger/op_log.hpp"
#include "core/pricing/cost_model.hpp"
#include "core/pricing/saturating.hpp"

namespace flopscope {

class ParallelBills {
 public:
  struct Total {
    std::uint64_t cost = 0;
    std::uint64_t calls = 0;
  };
  using Key = std::pair<NamespaceId, OpId>;  // where, in the ledger's scopes, and what

  explicit ParallelBills(CostModelPtr model) : model_{std::move(model)} {}

  const CostModelPtr& model() const noexcept { return model_; }
  // No limit applies; a sum that does not fit is held at the top.
  std::uint64_t used() const noexcept { return used_; }
  const std::map<Key, Total>& totals() const noexcept { return totals_; }

  void add(NamespaceId place, OpId op, std::uint64_t bill) {
    Total& total = totals_[{place, op}];
    total.cost = saturating_add(total.cost, bill);
    ++total.calls;
    used_ = saturating_add(used_, bill);
  }

 private:
  CostModelPtr model_;
  std::uint64_t used_ = 0;
  std::map<Key, Total> totals_;
};

}  // namespace flopscope
