// The counted functions that the array type's operators and methods stand for.
#pragma once

#include "bindings/dispatch/counted_op.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Operators, by the name of the function that is billed.
enum class Operator : std::uint8_t {
  add,
  subtract,
  multiply,
  true_divide,
  floor_divide,
  mod,
  power,
  matmul,
  divmod,
  negative,
  positive,
  abs,
  invert,
  bitwise_and,
  bitwise_or,
  bitwise_xor,
  left_shift,
  right_shift,
  less,
  less_equal,
  equal,
  not_equal,
  greater,
  greater_equal,
  count_,
};

// Methods of ndarray that are billed.
enum class Method : std::uint8_t {
  all,
  any,
  argmax,
  argmin,
  argpartition,
  argsort,
  astype,
  clip,
  compress,
  cumprod,
  cumsum,
  dot,
  max,
  mean,
  min,
  nonzero,
  partition,
  prod,
  ptp,
  repeat,
  round,
  searchsorted,
  sort,
  std,
  sum,
  take,
  trace,
  var,
  count_,
};

CountedOp& operator_op(Operator which);
CountedOp& method_op(Method which);

// The function behind the method of that name, borrowed; null with an error set without one.
PyObject* find_method_op(const char* name);

extern PyMethodDef array_methods[];

// `_core._set_array_ops(operators, methods)`: dicts name -> CountedOp, once.
bool add_array_ops(PyObject* module);

// Slots of the array type, shared by its files.
PyObject* array_ufunc_protocol(PyObject* self, PyObject* args, PyObject* kwargs);
PyObject* array_function_protocol(PyObject* self, PyObject* args);

bool add_protocols(PyObject* module);
bool add_array_types(PyObject* module);

// Elementwise variants used by operators (see ufunc_call.cpp).
PyObject* call_binary_by(CountedOp& op, PyObject* target, PyObject* left, PyObject* right) noexcept;
PyObject* call_in_place(CountedOp& op, PyObject* left, PyObject* right) noexcept;
PyObject* call_in_place_by(CountedOp& op, PyObject* target, PyObject* left,
                           PyObject* right) noexcept;

}  // namespace flopscope::bindings
