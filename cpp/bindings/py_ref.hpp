// Ownership of Python references in raw C API code.
#pragma once

#include <utility>

#include "bindings/numpy_api.hpp"

namespace flopscope::bindings {

// Owns one reference, or none.
class Ref {
 public:
  Ref() noexcept = default;
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;
  Ref(Ref&& other) noexcept : object_{std::exchange(other.object_, nullptr)} {}
  Ref& operator=(Ref&& other) noexcept {
    PyObject* old = std::exchange(object_, std::exchange(other.object_, nullptr));
    Py_XDECREF(old);
    return *this;
  }
  ~Ref() { Py_XDECREF(object_); }

  // Takes over a reference that the caller owns.
  static Ref steal(PyObject* object) noexcept { return Ref{object}; }
  // Adds a reference to an object that somebody else keeps.
  static Ref borrow(PyObject* object) noexcept {
    Py_XINCREF(object);
    return Ref{object};
  }

  PyObject* get() const noexcept { return object_; }
  PyObject* release() noexcept { return std::exchange(object_, nullptr); }
  void reset() noexcept { Ref{std::exchange(object_, nullptr)}; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  explicit Ref(PyObject* object) noexcept : object_{object} {}

  PyObject* object_ = nullptr;
};

// A Python error that is set, kept aside while other code runs, and put back.
class ErrorGuard {
 public:
  ErrorGuard() noexcept { PyErr_Fetch(&type_, &value_, &traceback_); }
  ErrorGuard(const ErrorGuard&) = delete;
  ErrorGuard& operator=(const ErrorGuard&) = delete;
  ~ErrorGuard() { PyErr_Restore(type_, value_, traceback_); }

 private:
  PyObject* type_ = nullptr;
  PyObject* value_ = nullptr;
  PyObject* traceback_ = nullptr;
};

}  // namespace flopscope::bindings
