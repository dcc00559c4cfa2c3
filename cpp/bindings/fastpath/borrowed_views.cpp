#include "bindings/fastpath/borrowed_views.hpp"

#include <cstring>
#include <new>

#include "bindings/compat.hpp"
#include "bindings/dispatch/operands.hpp"

namespace flopscope::bindings {
namespace {

using Fields = PyArrayObject_fields;

// Waiting borrowed views. As many as were ever on loan at once: calls nest a few deep.
BorrowedView* waiting = nullptr;

Fields& fields_of(PyObject* array) { return *reinterpret_cast<Fields*>(array); }

// Everything but the reference count and the type.
void copy_fields(Fields& to, const Fields& from) noexcept {
  constexpr std::size_t k_head = sizeof(PyObject);
  std::memcpy(reinterpret_cast<char*>(&to) + k_head, reinterpret_cast<const char*>(&from) + k_head,
              sizeof(Fields) - k_head);
}

BorrowedView* make_view() {
  PyObject* object = PyArray_SimpleNew(0, nullptr, NPY_FLOAT64);
  if (object == nullptr) return nullptr;
  auto* view = new (std::nothrow) BorrowedView{object, {}, nullptr};
  if (view == nullptr) {
    Py_DECREF(object);
    PyErr_NoMemory();
    return nullptr;
  }
  copy_fields(view->blank, fields_of(object));
  return view;
}

// Somebody keeps the array: it becomes a proper view, and the borrowed view takes the new one's.
void let_go(BorrowedView* view, PyObject* operand) noexcept {
  Fields& kept = fields_of(view->object);
  Ref own = base_view(operand);
  if (!own) {
    PyErr_Clear();
    // Without memory for a view, array and operand have to stay as they are for good.
    Py_INCREF(operand);
    view->object = nullptr;
    return;
  }
  PyObject* const weakrefs = kept.weakreflist;
  void* const buffers = kept._buffer_info;
  copy_fields(kept, fields_of(own.get()));
  kept.weakreflist = weakrefs;
  kept._buffer_info = buffers;
  Py_DECREF(view->object);
  view->object = own.release();
  copy_fields(fields_of(view->object), view->blank);
}

}  // namespace

BorrowedView* borrow_view(PyObject* operand) {
  BorrowedView* view = waiting;
  if (FLOPSCOPE_LIKELY(view != nullptr)) {
    waiting = view->next;
  } else {
    view = make_view();
    if (view == nullptr) return nullptr;
  }
  Fields& mirror = fields_of(view->object);
  const Fields& source = fields_of(operand);
  mirror.data = source.data;
  mirror.nd = source.nd;
  mirror.dimensions = source.dimensions;
  mirror.strides = source.strides;
  mirror.base = operand;
  mirror.descr = source.descr;
  mirror.flags = source.flags & ~(NPY_ARRAY_OWNDATA | NPY_ARRAY_WRITEBACKIFCOPY);
  return view;
}

bool return_view(BorrowedView* view, PyObject* operand) noexcept {
  Fields& mirror = fields_of(view->object);
  const bool is_kept = !compat::is_unshared(view->object) || mirror.weakreflist != nullptr ||
                       mirror._buffer_info != view->blank._buffer_info;
  if (FLOPSCOPE_UNLIKELY(is_kept)) {
    let_go(view, operand);
    if (view->object == nullptr) {
      delete view;
      return true;
    }
  }
  // What a waiting borrowed view points at may be gone: nobody sees it before its next use.
  view->next = waiting;
  waiting = view;
  return is_kept;
}

}  // namespace flopscope::bindings
