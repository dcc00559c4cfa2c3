#include "bindings/fastpath/float_status.hpp"

#include "bindings/py_ref.hpp"

namespace flopscope::bindings {
namespace {

// What `np.errstate` and `np.seterr` set. Null where this NumPy keeps it elsewhere.
PyObject* settings_variable() noexcept {
  static PyObject* const variable = [] {
    const Ref module = Ref::steal(PyImport_ImportModule("numpy._core.umath"));
    Ref found =
        module ? Ref::steal(PyObject_GetAttrString(module.get(), "_extobj_contextvar")) : Ref{};
    if (!found) PyErr_Clear();
    return found.release();
  }();
  return variable;
}

// The settings of this context; empty when they cannot be told.
Ref settings() noexcept {
  PyObject* variable = settings_variable();
  PyObject* value = nullptr;
  if (variable == nullptr || PyContextVar_Get(variable, nullptr, &value) < 0) {
    PyErr_Clear();
    return {};
  }
  return Ref::steal(value);
}

// Those that NumPy begins with, which a context without any has.
PyObject* default_settings() noexcept {
  static PyObject* const value = [] {
    PyObject* context = PyContext_New();
    if (context == nullptr || PyContext_Enter(context) < 0) {
      PyErr_Clear();
      Py_XDECREF(context);
      return static_cast<PyObject*>(nullptr);
    }
    Ref found = settings();
    if (PyContext_Exit(context) < 0) PyErr_Clear();
    Py_DECREF(context);
    return found.release();
  }();
  return value;
}

}  // namespace

bool is_ignored(unsigned flags) noexcept {
  if ((flags & ~k_underflow) != 0) return false;
  const Ref now = settings();
  return now && now.get() == default_settings();
}

}  // namespace flopscope::bindings
