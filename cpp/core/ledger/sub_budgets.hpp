// SubBudgets of a budget with limits of their own. A sub-budget takes nothing away from the budget:
// what it does not spend is there for everybody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger/clock.hpp"
#include "core/ledger/op_log.hpp"

namespace flopscope {

using SubBudgetId = std::uint32_t;

struct SubBudgetLimits {
  std::optional<Flops> flops;
  std::optional<Ticks> time;
  bool is_soft = false;  // passing a limit is told once and refuses nothing
};

struct SubBudget {
  std::string path;  // namespace
  SubBudgetId parent;
  SubBudgetLimits limits;
  Flops used = 0;   // sub-budgets within it included
  Ticks spent = 0;  // of finished runs
  Ticks entered = 0;
  bool is_open = false;
  bool told_flops = false;
  bool told_time = false;

  Ticks elapsed(Ticks now) const noexcept { return spent + (is_open ? now - entered : 0); }
};

// The sub-budgets of one budget, a tree.
class SubBudgets {
 public:
  static constexpr SubBudgetId k_whole = 0;  // the budget itself, which is no sub-budget

  enum class Kind : std::uint8_t { none, flops, time };

  // A limit that a charge would pass.
  struct Passed {
    SubBudgetId sub_budget = k_whole;
    Kind kind = Kind::none;
  };

  SubBudgets() : sub_budgets_(1) {}

  SubBudgetId add(SubBudget sub_budget);

  SubBudget& operator[](SubBudgetId id) noexcept { return sub_budgets_[id]; }
  const SubBudget& operator[](SubBudgetId id) const noexcept { return sub_budgets_[id]; }
  std::size_t size() const noexcept { return sub_budgets_.size() - 1; }

  // The innermost hard limit that a charge within `sub-budget` passes; time counts before FLOPs.
  Passed refusal(SubBudgetId sub_budget, std::uint64_t cost, Ticks now) const noexcept;
  // The innermost soft limit that it passes and nobody has been told of.
  Passed notice(SubBudgetId sub_budget, std::uint64_t cost, Ticks now) const noexcept;
  void set_told(Passed passed) noexcept;

  // Adds a charge to `sub-budget` and those around it.
  void charge(SubBudgetId sub_budget, std::uint64_t cost) noexcept;

 private:
  template <class F>
  Passed find(SubBudgetId sub_budget, std::uint64_t cost, Ticks now, F&& wanted) const noexcept;

  std::vector<SubBudget> sub_budgets_;  // the first stands for the whole and is not used
};

}  // namespace flopscope
