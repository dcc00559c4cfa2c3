#include "bindings/observe/escapes.hpp"

#include "core/pricing/saturating.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/errors/errors.hpp"

namespace flopscope::bindings {
namespace {

constexpr int k_deepest_sequence = 64;  // NumPy's arrays have no more axes

std::uint64_t bytes_within(PyObject* object, int depth) {
  if (is_counted_array(object)) {
    return static_cast<std::uint64_t>(PyArray_NBYTES(as_array(object)));
  }
  if (depth == 0 || !(PyList_Check(object) || PyTuple_Check(object))) return 0;
  std::uint64_t bytes = 0;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(object, i);
    if (!PyFloat_CheckExact(item) && !PyLong_CheckExact(item)) {
      bytes = saturating_add(bytes, bytes_within(item, depth - 1));
    }
  }
  return bytes;
}

// Whether somebody who holds no counted array sees what is written to `target`.
bool is_seen_outside(PyObject* target) {
  if (!is_counted_array(target)) return true;
  PyObject* object = target;
  while ((PyArray_FLAGS(as_array(object)) & NPY_ARRAY_OWNDATA) == 0) {
    object = PyArray_BASE(as_array(object));
    if (object == nullptr) return false;
    if (!is_array(object)) return Py_REFCNT(object) > 1;
    // An array that only its view holds is out of everybody's sight.
    if (!is_counted_array(object) && Py_REFCNT(object) > 1) return true;
  }
  return false;
}

}  // namespace

std::uint64_t counted_bytes(PyObject* object) { return bytes_within(object, k_deepest_sequence); }

bool let_escape(const char* what, std::uint64_t bytes, bool of_library) {
  if (bytes == 0) return true;
  // Kernels and rules read counted arrays on the budget's account.
  const Call* call = Call::current();
  if (call != nullptr && !call->is_foreign() && !of_library) return true;
  const Ref scope = explicit_scope();
  if (!scope || state_of(scope).is_dry) return true;
  const Caller caller = of_library ? Caller{false, find_site(Attribution::line)} : find_caller();
  if (caller.is_library) return true;
  BudgetState& budget = state_of(scope);
  if (budget.is_strict) {
    raise_escape(what, bytes);
    return false;
  }
  budget.escapes.add(what, caller.site, bytes);
  return true;
}

bool refuses_escapes() {
  const Ref scope = explicit_scope();
  return scope && state_of(scope).is_strict;
}

bool let_write_outside(PyObject* target, const char* what) {
  if (!is_array(target) || !is_seen_outside(target)) return true;
  // Within our own call, but for the program's array.
  const ForeignCode outside;
  return let_escape(what, static_cast<std::uint64_t>(PyArray_NBYTES(as_array(target))));
}

PyObject* escape_rows(const BudgetState& budget) {
  const auto& entries = budget.escapes.entries();
  Ref rows = Ref::steal(PyList_New(static_cast<Py_ssize_t>(entries.size())));
  for (std::size_t i = 0; rows && i < entries.size(); ++i) {
    const Escape& entry = entries[i];
    PyObject* row = Py_BuildValue("sIKK", entry.what.c_str(), static_cast<unsigned>(entry.site),
                                  static_cast<unsigned long long>(entry.count),
                                  static_cast<unsigned long long>(entry.bytes));
    if (row == nullptr) return nullptr;
    PyList_SET_ITEM(rows.get(), static_cast<Py_ssize_t>(i), row);
  }
  return rows.release();
}

namespace {

PyObject* rows_of(PyObject*, PyObject* object) {
  const BudgetState* budget = budget_state(object);
  return budget == nullptr ? nullptr : escape_rows(*budget);
}

// _escape(what, nbytes): the library hands data out.
PyObject* escape_by_library(PyObject*, PyObject* args) {
  const char* what = nullptr;
  unsigned long long bytes = 0;
  if (PyArg_ParseTuple(args, "sK", &what, &bytes) == 0) return nullptr;
  return let_escape(what, bytes, true) ? Py_NewRef(Py_None) : nullptr;
}

// After a fork, in the parent: what the child computes is billed to a copy of the budget.
PyObject* note_fork(PyObject*, PyObject*) {
  if (const Ref scope = explicit_scope(); scope && !state_of(scope).is_dry) {
    state_of(scope).escapes.add("os.fork", find_caller().site, 0);
  }
  Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"_escape_rows", rows_of, METH_O, "(what, site, count, bytes) of the escapes of a budget."},
    {"_escape", escape_by_library, METH_VARARGS, "Keeps an escape, or refuses it."},
    {"_note_fork", note_fork, METH_NOARGS, "Keeps a fork as an escape."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_escape_functions(PyObject* module) {
  return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace flopscope::bindings
