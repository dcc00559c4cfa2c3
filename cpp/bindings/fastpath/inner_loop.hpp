// NumPy's own inner loops as a fast path: small operands go to the loop directly, without a ufunc's
// argument handling around it.
#pragma once

#include <array>
#include <cstdint>

#include "bindings/numpy_api.hpp"

namespace flopscope::bindings {

// The dtypes with a fast path: NumPy's built-in numbers in native byte order.
inline constexpr std::array k_loop_types{
    NPY_FLOAT64, NPY_FLOAT32, NPY_INT64,  NPY_BOOL,   NPY_COMPLEX128, NPY_INT8,      NPY_INT16,
    NPY_INT32,   NPY_UINT8,   NPY_UINT16, NPY_UINT32, NPY_UINT64,     NPY_COMPLEX64, NPY_FLOAT16};

// What an operand may be: one of k_loop_types, in their order, or a Python number, whose type NumPy
// lets the other operand decide.
enum class Source : std::int8_t {
  none = -1,
  float64,
  float32,
  int64,
  boolean,
  complex128,
  int8,
  int16,
  int32,
  uint8,
  uint16,
  uint32,
  uint64,
  complex64,
  float16,
  python_int,
  python_float,
  count_
};
static_assert(static_cast<std::size_t>(Source::python_int) == k_loop_types.size(),
              "sources begin with the loop types");
inline constexpr auto k_source_count = static_cast<std::size_t>(Source::count_);

struct InnerLoop {
  PyUFuncGenericFunction function = nullptr;  // null: no such loop, take the general route
  void* data = nullptr;
  std::array<PyArray_Descr*, 2> results{};  // borrowed from NumPy's built-in descriptors
};

// The loops of one ufunc whose inputs all have the same type; index as in k_loop_types.
struct InnerLoops {
  static constexpr int k_none = -1;

  std::array<InnerLoop, k_loop_types.size()> by_type;
  int outputs = 1;
  bool any = false;
  // Whether an element's bytes depend on nothing but its operands' values: IEEE 754 or integer
  // arithmetic. Elsewhere (exp, power) NumPy picks an implementation by strides and lengths.
  bool is_exact = false;
  // Of reductions: whether they start from 0 (or 1) or from the first elements.
  bool has_identity = false;
  bool identity_is_one = false;
  // What NumPy answered for pairs of sources: the loop's index above k_none, plus 1; 0: not asked.
  std::array<std::int8_t, k_source_count * k_source_count> resolved{};

  // The index of the loop that NumPy runs for operands of two different sources, or k_none. NumPy
  // is asked once for every pair; `ufunc` is the one that these loops belong to.
  int loop_for(PyObject* ufunc, Source left, Source right) noexcept {
    const std::int8_t known = resolved[index(left, right)];
    return known != 0 ? known + k_none - 1 : resolve(ufunc, left, right);
  }
  // The same for a ufunc with one input.
  int loop_for(PyObject* ufunc, Source only) noexcept { return loop_for(ufunc, only, only); }
  static std::size_t index(Source left, Source right) noexcept {
    return static_cast<std::size_t>(left) * k_source_count + static_cast<std::size_t>(right);
  }
  int resolve(PyObject* ufunc, Source left, Source right) noexcept;
};

// Collects the loops of a ufunc with one or two inputs and one or two outputs.
InnerLoops find_inner_loops(PyUFuncObject* ufunc);

namespace detail {
inline constexpr int k_type_numbers = 32;
struct KnownType {
  PyArray_Descr* descr = nullptr;  // NumPy's own for that type number
  Source source = Source::none;
};
extern std::array<KnownType, k_type_numbers> known_types;
}  // namespace detail

// The source that a built-in native descriptor is.
inline Source source_of(PyArray_Descr* descr) noexcept {
  const auto number = static_cast<unsigned>(descr->type_num);
  if (number >= detail::k_type_numbers) return Source::none;
  const detail::KnownType& known = detail::known_types[number];
  return known.descr == descr ? known.source : Source::none;
}

// The index into k_loop_types of a source that is a dtype, or InnerLoops::k_none.
inline int own_loop(Source source) noexcept {
  const int at = static_cast<int>(source);
  return at < static_cast<int>(k_loop_types.size()) ? at : InnerLoops::k_none;
}

// Bytes of an element of a loop's type.
npy_intp loop_item(int loop_type) noexcept;

// Converts `count` elements in a row to a loop's type, as NumPy casts safely.
using Cast = void (*)(const char* from, char* to, npy_intp count);
Cast cast_between(Source from, int loop_type) noexcept;

// The largest operand the fast path takes. Beyond it neither a call's fixed cost nor where the
// result begins shows, while a floating-point warning would make the work run twice.
inline constexpr npy_intp k_fast_elements = 131072;
// From here on other threads may run meanwhile.
inline constexpr npy_intp k_elements_with_gil = 8192;

// Whether the fast path is on. It can be switched off to compare both routes.
extern bool inner_loops_enabled;

}  // namespace flopscope::bindings
