// Operands on their way to NumPy and results on their way back.
#pragma once

#include <cstdint>

#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

extern PyTypeObject* array_type;   // FlopscopeArray
extern PyTypeObject* tensor_type;  // SymmetricTensor, its subclass

// The common types first: a subclass test walks the type's ancestors.
inline bool is_array(PyObject* object) {
  return Py_TYPE(object) == array_type || PyArray_Check(object);
}
inline bool is_counted_array(PyObject* object) {
  return Py_TYPE(object) == array_type ||
         (Py_TYPE(object) != &PyArray_Type && PyObject_TypeCheck(object, array_type));
}
inline PyArrayObject* as_array(PyObject* object) {
  return reinterpret_cast<PyArrayObject*>(object);
}

// A Python number: neither NumPy nor a metered operation sees more than its value.
inline bool is_plain_number(PyObject* object) {
  return PyFloat_CheckExact(object) || PyLong_CheckExact(object) || PyBool_Check(object) ||
         PyComplex_CheckExact(object);
}

// An exact ndarray over a counted array's memory. NumPy skips its override, wrap and priority
// searches for exact arrays; a subclass pays about 400 ns for them. 25 ns.
Ref base_view(PyObject* counted);

// The same for any argument: counted arrays become base views, also inside lists and tuples;
// everything else passes.
Ref strip(PyObject* object);

class Arguments;
struct CountedOp;

// An operand: an array (counted or plain, as given), an array made of a sequence, or the object
// itself when it is a scalar.
struct Operand {
  Ref object;
  PyArrayObject* array = nullptr;  // null: a scalar

  int ndim() const noexcept { return array == nullptr ? 0 : PyArray_NDIM(array); }
  const npy_intp* lengths() const noexcept {
    return array == nullptr ? nullptr : PyArray_DIMS(array);
  }
};

// False with an error set when the object cannot be converted, or its dtype is not numeric.
bool prepare(PyObject* object, const CountedOp& op, Operand* operand);

// Whether the object's type says how ufuncs treat it (`__array_ufunc__`).
bool has_ufunc_protocol(PyObject* object);

// Puts an operand in its place among the arguments, as NumPy is to see it.
bool place(Arguments& arguments, std::size_t index, Operand operand);

// Refuses arrays of objects and records for a counted operation, and texts and dates unless its
// flags say that it takes them.
bool check_dtype(PyArrayObject* array, PyObject* op_name, std::uint16_t flags = 0);

// Once a call is paid for: keeps an escape when the array that it writes into is seen outside,
// drops its tags, and lets NumPy see that it may write.
bool unlock(Arguments& arguments, const Ref& written);

// A fresh or shared array as a counted array: re-typed when nobody else holds it (3 ns), else a
// view (30 ns).
Ref as_counted(Ref array);

// What a counted function returns: arrays and NumPy scalars become counted arrays, also inside
// tuples, named tuples and lists; everything else passes.
Ref wrap(Ref result);

}  // namespace flopscope::bindings
