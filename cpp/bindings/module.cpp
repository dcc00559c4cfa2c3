// The private compiled module flopscope._core.
#define FLOPSCOPE_IMPORTS_NUMPY
#include <pybind11/pybind11.h>

#include "arguments.hpp"
#include "array_ops.hpp"
#include "budget_type.hpp"
#include "callbacks.hpp"
#include "counted_op.hpp"
#include "escapes.hpp"
#include "numpy_api.hpp"
#include "numpy_hooks.hpp"
#include "planned_call.hpp"
#include "register.hpp"
#include "sites.hpp"
#include "watch.hpp"

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
