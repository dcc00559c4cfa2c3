// Calls whose price and way of running depend only on an expression and on the operands' shapes,
// symmetry and identity: einsum. Both are worked out once, in Python, and remembered.
#pragma once

#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"

namespace flopscope::bindings {

// Charges and runs `op(expression, *arrays, optimize=...)` by a remembered plan, or by one that
// `op.planner` makes. False when the call is not for this route: nothing has happened then.
// `result` stays empty, with an error set, when the call fails.
bool try_planned(Call& call, const CountedOp& op, PyObject* const* args, std::size_t nargsf,
                 PyObject* kwnames, Ref* result);

bool add_plan_functions(PyObject* module);

}  // namespace flopscope::bindings
