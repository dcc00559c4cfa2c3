// The inner-loop fast path of elementwise operations, see inner_loop.hpp.
#pragma once

#include "call.hpp"
#include "counted_op.hpp"
#include "py_ref.hpp"

namespace flopscope::bindings {

enum class FastOutcome {
  not_applicable,  // nothing has happened: take the general route
  done,
  failed,       // an error is set
  needs_numpy,  // charged, but a floating-point flag was raised: NumPy has to run the operation and
                // treat it as np.errstate says. The operands are as they were.
};

// Runs the operation on `op.inputs` operands if the fast path takes them. `out` may be null.
FastOutcome try_inner_loop(Call& call, CountedOp& op, PyObject* const* operands, PyObject* out,
                           Ref* result);

}  // namespace flopscope::bindings
