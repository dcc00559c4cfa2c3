// Borrowed views: exact ndarrays that stand for counted operands during one call, without an
// allocation. A view made by NumPy takes 25 ns to make and 20 to free, and a binary operation
// needs two; a shell from the pool is pointed at its operand in a few instructions.
//
// A shell mirrors shape, strides, dtype and data of its operand by pointing at them, so it is right
// only as long as the operand lives and the call lasts. When the call is over, a shell that nobody
// kept goes back to the pool; one that somebody kept (as the base of a view, say) is first turned
// into a proper view of its operand.
#pragma once

#include "py_ref.hpp"

namespace flopscope::bindings {

// A shell of an array; owned. The operand must outlive the matching `return_shell`.
// Empty with an error set on failure.
Ref borrow_shell(PyObject* operand);

// Ends the loan. Returns whether somebody had kept the shell.
bool return_shell(Ref shell, PyObject* operand);

}  // namespace flopscope::bindings
