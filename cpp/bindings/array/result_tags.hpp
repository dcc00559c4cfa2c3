// Symmetry of what a function returns.
#pragma once

#include "bindings/dispatch/call_arguments.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// The result, tagged with what follows from the operation and its operands; a list or tuple part by
// part. Warns of what is lost. Empty with an error set.
Ref tag_result(const CountedOp& op, const CallArguments& given, Ref result);

}  // namespace flopscope::bindings
