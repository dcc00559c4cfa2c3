// Elementwise operations: the inner-loop fast path, and the general route through the ufunc.
#include <algorithm>
#include <cmath>
#include <limits>

#include "arguments.hpp"
#include "call.hpp"
#include "counted_op.hpp"
#include "float_status.hpp"
#include "flopscope/orbit_count.hpp"
#include "flopscope/saturating.hpp"
#include "flopscope/symmetry_ops.hpp"
#include "operands.hpp"
#include "pricing.hpp"
#include "tags.hpp"

namespace flopscope::bindings {
namespace {

// --------------------------------------------------------------------------------- fast path

constexpr int k_layout = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED;

// A contiguous aligned array without a symmetry tag, counted or plain.
bool is_simple_array(PyObject* object) noexcept {
  return (Py_TYPE(object) == array_type || Py_TYPE(object) == &PyArray_Type) &&
         (PyArray_FLAGS(as_array(object)) & k_layout) == k_layout;
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
    const bool fits = value == 0.0 || (size >= static_cast<double>(std::numeric_limits<float>::min()) &&
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

struct FastCall {
  const InnerLoop* loop = nullptr;
  PyArrayObject* like = nullptr;  // the operand whose shape the result has
  npy_intp cells = 0;
  char* data[2] = {nullptr, nullptr};
  npy_intp strides[2] = {0, 0};
  ScalarCell scalar{};
  Signature signature;
};

bool plan_unary(const CountedOp& op, PyObject* operand, FastCall* plan) {
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

bool plan_binary(const CountedOp& op, PyObject* left, PyObject* right, FastCall* plan) {
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

Ref new_result(const FastCall& plan) {
  Py_INCREF(plan.loop->result);
  return Ref::steal(PyArray_NewFromDescr(&PyArray_Type, plan.loop->result,
                                         PyArray_NDIM(plan.like), PyArray_DIMS(plan.like), nullptr,
                                         nullptr, 0, nullptr));
}

enum class Outcome { done, failed, needs_numpy };

// Allocates, charges and runs the loop. `needs_numpy`: charged, but a floating-point flag was
// raised, so that NumPy has to run the operation and treat it as np.errstate says.
Outcome run_loop(Call& call, const CountedOp& op, FastCall& plan, Ref* result) {
  *result = new_result(plan);
  if (!*result) return Outcome::failed;
  if (!call.charge(static_cast<std::uint64_t>(plan.cells), plan.signature)) return Outcome::failed;
  char* pointers[3];
  npy_intp strides[3];
  const int inputs = op.inputs;
  for (int i = 0; i < inputs; ++i) {
    pointers[i] = plan.data[i];
    strides[i] = plan.strides[i];
  }
  PyArrayObject* out = as_array(result->get());
  pointers[inputs] = PyArray_BYTES(out);
  strides[inputs] = PyArray_ITEMSIZE(out);
  npy_intp cells = plan.cells;
  bool raised = false;
  Ref finished = call.run([&] {
    clear_float_status();
    plan.loop->function(pointers, &cells, strides, plan.loop->data);
    raised = float_status_raised();
    return result->release();
  });
  if (!finished) return Outcome::failed;
  if (FLOPSCOPE_UNLIKELY(raised)) {
    clear_float_status();
    return Outcome::needs_numpy;
  }
  *result = as_counted(std::move(finished));
  return Outcome::done;
}

// ------------------------------------------------------------------------------- general route

// The shape that operands broadcast to.
class Broadcast {
 public:
  Broadcast() noexcept {}  // leaves the lengths as they are, on purpose

  // False when the shapes do not fit.
  bool add(const npy_intp* lengths, int ndim) noexcept {
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
static_assert(sizeof(npy_intp) == sizeof(std::int64_t), "shapes are passed to the core as they are");

struct Prepared {
  Arguments arguments;
  Signature signature;
  Broadcast broadcast;
  GroupPtr group;              // of the result
  bool fits = true;            // the shapes broadcast
  Ref out;                     // what the caller gave as `out`, a tuple of them, or empty
  bool inferred = true;        // all tags that went in were inferred
};

// A group carried along when its array is broadcast: axes stretched from length 1 leave it, and new
// leading axes of equal length, whose cells all repeat, join it.
GroupPtr broadcast_group(const GroupPtr& group, Shape from, Shape to) {
  const int shift = to.ndim - from.ndim;
  std::vector<int> new_axis;
  AxisSet stretched = 0;
  for (int i = 0; i < from.ndim; ++i) {
    new_axis.push_back(i + shift);
    if (from.lengths[i] != to.lengths[i + shift]) {
      stretched |= AxisSet{1} << static_cast<unsigned>(i + shift);
    }
  }
  GroupPtr carried = relabel_axes(group, new_axis);
  if (carried && stretched != 0) carried = fix_axes(carried, stretched);
  GroupPtr repeated = symmetric_on_equal_lengths({to.lengths, shift});
  if (!repeated) return carried;
  return carried ? product({repeated, carried}) : repeated;
}

// Tags of the operands, carried to the output's shape and intersected. A 0-d operand is neutral,
// any other operand without a tag ends the symmetry.
void merge_groups(const CountedOp& op, PyObject* const* operands, const Prepared& prepared,
                  GroupPtr* group, bool* inferred) {
  std::vector<GroupPtr> groups;
  for (int i = 0; i < op.inputs; ++i) {
    PyObject* operand = operands[i];
    const bool is_cell = !is_array(operand) || PyArray_NDIM(as_array(operand)) == 0;
    if (is_cell) {
      const auto stripped = prepared.arguments[static_cast<std::size_t>(i)];
      if (is_array(stripped) && PyArray_NDIM(as_array(stripped)) > 0) return;  // a list operand
      continue;
    }
    const Tag* tag = tag_of(operand);
    if (tag == nullptr) return;
    PyArrayObject* array = as_array(operand);
    GroupPtr carried = broadcast_group(tag->group, {PyArray_DIMS(array), PyArray_NDIM(array)},
                                       prepared.broadcast.shape());
    if (!carried) return;
    groups.push_back(std::move(carried));
    *inferred = *inferred && tag->is_inferred;
  }
  if (!groups.empty()) *group = groups.size() == 1 ? groups.front() : intersect(groups);
}

bool strip_argument(Arguments& arguments, std::size_t index) {
  if (is_counted_array(arguments[index])) return arguments.replace_by_view(index);
  Ref stripped = strip(arguments[index]);
  if (!stripped) return false;
  arguments.replace(index, std::move(stripped));
  return true;
}

bool strip_keyword(Arguments& arguments, PyObject* name) {
  const Py_ssize_t index = arguments.find(name);
  return index < 0 || strip_argument(arguments, static_cast<std::size_t>(index));
}

// Notes an `out` array: it is written, and operands broadcast to it, never it to them.
void note_out(PyObject* out, Prepared* prepared) {
  if (!is_array(out)) return;
  before_write(out);
  PyArrayObject* array = as_array(out);
  const int ndim = PyArray_NDIM(array);
  Broadcast& broadcast = prepared->broadcast;
  prepared->fits = prepared->fits && broadcast.add(PyArray_DIMS(array), ndim) &&
                   broadcast.ndim() == ndim &&
                   std::equal(PyArray_DIMS(array), PyArray_DIMS(array) + ndim,
                              broadcast.shape().lengths);
}

bool prepare_outs(const CountedOp& op, Prepared* prepared) {
  Arguments& arguments = prepared->arguments;
  const auto inputs = static_cast<std::size_t>(op.inputs);
  if (arguments.positional() > inputs) {
    const std::size_t count = arguments.positional() - inputs;
    Ref outs = Ref::steal(PyTuple_New(static_cast<Py_ssize_t>(count)));
    if (!outs) return false;
    for (std::size_t i = 0; i < count; ++i) {
      PyObject* out = arguments[inputs + i];
      note_out(out, prepared);
      PyTuple_SET_ITEM(outs.get(), static_cast<Py_ssize_t>(i), Ref::borrow(out).release());
      if (!strip_argument(arguments, inputs + i)) return false;
    }
    prepared->out = std::move(outs);
    return true;
  }
  const Py_ssize_t index = arguments.find(names.out);
  if (index < 0) return true;
  PyObject* out = arguments[static_cast<std::size_t>(index)];
  if (out == Py_None) return true;
  if (PyTuple_Check(out)) {
    prepared->out = Ref::borrow(out);
  } else {
    prepared->out = Ref::steal(PyTuple_Pack(1, out));
  }
  if (!prepared->out) return false;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(prepared->out.get()); ++i) {
    note_out(PyTuple_GET_ITEM(prepared->out.get(), i), prepared);
  }
  return strip_keyword(arguments, names.out);
}

bool prepare_call(const CountedOp& op, Prepared* prepared) {
  Arguments& arguments = prepared->arguments;
  for (int i = 0; i < op.inputs; ++i) {
    const auto at = static_cast<std::size_t>(i);
    Operand operand;
    if (!prepare(arguments[at], op.name, &operand)) return false;
    prepared->fits = prepared->fits && prepared->broadcast.add(operand.lengths(), operand.ndim());
    prepared->signature.add(operand.lengths(), operand.ndim());
    if (!place(arguments, at, std::move(operand))) return false;
  }
  return prepare_outs(op, prepared) && strip_keyword(arguments, names.where);
}

// The result as the caller gets it: the very object given as `out`, else a counted array.
Ref finish(const Prepared& prepared, Ref result) {
  if (!prepared.out) {
    result = wrap(std::move(result));
    if (prepared.group && result && is_counted_array(result.get())) {
      return attach_tag(std::move(result), prepared.group, prepared.inferred);
    }
    return result;
  }
  const Py_ssize_t given = PyTuple_GET_SIZE(prepared.out.get());
  if (!PyTuple_Check(result.get())) return Ref::borrow(PyTuple_GET_ITEM(prepared.out.get(), 0));
  const Py_ssize_t count = PyTuple_GET_SIZE(result.get());
  Ref results = Ref::steal(PyTuple_New(count));
  if (!results) return {};
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* out = i < given ? PyTuple_GET_ITEM(prepared.out.get(), i) : Py_None;
    Ref item = out != Py_None ? Ref::borrow(out)
                              : wrap(Ref::borrow(PyTuple_GET_ITEM(result.get(), i)));
    if (!item) return {};
    PyTuple_SET_ITEM(results.get(), i, item.release());
  }
  return results;
}

std::uint64_t price(const CountedOp& op, const Prepared& prepared) {
  const Shape shape = prepared.broadcast.shape();
  if (op.rule == Rule::size) return cell_count(shape);
  const std::uint64_t cells =
      prepared.group ? unique_cells(*prepared.group, shape) : cell_count(shape);
  return std::max<std::uint64_t>(1, cells);
}

PyObject* general(Call& call, CountedOp& op, PyObject* const* operands, Prepared& prepared,
                  PyObject* target) {
  if (!prepare_call(op, &prepared)) return nullptr;
  if (!prepared.fits) return fail_with_numpy(op, prepared.arguments, target);
  bool inferred = true;
  merge_groups(op, operands, prepared, &prepared.group, &inferred);
  prepared.inferred = inferred;
  if (!call.charge(price(op, prepared), prepared.signature)) return nullptr;
  Ref result = call.run([&] { return prepared.arguments.call(target); });
  prepared.arguments.finish();
  if (!result) return nullptr;
  return finish(prepared, std::move(result)).release();
}

// The route after a fast path that raised a floating-point flag: charged already.
PyObject* rerun(Call& call, CountedOp& op, PyObject* const* operands) {
  Prepared prepared;
  prepared.arguments.take(operands, static_cast<std::size_t>(op.inputs), nullptr);
  if (!prepare_call(op, &prepared)) return nullptr;
  Ref result = call.run([&] { return prepared.arguments.call(op.target); });
  prepared.arguments.finish();
  return result ? finish(prepared, std::move(result)).release() : nullptr;
}

PyObject* call_operands(CountedOp& op, PyObject* const* operands) {
  Call call{op};
  if (!call.enter()) return nullptr;
  if (op.loops.any && inner_loops_enabled) {
    FastCall plan;
    const bool is_fast = op.inputs == 1 ? plan_unary(op, operands[0], &plan)
                                        : plan_binary(op, operands[0], operands[1], &plan);
    if (is_fast) {
      Ref result;
      switch (run_loop(call, op, plan, &result)) {
        case Outcome::done:
          return result.release();
        case Outcome::failed:
          return nullptr;
        case Outcome::needs_numpy:
          return rerun(call, op, operands);
      }
    }
  }
  Prepared prepared;
  prepared.arguments.take(operands, static_cast<std::size_t>(op.inputs), nullptr);
  return general(call, op, operands, prepared, op.target);
}

}  // namespace

PyObject* call_unary(CountedOp& op, PyObject* operand) { return call_operands(op, &operand); }

PyObject* call_binary(CountedOp& op, PyObject* left, PyObject* right) {
  PyObject* operands[] = {left, right};
  return call_operands(op, operands);
}

PyObject* call_binary_by(CountedOp& op, PyObject* target, PyObject* left, PyObject* right) {
  Call call{op};
  if (!call.enter()) return nullptr;
  PyObject* operands[] = {left, right};
  Prepared prepared;
  prepared.arguments.take(operands, 2, nullptr);
  return general(call, op, operands, prepared, target);
}

PyObject* call_in_place(CountedOp& op, PyObject* target, PyObject* left, PyObject* right) {
  Call call{op};
  if (!call.enter()) return nullptr;
  PyObject* operands[] = {left, right, left};
  Prepared prepared;
  prepared.arguments.take(operands, 3, nullptr);
  return general(call, op, operands, prepared, target);
}

PyObject* call_ufunc(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  CountedOp& op = as_op(self);
  const auto count = static_cast<int>(PyVectorcall_NARGS(nargsf));
  const bool has_keywords = kwnames != nullptr && PyTuple_GET_SIZE(kwnames) > 0;
  if (FLOPSCOPE_LIKELY(count == op.inputs && !has_keywords)) return call_operands(op, args);
  Call call{op};
  if (!call.enter()) return nullptr;
  Prepared prepared;
  prepared.arguments.take(args, nargsf, kwnames);
  if (count < op.inputs) return fail_with_numpy(op, prepared.arguments, op.target);
  return general(call, op, args, prepared, op.target);
}

}  // namespace flopscope::bindings
