// The inner-loop fast path of elementwise operations.
#include "fast_ufunc.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "float_status.hpp"
#include "loop_plan.hpp"
#include "operands.hpp"

namespace flopscope::bindings {
namespace {

// ------------------------------------------------------------------------------ where it goes

// The result of a call that gives no `out`.
Ref new_result(const LoopPlan& plan) {
  Py_INCREF(plan.loop->result);
  return Ref::steal(PyArray_NewFromDescr(&PyArray_Type, plan.loop->result, PyArray_NDIM(plan.like),
                                         PyArray_DIMS(plan.like), nullptr, nullptr,
                                         plan.is_fortran ? NPY_ARRAY_F_CONTIGUOUS : 0, nullptr));
}

// Whether two runs of bytes have none in common.
bool are_disjoint(const char* left, npy_intp left_bytes, const char* right, npy_intp right_bytes) {
  return left + left_bytes <= right || right + right_bytes <= left;
}

// In-place operations keep a copy of the operand that they overwrite, for the case that NumPy has
// to run them again. Larger ones take the general route.
constexpr npy_intp k_most_saved_bytes = 4096;

// Whether the loop may write straight into `out`: contiguous, same shape and dtype as the result,
// and its memory either apart from the operands' or exactly that of one of them (`overwritten`, -1:
// none).
bool may_write_to(PyObject* out, const LoopPlan& plan, int inputs, int* overwritten) {
  *overwritten = -1;
  if (plan.is_fortran) return false;
  if (Py_TYPE(out) != array_type && Py_TYPE(out) != &PyArray_Type) return false;
  PyArrayObject* array = as_array(out);
  constexpr int k_needed = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED | NPY_ARRAY_WRITEABLE;
  if (PyArray_DESCR(array) != plan.loop->result || (PyArray_FLAGS(array) & k_needed) != k_needed ||
      PyArray_NDIM(array) != PyArray_NDIM(plan.like) ||
      !PyArray_CompareLists(PyArray_DIMS(array), PyArray_DIMS(plan.like), PyArray_NDIM(array))) {
    return false;
  }
  char* const start = PyArray_BYTES(array);
  const npy_intp item = PyArray_ITEMSIZE(array);
  const npy_intp bytes = plan.cells * item;
  for (int i = 0; i < inputs; ++i) {
    const Lane& lane = plan.lanes[i];
    if (are_disjoint(start, bytes, lane.data, lane.extent)) continue;
    const bool is_exact = lane.data == start && lane.extent == bytes && lane.item == item;
    // Complex loops look at the overlap themselves and round differently where NumPy would copy.
    if (!is_exact || bytes > k_most_saved_bytes || PyArray_ISCOMPLEX(array)) return false;
    *overwritten = i;
  }
  return true;
}

}  // namespace

FastOutcome try_inner_loop(Call& call, CountedOp& op, PyObject* const* operands, PyObject* out,
                           Ref* result) {
  // A check of results for NaN must see them once, after NumPy has had its say.
  if (!op.loops.any || !inner_loops_enabled || checks.non_finite) {
    return FastOutcome::not_applicable;
  }
  LoopPlan plan;
  if (!plan_loop(op, operands, &plan)) return FastOutcome::not_applicable;
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
