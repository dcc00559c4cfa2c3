// How many cells a sampler is about to draw.
#pragma once

#include <cstdint>

#include "arguments.hpp"
#include "counted_op.hpp"

namespace flopscope::bindings {

// The cells, when the arguments tell; false when they do not. A sampler that is refused has not
// moved the generator's state on then.
bool cells_to_draw(const CountedOp& op, const Arguments& arguments, std::uint64_t* cells);

}  // namespace flopscope::bindings
