#include "bindings/budget/budget_properties.hpp"

#include "bindings/budget/amounts.hpp"
#include "bindings/budget/budget_type.hpp"
#include "bindings/observe/memory_meter.hpp"

namespace flopscope::bindings {
namespace {

template <class F>
PyObject* read(PyObject* object, F&& figure) {
  const BudgetState* state = budget_state(object);
  return state == nullptr ? nullptr : figure(*state);
}

// Seconds as a float; never below zero.
PyObject* span(Ticks value) { return PyFloat_FromDouble(seconds(value)); }

PyObject* get_limit(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) { return to_python(state.ledger.limit()); });
}

PyObject* get_used(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) { return to_python(state.ledger.used()); });
}

PyObject* get_remaining(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) { return to_python(state.ledger.remaining()); });
}

PyObject* get_namespace(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) -> PyObject* {
    const auto& path = state.ledger.scopes()[current_namespace(state)].path();
    if (path.empty()) Py_RETURN_NONE;
    return PyUnicode_FromStringAndSize(path.data(), static_cast<Py_ssize_t>(path.size()));
  });
}

PyObject* get_time_limit(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) -> PyObject* {
    if (!state.is_timed) Py_RETURN_NONE;
    return PyFloat_FromDouble(state.time_limit_s);
  });
}

PyObject* get_wall(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) -> PyObject* {
    if (state.is_open || !state.was_entered) Py_RETURN_NONE;
    return span(state.wall);
  });
}

PyObject* get_elapsed(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) { return span(state.wall_at(now())); });
}

PyObject* get_backend(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) { return span(state.ledger.backend()); });
}

PyObject* get_overhead(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) { return span(state.ledger.overhead()); });
}

PyObject* get_residual(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) -> PyObject* {
    if (state.is_open || !state.was_entered) Py_RETURN_NONE;
    // Threads that compute side by side can make the booked time longer than the wall time.
    const Ticks booked = state.ledger.backend() + state.ledger.overhead();
    return span(state.wall > booked ? state.wall - booked : 0);
  });
}

PyObject* get_attribute(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) -> PyObject* {
    const char* name = name_of(state.attribution);
    if (name == nullptr) Py_RETURN_NONE;
    return PyUnicode_FromString(name);
  });
}

PyObject* get_peak_bytes(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) -> PyObject* {
    if (!state.meters_bytes) Py_RETURN_NONE;
    return PyLong_FromUnsignedLongLong(live_bytes(state.memory).peak);
  });
}

PyObject* get_live_bytes(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) -> PyObject* {
    if (!state.meters_bytes) Py_RETURN_NONE;
    return PyLong_FromUnsignedLongLong(live_bytes(state.memory).now);
  });
}

PyObject* get_quiet(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) { return PyBool_FromLong(state.is_quiet); });
}

PyObject* get_strict(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) { return PyBool_FromLong(state.is_strict); });
}

PyObject* get_elsewhere(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) { return to_python(charged_elsewhere(state)); });
}

PyObject* get_open(PyObject* object, void*) {
  return read(object, [](const BudgetState& state) { return PyBool_FromLong(state.is_open); });
}

}  // namespace

PyGetSetDef budget_properties[] = {
    {"flop_budget", get_limit, nullptr, "The budget, in FLOPs.", nullptr},
    {"flops_used", get_used, nullptr, "FLOPs charged so far.", nullptr},
    {"flops_remaining", get_remaining, nullptr, "FLOPs that may still be charged.", nullptr},
    {"namespace", get_namespace, nullptr, "Current dotted namespace path, or None.", nullptr},
    {"attribute", get_attribute, nullptr,
     "What is kept of the source of operations: 'line', 'stack' or None.", nullptr},
    {"live_bytes", get_live_bytes, nullptr,
     "Bytes of arrays made inside that live now; None unless the budget was made with memory=True.",
     nullptr},
    {"peak_live_bytes", get_peak_bytes, nullptr,
     "Most bytes of arrays made inside that lived at once; None unless made with memory=True.",
     nullptr},
    {"quiet", get_quiet, nullptr, "Whether entering prints no banner.", nullptr},
    {"flops_elsewhere", get_elsewhere, nullptr,
     "FLOPs that other budgets of the process were charged since this one was entered: by threads "
     "with contexts of their own, after it was left, in the default budget.",
     nullptr},
    {"is_open", get_open, nullptr, "Whether it is entered and not left.", nullptr},
    {"strict", get_strict, nullptr,
     "Whether counted data is refused to code that is not metered, instead of kept in `escapes`.",
     nullptr},
    {"wall_time_limit_s", get_time_limit, nullptr, "Time limit in seconds, or None.", nullptr},
    {"wall_time_s", get_wall, nullptr, "Wall time in seconds; None until the context was left.",
     nullptr},
    {"elapsed_s", get_elapsed, nullptr, "Wall time so far in seconds; 0.0 before entry.", nullptr},
    {"flopscope_backend_time_s", get_backend, nullptr,
     "Seconds spent in the numerical kernels of counted operations.", nullptr},
    {"flopscope_overhead_time_s", get_overhead, nullptr, "Seconds spent in flopscope itself.",
     nullptr},
    {"residual_wall_time_s", get_residual, nullptr,
     "Seconds of everything else: wall - backend - overhead; None until the context was left.",
     nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace flopscope::bindings
