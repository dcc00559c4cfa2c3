// Operands lent to NumPy without an allocation, see shells.hpp.
#pragma once

#include "operands.hpp"
#include "shells.hpp"

namespace flopscope::bindings {

// Arrays as NumPy is to see them, for the length of the call.
class PlainArrays {
 public:
  static constexpr Py_ssize_t k_most = 8;

  PlainArrays() noexcept {}
  PlainArrays(const PlainArrays&) = delete;
  PlainArrays& operator=(const PlainArrays&) = delete;
  ~PlainArrays() {
    while (count_ > 0) {
      --count_;
      return_shell(shells_[count_], operands_[count_]);
    }
  }

  // Borrowed; null with an error set when memory runs out. At most k_most times.
  PyObject* add(PyObject* object) {
    if (Py_TYPE(object) != array_type) return object;
    Shell* shell = borrow_shell(object);
    if (shell == nullptr) return nullptr;
    shells_[count_] = shell;
    operands_[count_++] = object;
    return shell->object;
  }

 private:
  Shell* shells_[k_most];
  PyObject* operands_[k_most];
  int count_ = 0;
};

}  // namespace flopscope::bindings
