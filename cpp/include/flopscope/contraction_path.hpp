// The order in which the operands of a contraction are combined.
#pragma once

#include <vector>

namespace flopscope {

// Positions to contract, in the shrinking list of operands; results are appended at the end.
using ContractionPath = std::vector<std::vector<int>>;

}  // namespace flopscope
