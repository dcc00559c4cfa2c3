// Borrowed views: exact ndarrays that stand for counted operands during one call, without an
// allocation. A view made by NumPy takes 25 ns to make and 20 to free, and a binary operation
// needs two; a shell is pointed at its operand in a few instructions.
//
// A shell mirrors shape, strides, dtype and data of its operand by pointing at them, so it is right
// only as long as the operand lives and the call lasts. When the call is over, a shell that nobody
// kept waits for its next use; one that somebody kept (as the base of a view, say) is first turned
// into a proper view of its operand.
#pragma once

#include "py_ref.hpp"

namespace flopscope::bindings {

struct Shell {
  PyObject* object;            // the array; one reference belongs to the shell
  PyArrayObject_fields blank;  // its own fields, which its memory is freed with
  Shell* next;                 // in the list of waiting shells
};

// Points a shell at an array, which must outlive the matching `return_shell`.
// Null with an error set on failure.
Shell* borrow_shell(PyObject* operand);

// Ends the loan, once the caller has given up its references to `shell->object`. Returns whether
// somebody had kept the array.
bool return_shell(Shell* shell, PyObject* operand) noexcept;

}  // namespace flopscope::bindings
