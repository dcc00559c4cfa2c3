// What a budget answers about itself.
#pragma once

#include "bindings/numpy_api.hpp"

namespace flopscope::bindings {

extern PyGetSetDef budget_properties[];  // ends with an entry without a name

}  // namespace flopscope::bindings
