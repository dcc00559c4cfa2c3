// How many elements a sampler is about to draw.
#pragma once

#include <cstdint>

#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/counted_op.hpp"

namespace flopscope::bindings {

// The elements, when the arguments tell; false when they do not. A sampler that is refused has not
// moved the generator's state on then.
bool elements_to_draw(const CountedOp& op, const Arguments& arguments, std::uint64_t* elements);

}  // namespace flopscope::bindings
