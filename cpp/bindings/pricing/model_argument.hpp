// A price list as an argument: None, a name, or a `flopscope.CostModel`.
#pragma once

#include "core/pricing/cost_model.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// None stands for the list that new budgets use. False with an error set when there is no such
// list.
bool model_from(PyObject* object, CostModelPtr* model);

}  // namespace flopscope::bindings
