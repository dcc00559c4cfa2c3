// Small arrays that programs make and drop all the time, kept for their next use. Making an array
// takes NumPy about as long as adding its elements up to a few hundred of them, and a loop over an
// expression asks for the same shapes again and again.
//
// The pool is NumPy's cache of small buffers taken one step further: the whole array waits, with
// its buffer, shape and strides. It holds 64 x 4 arrays of at most 32 KiB
// and 4 of at most 1 MiB.
#pragma once

#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// An array in C order with undefined elements, for a result: a counted one from the pool, or a
// fresh ndarray that nobody else holds. `as_counted` makes one of both. Empty with an error set.
Ref new_result(PyArray_Descr* descr, int ndim, const npy_intp* lengths);

// Instead of freeing a counted array whose last reference has gone. False: it has to be freed.
bool keep_for_later(PyObject* array) noexcept;

}  // namespace flopscope::bindings
