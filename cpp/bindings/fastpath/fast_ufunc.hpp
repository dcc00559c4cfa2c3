// The inner-loop fast path of elementwise operations, see inner_loop.hpp.
#pragma once

#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

enum class FastOutcome {
  not_applicable,  // nothing has happened: take the general route
  done,
  failed,       // an error is set
  needs_numpy,  // charged, but a floating-point flag was raised: NumPy has to run the operation and
                // treat it as np.errstate says. The operands are as they were.
};

// The arguments of an elementwise operation.
struct ElementwiseCall {
  PyObject* const* operands;    // `op.inputs` of them, then the values of keywords
  PyObject* kwnames = nullptr;  // null: no keywords, though `out` may be set
  PyObject* out = nullptr;      // an array, of operations with one output; or null
  PyObject* where = nullptr;    // null: every element
};

// Runs the operation if the fast path takes its operands, and looks at no keywords but `out` and
// `where`.
FastOutcome try_inner_loop(Call& call, CountedOp& op, const ElementwiseCall& given, Ref* result);

}  // namespace flopscope::bindings
