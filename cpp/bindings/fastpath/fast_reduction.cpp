#include "bindings/fastpath/fast_reduction.hpp"

#include <cstring>
#include <string_view>

#include "core/pricing/sizes.hpp"
#include "core/symmetry/orbit_count.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/fastpath/array_pool.hpp"
#include "bindings/fastpath/float_status.hpp"
#include "bindings/fastpath/mean_call.hpp"

namespace flopscope::bindings {
namespace {

// Longer rows reach NumPy's loop in parts, which round differently.
constexpr npy_intp k_most_elements = 8192;

// The reduction of an array of rows that lie one after another: of everything (`Along::all`), of
// the rows against each other (`Along::rows`), or within each row (`Along::row`).
enum class Along : std::uint8_t { all, rows, row };

struct ReductionPlan {
  PyArrayObject* operand;
  const InnerLoop* loop;
  Along along;
  npy_intp rows;
  npy_intp row;  // elements of one
  AxisSet axes;
  bool copies_first;  // no identity: the first elements are where the reduction starts
};

// An axis argument: false for anything but None (or nothing) and an int in range.
bool read_axis(PyObject* object, int ndim, int* axis) noexcept {
  *axis = -1;
  if (object == nullptr || object == Py_None) return true;
  if (!PyLong_CheckExact(object)) return false;
  int overflow = 0;
  const long value = PyLong_AsLongAndOverflow(object, &overflow);
  if (overflow != 0 || value < -ndim || value >= ndim) return false;
  *axis = static_cast<int>(value < 0 ? value + ndim : value);
  return true;
}

// The axis argument of a call that gives nothing else beside its operand; false for other calls.
bool find_axis(const CountedOp& op, PyObject* const* args, std::size_t nargsf, PyObject* kwnames,
               PyObject** axis) noexcept {
  *axis = nullptr;
  const Py_ssize_t positional = PyVectorcall_NARGS(nargsf);
  const Py_ssize_t keywords = kwnames != nullptr ? PyTuple_GET_SIZE(kwnames) : 0;
  if (positional < 1 || positional + keywords > 2) return false;
  if (positional + keywords == 1) return true;
  *axis = args[1];
  PyObject* name =
      positional == 2 ? PyTuple_GET_ITEM(op.parameters, 1) : PyTuple_GET_ITEM(kwnames, 0);
  return name == names.axis;
}

bool plan_reduction(const CountedOp& op, PyObject* object, PyObject* axis_object,
                    ReductionPlan* plan) noexcept {
  if (Py_TYPE(object) != array_type && Py_TYPE(object) != &PyArray_Type) return false;
  PyArrayObject* array = as_array(object);
  constexpr int k_needed = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED;
  const int ndim = PyArray_NDIM(array);
  if ((PyArray_FLAGS(array) & k_needed) != k_needed || ndim < 1) return false;
  const int type = own_loop(source_of(PyArray_DESCR(array)));
  if (type == InnerLoops::k_none) return false;
  plan->loop = &op.loops.by_type[static_cast<std::size_t>(type)];
  if (plan->loop->function == nullptr) return false;
  int axis = -1;
  if (!read_axis(axis_object, ndim, &axis)) return false;
  const npy_intp elements = PyArray_SIZE(array);
  if (elements < 1 || elements > k_most_elements) return false;
  const npy_intp* lengths = PyArray_DIMS(array);
  plan->operand = array;
  plan->copies_first = !op.loops.has_identity;
  if (axis < 0 || ndim == 1) {
    // NumPy drops axes of one element and may then walk the others in another order.
    if (axis < 0 && ndim > 1 && plan->copies_first) return false;
    plan->along = Along::all;
    plan->rows = 1;
    plan->row = elements;
    plan->axes = ~AxisSet{0} >> static_cast<unsigned>(64 - ndim);
    return true;
  }
  if (ndim != 2 || lengths[0] < 2 || lengths[1] < 2) return false;
  plan->along = axis == 0 ? Along::rows : Along::row;
  plan->rows = lengths[0];
  plan->row = lengths[1];
  plan->axes = AxisSet{1} << static_cast<unsigned>(axis);
  return true;
}

template <class Number>
void put_ones(char* to, npy_intp elements, npy_intp item) noexcept {
  const Number one{1};
  for (npy_intp i = 0; i < elements; ++i) std::memcpy(to + i * item, &one, sizeof one);
}

// Elements to begin with: the identity, 0 or 1 in the dtype of the result.
void set_identity(PyArray_Descr* descr, bool is_one, char* to, npy_intp elements) noexcept {
  const npy_intp item = PyDataType_ELSIZE(descr);
  std::memset(to, 0, static_cast<std::size_t>(elements * item));
  if (!is_one) return;
  switch (descr->type_num) {
    case NPY_FLOAT64:
    case NPY_COMPLEX128:
      return put_ones<double>(to, elements, item);
    case NPY_FLOAT32:
    case NPY_COMPLEX64:
      return put_ones<float>(to, elements, item);
    default:
      return put_ones<npy_int64>(to, elements, item);  // and uint64
  }
}

// One run of the loop as a reduction of `count` elements from `from` on into `to`, which goes on by
// `step` bytes with every element: 0 where all elements go into one.
void accumulate(const InnerLoop& loop, char* to, const char* from, npy_intp count, npy_intp step,
                npy_intp item) {
  char* pointers[] = {to, const_cast<char*>(from), to};
  npy_intp steps[] = {step, item, step};
  loop.function(pointers, &count, steps, loop.data);
}

void run_reduction(const CountedOp& op, const ReductionPlan& plan, char* to) {
  const npy_intp item = PyArray_ITEMSIZE(plan.operand);
  PyArray_Descr* descr = PyArray_DESCR(plan.operand);
  const char* from = PyArray_BYTES(plan.operand);
  const npy_intp row_bytes = plan.row * item;
  if (plan.along == Along::rows) {
    npy_intp first = 0;
    if (plan.copies_first) {
      std::memcpy(to, from, static_cast<std::size_t>(row_bytes));
      first = 1;
    } else {
      set_identity(descr, op.loops.identity_is_one, to, plan.row);
    }
    for (npy_intp i = first; i < plan.rows; ++i) {
      accumulate(*plan.loop, to, from + i * row_bytes, plan.row, item, item);
    }
    return;
  }
  for (npy_intp i = 0; i < plan.rows; ++i, to += item, from += row_bytes) {
    if (plan.copies_first) {
      std::memcpy(to, from, static_cast<std::size_t>(item));
      if (plan.row > 1) accumulate(*plan.loop, to, from + item, plan.row - 1, 0, item);
    } else {
      set_identity(descr, op.loops.identity_is_one, to, 1);
      accumulate(*plan.loop, to, from, plan.row, 0, item);
    }
  }
}

// The call as NumPy makes it, once a floating-point flag was raised.
PyObject* call_numpy(const CountedOp& op, PyObject* operand, PyObject* axis) {
  const Ref view = strip(operand);
  if (!view) return nullptr;
  PyObject* values[] = {view.get(), axis};
  return PyObject_Vectorcall(op.target, values, axis != nullptr ? 2 : 1, nullptr);
}

}  // namespace

InnerLoops find_reduction_loops(PyObject* reduce) {
  if (reduce == nullptr || !PyCFunction_Check(reduce)) return {};
  PyObject* owner = PyCFunction_GET_SELF(reduce);
  if (owner == nullptr || Py_TYPE(owner) != &PyUFunc_Type) return {};
  auto* ufunc = reinterpret_cast<PyUFuncObject*>(owner);
  const std::string_view name{ufunc->name};
  const bool is_extremum = name == "maximum" || name == "minimum";
  if (!is_extremum && name != "add" && name != "multiply") return {};
  InnerLoops loops = find_inner_loops(ufunc);
  loops.has_identity = !is_extremum;
  loops.identity_is_one = name == "multiply";
  for (std::size_t i = 0; i < k_loop_types.size(); ++i) {
    const int type = k_loop_types[i];
    // Sums and products of narrow integers are made of wide ones.
    const bool is_wide = type == NPY_FLOAT64 || type == NPY_FLOAT32 || type == NPY_INT64 ||
                         type == NPY_UINT64 || type == NPY_COMPLEX128 || type == NPY_COMPLEX64;
    const bool is_ordered = type != NPY_FLOAT16 && !PyTypeNum_ISCOMPLEX(type);
    if (!(is_extremum ? is_ordered : is_wide)) loops.by_type[i] = {};
  }
  return loops;
}

bool try_fast_reduction(Call& call, CountedOp& op, PyObject* const* args, std::size_t nargsf,
                        PyObject* kwnames, Ref* result) {
  if (!op.loops.any || !inner_loops_enabled || checks.non_finite) return false;
  PyObject* axis = nullptr;
  ReductionPlan plan;
  if (!find_axis(op, args, nargsf, kwnames, &axis) || !plan_reduction(op, args[0], axis, &plan)) {
    return false;
  }
  PyArray_Descr* descr = PyArray_DESCR(plan.operand);
  const bool is_mean = op.is_mean;
  if (is_mean && descr->type_num != NPY_FLOAT64 && descr->type_num != NPY_FLOAT32) return false;

  const Shape shape{PyArray_DIMS(plan.operand), PyArray_NDIM(plan.operand)};
  const ReductionSize size = reduction_size(nullptr, shape, plan.axes);
  Signature signature;
  signature.add(shape.lengths, shape.ndim);
  Count facts[reduction_facts::count];
  set_facts(size, facts);
  if (!call.charge({facts, nullptr}, signature)) return true;
  *result = call.run([&]() -> PyObject* {
    const npy_intp* lengths = shape.lengths + (plan.along == Along::rows ? 1 : 0);
    Ref out = new_result(descr, plan.along == Along::all ? 0 : 1, lengths);
    if (!out) return nullptr;
    clear_float_status();
    run_reduction(op, plan, PyArray_BYTES(as_array(out.get())));
    const bool is_raised = float_status_raised();
    if (FLOPSCOPE_UNLIKELY(is_raised)) {
      clear_float_status();
      return call_numpy(op, args[0], axis);
    }
    if (!is_mean) return out.release();
    Ref mean = divide_sum(std::move(out), static_cast<double>(size.reduced));
    if (mean || PyErr_Occurred() != nullptr) return mean.release();
    return call_numpy(op, args[0], axis);
  });
  if (*result) *result = wrap(std::move(*result));
  return true;
}

}  // namespace flopscope::bindings
