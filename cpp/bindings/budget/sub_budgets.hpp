// Sub-budgets: sub-budgets of a budget with limits of their own.
#pragma once

#include <cstdint>
#include <string_view>

#include "bindings/budget/budget_type.hpp"

namespace flopscope::bindings {

// Whether the limits of a sub-budget, and of those around it, allow a charge. False with
// BudgetExhaustedError or TimeExhaustedError set, or with the warning of a soft limit as an error.
bool limits_allow(BudgetState& budget, SubBudgetId sub_budget, std::string_view op,
                  std::uint64_t bill);

}  // namespace flopscope::bindings
