#include "bindings/dispatch/callbacks.hpp"

#include "bindings/compat.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/operands.hpp"

namespace flopscope::bindings {
namespace {

struct TimedCallback {
  PyObject_HEAD PyObject* function;
};

PyTypeObject* timed_type = nullptr;

PyObject* timed_call(PyObject* self, PyObject* args, PyObject* kwargs) {
  PyObject* function = reinterpret_cast<TimedCallback*>(self)->function;
  Ref result;
  {
    const ForeignCode timed;
    result = Ref::steal(PyObject_Call(function, args, kwargs));
  }
  return result ? strip(result.get()).release() : nullptr;
}

// apply_over_axes and others ask for the function's name.
PyObject* timed_getattr(PyObject* self, PyObject* name) {
  return PyObject_GetAttr(reinterpret_cast<TimedCallback*>(self)->function, name);
}

void timed_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  Py_CLEAR(reinterpret_cast<TimedCallback*>(self)->function);
  type->tp_free(self);
  Py_DECREF(type);
}

// The same for an iterator: `function` holds it.
PyTypeObject* timed_iterator_type = nullptr;

PyObject* timed_next(PyObject* self) {
  const ForeignCode timed;
  return PyIter_Next(reinterpret_cast<TimedCallback*>(self)->function);
}

PyType_Slot timed_slots[] = {
    {Py_tp_call, reinterpret_cast<void*>(timed_call)},
    {Py_tp_getattro, reinterpret_cast<void*>(timed_getattr)},
    {Py_tp_dealloc, reinterpret_cast<void*>(timed_dealloc)},
    {0, nullptr},
};

PyType_Spec timed_spec = {"flopscope._core.TimedCallback", sizeof(TimedCallback), 0,
                          Py_TPFLAGS_DEFAULT | compat::k_type_no_instantiation, timed_slots};

PyType_Slot timed_iterator_slots[] = {
    {Py_tp_iter, reinterpret_cast<void*>(PyObject_SelfIter)},
    {Py_tp_iternext, reinterpret_cast<void*>(timed_next)},
    {Py_tp_dealloc, reinterpret_cast<void*>(timed_dealloc)},
    {0, nullptr},
};

PyType_Spec timed_iterator_spec = {"flopscope._core.TimedIterator", sizeof(TimedCallback), 0,
                                   Py_TPFLAGS_DEFAULT | compat::k_type_no_instantiation,
                                   timed_iterator_slots};

Ref hold(PyTypeObject* type, Ref object) {
  Ref holder = Ref::steal(type->tp_alloc(type, 0));
  if (holder) reinterpret_cast<TimedCallback*>(holder.get())->function = object.release();
  return holder;
}

}  // namespace

Ref time_iteration(PyObject* iterable) {
  Ref iterator = Ref::steal(PyObject_GetIter(iterable));
  return iterator ? hold(timed_iterator_type, std::move(iterator)) : Ref{};
}

Ref time_callbacks(PyObject* object) {
  if (PyList_CheckExact(object) || PyTuple_CheckExact(object)) {
    const Py_ssize_t size = PySequence_Fast_GET_SIZE(object);
    bool has_callable = false;
    for (Py_ssize_t i = 0; i < size; ++i) {
      has_callable = has_callable || PyCallable_Check(PySequence_Fast_GET_ITEM(object, i)) != 0;
    }
    if (!has_callable) return Ref::borrow(object);
    Ref list = Ref::steal(PyList_New(size));
    if (!list) return {};
    for (Py_ssize_t i = 0; i < size; ++i) {
      Ref item = time_callbacks(PySequence_Fast_GET_ITEM(object, i));
      if (!item) return {};
      PyList_SET_ITEM(list.get(), i, item.release());
    }
    return list;
  }
  // Types are dtypes here, not callbacks.
  if (PyCallable_Check(object) == 0 || PyType_Check(object) || is_array(object)) {
    return Ref::borrow(object);
  }
  return hold(timed_type, Ref::borrow(object));
}

bool add_callback_type(PyObject*) {
  timed_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&timed_spec));
  timed_iterator_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&timed_iterator_spec));
  return timed_type != nullptr && timed_iterator_type != nullptr;
}

}  // namespace flopscope::bindings
