// What a call of a function costs: by rule, by the cells of a result, or by a pricing function.
#pragma once

#include <cstdint>

#include "arguments.hpp"
#include "counted_op.hpp"
#include "given.hpp"

namespace flopscope::bindings {

// The price before the call; false with an error set. `is_known` false: it takes the result, and
// `later` is the function that tells it for custom rows.
bool price_before(const CountedOp& op, Arguments& arguments, const Given& given,
                  std::uint64_t* cost, bool* is_known, Ref* later);

bool price_after(const CountedOp& op, const Ref& later, PyObject* result, std::uint64_t* cost);

}  // namespace flopscope::bindings
