// Borrowed views: exact ndarrays that stand for counted operands during one call, without an
// allocation. A view made by NumPy takes 25 ns to make and 20 to free, and a binary operation
// needs two; a borrowed view is pointed at its operand in a few instructions.
//
// A borrowed view mirrors shape, strides, dtype and data of its operand by pointing at them, so it
// is right only as long as the operand lives and the call lasts. When the call is over, a borrowed
// view that nobody kept waits for its next use; one that somebody kept (as the base of a view, say)
// is first turned into a proper view of its operand.
#pragma once

#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

struct BorrowedView {
  PyObject* object;            // the array; one reference belongs to the borrowed view
  PyArrayObject_fields blank;  // its own fields, which its memory is freed with
  BorrowedView* next;          // in the list of waiting borrowed views
};

// Points a borrowed view at an array, which must outlive the matching `return_view`.
// Null with an error set on failure.
BorrowedView* borrow_view(PyObject* operand);

// Ends the loan, once the caller has given up its references to `borrowed view->object`. Returns
// whether somebody had kept the array.
bool return_view(BorrowedView* view, PyObject* operand) noexcept;

}  // namespace flopscope::bindings
