// The inner-loop fast path of elementwise operations.
#include "fast_ufunc.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "float_status.hpp"
#include "operands.hpp"

namespace flopscope::bindings {
namespace {

constexpr int k_layout = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED;

// A contiguous aligned array without a symmetry tag, counted or plain.
bool is_simple_array(PyObject* object) noexcept {
  if (Py_TYPE(object) != array_type && Py_TYPE(object) != &PyArray_Type) return false;
  PyArrayObject* array = as_array(object);
  if ((PyArray_FLAGS(array) & k_layout) != k_layout) return false;
  // An axis of one cell may have any stride; NumPy's loops then round differently here and there.
  const int ndim = PyArray_NDIM(array);
  return ndim == 0 || PyArray_STRIDES(array)[ndim - 1] == PyArray_ITEMSIZE(array);
}

// Room for one scalar of any fast dtype.
union ScalarCell {
  double float64;
  float float32;
  std::int64_t int64;
};

// Converts a scalar to the array's dtype where NumPy's promotion keeps that dtype and the value
// survives exactly as NumPy would convert it. Anything doubtful is left to NumPy.
bool convert_scalar(PyObject* object, int type, ScalarCell* cell) noexcept {
  if (PyFloat_CheckExact(object) || (type == NPY_FLOAT64 && PyArray_IsScalar(object, Double))) {
    const double value = PyFloat_AS_DOUBLE(object);
    if (type == NPY_FLOAT64) {
      cell->float64 = value;
      return true;
    }
    if (type != NPY_FLOAT32) return false;
    const double size = std::fabs(value);
    const bool fits =
        value == 0.0 || (size >= static_cast<double>(std::numeric_limits<float>::min()) &&
                         size <= static_cast<double>(std::numeric_limits<float>::max()));
    cell->float32 = static_cast<float>(value);
    return fits;
  }
  if (!PyLong_CheckExact(object)) return false;
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
  if (overflow != 0) return false;
  constexpr long long k_exact_double = 1LL << 53U;
  constexpr long long k_exact_float = 1LL << 24U;
  switch (type) {
    case NPY_FLOAT64:
      cell->float64 = static_cast<double>(value);
      return value >= -k_exact_double && value <= k_exact_double;
    case NPY_FLOAT32:
      cell->float32 = static_cast<float>(value);
      return value >= -k_exact_float && value <= k_exact_float;
    case NPY_INT64:
      cell->int64 = value;
      return true;
    default:
      return false;
  }
}

// A call of an inner loop, laid out.
struct Plan {
  const InnerLoop* loop = nullptr;
  PyArrayObject* like = nullptr;  // the operand whose shape the result has
  npy_intp cells = 0;
  char* data[2] = {nullptr, nullptr};
  npy_intp strides[2] = {0, 0};
  ScalarCell scalar{};
  Signature signature;
};

bool plan_unary(const CountedOp& op, PyObject* operand, Plan* plan) {
  if (!is_simple_array(operand)) return false;
  PyArrayObject* array = as_array(operand);
  const int type = loop_type_of(PyArray_DESCR(array));
  if (type < 0) return false;
  const InnerLoop& loop = op.loops.by_type[static_cast<std::size_t>(type)];
  if (loop.function == nullptr) return false;
  plan->cells = PyArray_SIZE(array);
  if (plan->cells > k_fast_cells || plan->cells == 0) return false;
  plan->loop = &loop;
  plan->like = array;
  plan->data[0] = PyArray_BYTES(array);
  plan->strides[0] = PyArray_ITEMSIZE(array);
  plan->signature.add(PyArray_DIMS(array), PyArray_NDIM(array));
  return true;
}

bool plan_binary(const CountedOp& op, PyObject* left, PyObject* right, Plan* plan) {
  const bool left_is_array = is_simple_array(left);
  const bool right_is_array = is_simple_array(right);
  if (!left_is_array && !right_is_array) return false;
  PyArrayObject* array = as_array(left_is_array ? left : right);
  PyArrayObject* second = left_is_array && right_is_array ? as_array(right) : nullptr;
  // The operand with axes decides the shape; the other is equal to it or a single cell.
  if (second != nullptr && PyArray_NDIM(array) < PyArray_NDIM(second)) std::swap(array, second);
  PyArray_Descr* descr = PyArray_DESCR(array);
  const int type = loop_type_of(descr);
  if (type < 0) return false;
  const InnerLoop& loop = op.loops.by_type[static_cast<std::size_t>(type)];
  if (loop.function == nullptr) return false;
  const npy_intp cells = PyArray_SIZE(array);
  if (cells > k_fast_cells || cells == 0) return false;
  const npy_intp step = PyArray_ITEMSIZE(array);
  const int ndim = PyArray_NDIM(array);
  const std::size_t place = as_array(left) == array ? 0 : 1;
  plan->data[place] = PyArray_BYTES(array);
  plan->strides[place] = step;
  if (second != nullptr) {
    if (PyArray_DESCR(second) != descr) return false;
    const bool is_cell = PyArray_NDIM(second) == 0;
    if (!is_cell && (PyArray_NDIM(second) != ndim ||
                     !PyArray_CompareLists(PyArray_DIMS(array), PyArray_DIMS(second), ndim))) {
      return false;
    }
    plan->data[1 - place] = PyArray_BYTES(second);
    plan->strides[1 - place] = is_cell ? 0 : step;
  } else {
    if (!convert_scalar(left_is_array ? right : left, k_loop_types[static_cast<std::size_t>(type)],
                        &plan->scalar)) {
      return false;
    }
    plan->data[1 - place] = reinterpret_cast<char*>(&plan->scalar);
    plan->strides[1 - place] = 0;
  }
  plan->loop = &loop;
  plan->like = array;
  plan->cells = cells;
  const int other_ndim = second != nullptr ? PyArray_NDIM(second) : 0;
  const npy_intp* lengths = PyArray_DIMS(array);
  plan->signature.add(lengths, place == 0 ? ndim : other_ndim);
  plan->signature.add(lengths, place == 0 ? other_ndim : ndim);
  return true;
}

// ------------------------------------------------------------------------------ where it goes

// The result of a call that gives no `out`.
Ref new_result(const Plan& plan) {
  Py_INCREF(plan.loop->result);
  return Ref::steal(PyArray_NewFromDescr(&PyArray_Type, plan.loop->result, PyArray_NDIM(plan.like),
                                         PyArray_DIMS(plan.like), nullptr, nullptr, 0, nullptr));
}

// Whether two runs of bytes have none in common.
bool are_disjoint(const char* left, npy_intp left_bytes, const char* right, npy_intp right_bytes) {
  return left + left_bytes <= right || right + right_bytes <= left;
}

// In-place operations keep a copy of the operand that they overwrite, for the case that NumPy has
// to run them again. Larger ones take the general route.
constexpr npy_intp k_most_saved_bytes = 4096;

// Whether the loop may write straight into `out`: same shape and dtype as the result, and its
// memory either apart from the operands' or exactly that of one of them (`overwritten`, -1: none).
bool may_write_to(PyObject* out, const Plan& plan, int inputs, int* overwritten) {
  *overwritten = -1;
  if (!is_simple_array(out)) return false;
  PyArrayObject* array = as_array(out);
  if (PyArray_DESCR(array) != plan.loop->result || !PyArray_ISWRITEABLE(array) ||
      PyArray_NDIM(array) != PyArray_NDIM(plan.like) ||
      !PyArray_CompareLists(PyArray_DIMS(array), PyArray_DIMS(plan.like), PyArray_NDIM(array))) {
    return false;
  }
  char* const start = PyArray_BYTES(array);
  const npy_intp bytes = plan.cells * PyArray_ITEMSIZE(array);
  for (int i = 0; i < inputs; ++i) {
    const npy_intp item = PyArray_ITEMSIZE(plan.like);
    const npy_intp operand_bytes = plan.strides[i] == 0 ? item : plan.cells * item;
    if (are_disjoint(start, bytes, plan.data[i], operand_bytes)) continue;
    const bool is_exact = plan.data[i] == start && operand_bytes == bytes;
    // Complex loops look at the overlap themselves and round differently where NumPy would copy.
    if (!is_exact || bytes > k_most_saved_bytes || PyArray_ISCOMPLEX(array)) return false;
    *overwritten = i;
  }
  return true;
}

void run_loop(const Plan& plan, int inputs, PyArrayObject* out) {
  char* pointers[3];
  npy_intp strides[3];
  for (int i = 0; i < inputs; ++i) {
    pointers[i] = plan.data[i];
    strides[i] = plan.strides[i];
  }
  pointers[inputs] = PyArray_BYTES(out);
  strides[inputs] = PyArray_ITEMSIZE(out);
  npy_intp cells = plan.cells;
  plan.loop->function(pointers, &cells, strides, plan.loop->data);
}

}  // namespace

FastOutcome try_inner_loop(Call& call, const CountedOp& op, PyObject* const* operands,
                           PyObject* out, Ref* result) {
  // A check of results for NaN must see them once, after NumPy has had its say.
  if (!op.loops.any || !inner_loops_enabled || checks.non_finite) {
    return FastOutcome::not_applicable;
  }
  Plan plan;
  const bool fits = op.inputs == 1 ? plan_unary(op, operands[0], &plan)
                                   : plan_binary(op, operands[0], operands[1], &plan);
  if (!fits) return FastOutcome::not_applicable;
  int overwritten = -1;
  if (out != nullptr && !may_write_to(out, plan, op.inputs, &overwritten)) {
    return FastOutcome::not_applicable;
  }
  *result = out != nullptr ? Ref::borrow(out) : new_result(plan);
  if (!*result) return FastOutcome::failed;
  if (!call.charge(static_cast<std::uint64_t>(plan.cells), plan.signature)) {
    return FastOutcome::failed;
  }
  PyArrayObject* target = as_array(result->get());
  std::array<char, k_most_saved_bytes> saved;
  const auto saved_bytes = static_cast<std::size_t>(plan.cells * PyArray_ITEMSIZE(target));
  if (overwritten >= 0) std::memcpy(saved.data(), PyArray_BYTES(target), saved_bytes);
  bool is_raised = false;
  Ref finished = call.run([&] {
    clear_float_status();
    run_loop(plan, op.inputs, target);
    is_raised = float_status_raised();
    return result->release();
  });
  if (!finished) return FastOutcome::failed;
  // A few loops raise Python errors, like those of integers to negative powers.
  const bool is_error = PyErr_Occurred() != nullptr;
  if (FLOPSCOPE_UNLIKELY(is_raised || is_error)) {
    clear_float_status();
    if (overwritten >= 0) std::memcpy(PyArray_BYTES(target), saved.data(), saved_bytes);
    return is_error ? FastOutcome::failed : FastOutcome::needs_numpy;
  }
  *result = out != nullptr ? std::move(finished) : as_counted(std::move(finished));
  return FastOutcome::done;
}

}  // namespace flopscope::bindings
