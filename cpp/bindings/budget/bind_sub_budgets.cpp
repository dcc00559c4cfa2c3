// Sub-budgets as Python sees them: `_core._Part`, the context behind `BudgetContext.sub`.
#include <cmath>
#include <string>
#include <utility>

#include <pybind11/pybind11.h>

#include "bindings/budget/amounts.hpp"
#include "bindings/budget/budget_type.hpp"
#include "bindings/budget/sub_budgets.hpp"
#include "bindings/errors/errors.hpp"
#include "bindings/register.hpp"

namespace py = pybind11;

namespace flopscope::bindings {

bool limits_allow(BudgetState& budget, SubBudgetId sub_budget, std::string_view op,
                  std::uint64_t bill) {
  if (sub_budget == SubBudgets::k_whole) return true;
  SubBudgets& sub_budgets = budget.ledger.sub_budgets();
  const Ticks time = now();
  if (const auto passed = sub_budgets.refusal(sub_budget, bill, time);
      passed.kind != SubBudgets::Kind::none) {
    const SubBudget& of = sub_budgets[passed.sub_budget];
    if (passed.kind == SubBudgets::Kind::time) {
      raise_time_exhausted(op, seconds(of.elapsed(time)), seconds(*of.limits.time), of.path);
    } else {
      raise_budget_exhausted(op, bill, *of.limits.flops - of.used, of.path);
    }
    return false;
  }
  for (;;) {
    const auto passed = sub_budgets.notice(sub_budget, bill, time);
    if (passed.kind == SubBudgets::Kind::none) return true;
    const bool is_time = passed.kind == SubBudgets::Kind::time;
    // Told first: a warning may run code that computes.
    sub_budgets.set_told(passed);
    const std::string path = sub_budgets[passed.sub_budget].path;
    if (!warn_soft_limit(op, path, is_time ? "time limit" : "FLOP limit")) return false;
  }
}

namespace {

py::object count(Flops value) { return py::reinterpret_steal<py::object>(to_python(value)); }

// A sub-budget of a budget, made when it is entered first.
class PartContext {
 public:
  PartContext(py::object budget, std::string name, const py::object& flops,
              const py::object& time_s, bool is_soft)
      : budget_{std::move(budget)}, name_{std::move(name)} {
    state();  // is one
    limits_.is_soft = is_soft;
    if (!flops.is_none()) {
      Flops limit = 0;
      if (!parse_limit(flops.ptr(), "flops", &limit)) throw py::error_already_set();
      limits_.flops = limit;
    }
    if (!time_s.is_none()) {
      double limit = 0.0;
      if (!parse_seconds(time_s.ptr(), "seconds", &limit)) throw py::error_already_set();
      if (limit <= 0.0) throw py::value_error("seconds must be > 0");
      limits_.time = ticks(limit);
    }
  }

  void enter() {
    const Ref scope = explicit_scope();
    BudgetState& budget = state();
    if (!scope || &state_of(scope) != &budget) {
      PyErr_SetString(PyExc_RuntimeError,
                      "a sub-budget is entered while its budget is the one that is billed");
      throw py::error_already_set();
    }
    if (is_open()) throw std::runtime_error("this sub-budget is open");
    Ledger& ledger = budget.ledger;
    const NamespaceId space = namespace_of(scope);
    if (!is_made_) {
      scope_ = ledger.open_sub_budget(space, name_, limits_);
      parent_ = space;
      is_made_ = true;
    } else if (space != parent_) {
      throw std::runtime_error("this sub-budget was entered below another namespace before");
    }
    Ref token = enter_part(scope, scope_);
    if (!token) throw py::error_already_set();
    token_ = py::reinterpret_steal<py::object>(token.release());
    SubBudget& sub_budget = ledger.sub_budgets()[ledger.sub_budget_of(scope_)];
    sub_budget.is_open = true;
    sub_budget.entered = now();
  }

  void exit() {
    if (!is_open()) throw std::runtime_error("this sub-budget is not open");
    BudgetState& budget = state();
    SubBudget& sub_budget = budget.ledger.sub_budgets()[budget.ledger.sub_budget_of(scope_)];
    sub_budget.spent = sub_budget.elapsed(now());
    sub_budget.is_open = false;
    const Ref token = Ref::steal(token_.release().ptr());
    // Left in another task than it was entered in: that task's scope ends with the task.
    if (!leave_part(budget, scope_, token)) PyErr_Clear();
  }

  const std::string& name() const { return name_; }
  py::object path() const {
    return is_made_ ? py::object{py::str(sub_budget().path)} : py::object{py::none()};
  }
  py::object flop_budget() const {
    return limits_.flops ? count(*limits_.flops) : py::object{py::none()};
  }
  py::object flops_used() const { return count(is_made_ ? sub_budget().used : 0); }
  py::object flops_remaining() const {
    if (!limits_.flops) return py::none();
    const Flops used = is_made_ ? sub_budget().used : 0;
    return count(used < *limits_.flops ? *limits_.flops - used : 0);
  }
  py::object wall_time_limit_s() const {
    return limits_.time ? py::object{py::float_(seconds(*limits_.time))} : py::object{py::none()};
  }
  double elapsed_s() const { return is_made_ ? seconds(sub_budget().elapsed(now())) : 0.0; }
  bool is_soft() const { return limits_.is_soft; }
  bool is_open() const { return is_made_ && sub_budget().is_open; }

 private:
  BudgetState& state() const {
    BudgetState* state = budget_state(budget_.ptr());
    if (state == nullptr) throw py::error_already_set();
    return *state;
  }
  const SubBudget& sub_budget() const {
    const Ledger& ledger = state().ledger;
    return ledger.sub_budgets()[ledger.sub_budget_of(scope_)];
  }

  py::object budget_;
  std::string name_;
  SubBudgetLimits limits_;
  NamespaceId scope_ = 0;
  NamespaceId parent_ = 0;
  bool is_made_ = false;
  py::object token_;
};

// (path, parent's index or None, FLOP limit, FLOPs used, time limit s, elapsed s, soft) of the
// sub-budgets of a budget, in the order they were made.
py::list part_rows(const py::handle& budget) {
  BudgetState* state = budget_state(budget.ptr());
  if (state == nullptr) throw py::error_already_set();
  const SubBudgets& sub_budgets = state->ledger.sub_budgets();
  const Ticks time = now();
  py::list rows;
  for (SubBudgetId id = 1; id <= sub_budgets.size(); ++id) {
    const SubBudget& sub_budget = sub_budgets[id];
    const py::object parent = sub_budget.parent == SubBudgets::k_whole
                                  ? py::object{py::none()}
                                  : py::object{py::int_(sub_budget.parent - 1)};
    const py::object limit = sub_budget.limits.flops ? count(*sub_budget.limits.flops) : py::none();
    const py::object time_limit = sub_budget.limits.time
                                      ? py::object{py::float_(seconds(*sub_budget.limits.time))}
                                      : py::object{py::none()};
    rows.append(py::make_tuple(sub_budget.path, parent, limit, count(sub_budget.used), time_limit,
                               seconds(sub_budget.elapsed(time)), sub_budget.limits.is_soft));
  }
  return rows;
}

}  // namespace

void bind_sub_budgets(py::module_& module) {
  py::class_<PartContext>(module, "_Part")
      .def(py::init<py::object, std::string, py::object, py::object, bool>())
      .def("_enter", &PartContext::enter)
      .def("_exit", &PartContext::exit)
      .def_property_readonly("name", &PartContext::name)
      .def_property_readonly("namespace", &PartContext::path)
      .def_property_readonly("flop_budget", &PartContext::flop_budget)
      .def_property_readonly("flops_used", &PartContext::flops_used)
      .def_property_readonly("flops_remaining", &PartContext::flops_remaining)
      .def_property_readonly("wall_time_limit_s", &PartContext::wall_time_limit_s)
      .def_property_readonly("elapsed_s", &PartContext::elapsed_s)
      .def_property_readonly("soft", &PartContext::is_soft)
      .def_property_readonly("is_open", &PartContext::is_open);
  module.def("_part_rows", part_rows);
}

}  // namespace flopscope::bindings
