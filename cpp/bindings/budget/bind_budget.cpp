// What reports read of budgets, and the parts of the budget API that are not on the hot path.
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <pybind11/pybind11.h>

#include "bindings/budget/amounts.hpp"
#include "bindings/budget/budget_type.hpp"
#include "bindings/budget/sub_budgets.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/errors/errors.hpp"
#include "bindings/observe/sites.hpp"
#include "bindings/register.hpp"

namespace py = pybind11;

namespace flopscope::bindings {
namespace {

BudgetState& state_in(const py::handle& budget) {
  BudgetState* state = budget_state(budget.ptr());
  if (state == nullptr) throw py::error_already_set();
  return *state;
}

py::object count(Flops value) { return py::reinterpret_steal<py::object>(to_python(value)); }

py::object path_or_none(const std::string& path) {
  return path.empty() ? py::object{py::none()} : py::object{py::str(path)};
}

void append_rows(const ScopeTotals& scope, py::list& rows) {
  for (const OpTotals& totals : scope.rows()) {
    rows.append(py::make_tuple(path_or_none(scope.path()), registry()[totals.op].name, totals.calls,
                               count(totals.cost), seconds(totals.backend),
                               seconds(totals.overhead)));
  }
}

// (namespace, operation, calls, FLOPs, backend s, overhead s) per namespace and operation.
py::list budget_rows(const py::handle& budget) {
  py::list rows;
  for (const ScopeTotals& scope : state_in(budget).ledger.scopes()) append_rows(scope, rows);
  return rows;
}

// (namespace, site, operation, calls, FLOPs, backend s, overhead s, bytes read, bytes written).
py::list site_rows(const py::handle& budget) {
  py::list rows;
  for (const ScopeTotals& scope : state_in(budget).ledger.scopes()) {
    for (std::size_t i = 0; i < scope.rows().size(); ++i) {
      const OpTotals& totals = scope.rows()[i];
      const MovedBytes moved = scope.moved(i);
      rows.append(py::make_tuple(path_or_none(scope.path()), scope.site(),
                                 registry()[totals.op].name, totals.calls, count(totals.cost),
                                 seconds(totals.backend), seconds(totals.overhead), moved.read,
                                 moved.written));
    }
  }
  return rows;
}

// (site, namespace, operation, FLOPs, start s, backend s, overhead s) of records from `first` on.
py::list trace_rows(const py::handle& budget, std::size_t first, std::size_t last) {
  const Ledger& ledger = state_in(budget).ledger;
  py::list rows;
  std::size_t index = first;
  ledger.log().for_each(
      [&](const Record& record) {
        if (index++ >= last) return;
        const ScopeTotals& scope = ledger.scopes()[record.scope];
        rows.append(
            py::make_tuple(scope.site(), path_or_none(scope.path()), registry()[record.op].name,
                           record.cost, seconds(record.start), seconds(record.backend),
                           static_cast<double>(record.overhead) * seconds(1'000'000) / 1e6));
      },
      first);
  return rows;
}

// The session's totals, open contexts and the default budget included.
py::dict session_totals() {
  SessionFigures total = session();
  const Ticks time = now();
  const bool is_idle = open_budgets().empty();
  Flops limit = total.limit;
  for (BudgetState* budget : open_budgets()) {
    total.add_since(budget->ledger, budget->wall_at(time), budget->mark);
    if (budget->counted_in != session_number()) limit += budget->ledger.limit();
    total.has_wall = true;
  }
  bool only_default = false;
  if (BudgetState* budget = default_budget(); budget != nullptr) {
    const bool is_used = budget->ledger.log().size() > 0;
    SessionFigures of_default;
    of_default.add_since(budget->ledger, 0, budget->mark);
    if (is_used && !of_default.scopes.empty()) {
      only_default = limit == 0;
      total.add_since(budget->ledger, budget->mark.wall, budget->mark);
      limit += budget->ledger.limit();
    }
  }
  py::list rows;
  for (const auto& [path, scope] : total.scopes) append_rows(scope, rows);
  py::dict result;
  result["flop_budget"] = count(limit);
  result["flops_used"] = count(total.used);
  result["wall"] = total.has_wall ? py::object{py::float_(seconds(total.wall))} : py::none();
  result["backend"] = seconds(total.backend);
  result["overhead"] = seconds(total.overhead);
  result["is_idle"] = is_idle;
  result["only_default"] = only_default;
  result["rows"] = rows;
  return result;
}

// One record as the arguments of OpRecord.
py::tuple record_fields(const Ledger& ledger, const Record& record, Flops cumulative) {
  const auto signature = ledger.signatures()[record.signature];
  PyObject* subscripts = signature_text(signature.words[0]);
  const auto operands = static_cast<std::size_t>(signature.words[1]);
  py::tuple shapes{operands};
  std::size_t at = 2;
  for (std::size_t i = 0; i < operands; ++i) {
    const auto ndim = static_cast<std::size_t>(signature.words[at++]);
    py::tuple shape{ndim};
    for (std::size_t j = 0; j < ndim; ++j) shape[j] = signature.words[at++];
    shapes[i] = shape;
  }
  return py::make_tuple(registry()[record.op].name,
                        subscripts == nullptr ? py::object{py::none()}
                                              : py::reinterpret_borrow<py::object>(subscripts),
                        shapes, record.cost, count(cumulative),
                        path_or_none(ledger.scopes()[record.scope].path()), seconds(record.start),
                        seconds(record.backend),
                        static_cast<double>(record.overhead) * seconds(1'000'000) / 1e6);
}

py::list log_slice(const py::handle& budget, std::size_t first, std::size_t last) {
  const Ledger& ledger = state_in(budget).ledger;
  py::list records;
  Flops cumulative = 0;
  std::size_t index = 0;
  ledger.log().for_each([&](const Record& record) {
    cumulative += record.cost;
    if (index >= first && index < last) records.append(record_fields(ledger, record, cumulative));
    ++index;
  });
  return records;
}

// The log as (kinds, order): each different operation once, as (name, subscripts, shapes, FLOPs,
// namespace), and the index of its kind for every record, as 32-bit integers of this machine.
py::tuple log_kinds(const py::handle& budget) {
  const Ledger& ledger = state_in(budget).ledger;
  std::map<std::tuple<OpId, SignatureId, std::string, std::uint64_t>, std::uint32_t> known;
  std::vector<std::uint32_t> order;
  order.reserve(ledger.log().size());
  py::list kinds;
  ledger.log().for_each([&](const Record& record) {
    const auto [found, is_new] = known.try_emplace(
        {record.op, record.signature, ledger.scopes()[record.scope].path(), record.cost},
        static_cast<std::uint32_t>(known.size()));
    if (is_new) {
      const py::tuple fields = record_fields(ledger, record, 0);
      kinds.append(py::make_tuple(fields[0], fields[1], fields[2], fields[3], fields[5]));
    }
    order.push_back(found->second);
  });
  return py::make_tuple(kinds, py::bytes(reinterpret_cast<const char*>(order.data()),
                                         order.size() * sizeof(std::uint32_t)));
}

// Charges outside a counted call (`BudgetContext.deduct`); returns the index of the record.
std::size_t charge(const py::handle& budget, const std::string& name, std::uint64_t flop_cost,
                   const py::object& subscripts, const py::sequence& shapes) {
  BudgetState& state = state_in(budget);
  const OpId op = registry().intern(name);
  const std::uint64_t bill = weighted(flop_cost, state.model->price(op).weight);
  if (!state.ledger.affords(bill)) {
    raise_budget_exhausted(name, bill, state.ledger.remaining());
    throw py::error_already_set();
  }
  const Ref scope = active_scope();
  const bool is_active = scope && &state_of(scope) == &state;
  const NamespaceId space = is_active ? namespace_of(scope) : Ledger::k_root;
  const SubBudgetId sub_budget = state.ledger.sub_budget_of(space);
  if (!limits_allow(state, sub_budget, name, bill)) throw py::error_already_set();
  Signature signature;
  for (const py::handle shape : shapes) {
    std::vector<npy_intp> lengths;
    for (const py::handle length : shape) lengths.push_back(length.cast<npy_intp>());
    signature.add(lengths.data(), static_cast<int>(lengths.size()));
  }
  if (!subscripts.is_none()) signature.set_text(subscripts.ptr());
  const Ticks time = now();
  const NamespaceId place = state.ledger.placed(space, current_site(state.attribution));
  state.ledger.charge(op, bill, place, signature.view(), time);
  state.ledger.sub_budgets().charge(sub_budget, bill);
  for (ParallelBills& bills : state.also) {
    bills.add(place, op, weighted(flop_cost, bills.model()->price(op).weight));
  }
  if (state.deadline != 0 && time > state.deadline) {
    raise_time_exhausted(name, seconds(time - state.deadline) + state.time_limit_s,
                         state.time_limit_s);
    throw py::error_already_set();
  }
  return state.ledger.log().size() - 1;
}

// The time that a budget has booked so far.
Ticks booked_by(const py::object& budget) {
  const Ledger& ledger = state_in(budget).ledger;
  return ledger.backend() + ledger.overhead();
}

// Times a block of the user's that was charged with `charge`: its time is backend time.
class Stopwatch {
 public:
  Stopwatch(py::object budget, std::size_t index) : budget_{std::move(budget)}, index_{index} {
    if (!require_library("_Stopwatch")) throw py::error_already_set();
    if (index_ >= state_in(budget_).ledger.log().size()) throw py::index_error("no such operation");
  }

  void start() {
    start_ = now();
    booked_ = booked_by(budget_);
  }

  void stop() {
    BudgetState& state = state_in(budget_);
    const Ticks span = now() - start_;
    // Counted calls inside the block have booked themselves.
    const Ticks inside = booked_by(budget_) - booked_;
    state.ledger.settle_at(index_, span > inside ? span - inside : 0, 0);
  }

 private:
  py::object budget_;
  std::size_t index_;
  Ticks start_ = 0;
  Ticks booked_ = 0;
};

// `with _OwnTime()`: a block of the library's own Python. What its counted calls do not book, it
// books as overhead.
class OwnTime {
 public:
  void enter() {
    if (!require_library("_OwnTime")) throw py::error_already_set();
    const Ref scope = active_scope();
    if (!scope) throw py::error_already_set();
    budget_ = py::reinterpret_borrow<py::object>(
        reinterpret_cast<PyObject*>(reinterpret_cast<ScopeObject*>(scope.get())->budget));
    booked_ = booked_by(budget_);
    start_ = now();
  }

  void exit() {
    const Ticks span = now() - start_;
    const Ticks inside = booked_by(budget_) - booked_;
    state_in(budget_).ledger.add_overhead(span > inside ? span - inside : 0);
  }

 private:
  py::object budget_;
  Ticks start_ = 0;
  Ticks booked_ = 0;
};

// `with namespace("name")`: one more segment on the active scope's path.
class Namespace {
 public:
  explicit Namespace(std::string segment) : segment_{std::move(segment)} {}

  py::object enter() {
    const Ticks start = now();
    const Ref scope = explicit_scope();
    if (!scope) {
      raise_no_context();
      throw py::error_already_set();
    }
    Ref token = enter_namespace(scope, segment_);
    if (!token) throw py::error_already_set();
    tokens_.push_back(py::reinterpret_steal<py::object>(token.release()));
    state_of(scope).ledger.add_overhead(now() - start);
    return py::reinterpret_borrow<py::object>(
        reinterpret_cast<PyObject*>(reinterpret_cast<ScopeObject*>(scope.get())->budget));
  }

  void exit() {
    const Ticks start = now();
    if (tokens_.empty()) throw std::runtime_error("this namespace is not open");
    const Ref token = Ref::steal(tokens_.back().release().ptr());
    tokens_.pop_back();
    // Left in another task than it was entered in: that task's scope ends with the task.
    if (!leave_namespace(token)) PyErr_Clear();
    if (const Ref scope = explicit_scope(); scope) {
      state_of(scope).ledger.add_overhead(now() - start);
    }
  }

 private:
  std::string segment_;
  std::vector<py::object> tokens_;
};

}  // namespace

void bind_budget(py::module_& module) {
  module.def("_budget_rows", budget_rows);
  module.def("_site_rows", site_rows);
  module.def("_trace_rows", trace_rows);
  module.def("_session_totals", session_totals);
  module.def("_start_session", start_session);
  module.def("_log_length",
             [](const py::handle& budget) { return state_in(budget).ledger.log().size(); });
  module.def("_log_bytes", [](const py::handle& budget) {
    const Ledger& ledger = state_in(budget).ledger;
    return ledger.log().bytes() + ledger.signatures().bytes();
  });
  module.def("_log_slice", log_slice);
  module.def("_log_kinds", log_kinds);
  module.def("_charge", charge);
  module.def("_active_budget", []() -> py::object {
    const Ref scope = active_scope();
    if (!scope) throw py::error_already_set();
    return py::reinterpret_borrow<py::object>(
        reinterpret_cast<PyObject*>(reinterpret_cast<ScopeObject*>(scope.get())->budget));
  });
  module.def("_set_checks", [](bool non_finite, bool callbacks, bool losses) {
    checks.non_finite = non_finite;
    checks.callbacks = callbacks;
    checks.losses = losses;
    checks.set_stand_ins(checks.stand_ins);
  });
  module.def("_detach", [](const py::handle& budget) {
    if (!require_library("_detach") || !detach(budget.ptr())) throw py::error_already_set();
  });
  module.def("_has_open_context", [] { return static_cast<bool>(explicit_scope()); });
  py::class_<Stopwatch>(module, "_Stopwatch")
      .def(py::init<py::object, std::size_t>())
      .def("start", &Stopwatch::start)
      .def("stop", &Stopwatch::stop);
  py::class_<OwnTime>(module, "_OwnTime")
      .def(py::init<>())
      .def("__enter__", &OwnTime::enter)
      .def("__exit__", [](OwnTime& self, const py::args&) { self.exit(); });
  py::class_<Namespace>(module, "_Namespace")
      .def(py::init<std::string>())
      .def("__enter__", &Namespace::enter)
      .def("__exit__", [](Namespace& self, const py::args&) { self.exit(); });
}

}  // namespace flopscope::bindings
