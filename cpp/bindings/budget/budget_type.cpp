#include "bindings/budget/budget_type.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

#include "core/pricing/saturating.hpp"
#include "bindings/budget/amounts.hpp"
#include "bindings/budget/budget_properties.hpp"
#include "bindings/compat.hpp"
#include "bindings/errors/errors.hpp"
#include "bindings/observe/memory_meter.hpp"
#include "bindings/observe/watch.hpp"
#include "bindings/pricing/model_argument.hpp"

namespace flopscope::bindings {
namespace {

PyTypeObject* budget_base_type = nullptr;
PyTypeObject* scope_type = nullptr;
PyObject* scope_variable = nullptr;
PyObject* default_scope = nullptr;

std::vector<BudgetState*> open_list;
std::vector<PyObject*> open_scopes;  // owned, parallel to open_list

// Every budget there is, dry runs aside, and what those that are gone were charged.
std::vector<const BudgetState*> living;
Flops charged_to_the_dead = 0;

Flops charged_to_others(const BudgetState& budget) {
  Flops sum = charged_to_the_dead;
  for (const BudgetState* other : living) {
    if (other != &budget) sum += other->ledger.used();
  }
  return sum;
}

void bury(const BudgetState* state) {
  const auto found = std::find(living.begin(), living.end(), state);
  if (found == living.end()) return;
  living.erase(found);
  charged_to_the_dead += state->ledger.used();
}

SessionFigures session_figures;
std::uint64_t session_count = 1;

// ---------------------------------------------------------------------------------------- scope

Ref make_scope(BudgetObject* budget, NamespaceId id) {
  Ref scope = Ref::steal(scope_type->tp_alloc(scope_type, 0));
  if (!scope) return {};
  auto* self = reinterpret_cast<ScopeObject*>(scope.get());
  Py_INCREF(budget);
  self->budget = budget;
  self->id = id;
  return scope;
}

void scope_dealloc(PyObject* object) {
  auto* self = reinterpret_cast<ScopeObject*>(object);
  PyTypeObject* type = Py_TYPE(object);
  Py_CLEAR(self->budget);
  type->tp_free(object);
  Py_DECREF(type);
}

// The scope of this thread or task, whether open or not; empty when it has none.
Ref own_scope() {
  PyObject* scope = nullptr;
  if (PyContextVar_Get(scope_variable, nullptr, &scope) < 0) {
    PyErr_Clear();
    return {};
  }
  // Somebody who digs up the variable may put anything into it; only our type is believed.
  if (scope != nullptr && Py_TYPE(scope) != scope_type) Py_CLEAR(scope);
  return Ref::steal(scope);
}

Flops default_limit() {
  constexpr Flops k_default = 1'000'000'000'000'000ULL;
  const char* text = std::getenv("FLOPSCOPE_DEFAULT_BUDGET");
  if (text == nullptr || *text == '\0') return k_default;
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  while (end != nullptr && (*end == ' ' || *end == '\t')) ++end;
  const bool is_number = end != text && *end == '\0';
  return is_number && value >= 1.0 && value < 0x1p126 ? static_cast<Flops>(value) : k_default;
}

CostModelPtr& model_in_use() {
  static CostModelPtr model = shipped_list("0.8");
  return model;
}

Ref make_default_scope() {
  Ref object = Ref::steal(budget_base_type->tp_alloc(budget_base_type, 0));
  if (!object) return {};
  auto* budget = reinterpret_cast<BudgetObject*>(object.get());
  budget->state = new (std::nothrow) BudgetState{default_limit(), {}, default_model()};
  if (budget->state == nullptr) {
    PyErr_NoMemory();
    return {};
  }
  living.push_back(budget->state);
  budget->state->is_default = true;
  budget->state->is_open = true;
  budget->state->was_entered = true;
  budget->state->is_quiet = true;
  budget->state->run_start = budget->state->ledger.made();
  return make_scope(budget, Ledger::k_root);
}

}  // namespace

const CostModelPtr& default_model() { return model_in_use(); }
void set_default_model(CostModelPtr model) { model_in_use() = std::move(model); }

Ref explicit_scope() {
  Ref scope = own_scope();
  if (scope && state_of(scope).is_open) return scope;
  if (!open_scopes.empty()) return Ref::borrow(open_scopes.back());
  return {};
}

Ref active_scope() {
  Ref scope = explicit_scope();
  if (scope) return scope;
  if (default_scope == nullptr) {
    default_scope = make_default_scope().release();
    if (default_scope == nullptr) return {};
  }
  return Ref::borrow(default_scope);
}

Ref enter_namespace(const Ref& scope, std::string_view segment) {
  auto* current = reinterpret_cast<ScopeObject*>(scope.get());
  const NamespaceId id = current->budget->state->ledger.child(current->id, segment);
  const Ref inner = make_scope(current->budget, id);
  if (!inner) return {};
  return Ref::steal(PyContextVar_Set(scope_variable, inner.get()));
}

bool leave_namespace(const Ref& token) {
  return PyContextVar_Reset(scope_variable, token.get()) == 0;
}

namespace {

// Threads without a context of their own bill to the sub-budget that was entered last, else to the
// whole.
bool update_process_scope(BudgetState& budget) {
  const auto found = std::find(open_list.begin(), open_list.end(), &budget);
  if (found == open_list.end()) return true;
  PyObject*& scope = open_scopes[static_cast<std::size_t>(found - open_list.begin())];
  const NamespaceId id =
      budget.open_sub_budgets.empty() ? Ledger::k_root : budget.open_sub_budgets.back();
  Ref next = make_scope(reinterpret_cast<ScopeObject*>(scope)->budget, id);
  if (!next) return false;
  const Ref before = Ref::steal(std::exchange(scope, next.release()));
  return true;
}

}  // namespace

Ref enter_part(const Ref& scope, NamespaceId id) {
  auto* current = reinterpret_cast<ScopeObject*>(scope.get());
  BudgetState& budget = *current->budget->state;
  const Ref inner = make_scope(current->budget, id);
  if (!inner) return {};
  budget.open_sub_budgets.push_back(id);
  budget.set_watched();
  if (!update_process_scope(budget)) return {};
  return Ref::steal(PyContextVar_Set(scope_variable, inner.get()));
}

bool leave_part(BudgetState& budget, NamespaceId id, const Ref& token) {
  auto& open = budget.open_sub_budgets;
  open.erase(std::remove(open.begin(), open.end(), id), open.end());
  budget.set_watched();
  return update_process_scope(budget) && leave_namespace(token);
}

const std::vector<BudgetState*>& open_budgets() { return open_list; }

BudgetState* default_budget() {
  if (default_scope == nullptr) return nullptr;
  return reinterpret_cast<ScopeObject*>(default_scope)->budget->state;
}

Flops charged_elsewhere(const BudgetState& budget) {
  return budget.was_entered ? charged_to_others(budget) - budget.others_before : 0;
}

SessionFigures& session() { return session_figures; }
std::uint64_t session_number() { return session_count; }

void start_session() {
  session_figures = SessionFigures{};
  ++session_count;
  const Ticks time = now();
  const auto mark = [time](BudgetState& budget) {
    budget.mark = mark_of(budget.ledger, budget.wall_at(time));
  };
  for (BudgetState* budget : open_list) mark(*budget);
  if (BudgetState* budget = default_budget(); budget != nullptr) mark(*budget);
}

bool detach(PyObject* object) {
  BudgetState* state = budget_state(object);
  if (state == nullptr) return false;
  auto* self = reinterpret_cast<BudgetObject*>(object);
  if (self->token == nullptr) return true;
  const bool is_reset = PyContextVar_Reset(scope_variable, self->token) == 0;
  Py_CLEAR(self->token);
  return is_reset;
}

BudgetState* budget_state(PyObject* object) {
  if (!PyObject_TypeCheck(object, budget_base_type)) {
    PyErr_Format(PyExc_TypeError, "expected a BudgetContext, got %.200s", Py_TYPE(object)->tp_name);
    return nullptr;
  }
  auto* state = reinterpret_cast<BudgetObject*>(object)->state;
  if (state == nullptr)
    PyErr_SetString(PyExc_ValueError, "this BudgetContext was never initialised");
  return state;
}

NamespaceId current_namespace(const BudgetState& budget) {
  const Ref current = own_scope();
  return current && &state_of(current) == &budget ? namespace_of(current) : Ledger::k_root;
}

// ----------------------------------------------------------------------------- making a budget

namespace {

bool parse_root(PyObject* object, std::string_view* root) {
  if (object == Py_None) return true;
  if (!PyUnicode_Check(object)) {
    PyErr_Format(PyExc_ValueError, "namespace must be a string or None, got %.200s",
                 Py_TYPE(object)->tp_name);
    return false;
  }
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(object, &size);
  if (text == nullptr) return false;
  *root = {text, static_cast<std::size_t>(size)};
  return true;
}

// Price lists beside the budget's own, each once.
bool parse_also(PyObject* object, const CostModel& own, std::vector<ParallelBills>* also) {
  if (object == nullptr || object == Py_None) return true;
  if (PyUnicode_Check(object)) {
    PyErr_SetString(PyExc_TypeError, "also is a sequence of price lists, not one name");
    return false;
  }
  const Ref lists = Ref::steal(PySequence_Fast(object, "also is a sequence of price lists"));
  if (!lists) return false;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(lists.get()); ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(lists.get(), i);
    CostModelPtr model;
    if (item == Py_None) {
      PyErr_SetString(PyExc_TypeError, "also is a sequence of price lists; got None");
      return false;
    }
    if (!model_from(item, &model)) return false;
    const auto has_name = [&](const ParallelBills& bills) {
      return bills.model()->name() == model->name();
    };
    const bool is_known =
        model->name() == own.name() || std::any_of(also->begin(), also->end(), has_name);
    if (!is_known) also->emplace_back(std::move(model));
  }
  return true;
}

int budget_init(PyObject* object, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"flop_budget", "quiet",  "namespace", "wall_time_limit_s",
                                "attribute",   "memory", "strict",    "_dry",
                                "cost_model",  "also",   nullptr};
  PyObject* limit_object = nullptr;
  int quiet = 0;
  PyObject* root_object = Py_None;
  PyObject* time_object = Py_None;
  PyObject* attribute_object = Py_None;
  int meters_memory = 0;
  int is_strict = 0;
  int is_dry = 0;
  PyObject* model_object = Py_None;
  PyObject* also_object = nullptr;
  if (PyArg_ParseTupleAndKeywords(args, kwargs, "O|pOO$OpppOO:BudgetContext",
                                  const_cast<char**>(names), &limit_object, &quiet, &root_object,
                                  &time_object, &attribute_object, &meters_memory, &is_strict,
                                  &is_dry, &model_object, &also_object) == 0) {
    return -1;
  }
  auto* self = reinterpret_cast<BudgetObject*>(object);
  if (self->state != nullptr) {
    PyErr_SetString(PyExc_RuntimeError, "a BudgetContext cannot be initialised twice");
    return -1;
  }
  if (is_dry != 0 && !require_library("_dry")) return -1;
  Flops limit = 0;
  std::string_view root;
  double time_limit = 0.0;
  Attribution attribution = Attribution::none;
  if (!parse_limit(limit_object, "flop_budget", &limit) || !parse_root(root_object, &root) ||
      !parse_attribution(attribute_object, &attribution)) {
    return -1;
  }
  Ref memory = meters_memory != 0 ? make_memory_meter() : Ref{};
  if (meters_memory != 0 && !memory) return -1;
  if (time_object != Py_None && !parse_seconds(time_object, "wall_time_limit_s", &time_limit)) {
    return -1;
  }
  CostModelPtr model;
  std::vector<ParallelBills> also;
  if (!model_from(model_object, &model) || !parse_also(also_object, *model, &also)) return -1;
  self->state = new (std::nothrow) BudgetState{limit, root, std::move(model)};
  if (self->state == nullptr) {
    PyErr_NoMemory();
    return -1;
  }
  if (is_dry == 0) living.push_back(self->state);
  self->state->is_quiet = quiet != 0;
  self->state->is_timed = time_object != Py_None;
  self->state->time_limit_s = time_limit;
  self->state->attribution = attribution;
  self->state->is_strict = is_strict != 0;
  self->state->is_dry = is_dry != 0;
  self->state->also = std::move(also);
  self->state->meters_bytes = meters_memory != 0;
  self->state->set_watched();
  self->state->memory = std::move(memory);
  return 0;
}

void budget_dealloc(PyObject* object) {
  auto* self = reinterpret_cast<BudgetObject*>(object);
  PyTypeObject* type = Py_TYPE(object);
  if (self->weakrefs != nullptr) PyObject_ClearWeakRefs(object);
  Py_CLEAR(self->token);
  if (self->state != nullptr) bury(self->state);
  delete self->state;
  self->state = nullptr;
  type->tp_free(object);
  Py_DECREF(type);
}

// ---------------------------------------------------------------------------- entering, leaving

PyObject* budget_enter(PyObject* object, PyObject*) {
  const Ticks start = now();
  BudgetState* state = budget_state(object);
  if (state == nullptr) return nullptr;
  auto* self = reinterpret_cast<BudgetObject*>(object);
  const Ref current = own_scope();
  const bool nests = current && state_of(current).is_open && !state_of(current).is_default &&
                     state_of(current).thread == PyThread_get_thread_ident();
  if (state->is_open || (nests && !state->is_dry)) {
    PyErr_SetString(PyExc_RuntimeError, "Cannot nest BudgetContexts");
    return nullptr;
  }
  const Ref scope = make_scope(self, Ledger::k_root);
  if (!scope) return nullptr;
  self->token = PyContextVar_Set(scope_variable, scope.get());
  if (self->token == nullptr) return nullptr;
  // Only the thread or task of a dry run bills to it.
  if (!state->is_dry) {
    open_list.push_back(state);
    open_scopes.push_back(Ref::borrow(scope.get()).release());
  }
  if (!state->was_entered) state->others_before = charged_to_others(*state);
  // The first run starts where the budget was made: making it is our time, not the user's.
  state->run_start = state->was_entered ? start : state->ledger.made();
  state->is_open = true;
  state->thread = PyThread_get_thread_ident();
  if (state->meters_bytes) {
    state->handler_before = install_memory_meter(state->memory);
    if (!state->handler_before) PyErr_Clear();  // live bytes stay 0
    count_byte_meter(1);
  }
  if (!state->is_quiet) {
    const Ref banner = Ref::steal(PyObject_CallMethod(object, "_print_banner", nullptr));
    if (!banner) PyErr_WriteUnraisable(object);
  }
  state->was_entered = true;
  const Ticks end = now();
  state->ledger.add_overhead(end - state->run_start);
  if (state->is_timed) {
    state->deadline = saturating_add(end, std::max<Ticks>(1, ticks(state->time_limit_s)));
  }
  Py_INCREF(object);
  return object;
}

PyObject* budget_exit(PyObject* object, PyObject* const*, Py_ssize_t) {
  const Ticks start = now();
  BudgetState* state = budget_state(object);
  if (state == nullptr) return nullptr;
  auto* self = reinterpret_cast<BudgetObject*>(object);
  if (!state->is_open || state->is_default) {
    PyErr_SetString(PyExc_RuntimeError, "this BudgetContext is not open");
    return nullptr;
  }
  // Fails when the context is left in another task than it was entered in. The scope then stays
  // in that task's context variable, where a closed budget is never billed to.
  if (self->token != nullptr && PyContextVar_Reset(scope_variable, self->token) < 0) {
    PyErr_Clear();
  }
  Py_CLEAR(self->token);
  if (state->meters_bytes) {
    if (state->handler_before && !restore_memory_handler(state->handler_before)) PyErr_Clear();
    state->handler_before.reset();
    count_byte_meter(-1);
  }
  const auto found = std::find(open_list.begin(), open_list.end(), state);
  Ref scope;
  if (found != open_list.end()) {
    const auto at = found - open_list.begin();
    open_list.erase(found);
    scope = Ref::steal(open_scopes[static_cast<std::size_t>(at)]);
    open_scopes.erase(open_scopes.begin() + at);
  }
  state->deadline = 0;
  const Ticks end = now();
  state->ledger.add_overhead(end - start);
  state->wall += end - state->run_start;
  state->is_open = false;
  if (state->is_dry) Py_RETURN_NONE;  // nothing was spent
  if (state->counted_in != session_count) {
    session_figures.limit += state->ledger.limit();
    state->counted_in = session_count;
  }
  session_figures.has_wall = true;
  session_figures.add_since(state->ledger, state->wall, state->mark);
  state->mark = mark_of(state->ledger, state->wall);
  Py_RETURN_NONE;
}

PyMethodDef budget_methods[] = {
    {"__enter__", budget_enter, METH_NOARGS, "Make this the active budget."},
    {"__exit__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(budget_exit)),
     METH_FASTCALL, "Close the context; exceptions pass through."},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef budget_members[] = {
    {"__weaklistoffset__", compat::k_member_ssize, offsetof(BudgetObject, weakrefs),
     compat::k_member_readonly, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyType_Slot budget_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(PyType_GenericNew)},
    {Py_tp_init, reinterpret_cast<void*>(budget_init)},
    {Py_tp_dealloc, reinterpret_cast<void*>(budget_dealloc)},
    {Py_tp_methods, budget_methods},
    {Py_tp_getset, budget_properties},
    {Py_tp_members, budget_members},
    {Py_tp_doc, const_cast<char*>("The ledger behind a BudgetContext.")},
    {0, nullptr},
};

PyType_Spec budget_spec = {"flopscope._core.Budget", sizeof(BudgetObject), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, budget_slots};

PyType_Slot scope_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(scope_dealloc)},
    {0, nullptr},
};

PyType_Spec scope_spec = {"flopscope._core.Scope", sizeof(ScopeObject), 0,
                          Py_TPFLAGS_DEFAULT | compat::k_type_no_instantiation, scope_slots};

}  // namespace

bool add_budget_types(PyObject* module) {
  scope_variable = PyContextVar_New("flopscope_scope", nullptr);
  scope_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&scope_spec));
  budget_base_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&budget_spec));
  if (scope_variable == nullptr || scope_type == nullptr || budget_base_type == nullptr)
    return false;
  return PyModule_AddObjectRef(module, "Budget", reinterpret_cast<PyObject*>(budget_base_type)) ==
         0;
}

}  // namespace flopscope::bindings
