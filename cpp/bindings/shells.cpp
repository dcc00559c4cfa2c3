#include "shells.hpp"

#include <cstring>
#include <new>

#include "compat.hpp"
#include "operands.hpp"

namespace flopscope::bindings {
namespace {

using Fields = PyArrayObject_fields;

// Waiting shells. As many as were ever on loan at once: calls nest a few deep.
Shell* waiting = nullptr;

Fields& fields_of(PyObject* array) { return *reinterpret_cast<Fields*>(array); }

// Everything but the reference count and the type.
void copy_fields(Fields& to, const Fields& from) noexcept {
  constexpr std::size_t k_head = sizeof(PyObject);
  std::memcpy(reinterpret_cast<char*>(&to) + k_head, reinterpret_cast<const char*>(&from) + k_head,
              sizeof(Fields) - k_head);
}

Shell* make_shell() {
  PyObject* object = PyArray_SimpleNew(0, nullptr, NPY_FLOAT64);
  if (object == nullptr) return nullptr;
  auto* shell = new (std::nothrow) Shell{object, {}, nullptr};
  if (shell == nullptr) {
    Py_DECREF(object);
    PyErr_NoMemory();
    return nullptr;
  }
  copy_fields(shell->blank, fields_of(object));
  return shell;
}

// Somebody keeps the array: it becomes a proper view, and the view's own object the shell's array.
void let_go(Shell* shell, PyObject* operand) noexcept {
  Fields& kept = fields_of(shell->object);
  Ref view = base_view(operand);
  if (!view) {
    PyErr_Clear();
    // Without memory for a view, array and operand have to stay as they are for good.
    Py_INCREF(operand);
    shell->object = nullptr;
    return;
  }
  PyObject* const weakrefs = kept.weakreflist;
  void* const buffers = kept._buffer_info;
  copy_fields(kept, fields_of(view.get()));
  kept.weakreflist = weakrefs;
  kept._buffer_info = buffers;
  Py_DECREF(shell->object);
  shell->object = view.release();
  copy_fields(fields_of(shell->object), shell->blank);
}

}  // namespace

Shell* borrow_shell(PyObject* operand) {
  Shell* shell = waiting;
  if (FLOPSCOPE_LIKELY(shell != nullptr)) {
    waiting = shell->next;
  } else {
    shell = make_shell();
    if (shell == nullptr) return nullptr;
  }
  Fields& mirror = fields_of(shell->object);
  const Fields& source = fields_of(operand);
  mirror.data = source.data;
  mirror.nd = source.nd;
  mirror.dimensions = source.dimensions;
  mirror.strides = source.strides;
  mirror.base = operand;
  mirror.descr = source.descr;
  mirror.flags = source.flags & ~(NPY_ARRAY_OWNDATA | NPY_ARRAY_WRITEBACKIFCOPY);
  return shell;
}

bool return_shell(Shell* shell, PyObject* operand) noexcept {
  Fields& mirror = fields_of(shell->object);
  const bool is_kept = !compat::is_unshared(shell->object) || mirror.weakreflist != nullptr ||
                       mirror._buffer_info != shell->blank._buffer_info;
  if (FLOPSCOPE_UNLIKELY(is_kept)) {
    let_go(shell, operand);
    if (shell->object == nullptr) {
      delete shell;
      return true;
    }
  }
  // What a waiting shell points at may be gone: nobody sees it before its next use.
  shell->next = waiting;
  waiting = shell;
  return is_kept;
}

}  // namespace flopscope::bindings
