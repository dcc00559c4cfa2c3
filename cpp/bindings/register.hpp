// One function per binding file that uses pybind11; module.cpp calls them in order.
#pragma once

#include <pybind11/pybind11.h>

namespace flopscope::bindings {

void bind_errors(pybind11::module_& module);
void bind_op_table(pybind11::module_& module);
void bind_pricing(pybind11::module_& module);
void bind_stats(pybind11::module_& module);
void bind_symmetry(pybind11::module_& module);
void bind_tags(pybind11::module_& module);
void bind_budget(pybind11::module_& module);
void bind_contraction(pybind11::module_& module);
void bind_sub_budgets(pybind11::module_& module);
void bind_paths(pybind11::module_& module);

}  // namespace flopscope::bindings
