// The inner-loop fast path of elementwise operations.
#include "bindings/fastpath/fast_ufunc.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "bindings/dispatch/operands.hpp"
#include "bindings/fastpath/array_pool.hpp"
#include "bindings/fastpath/float_status.hpp"
#include "bindings/fastpath/loop_plan.hpp"

namespace flopscope::bindings {
namespace {

// ------------------------------------------------------------------------------ where it goes

// A result of a call that gives no `out`.
Ref new_array(const LoopPlan& plan, PyArray_Descr* descr) {
  const int ndim = PyArray_NDIM(plan.like);
  const npy_intp* lengths = PyArray_DIMS(plan.like);
  if (FLOPSCOPE_LIKELY(!plan.is_fortran)) return new_result(descr, ndim, lengths);
  Py_INCREF(descr);
  return Ref::steal(PyArray_NewFromDescr(&PyArray_Type, descr, ndim, lengths, nullptr, nullptr,
                                         NPY_ARRAY_F_CONTIGUOUS, nullptr));
}

// What the loop writes to, and what the caller gets: an array, or a tuple of two.
struct Target {
  bool make(const LoopPlan& plan, int outputs) {
    object = new_array(plan, plan.loop->results[0]);
    if (!object) return false;
    starts[0] = PyArray_BYTES(as_array(object.get()));
    if (FLOPSCOPE_LIKELY(outputs == 1)) return true;
    const Ref second = new_array(plan, plan.loop->results[1]);
    if (!second) return false;
    starts[1] = PyArray_BYTES(as_array(second.get()));
    object = Ref::steal(PyTuple_Pack(2, object.get(), second.get()));
    return static_cast<bool>(object);
  }

  void take(PyObject* out) {
    object = Ref::borrow(out);
    starts[0] = PyArray_BYTES(as_array(out));
  }

  Ref object;
  char* starts[2];
};

// Whether two runs of bytes have none in common.
bool are_disjoint(const char* left, npy_intp left_bytes, const char* right, npy_intp right_bytes) {
  return left + left_bytes <= right || right + right_bytes <= left;
}

// In-place operations keep a copy of the operand that they overwrite, for the case that NumPy has
// to run them again. Larger ones take the general route.
constexpr npy_intp k_most_saved_bytes = 4096;

// Whether the loop may write straight into `out`: contiguous, same shape and dtype as the result,
// its memory apart from the mask's and either apart from the operands' or exactly that of one of
// them (`overwritten`, -1: none).
bool may_write_to(PyObject* out, const LoopPlan& plan, int inputs, int* overwritten) {
  *overwritten = -1;
  if (plan.is_fortran) return false;
  if (Py_TYPE(out) != array_type && Py_TYPE(out) != &PyArray_Type) return false;
  PyArrayObject* array = as_array(out);
  constexpr int k_needed = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED | NPY_ARRAY_WRITEABLE;
  if (PyArray_DESCR(array) != plan.loop->results[0] ||
      (PyArray_FLAGS(array) & k_needed) != k_needed ||
      PyArray_NDIM(array) != PyArray_NDIM(plan.like) ||
      !PyArray_CompareLists(PyArray_DIMS(array), PyArray_DIMS(plan.like), PyArray_NDIM(array))) {
    return false;
  }
  char* const start = PyArray_BYTES(array);
  const npy_intp item = PyArray_ITEMSIZE(array);
  const npy_intp bytes = plan.elements * item;
  if (plan.mask != nullptr && !are_disjoint(start, bytes, plan.mask, plan.elements)) return false;
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

FastOutcome try_inner_loop(Call& call, CountedOp& op, const ElementwiseCall& given, Ref* result) {
  // A check of results for NaN must see them once, after NumPy has had its say.
  if (!op.loops.any || !inner_loops_enabled || checks.non_finite) {
    return FastOutcome::not_applicable;
  }
  LoopPlan plan;
  if (!plan_loop(op, given.operands, &plan)) return FastOutcome::not_applicable;
  // Without `out` the elements that a mask leaves out are undefined, of which NumPy warns.
  if (given.where != nullptr && (given.out == nullptr || !plan_mask(op, given.where, &plan))) {
    return FastOutcome::not_applicable;
  }
  int overwritten = -1;
  Target target;
  if (given.out != nullptr) {
    if (!may_write_to(given.out, plan, op.inputs, &overwritten)) {
      return FastOutcome::not_applicable;
    }
    target.take(given.out);
  } else if (!target.make(plan, op.outputs)) {
    return FastOutcome::failed;
  }
  const Count elements{static_cast<std::int64_t>(plan.elements)};
  const Count facts[elementwise_facts::count] = {elements, elements};
  if (!call.charge({facts, nullptr}, plan.signature)) return FastOutcome::failed;
  std::array<char, k_most_saved_bytes> saved;
  const auto saved_bytes =
      static_cast<std::size_t>(plan.elements * PyDataType_ELSIZE(plan.loop->results[0]));
  if (overwritten >= 0) std::memcpy(saved.data(), target.starts[0], saved_bytes);
  unsigned raised = 0;
  Ref finished = call.run([&] {
    clear_float_status();
    PyThreadState* const state =
        plan.elements > k_elements_with_gil ? PyEval_SaveThread() : nullptr;
    run_loop(op, plan, target.starts);
    raised = float_status();
    if (state != nullptr) PyEval_RestoreThread(state);
    return target.object.release();
  });
  if (!finished) return FastOutcome::failed;
  // A few loops raise Python errors, like those of integers to negative powers.
  const bool is_error = PyErr_Occurred() != nullptr;
  if (FLOPSCOPE_UNLIKELY(is_error || (raised != 0 && !is_ignored(raised)))) {
    clear_float_status();
    if (overwritten >= 0) std::memcpy(target.starts[0], saved.data(), saved_bytes);
    return is_error ? FastOutcome::failed : FastOutcome::needs_numpy;
  }
  if (given.out != nullptr) {
    *result = std::move(finished);
  } else {
    *result = op.outputs == 1 ? as_counted(std::move(finished)) : wrap(std::move(finished));
  }
  return FastOutcome::done;
}

}  // namespace flopscope::bindings
