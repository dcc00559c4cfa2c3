#include "bindings/fastpath/fast_product.hpp"

#include "bindings/dispatch/operands.hpp"
#include "bindings/dispatch/product_labels.hpp"
#include "bindings/fastpath/array_pool.hpp"
#include "bindings/fastpath/float_status.hpp"
#include "bindings/fastpath/inner_loop.hpp"
#include "bindings/fastpath/plain_arrays.hpp"

namespace flopscope::bindings {
namespace {

// A matrix, or a vector standing for one with a single row (left) or column (right).
struct Matrix {
  npy_intp lengths[2];
  npy_intp strides[2];
  char* data;
};

// Beyond these many products a call's fixed cost no longer shows, while a floating-point warning
// would make the work run twice.
constexpr npy_intp k_most_products = npy_intp{1} << 21U;
// From here on other threads may run meanwhile.
constexpr npy_intp k_most_with_gil = npy_intp{1} << 13U;

// Of one or two axes.
bool is_plain_matrix(PyObject* object) noexcept {
  return is_plain_array(object) && PyArray_NDIM(as_array(object)) >= 1 &&
         PyArray_NDIM(as_array(object)) <= 2;
}

bool is_aligned(PyObject* array) noexcept {
  return (PyArray_FLAGS(as_array(array)) & NPY_ARRAY_ALIGNED) != 0;
}

// Axes that are not there have a length of 1 and a stride of 0, as NumPy tells its loop.
Matrix read_matrix(PyArrayObject* array, int missing) noexcept {
  Matrix matrix{{1, 1}, {0, 0}, PyArray_BYTES(array)};
  const bool is_vector = PyArray_NDIM(array) == 1;
  for (int i = 0; i < PyArray_NDIM(array); ++i) {
    const int axis = is_vector ? 1 - missing : i;
    matrix.lengths[axis] = PyArray_DIMS(array)[i];
    matrix.strides[axis] = PyArray_STRIDES(array)[i];
  }
  return matrix;
}

// The loop of a generalised ufunc for this type number; its index, or -1.
int find_loop(const PyUFuncObject& ufunc, int type) noexcept {
  for (int i = 0; i < ufunc.ntypes; ++i) {
    const char* types = ufunc.types + i * ufunc.nargs;
    if (types[0] == type && types[1] == type && types[2] == type && ufunc.functions[i] != nullptr) {
      return i;
    }
  }
  return -1;
}

struct Product {
  bool plan(PyObject* const* operands) noexcept {
    PyArrayObject* first = as_array(operands[0]);
    PyArrayObject* second = as_array(operands[1]);
    left = read_matrix(first, 0);
    right = read_matrix(second, 1);
    if (left.lengths[1] != right.lengths[0]) return false;
    // NumPy squeezes axes of length 1 in ways of its own: matrices of one row or column are its.
    has_rows = PyArray_NDIM(first) == 2;
    has_columns = PyArray_NDIM(second) == 2;
    if (left.lengths[1] < 2 || (has_rows && left.lengths[0] < 2) ||
        (has_columns && right.lengths[1] < 2)) {
      return false;
    }
    if (has_rows) lengths[ndim++] = left.lengths[0];
    if (has_columns) lengths[ndim++] = right.lengths[1];
    return left.lengths[0] <= k_most_products / left.lengths[1] / right.lengths[1];
  }

  npy_intp products() const noexcept {
    return left.lengths[0] * left.lengths[1] * right.lengths[1];
  }

  void run(const PyUFuncObject& ufunc, int loop, PyArrayObject* out) const {
    const npy_intp item = PyArray_ITEMSIZE(out);
    char* pointers[] = {left.data, right.data, PyArray_BYTES(out)};
    npy_intp counts[] = {1, left.lengths[0], left.lengths[1], right.lengths[1]};
    const npy_intp out_row = has_rows ? item * right.lengths[1] : 0;
    const npy_intp out_column = has_columns ? item : 0;
    // The outer strides come first: there is one product.
    npy_intp steps[] = {
        0,       0,         0, left.strides[0], left.strides[1], right.strides[0], right.strides[1],
        out_row, out_column};
    void* data = ufunc.data != nullptr ? ufunc.data[loop] : nullptr;
    ufunc.functions[loop](pointers, counts, steps, data);
  }

  Matrix left{};
  Matrix right{};
  bool has_rows = false;
  bool has_columns = false;
  npy_intp lengths[2] = {0, 0};
  int ndim = 0;
};

// The call as NumPy makes it.
PyObject* call_numpy(const CountedOp& op, PyObject* const* operands) {
  PlainArrays plain;
  PyObject* values[2];
  for (int i = 0; i < 2; ++i) {
    values[i] = plain.add(operands[i]);
    if (values[i] == nullptr) return nullptr;
  }
  return PyObject_Vectorcall(op.target, values, 2, nullptr);
}

// The loop that runs on the operands as they are, and how; null: NumPy has to see to it.
const PyUFuncObject* plan_loop_for(const CountedOp& op, PyObject* const* operands, Product* product,
                                   int* loop) noexcept {
  PyArray_Descr* descr = PyArray_DESCR(as_array(operands[0]));
  const int type = descr->type_num;
  if (descr != PyArray_DESCR(as_array(operands[1])) ||
      (type != NPY_FLOAT64 && type != NPY_FLOAT32) || source_of(descr) == Source::none ||
      !is_aligned(operands[0]) || !is_aligned(operands[1])) {
    return nullptr;
  }
  const auto* ufunc = reinterpret_cast<PyUFuncObject*>(op.target);
  *loop = find_loop(*ufunc, type);
  return *loop >= 0 && product->plan(operands) ? ufunc : nullptr;
}

PyObject* run_loop_on(const PyUFuncObject& ufunc, int loop, const Product& product,
                      const CountedOp& op, PyObject* const* operands) {
  Ref out = new_result(PyArray_DESCR(as_array(operands[0])), product.ndim, product.lengths);
  if (!out) return nullptr;
  clear_float_status();
  PyThreadState* const state = product.products() > k_most_with_gil ? PyEval_SaveThread() : nullptr;
  product.run(ufunc, loop, as_array(out.get()));
  const bool is_raised = float_status_raised();
  if (state != nullptr) PyEval_RestoreThread(state);
  if (FLOPSCOPE_LIKELY(!is_raised)) return out.release();
  clear_float_status();
  return call_numpy(op, operands);
}

}  // namespace

bool try_product(Call& call, CountedOp& op, PyObject* const* operands, Ref* result) {
  if (!op.is_matrix_product || !inner_loops_enabled || checks.non_finite ||
      !is_plain_matrix(operands[0]) || !is_plain_matrix(operands[1])) {
    return false;
  }
  Signature signature;
  Shape shapes[2];
  for (int i = 0; i < 2; ++i) {
    PyArrayObject* array = as_array(operands[i]);
    signature.add(PyArray_DIMS(array), PyArray_NDIM(array));
    shapes[i] = {PyArray_DIMS(array), PyArray_NDIM(array)};
  }
  const Labels labels = matmul_labels(shapes[0], shapes[1]);
  if (!labels.fits) return false;
  Count facts[contraction_facts::count];
  set_facts(labels, facts);
  if (!call.charge({facts, nullptr}, signature)) return true;
  Product product;
  int loop = -1;
  const PyUFuncObject* ufunc = plan_loop_for(op, operands, &product, &loop);
  *result = call.run([&] {
    return ufunc != nullptr ? run_loop_on(*ufunc, loop, product, op, operands)
                            : call_numpy(op, operands);
  });
  if (*result) *result = wrap(std::move(*result));
  return true;
}

}  // namespace flopscope::bindings
