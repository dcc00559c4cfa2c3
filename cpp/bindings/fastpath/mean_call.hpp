// The mean as NumPy computes it, the sum divided by the count, without NumPy's Python around it.
#pragma once

#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Whether `divide_sum` may follow `op.reduce`: some elements whose sum has their own dtype, float64
// or float32.
bool is_plain_mean(const CountedOp& op, const Arguments& arguments, PyArrayObject* operand);

// Divides a sum, which nobody else has seen yet, in place. Empty without an error when the
// floating-point unit has something to say: NumPy has to compute the mean then.
Ref divide_sum(Ref sum, double count);

}  // namespace flopscope::bindings
