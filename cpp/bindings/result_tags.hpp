// Symmetry of what a function returns.
#pragma once

#include "counted_op.hpp"
#include "given.hpp"
#include "py_ref.hpp"

namespace flopscope::bindings {

// The result, tagged with what follows from the operation and its operands; a list or tuple part by
// part. Warns of what is lost. Empty with an error set.
Ref tag_result(const CountedOp& op, const Given& given, Ref result);

}  // namespace flopscope::bindings
