// What a call of a function costs: by rule, by the elements of a result, or by a pricing function.
#pragma once

#include <cstdint>

#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/call_arguments.hpp"
#include "bindings/dispatch/counted_op.hpp"

namespace flopscope::bindings {

// The price before the call; false with an error set. `is_known` false: it takes the result, and
// `later` is the function that tells it for custom rows.
bool price_before(const CountedOp& op, Arguments& arguments, const CallArguments& given,
                  std::uint64_t* cost, bool* is_known, Ref* later);

bool price_after(const CountedOp& op, const Ref& later, PyObject* result, std::uint64_t* cost);

}  // namespace flopscope::bindings
