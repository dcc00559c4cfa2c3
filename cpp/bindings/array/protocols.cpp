// NumPy's dispatch protocols: what happens when counted arrays are handed to `np.` functions.
#include <string>
#include <unordered_set>

#include "bindings/array/array_ops.hpp"
#include "bindings/compat.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/dispatch/guard.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {
namespace {

PyObject* ufunc_ops = nullptr;     // dict: NumPy ufunc -> CountedOp
PyObject* function_ops = nullptr;  // dict: NumPy function -> CountedOp

// Places that have been told already. The code object's address and the instruction make a place.
std::unordered_set<std::string> noticed;
constexpr std::size_t k_most_places = 100'000;

// Once per call site: the call works, but says itself better as `fnp.<name>`.
bool notice(const CountedOp& op) {
  PyFrameObject* frame = PyEval_GetFrame();
  if (frame != nullptr) {
    PyCodeObject* code = PyFrame_GetCode(frame);
    std::string place = std::to_string(reinterpret_cast<std::uintptr_t>(code)) + ":" +
                        std::to_string(PyFrame_GetLineNumber(frame)) + ":" + std::to_string(op.id);
    Py_DECREF(code);
    if (noticed.size() >= k_most_places || !noticed.insert(std::move(place)).second) return true;
  }
  return PyErr_WarnFormat(PyExc_UserWarning, 1,
                          "a NumPy function got a FlopscopeArray; auto-routed to fnp.%U",
                          op.name) == 0;
}

PyObject* dispatch_ufunc(PyObject* args, PyObject* kwargs) {
  const Py_ssize_t count = PyTuple_GET_SIZE(args);
  if (count < 2) {
    return PyErr_Format(PyExc_TypeError, "__array_ufunc__ needs a ufunc and a method name");
  }
  PyObject* ufunc = PyTuple_GET_ITEM(args, 0);
  PyObject* method = PyTuple_GET_ITEM(args, 1);
  PyObject* found = ufunc_ops == nullptr ? nullptr : PyDict_GetItemWithError(ufunc_ops, ufunc);
  if (found == nullptr) {
    if (PyErr_Occurred() != nullptr) return nullptr;
    return PyErr_Format(PyExc_TypeError,
                        "ufunc %R is not counted, and flopscope never computes for free; "
                        "use a function of flopscope.numpy",
                        ufunc);
  }
  CountedOp* op = &as_op(found);
  const bool is_call = PyUnicode_CompareWithASCIIString(method, "__call__") == 0;
  if (!is_call && op->kind != Kind::ufunc) {
    return PyErr_Format(PyExc_TypeError, "%U.%U is not counted; call the function itself", op->name,
                        method);
  }
  if (!is_call) {
    op = ufunc_method_of(*op, method);
    if (op == nullptr) return nullptr;
  }
  if (!notice(*op)) return nullptr;
  const Ref operands = Ref::steal(PyTuple_GetSlice(args, 2, count));
  if (!operands) return nullptr;
  auto* self = reinterpret_cast<PyObject*>(op);
  return PyObject_Call(self, operands.get(), kwargs);
}

// Submodules of the facade are imported when they are first asked for; a NumPy function of theirs
// asks too. False with an error set.
bool import_submodule_of(PyObject* function) {
  const Ref module = Ref::steal(PyObject_GetAttrString(function, "__module__"));
  if (!module || !PyUnicode_Check(module.get())) {
    PyErr_Clear();
    return true;
  }
  for (const char* name : {"linalg", "fft"}) {
    if (PyUnicode_CompareWithASCIIString(module.get(), (std::string{"numpy."} + name).c_str()) !=
        0) {
      continue;
    }
    const std::string ours = std::string{"flopscope.numpy."} + name;
    return static_cast<bool>(Ref::steal(PyImport_ImportModule(ours.c_str())));
  }
  return true;
}

PyObject* dispatch_function(PyObject* args) {
  PyObject* function = nullptr;
  PyObject* types = nullptr;
  PyObject* positional = nullptr;
  PyObject* keywords = nullptr;
  if (PyArg_UnpackTuple(args, "__array_function__", 4, 4, &function, &types, &positional,
                        &keywords) == 0) {
    return nullptr;
  }
  // Other array types that take part decide for themselves.
  const Ref iterator = Ref::steal(PyObject_GetIter(types));
  if (!iterator) return nullptr;
  for (Ref type = Ref::steal(PyIter_Next(iterator.get())); type;
       type = Ref::steal(PyIter_Next(iterator.get()))) {
    if (!PyType_Check(type.get()) ||
        !PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type.get()), &PyArray_Type)) {
      Py_RETURN_NOTIMPLEMENTED;
    }
  }
  if (PyErr_Occurred() != nullptr) return nullptr;
  PyObject* found =
      function_ops == nullptr ? nullptr : PyDict_GetItemWithError(function_ops, function);
  if (found == nullptr) {
    if (PyErr_Occurred() != nullptr || !import_submodule_of(function)) return nullptr;
    if (function_ops != nullptr) found = PyDict_GetItemWithError(function_ops, function);
    if (found == nullptr) {
      if (PyErr_Occurred() != nullptr) return nullptr;
      // Not NotImplemented: beside a plain array NumPy would run its own code, products of plain
      // intermediate results uncounted.
      return PyErr_Format(PyExc_TypeError, "%R is not counted, so it takes no counted arrays",
                          function);
    }
  }
  const CountedOp& op = as_op(found);
  if (!op.has(flag::unlogged) && !notice(op)) return nullptr;
  return PyObject_Call(found, positional, keywords);
}

// _set_dispatch(ufuncs, functions): adds to what NumPy's functions are routed to. What is there
// stays: no later caller can send an operation elsewhere.
PyObject* set_dispatch(PyObject*, PyObject* args) {
  PyObject* ufuncs = nullptr;
  PyObject* functions = nullptr;
  if (PyArg_ParseTuple(args, "O!O!", &PyDict_Type, &ufuncs, &PyDict_Type, &functions) == 0) {
    return nullptr;
  }
  if (ufunc_ops == nullptr) ufunc_ops = PyDict_New();
  if (function_ops == nullptr) function_ops = PyDict_New();
  if (ufunc_ops == nullptr || function_ops == nullptr) return nullptr;
  for (PyObject* added : {ufuncs, functions}) {
    PyObject* key = nullptr;
    PyObject* op = nullptr;
    Py_ssize_t position = 0;
    while (PyDict_Next(added, &position, &key, &op) != 0) {
      if (!is_counted_op(op)) {
        return PyErr_Format(PyExc_TypeError, "%R is no counted function", op);
      }
    }
  }
  if (PyDict_Merge(ufunc_ops, ufuncs, 0) < 0 || PyDict_Merge(function_ops, functions, 0) < 0) {
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyMethodDef set_dispatch_method = {"_set_dispatch", set_dispatch, METH_VARARGS,
                                   "Routes NumPy's functions to counted ones."};

}  // namespace

PyObject* array_ufunc_protocol(PyObject*, PyObject* args, PyObject* kwargs) {
  return guarded([=] { return dispatch_ufunc(args, kwargs); });
}

PyObject* array_function_protocol(PyObject*, PyObject* args) {
  return guarded([=] { return dispatch_function(args); });
}

bool add_protocols(PyObject* module) {
  PyObject* function = PyCFunction_New(&set_dispatch_method, nullptr);
  return function != nullptr && PyModule_AddObject(module, "_set_dispatch", function) == 0;
}

}  // namespace flopscope::bindings
