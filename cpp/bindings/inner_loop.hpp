// NumPy's own inner loops as a fast path: for contiguous operands of one shape and dtype (and
// float scalars) the loop is called directly, without a ufunc's argument handling around it.
#pragma once

#include <array>

#include "numpy_api.hpp"

namespace flopscope::bindings {

// The dtypes with a fast path, in the order tried.
inline constexpr std::array k_loop_types{NPY_FLOAT64, NPY_FLOAT32, NPY_INT64, NPY_BOOL,
                                         NPY_COMPLEX128};

struct InnerLoop {
  PyUFuncGenericFunction function = nullptr;  // null: no such loop, take the general route
  void* data = nullptr;
  PyArray_Descr* result = nullptr;  // borrowed from NumPy's built-in descriptors
};

// The loops of one ufunc whose inputs all have the same type; index as in k_loop_types.
struct InnerLoops {
  std::array<InnerLoop, k_loop_types.size()> by_type;
  bool any = false;
};

// Collects the loops of a ufunc with one or two inputs and one output.
InnerLoops find_inner_loops(PyUFuncObject* ufunc);

// Index into k_loop_types of a built-in native descriptor, or -1.
int loop_type_of(PyArray_Descr* descr) noexcept;

// The largest operand the fast path takes. Beyond it a call's fixed cost no longer shows, while a
// floating-point warning would make the work run twice, and NumPy releases the GIL.
inline constexpr npy_intp k_fast_cells = 8192;

// Whether the fast path is on. It can be switched off to compare both routes.
extern bool inner_loops_enabled;

}  // namespace flopscope::bindings
