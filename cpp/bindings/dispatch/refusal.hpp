// Calls that NumPy will refuse: it says why, and nothing is charged.
#pragma once

#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/counted_op.hpp"

namespace flopscope::bindings {

// A call whose facts cannot be told because NumPy is going to refuse it: lets NumPy raise its own
// error. Nothing is charged. Should NumPy accept after all, the result is dropped and RuntimeError
// is raised, so that nothing computes for free. Always returns nullptr with an error set.
PyObject* fail_with_numpy(const CountedOp& op, Arguments& arguments, PyObject* target);

}  // namespace flopscope::bindings
