// NumPy's own functions, methods and slots that take a counted array without asking it.
//
// `np.asarray(a)` views the memory of a subclass without a word to it, `plain.dot(a)` multiplies at
// once, and `np.ndarray.view(a)` passes by any method of ours. NumPy has no protocol for these, so
// the C functions behind them are replaced where NumPy's objects point to them: the objects, their
// names and what is known of them stay, and calls without counted arrays pay one look at a type.
#pragma once

#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Adds `_hook_numpy`, which the facade calls when the arrays' operations are there. False with an
// error set on failure.
bool hook_numpy(PyObject* module);

// Slots of the array type that hand data out.
int array_getbuffer(PyObject* self, Py_buffer* view, int flags);
PyObject* array_iter(PyObject* self);

}  // namespace flopscope::bindings
