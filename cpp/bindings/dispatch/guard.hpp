// The border between C++ and the C functions that Python calls: no exception may cross it.
#pragma once

#include <exception>
#include <new>

#include "core/errors.hpp"
#include "bindings/numpy_api.hpp"
#include "bindings/observe/watch.hpp"

namespace flopscope::bindings {

// Thrown through the core by a handler that has set a Python error.
class PythonErrorSet : public std::exception {};

// Turns the exception in flight into a Python error.
inline void set_python_error() noexcept {
  try {
    throw;
  } catch (const PythonErrorSet&) {
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const InvalidArgument& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  } catch (const TooManyOperations& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "unknown C++ exception");
  }
}

// Runs a function that returns an object; nullptr with an error set when it throws.
template <class F>
PyObject* guarded(F&& function) noexcept {
  try {
    return function();
  } catch (...) {
    set_python_error();
    return nullptr;
  }
}

// The vectorcall form of a function that may throw.
template <PyObject* (*function)(PyObject*, PyObject* const*, std::size_t, PyObject*)>
PyObject* guarded_vectorcall(PyObject* self, PyObject* const* args, std::size_t nargsf,
                             PyObject* kwnames) noexcept {
  return guarded([=] {
    return watched(as_op(self), args, nargsf, kwnames,
                   [=] { return function(self, args, nargsf, kwnames); });
  });
}

}  // namespace flopscope::bindings
