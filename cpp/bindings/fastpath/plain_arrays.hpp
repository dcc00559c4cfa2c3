// Operands whose type says all about them, and how they are lent to NumPy without an allocation
// (see borrowed_views.hpp).
#pragma once

#include "bindings/dispatch/operands.hpp"
#include "bindings/fastpath/borrowed_views.hpp"

namespace flopscope::bindings {

// Whether it is an array of numbers: without a tag, and of no class of the user's.
inline bool is_plain_array(PyObject* object) noexcept {
  if (Py_TYPE(object) != array_type && Py_TYPE(object) != &PyArray_Type) return false;
  const int type = PyArray_TYPE(as_array(object));
  return PyTypeNum_ISNUMBER(type) || PyTypeNum_ISBOOL(type);
}

// Arrays as NumPy is to see them, for the length of the call.
class PlainArrays {
 public:
  static constexpr int k_most = 16;

  PlainArrays() noexcept {}
  PlainArrays(const PlainArrays&) = delete;
  PlainArrays& operator=(const PlainArrays&) = delete;
  ~PlainArrays() { give_back(); }

  // Borrowed; null with an error set when memory runs out. At most k_most different ones.
  PyObject* add(PyObject* object) {
    if (!is_counted_array(object)) return object;
    for (int i = 0; i < count_; ++i) {
      if (operands_[i] == object) return views_[i]->object;
    }
    BorrowedView* view = borrow_view(object);
    if (view == nullptr) return nullptr;
    views_[count_] = view;
    operands_[count_++] = object;
    return view->object;
  }

  // NumPy must hold none of them any more.
  void give_back() noexcept {
    while (count_ > 0) {
      --count_;
      return_view(views_[count_], operands_[count_]);
    }
  }

 private:
  BorrowedView* views_[k_most];
  PyObject* operands_[k_most];
  int count_ = 0;
};

}  // namespace flopscope::bindings
