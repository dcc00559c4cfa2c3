// The budget as Python sees it, the scope that counted calls bill to, and how one finds it.
#pragma once

#include <string_view>
#include <vector>

#include "core/ledger/escape_log.hpp"
#include "core/ledger/ledger.hpp"
#include "core/ledger/session.hpp"
#include "core/pricing/cost_model.hpp"
#include "core/pricing/parallel_bills.hpp"
#include "bindings/observe/sites.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// The facts of a budget's first call, kept by dry runs for those who ask what a price depends on.
struct FirstFacts {
  OpId op = 0;
  std::vector<Count> values;
  std::vector<std::vector<std::int64_t>> lists;
  bool is_told = false;
};

// What a budget keeps outside the ledger: how far the session has counted it, and its clock.
struct BudgetState {
  BudgetState(Flops limit, std::string_view root, CostModelPtr prices)
      : ledger{limit, root}, model{std::move(prices)} {}

  Ledger ledger;
  CostModelPtr model;               // the price list
  std::vector<ParallelBills> also;  // bills of the same calls under others
  FirstFacts first_facts;           // of a dry run
  LedgerMark mark;
  double time_limit_s = 0.0;     // meaningful when `is_timed`
  Ticks deadline = 0;            // 0: none is running
  Ticks run_start = 0;           // the span that `wall` does not hold yet begins here
  Ticks wall = 0;                // of finished runs, making and entering included
  unsigned long thread = 0;      // that entered the context
  std::uint64_t counted_in = 0;  // the session that knows this budget's amount; 0: none
  bool is_timed = false;
  bool is_open = false;
  bool was_entered = false;
  bool is_default = false;
  bool is_quiet = false;
  bool is_dry = false;  // figures of what would be done: no sub-budget of the session
  bool meters_bytes = false;
  bool is_watched = false;  // see `set_watched`
  bool is_strict = false;   // refuses what it would otherwise keep as an escape
  Attribution attribution = Attribution::none;
  EscapeLog escapes;
  Flops others_before = 0;  // what all other budgets had been charged when this one was entered
  std::vector<NamespaceId> open_sub_budgets;  // in the order they were entered
  Ref memory;                                 // what counts live bytes; or empty
  Ref handler_before;                         // of NumPy, while ours is in its place

  // What does not simply book a charge looks at one flag.
  void set_watched() noexcept {
    is_watched = meters_bytes || attribution != Attribution::none || !open_sub_budgets.empty() ||
                 !also.empty() || is_dry;
  }

  Ticks wall_at(Ticks time) const noexcept { return wall + (is_open ? time - run_start : 0); }
};

// The price list of budgets that name none.
const CostModelPtr& default_model();
void set_default_model(CostModelPtr model);

// `_core.Budget`, the base of `BudgetContext`.
struct BudgetObject {
  PyObject_HEAD BudgetState* state;  // null until __init__ has run
  PyObject* token;                   // takes the scope out of the context variable again
  PyObject* weakrefs;
};

// What the context variable holds: a budget and the namespace within it. Each thread and each
// asyncio task has its own current scope, so interleaved tasks never see each other's namespaces.
struct ScopeObject {
  PyObject_HEAD BudgetObject* budget;
  NamespaceId id;
};

// The scope that a call made now bills to: that of this thread or task if it has an open one, else
// the context most recently opened in the process, else the default budget. Owned; on failure
// empty with an error set.
Ref active_scope();

// Like `active_scope`, but empty without an error when only the default budget is there.
Ref explicit_scope();

inline BudgetState& state_of(const Ref& scope) {
  return *reinterpret_cast<ScopeObject*>(scope.get())->budget->state;
}
inline NamespaceId namespace_of(const Ref& scope) {
  return reinterpret_cast<ScopeObject*>(scope.get())->id;
}

// The state behind any object, or nullptr with TypeError (or ValueError: never initialised) set.
BudgetState* budget_state(PyObject* object);

// The namespace that this thread or task has open in the budget, or its root.
NamespaceId current_namespace(const BudgetState& budget);

// Makes `segment` below the active scope current; returns what `leave_scope` needs.
Ref enter_namespace(const Ref& scope, std::string_view segment);
bool leave_namespace(const Ref& token);

// Makes a scope with that namespace of the budget behind `scope` current, for this thread or task
// and for those that have no context of their own. Returns what `leave_part` needs.
Ref enter_part(const Ref& scope, NamespaceId id);
bool leave_part(BudgetState& budget, NamespaceId id, const Ref& token);

// Makes an open budget one that nobody is in: programs that open contexts of their own may do so,
// and everything outside of these is billed to it. False with an error set on failure.
bool detach(PyObject* object);

// Open contexts in the order they were entered, and the default budget if it was made.
const std::vector<BudgetState*>& open_budgets();
BudgetState* default_budget();

// The running totals of the session and its number (from 1).
SessionFigures& session();
std::uint64_t session_number();
void start_session();

// What the other budgets of the process were charged since this one was entered first.
Flops charged_elsewhere(const BudgetState& budget);

// Creates the types and adds them to the module; false with an error set on failure.
bool add_budget_types(PyObject* module);

}  // namespace flopscope::bindings
