// The direct route of elementwise operations: the ufunc is called on plain operands that lie on the
// C stack, which covers nearly all calls that no inner loop takes.
#pragma once

#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/fastpath/fast_ufunc.hpp"

namespace flopscope::bindings {

// Charges and runs the ufunc. False when the call is not for this route: nothing has happened then.
// `result` stays empty, with an error set, when the call fails.
bool try_direct(Call& call, const CountedOp& op, const ElementwiseCall& given, Ref* result);

// The names of a call's keywords when `out` is the only one; borrowed.
PyObject* out_as_keyword();

}  // namespace flopscope::bindings
