// How shapes broadcast.
#pragma once

#include <algorithm>

#include "core/pricing/sizes.hpp"
#include "bindings/dispatch/operands.hpp"

namespace flopscope::bindings {

// The shape that operands broadcast to.
class Broadcast {
 public:
  Broadcast() noexcept {}  // leaves the lengths as they are, on purpose

  // False when the shapes do not fit.
  bool add(const npy_intp* lengths, int ndim) noexcept {
    if (ndim_ == 0) {
      for (int i = 0; i < ndim; ++i) lengths_[i] = lengths[i];
      ndim_ = ndim;
      return true;
    }
    if (ndim > ndim_) {
      std::copy_backward(lengths_, lengths_ + ndim_, lengths_ + ndim);
      std::fill(lengths_, lengths_ + (ndim - ndim_), npy_intp{1});
      ndim_ = ndim;
    }
    npy_intp* mine = lengths_ + (ndim_ - ndim);
    for (int i = 0; i < ndim; ++i) {
      if (lengths[i] == 1 || lengths[i] == mine[i]) continue;
      if (mine[i] != 1) return false;
      mine[i] = lengths[i];
    }
    return true;
  }

  Shape shape() const noexcept { return {lengths_, ndim_}; }
  int ndim() const noexcept { return ndim_; }

 private:
  npy_intp lengths_[NPY_MAXDIMS];  // the first ndim_ mean anything
  int ndim_ = 0;
};
static_assert(sizeof(npy_intp) == sizeof(std::int64_t),
              "shapes are passed to the core as they are");

// Whether operands broadcast to an `out` array; it never broadcasts to them.
inline bool fits_out(PyObject* out, Broadcast& broadcast) {
  PyArrayObject* array = as_array(out);
  const int ndim = PyArray_NDIM(array);
  return broadcast.add(PyArray_DIMS(array), ndim) && broadcast.ndim() == ndim &&
         std::equal(PyArray_DIMS(array), PyArray_DIMS(array) + ndim, broadcast.shape().lengths);
}

}  // namespace flopscope::bindings
