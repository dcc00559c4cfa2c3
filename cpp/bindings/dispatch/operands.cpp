#include "bindings/dispatch/operands.hpp"

#include "bindings/array/tags.hpp"
#include "bindings/compat.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/errors/errors.hpp"
#include "bindings/observe/escapes.hpp"

namespace flopscope::bindings {

PyTypeObject* array_type = nullptr;
PyTypeObject* tensor_type = nullptr;

Ref base_view(PyObject* counted) {
  PyArrayObject* array = as_array(counted);
  PyArray_Descr* descr = PyArray_DESCR(array);
  Py_INCREF(descr);
  Ref view = Ref::steal(PyArray_NewFromDescr(&PyArray_Type, descr, PyArray_NDIM(array),
                                             PyArray_DIMS(array), PyArray_STRIDES(array),
                                             PyArray_DATA(array), PyArray_FLAGS(array), nullptr));
  if (!view) return {};
  Py_INCREF(counted);
  if (PyArray_SetBaseObject(as_array(view.get()), counted) < 0) return {};
  return view;
}

namespace {

// Deeper nesting than NumPy has axes can hold no array.
constexpr int k_deepest_sequence = 64;

bool holds_counted(PyObject* object, int depth) {
  if (is_counted_array(object)) return true;
  const bool is_list = PyList_CheckExact(object);
  if ((!is_list && !PyTuple_Check(object)) || depth == 0) return false;
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(object);
  for (Py_ssize_t i = 0; i < size; ++i) {
    if (holds_counted(PySequence_Fast_GET_ITEM(object, i), depth - 1)) return true;
  }
  return false;
}

Ref strip_nested(PyObject* object, int depth) {
  if (is_counted_array(object)) return base_view(object);
  if (!holds_counted(object, depth)) return Ref::borrow(object);
  const bool is_list = PyList_CheckExact(object);
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(object);
  Ref copy = Ref::steal(is_list ? PyList_New(size) : PyTuple_New(size));
  if (!copy) return {};
  for (Py_ssize_t i = 0; i < size; ++i) {
    Ref item = strip_nested(PySequence_Fast_GET_ITEM(object, i), depth - 1);
    if (!item) return {};
    if (is_list) {
      PyList_SET_ITEM(copy.get(), i, item.release());
    } else {
      PyTuple_SET_ITEM(copy.get(), i, item.release());
    }
  }
  return copy;
}

}  // namespace

Ref strip(PyObject* object) {
  if (object == Py_None || is_plain_number(object) || PyArray_CheckExact(object)) {
    return Ref::borrow(object);
  }
  return strip_nested(object, k_deepest_sequence);
}

bool check_dtype(PyArrayObject* array, PyObject* op_name, std::uint16_t flags) {
  const int type = PyArray_TYPE(array);
  if (FLOPSCOPE_LIKELY(PyTypeNum_ISNUMBER(type) || PyTypeNum_ISBOOL(type))) return true;
  // Objects compare by code of their own, which would run as NumPy's time.
  const bool is_ordered =
      PyTypeNum_ISSTRING(type) || type == NPY_VSTRING || PyTypeNum_ISDATETIME(type);
  if ((flags & flag::any_dtype) != 0 || ((flags & flag::texts) != 0 && is_ordered)) return true;
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(op_name, &size);
  if (text != nullptr) {
    raise_unsupported_dtype({text, static_cast<std::size_t>(size)},
                            reinterpret_cast<PyObject*>(PyArray_DESCR(array)));
  }
  return false;
}

bool prepare(PyObject* object, const CountedOp& op, Operand* operand) {
  if (is_array(object)) {
    operand->object = Ref::borrow(object);
    operand->array = as_array(object);
    return check_dtype(operand->array, op.name, op.flags);
  }
  if (is_plain_number(object) || object == Py_None || PyUnicode_Check(object)) {
    operand->object = Ref::borrow(object);
    return true;
  }
  if (PyArray_CheckAnyScalar(object)) {
    operand->object = Ref::borrow(object);
    // NumPy derives timedelta64 from its signed integers.
    const bool is_number = (PyArray_IsScalar(object, Number) || PyArray_IsScalar(object, Bool)) &&
                           !PyArray_IsScalar(object, Timedelta);
    if (is_number || !PyArray_IsScalar(object, Generic)) return true;
    const Ref element = Ref::steal(PyArray_FromScalar(object, nullptr));
    return element && check_dtype(as_array(element.get()), op.name, op.flags);
  }
  // An object that refuses ufuncs, or brings its own: NumPy knows what to do with it.
  if (has_ufunc_protocol(object)) {
    operand->object = Ref::borrow(object);
    return true;
  }
  // A sequence, or a foreign object that may run code of its own to become an array. That time is
  // neither NumPy's nor ours.
  Ref array;
  {
    const ForeignCode timed;
    array = Ref::steal(PyArray_FromAny(object, nullptr, 0, 0, 0, nullptr));
  }
  if (!array) return false;
  if (PyArray_NDIM(as_array(array.get())) == 0 &&
      PyArray_TYPE(as_array(array.get())) == NPY_OBJECT) {
    // Not array-like at all: one element, and NumPy's own error when it tries to compute with it.
    operand->object = Ref::borrow(object);
    return true;
  }
  operand->object = std::move(array);
  operand->array = as_array(operand->object.get());
  return check_dtype(operand->array, op.name, op.flags);
}

bool has_ufunc_protocol(PyObject* object) {
  const Ref protocol = Ref::steal(
      PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), "__array_ufunc__"));
  if (!protocol) PyErr_Clear();
  return static_cast<bool>(protocol);
}

bool place(Arguments& arguments, std::size_t index, Operand operand) {
  if (is_counted_array(operand.object.get())) {
    if (arguments[index] != operand.object.get()) {
      arguments.replace(index, std::move(operand.object));
    }
    return arguments.replace_by_view(index);
  }
  arguments.replace(index, std::move(operand.object));
  return true;
}

bool unlock(Arguments& arguments, const Ref& written) {
  if (!written) return true;
  if (is_array(written.get()) && !let_write(written.get())) return false;
  if (!is_guarded(written.get())) return true;
  void_tags(written.get());
  // The plain views of it were made while the buffer was read-only.
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    PyObject* view = arguments[i];
    if (PyArray_CheckExact(view) && PyArray_BASE(as_array(view)) == written.get()) {
      PyArray_ENABLEFLAGS(as_array(view), NPY_ARRAY_WRITEABLE);
    }
  }
  return true;
}

Ref as_counted(Ref array) {
  PyObject* object = array.get();
  if (PyArray_CheckExact(object)) {
    if (FLOPSCOPE_LIKELY(compat::is_unshared(object))) {
      Py_INCREF(array_type);
      Py_SET_TYPE(object, array_type);
      return array;
    }
    return Ref::steal(PyArray_View(as_array(object), nullptr, array_type));
  }
  return array;
}

namespace {

// Makes the items of a tuple that nobody else holds counted arrays where they are. False when one
// of them needs more than a new type.
bool retype_all(PyObject* tuple) {
  const Py_ssize_t size = PyTuple_GET_SIZE(tuple);
  for (Py_ssize_t i = 0; i < size; ++i) {
    PyObject* item = PyTuple_GET_ITEM(tuple, i);
    if (!PyArray_CheckExact(item) || !compat::is_unshared(item)) return false;
  }
  for (Py_ssize_t i = 0; i < size; ++i) {
    Py_INCREF(array_type);
    Py_SET_TYPE(PyTuple_GET_ITEM(tuple, i), array_type);
  }
  return true;
}

Ref wrap_sequence(Ref result) {
  PyObject* object = result.get();
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(object);
  if (PyList_CheckExact(object)) {
    for (Py_ssize_t i = 0; i < size; ++i) {
      // Taken out of the list first, so that a fresh array is unshared and can be re-typed.
      PyObject* item = PyList_GET_ITEM(object, i);
      Py_INCREF(Py_None);
      PyList_SET_ITEM(object, i, Py_None);
      Ref wrapped = wrap(Ref::steal(item));
      if (!wrapped) return {};
      Py_DECREF(Py_None);
      PyList_SET_ITEM(object, i, wrapped.release());
    }
    return result;
  }
  if (PyTuple_CheckExact(object) && compat::is_unshared(object) && retype_all(object))
    return result;
  Ref items = Ref::steal(PyTuple_New(size));
  if (!items) return {};
  for (Py_ssize_t i = 0; i < size; ++i) {
    Ref wrapped = wrap(Ref::borrow(PyTuple_GET_ITEM(object, i)));
    if (!wrapped) return {};
    PyTuple_SET_ITEM(items.get(), i, wrapped.release());
  }
  if (PyTuple_CheckExact(object)) return items;
  // NumPy's named results: SVDResult and its like.
  return Ref::steal(PyObject_CallMethod(reinterpret_cast<PyObject*>(Py_TYPE(object)), "_make",
                                        "(O)", items.get()));
}

}  // namespace

Ref wrap(Ref result) {
  PyObject* object = result.get();
  if (object == nullptr || Py_TYPE(object) == array_type) return result;
  if (FLOPSCOPE_LIKELY(PyArray_CheckExact(object))) return as_counted(std::move(result));
  if (PyArray_IsScalar(object, Number) || PyArray_IsScalar(object, Bool)) {
    return as_counted(Ref::steal(PyArray_FromScalar(object, nullptr)));
  }
  if (PyList_CheckExact(object) || PyTuple_Check(object)) return wrap_sequence(std::move(result));
  return result;
}

}  // namespace flopscope::bindings
