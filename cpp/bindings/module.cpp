// The private compiled module flopscope._core.
#define FLOPSCOPE_IMPORTS_NUMPY
#include <pybind11/pybind11.h>

#include "bindings/array/array_ops.hpp"
#include "bindings/array/numpy_hooks.hpp"
#include "bindings/budget/budget_type.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/callbacks.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/fastpath/planned_call.hpp"
#include "bindings/numpy_api.hpp"
#include "bindings/observe/escapes.hpp"
#include "bindings/observe/sites.hpp"
#include "bindings/observe/watch.hpp"
#include "bindings/register.hpp"

namespace py = pybind11;

PYBIND11_MODULE(_core, module) {
  using namespace flopscope::bindings;
  module.doc() = "The compiled core of flopscope. Private: import from flopscope instead.";
  if (_import_array() < 0 || _import_umath() < 0) throw py::error_already_set();
  const bool is_ready = load_names() && add_budget_types(module.ptr()) &&
                        add_counted_op_type(module.ptr()) && add_plan_functions(module.ptr()) &&
                        add_callback_type(module.ptr()) && add_array_types(module.ptr()) &&
                        add_array_ops(module.ptr()) && add_protocols(module.ptr()) &&
                        add_site_functions(module.ptr()) && add_watch_functions(module.ptr()) &&
                        add_escape_functions(module.ptr()) && hook_numpy(module.ptr());
  if (!is_ready) throw py::error_already_set();
  bind_errors(module);
  bind_op_table(module);
  bind_pricing(module);
  bind_stats(module);
  bind_symmetry(module);
  bind_tags(module);
  bind_budget(module);
  bind_contraction(module);
  bind_sub_budgets(module);
  bind_paths(module);
#ifdef NDEBUG
  module.attr("NDEBUG") = true;
#else
  module.attr("NDEBUG") = false;
#endif
}
