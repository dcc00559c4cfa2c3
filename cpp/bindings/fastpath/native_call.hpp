// The direct route of the commonest creation and movement functions: NumPy's C function is called
// on the operands, without the Python function and the argument parsing that stand before it.
#pragma once

#include <string_view>

#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// The route of the function of that name, or Native::none.
Native native_of(std::string_view name) noexcept;

// Charges and runs the call. False when it is not for this route: nothing has happened then.
// `result` stays empty, with an error set, when the call fails.
bool try_native(Call& call, const CountedOp& op, PyObject* const* args, std::size_t nargsf,
                PyObject* kwnames, Ref* result);

}  // namespace flopscope::bindings
