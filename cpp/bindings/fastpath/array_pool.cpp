#include "bindings/fastpath/array_pool.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "bindings/compat.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/fastpath/aligned_memory.hpp"
#include "bindings/fastpath/inner_loop.hpp"
#include "bindings/observe/watch.hpp"

namespace flopscope::bindings {
namespace {

using Fields = PyArrayObject_fields;

// Interpreters that keep account of all objects, and sanitizers that watch freed memory, are not to
// be led astray.
#if defined(Py_REF_DEBUG) || defined(Py_TRACE_REFS) || defined(__SANITIZE_ADDRESS__)
constexpr bool k_enabled = false;
#else
constexpr bool k_enabled = true;
#endif

constexpr int k_most_axes = 2;
constexpr npy_intp k_small_bytes = npy_intp{32} << 10U;
constexpr npy_intp k_most_bytes = npy_intp{1} << 20U;
// Below, too few lines are written for their ends to show, and NumPy's cache of buffers is quicker.
constexpr npy_intp k_least_aligned = npy_intp{1} << 11U;
constexpr std::size_t k_buckets = 64;
// Of small arrays more wait: programs keep one per layer, iteration or step and drop them all.
constexpr std::size_t k_depth = 40;
constexpr std::size_t k_least_depth = 4;
constexpr npy_intp k_bucket_bytes = npy_intp{96} << 10U;

// The latest arrays come out first.
struct Bucket {
  std::array<PyObject*, k_depth> arrays;
  std::size_t size = 0;
};
std::array<Bucket, k_buckets> buckets{};
Bucket large;  // all of more than k_small_bytes

Fields& fields_of(PyObject* array) noexcept { return *reinterpret_cast<Fields*>(array); }

npy_intp bytes_of(const PyArray_Descr* descr, int ndim, const npy_intp* lengths) noexcept {
  npy_intp bytes = PyDataType_ELSIZE(descr);
  for (int i = 0; i < ndim; ++i) bytes *= lengths[i];
  return bytes;
}

Bucket& bucket_of(const PyArray_Descr* descr, int ndim, const npy_intp* lengths) noexcept {
  if (bytes_of(descr, ndim, lengths) > k_small_bytes) return large;
  std::size_t key = static_cast<std::size_t>(descr->type_num) * 5 + static_cast<std::size_t>(ndim);
  for (int i = 0; i < ndim; ++i) key = key * 31 + static_cast<std::size_t>(lengths[i]);
  return buckets[(key ^ (key >> 6U)) % k_buckets];
}

// Whether the array is as NumPy makes one in C order, whatever its owner did to it, and nothing
// else knows it.
bool is_ordinary(const Fields& array) noexcept {
  constexpr int k_needed = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED | NPY_ARRAY_OWNDATA;
  constexpr int k_odd = NPY_ARRAY_WRITEBACKIFCOPY;
  if ((array.flags & (k_needed | k_odd)) != k_needed || array.nd > k_most_axes ||
      array.base != nullptr || array.weakreflist != nullptr || array._buffer_info != nullptr ||
      (array.mem_handler != PyDataMem_DefaultHandler && !is_aligned_memory(array)) ||
      source_of(array.descr) == Source::none) {
    return false;
  }
  npy_intp step = PyDataType_ELSIZE(array.descr);
  for (int i = array.nd - 1; i >= 0; --i) {
    if (array.strides[i] != step || array.dimensions[i] == 0) return false;
    step *= array.dimensions[i];
  }
  return step <= k_most_bytes;
}

PyObject* take(PyArray_Descr* descr, int ndim, const npy_intp* lengths) noexcept {
  Bucket& bucket = bucket_of(descr, ndim, lengths);
  for (std::size_t i = bucket.size; i-- > 0;) {
    PyObject* object = bucket.arrays[i];
    Fields& array = fields_of(object);
    if (array.descr != descr || array.nd != ndim ||
        !std::equal(lengths, lengths + ndim, array.dimensions)) {
      continue;
    }
    bucket.arrays[i] = bucket.arrays[--bucket.size];
    array.flags |= NPY_ARRAY_WRITEABLE;
    _Py_NewReference(object);
    return object;
  }
  return nullptr;
}

// How many arrays of this size may wait in a bucket.
std::size_t depth_for(npy_intp bytes) noexcept {
  return std::clamp(static_cast<std::size_t>(k_bucket_bytes / std::max(bytes, npy_intp{1})),
                    k_least_depth, k_depth);
}

// Programs move on to other shapes.
void drop_oldest(Bucket& bucket) noexcept {
  PyObject* oldest = bucket.arrays[0];
  std::copy(bucket.arrays.begin() + 1, bucket.arrays.end(), bucket.arrays.begin());
  --bucket.size;
  PyTypeObject* type = Py_TYPE(oldest);
  PyArray_Type.tp_dealloc(oldest);
  Py_DECREF(type);
}

}  // namespace

Ref new_result(PyArray_Descr* descr, int ndim, const npy_intp* lengths) {
  // Whoever meters memory is to see all of it.
  if (FLOPSCOPE_LIKELY(k_enabled && ndim <= k_most_axes && !watching)) {
    if (PyObject* array = take(descr, ndim, lengths); array != nullptr) return Ref::steal(array);
    const npy_intp bytes = bytes_of(descr, ndim, lengths);
    if (bytes >= k_least_aligned && bytes <= k_most_bytes) return new_aligned(descr, ndim, lengths);
  }
  Py_INCREF(descr);
  return Ref::steal(
      PyArray_NewFromDescr(&PyArray_Type, descr, ndim, lengths, nullptr, nullptr, 0, nullptr));
}

bool keep_for_later(PyObject* object) noexcept {
  if (!k_enabled || Py_TYPE(object) != array_type) return false;
  const Fields& array = fields_of(object);
  if (!is_ordinary(array)) return false;
  Bucket& bucket = bucket_of(array.descr, array.nd, array.dimensions);
  const npy_intp bytes = bytes_of(array.descr, array.nd, array.dimensions);
  while (FLOPSCOPE_UNLIKELY(bucket.size >= depth_for(bytes))) drop_oldest(bucket);
  bucket.arrays[bucket.size++] = object;
  return true;
}

}  // namespace flopscope::bindings
