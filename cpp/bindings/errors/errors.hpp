// Raising flopscope's own exceptions, which are defined in Python (flopscope.errors).
#pragma once

#include <string>
#include <string_view>

#include "core/ledger/ledger.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Each sets the Python error; nothing is returned because nothing can be done about it.
// `part`: the namespace of the sub-budget whose limit it is; empty for the budget's own.
void raise_budget_exhausted(std::string_view op, std::uint64_t cost, Flops remaining,
                            std::string_view part = {});
void raise_time_exhausted(std::string_view op, double elapsed_s, double limit_s,
                          std::string_view part = {});
void raise_no_context();
void raise_escape(const char* what, std::uint64_t bytes);
void raise_unsupported_dtype(std::string_view op, PyObject* dtype);

// Warns that an operation passes the soft limit of a sub-budget. False when the warning is an
// error.
bool warn_soft_limit(std::string_view op, std::string_view part, const char* limit);

// Warns that a remote backend would refuse the operation. False when the warning is an error.
bool warn_callback(PyObject* op_name);

// Warns that the result lacks symmetry that an operand has. False when the warning is an error.
bool warn_symmetry_loss(PyObject* op_name, const std::string& axes);

// Warns that a symmetry was not counted, or not carried on. Throws PythonErrorSet when the warning
// is an error.
void warn_of_fallback(const char* reason);

}  // namespace flopscope::bindings
