// Escapes: counted data on its way to code that is not metered. A budget keeps them, and a strict
// one refuses them.
#pragma once

#include <cstdint>

#include "bindings/budget/budget_type.hpp"
#include "bindings/compat.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Bytes of the counted arrays in an object, which may be a list or tuple of some. 0: there are
// none.
std::uint64_t counted_bytes(PyObject* object);

// Keeps an escape on the budget that is open, with the line of the program's. Nothing is kept when
// no context is open, and none is what the library itself does. False with EscapeError set when the
// budget is strict.
// `of_library`: the library hands the data out itself, on behalf of the program's line.
bool let_escape(const char* what, std::uint64_t bytes, bool of_library = false);

// Whether the budget that is open is strict.
bool refuses_escapes();

// `let_escape` for a result that is written to `target`, where it is to be seen from outside: a
// plain array, or a counted one over memory that somebody holds as plain.
bool let_write_outside(PyObject* target, const char* what);

inline bool owns_memory(PyObject* array) {
  return (PyArray_FLAGS(as_array(array)) & NPY_ARRAY_OWNDATA) != 0;
}

// Once a call that writes to `target` (or to nothing: null) is paid for.
inline bool let_write(PyObject* target) {
  const bool is_inside =
      target == nullptr || (Py_TYPE(target) == array_type && owns_memory(target));
  return FLOPSCOPE_LIKELY(is_inside) || let_write_outside(target, "out=");
}

// The question before it is paid for: false when the budget is strict and `let_write` refuses.
inline bool may_write(const BudgetState& budget, PyObject* target) {
  return FLOPSCOPE_LIKELY(!budget.is_strict) || let_write(target);
}

// (what, site, count, bytes) of every escape of a budget.
PyObject* escape_rows(const BudgetState& budget);

bool add_escape_functions(PyObject* module);

}  // namespace flopscope::bindings
