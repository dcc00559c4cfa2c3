#include "core/ledger/sub_budgets.hpp"

#include <utility>

namespace flopscope {

SubBudgetId SubBudgets::add(SubBudget sub_budget) {
  sub_budgets_.push_back(std::move(sub_budget));
  return static_cast<SubBudgetId>(sub_budgets_.size() - 1);
}

template <class F>
SubBudgets::Passed SubBudgets::find(SubBudgetId id, std::uint64_t cost, Ticks now,
                                    F&& wanted) const noexcept {
  for (; id != k_whole; id = sub_budgets_[id].parent) {
    const SubBudget& sub_budget = sub_budgets_[id];
    const bool is_late =
        sub_budget.limits.time && sub_budget.elapsed(now) > *sub_budget.limits.time;
    if (is_late && wanted(sub_budget, Kind::time)) return {id, Kind::time};
    // Nobody is near 2**127: limits and single costs are below, so the sum does not wrap.
    const bool is_dear =
        sub_budget.limits.flops && sub_budget.used + cost > *sub_budget.limits.flops;
    if (is_dear && wanted(sub_budget, Kind::flops)) return {id, Kind::flops};
  }
  return {};
}

SubBudgets::Passed SubBudgets::refusal(SubBudgetId sub_budget, std::uint64_t cost,
                                       Ticks now) const noexcept {
  return find(sub_budget, cost, now,
              [](const SubBudget& each, Kind) { return !each.limits.is_soft; });
}

SubBudgets::Passed SubBudgets::notice(SubBudgetId sub_budget, std::uint64_t cost,
                                      Ticks now) const noexcept {
  return find(sub_budget, cost, now, [](const SubBudget& each, Kind kind) {
    return each.limits.is_soft && !(kind == Kind::time ? each.told_time : each.told_flops);
  });
}

void SubBudgets::set_told(Passed passed) noexcept {
  SubBudget& sub_budget = sub_budgets_[passed.sub_budget];
  (passed.kind == Kind::time ? sub_budget.told_time : sub_budget.told_flops) = true;
}

void SubBudgets::charge(SubBudgetId id, std::uint64_t cost) noexcept {
  for (; id != k_whole; id = sub_budgets_[id].parent) sub_budgets_[id].used += cost;
}

}  // namespace flopscope
