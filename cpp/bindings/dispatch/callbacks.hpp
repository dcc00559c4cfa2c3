// Functions of the user's that NumPy calls back: their time is the user's, not ours.
#pragma once

#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// A callable (or a list of them, as piecewise takes) wrapped so that its time is left out of the
// current call; any other object as it is. NumPy's own callables are wrapped too.
Ref time_callbacks(PyObject* object);

// An iterator over `iterable` whose time is left out likewise.
Ref time_iteration(PyObject* iterable);

bool add_callback_type(PyObject* module);

}  // namespace flopscope::bindings
