#include "shells.hpp"

#include <cstring>
#include <utility>
#include <vector>

#include "compat.hpp"
#include "operands.hpp"

namespace flopscope::bindings {
namespace {

using Fields = PyArrayObject_fields;

// What a shell looks like while it waits: an empty array of its own.
struct Shell {
  PyObject* object;
  Fields blank;
};

std::vector<Shell> pool;      // waiting
std::vector<Shell> on_loan;   // a stack in practice: calls nest
constexpr std::size_t k_most_waiting = 32;

Fields& fields_of(PyObject* array) { return *reinterpret_cast<Fields*>(array); }

// Everything but the reference count and the type.
void copy_fields(Fields& to, const Fields& from) {
  constexpr std::size_t k_head = sizeof(PyObject);
  std::memcpy(reinterpret_cast<char*>(&to) + k_head,
              reinterpret_cast<const char*>(&from) + k_head, sizeof(Fields) - k_head);
}

bool make_shell(Shell* shell) {
  shell->object = PyArray_SimpleNew(0, nullptr, NPY_FLOAT64);
  if (shell->object == nullptr) return false;
  std::memcpy(&shell->blank, shell->object, sizeof(Fields));
  return true;
}

}  // namespace

Ref borrow_shell(PyObject* operand) {
  Shell shell{};
  if (pool.empty()) {
    if (!make_shell(&shell)) return {};
  } else {
    shell = pool.back();
    pool.pop_back();
  }
  Fields& mirror = fields_of(shell.object);
  const Fields& source = fields_of(operand);
  mirror.data = source.data;
  mirror.nd = source.nd;
  mirror.dimensions = source.dimensions;
  mirror.strides = source.strides;
  mirror.base = operand;
  mirror.descr = source.descr;
  mirror.flags = source.flags & ~(NPY_ARRAY_OWNDATA | NPY_ARRAY_WRITEBACKIFCOPY);
  on_loan.push_back(shell);
  return Ref::steal(shell.object);
}

bool return_shell(Ref object, PyObject* operand) {
  std::size_t at = on_loan.size() - 1;
  while (on_loan[at].object != object.get()) --at;
  Shell shell = on_loan[at];
  on_loan.erase(on_loan.begin() + static_cast<std::ptrdiff_t>(at));
  Fields& mirror = fields_of(shell.object);
  const bool is_untouched = compat::is_unshared(shell.object) && mirror.weakreflist == nullptr &&
                            mirror._buffer_info == shell.blank._buffer_info;
  if (FLOPSCOPE_LIKELY(is_untouched)) {
    copy_fields(mirror, shell.blank);
    if (pool.size() < k_most_waiting) {
      object.release();
      pool.push_back(shell);
    }
    return false;
  }
  // Somebody keeps it: it becomes a proper view, and the view's own object becomes the shell.
  Ref view = base_view(operand);
  if (!view) {
    PyErr_Clear();
    Py_INCREF(operand);  // without memory for a view, the operand has to stay for good
    return true;
  }
  PyObject* const weakrefs = mirror.weakreflist;
  void* const buffers = mirror._buffer_info;
  copy_fields(mirror, fields_of(view.get()));
  mirror.weakreflist = weakrefs;
  mirror._buffer_info = buffers;
  Shell next{view.release(), shell.blank};
  copy_fields(fields_of(next.object), next.blank);
  if (pool.size() < k_most_waiting) {
    pool.push_back(next);
  } else {
    Py_DECREF(next.object);
  }
  return true;
}

}  // namespace flopscope::bindings
