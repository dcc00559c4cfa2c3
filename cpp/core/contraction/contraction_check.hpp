// Queries that fit together. Private.
#pragma once

#include "core/contraction/contraction_cost.hpp"

namespace flopscope {

// Throws InvalidArgument with this text unless the condition holds.
void require(bool holds, const char* what);

void check_query(const ContractionQuery& query);

}  // namespace flopscope
