#include "bindings/fastpath/aligned_memory.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace flopscope::bindings {
namespace {

constexpr std::size_t k_line = 64;

// In front of every buffer is a line that holds its size, which `realloc` is not told.
void* line_malloc(void*, std::size_t size) {
  auto* memory =
      static_cast<char*>(::operator new(size + k_line, std::align_val_t{k_line}, std::nothrow));
  if (memory == nullptr) return nullptr;
  std::memcpy(memory, &size, sizeof size);
  return memory + k_line;
}

void* line_calloc(void* context, std::size_t count, std::size_t size) {
  void* memory = line_malloc(context, count * size);  // NumPy has checked the product
  if (memory != nullptr) std::memset(memory, 0, count * size);
  return memory;
}

void line_free(void*, void* memory, std::size_t) {
  if (memory == nullptr) return;
  ::operator delete(static_cast<char*>(memory) - k_line, std::align_val_t{k_line});
}

void* line_realloc(void* context, void* memory, std::size_t size) {
  void* moved = line_malloc(context, size);
  if (moved == nullptr || memory == nullptr) return moved;
  std::size_t before = 0;
  std::memcpy(&before, static_cast<char*>(memory) - k_line, sizeof before);
  std::memcpy(moved, memory, std::min(before, size));
  line_free(context, memory, before);
  return moved;
}

PyDataMem_Handler handler = {
    "flopscope_lines", 1, {nullptr, line_malloc, line_calloc, line_realloc, line_free}};

// The capsule that arrays keep; lives as long as the process. Null with an error set.
PyObject* handler_capsule() {
  static PyObject* capsule = nullptr;
  if (capsule == nullptr) capsule = PyCapsule_New(&handler, "mem_handler", nullptr);
  return capsule;
}

}  // namespace

Ref new_aligned(PyArray_Descr* descr, int ndim, const npy_intp* lengths) {
  PyObject* capsule = handler_capsule();
  if (capsule == nullptr) return {};
  npy_intp bytes = PyDataType_ELSIZE(descr);
  for (int i = 0; i < ndim; ++i) bytes *= lengths[i];
  void* memory = line_malloc(nullptr, static_cast<std::size_t>(bytes));
  if (memory == nullptr) {
    PyErr_NoMemory();
    return {};
  }
  Py_INCREF(descr);
  Ref array = Ref::steal(PyArray_NewFromDescr(&PyArray_Type, descr, ndim, lengths, nullptr, memory,
                                              NPY_ARRAY_CARRAY, nullptr));
  if (!array) {
    line_free(nullptr, memory, 0);
    return {};
  }
  auto& fields = *reinterpret_cast<PyArrayObject_fields*>(array.get());
  Py_XSETREF(fields.mem_handler, Py_NewRef(capsule));
  fields.flags |= NPY_ARRAY_OWNDATA;
  return array;
}

bool is_aligned_memory(const PyArrayObject_fields& array) noexcept {
  return array.mem_handler == handler_capsule();
}

}  // namespace flopscope::bindings
