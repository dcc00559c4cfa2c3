#include "bindings/fastpath/mean_call.hpp"

#include "bindings/dispatch/operands.hpp"
#include "bindings/fastpath/float_status.hpp"

namespace flopscope::bindings {
namespace {

// NumPy divides in double precision whatever the sum's dtype is: the count is a NumPy integer.
template <class Element>
void divide_elements(PyArrayObject* sums, double count) {
  auto* elements = static_cast<Element*>(PyArray_DATA(sums));
  const npy_intp size = PyArray_SIZE(sums);
  for (npy_intp i = 0; i < size; ++i) {
    elements[i] = static_cast<Element>(static_cast<double>(elements[i]) / count);
  }
}

}  // namespace

bool is_plain_mean(const CountedOp& op, const Arguments& arguments, PyArrayObject* operand) {
  if (!op.is_mean || op.reduce == nullptr || operand == nullptr) return false;
  const int type = PyArray_TYPE(operand);
  if ((type != NPY_FLOAT64 && type != NPY_FLOAT32) || !PyArray_ISNOTSWAPPED(operand)) return false;
  // A ufunc reduces a 0-d array along axis 0; `mean` refuses to.
  if (PyArray_NDIM(operand) == 0 || PyArray_SIZE(operand) == 0) return false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i < 2 && i < arguments.positional()) continue;
    if (i < arguments.positional()) return false;
    PyObject* name = arguments.keyword_name(i);
    if (name != names.axis && name != names.keepdims) return false;
  }
  return true;
}

Ref divide_sum(Ref sum, double count) {
  if (!is_array(sum.get())) {
    if (!PyArray_IsScalar(sum.get(), Floating)) return {};
    sum = Ref::steal(PyArray_FromScalar(sum.get(), nullptr));
    if (!sum) return {};
  }
  PyArrayObject* array = as_array(sum.get());
  const int type = PyArray_TYPE(array);
  // One block of memory, in whatever order.
  if ((PyArray_FLAGS(array) & (NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS)) == 0) return {};
  clear_float_status();
  if (type == NPY_FLOAT64) {
    divide_elements<double>(array, count);
  } else if (type == NPY_FLOAT32) {
    divide_elements<float>(array, count);
  } else {
    return {};
  }
  if (float_status_raised()) {
    clear_float_status();
    return {};
  }
  return sum;
}

}  // namespace flopscope::bindings
