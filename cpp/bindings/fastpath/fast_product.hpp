// The direct route of matrix products of plain arrays. Small ones run NumPy's loop for matmul on
// the operands as they are, without the iterator that a generalised ufunc sets up around it.
#pragma once

#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Charges and runs the product of `operands[0]` and `operands[1]`. False when the call is not for
// this route: nothing has happened then. `result` stays empty, with an error set, when it fails.
bool try_product(Call& call, CountedOp& op, PyObject* const* operands, Ref* result);

}  // namespace flopscope::bindings
