// Reductions and scans, as functions, as array methods and as ufunc methods.
#include <algorithm>

#include "core/pricing/sizes.hpp"
#include "core/symmetry/orbit_count.hpp"
#include "core/symmetry/symmetry_ops.hpp"
#include "bindings/array/tags.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/dispatch/refusal.hpp"
#include "bindings/fastpath/fast_reduction.hpp"
#include "bindings/fastpath/mean_call.hpp"
#include "bindings/observe/escapes.hpp"

namespace flopscope::bindings {
namespace {

// Adds one axis to the set. Axes out of range count modulo the rank; NumPy refuses them later.
bool add_axis(PyObject* axis, int ndim, AxisSet* axes) {
  const Ref whole = Ref::steal(PyNumber_Index(axis));
  if (!whole) return false;
  const long long value = PyLong_AsLongLong(whole.get());
  if (value == -1 && PyErr_Occurred() != nullptr) return false;
  if (ndim > 0) *axes |= AxisSet{1} << static_cast<unsigned>(((value % ndim) + ndim) % ndim);
  return true;
}

// The set of reduced axes; false (no error set) when `axis` is nothing NumPy would take.
bool parse_axes(PyObject* axis, int ndim, AxisSet* axes) {
  *axes = 0;
  if (axis == nullptr || axis == Py_None) {
    *axes = ndim == 0 ? 0 : ~AxisSet{0} >> static_cast<unsigned>(64 - ndim);
    return true;
  }
  bool parsed = true;
  if (PyTuple_Check(axis)) {
    for (Py_ssize_t i = 0; parsed && i < PyTuple_GET_SIZE(axis); ++i) {
      parsed = add_axis(PyTuple_GET_ITEM(axis, i), ndim, axes);
    }
  } else {
    parsed = add_axis(axis, ndim, axes);
  }
  if (!parsed) PyErr_Clear();
  return parsed;
}

// The value of a parameter, by position or keyword; nullptr when not given.
PyObject* value_of(const CountedOp& op, const Arguments& arguments, PyObject* name) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(op.parameters); ++i) {
    if (PyTuple_GET_ITEM(op.parameters, i) != name) continue;
    return arguments.get(static_cast<std::size_t>(i), name);
  }
  return nullptr;
}

// np.sum(a, axis, dtype, out, ...) as np.add.reduce(a, axis, ...): np.sum and its kin spend most
// of a microsecond in Python before they arrive there. The axis is always given, other arguments
// go by name. False when the call is unusual; an error may be set.
bool translate_to_reduce(const CountedOp& op, Arguments& arguments) {
  for (std::size_t i = arguments.positional(); i < arguments.size(); ++i) {
    const int known = PySequence_Contains(op.parameters, arguments.keyword_name(i));
    if (known <= 0) return false;
  }
  if (!arguments.name_positionals(2, op.parameters, 0)) return false;
  if (arguments.positional() < 2 && arguments.find(names.axis) < 0) {
    arguments.push(Ref::borrow(Py_None));
  }
  for (PyObject* name : {names.keepdims, names.initial, names.where}) {
    const Py_ssize_t index = arguments.find(name);
    if (index >= 0 && arguments[static_cast<std::size_t>(index)] == no_value &&
        !arguments.drop_keyword(name)) {
      return false;
    }
  }
  if (op.reduce_keywords == nullptr) return true;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t position = 0;
  while (PyDict_Next(op.reduce_keywords, &position, &key, &value) != 0) {
    if (arguments.find(key) >= 0) return false;
    if (!arguments.set_keyword(key, Ref::borrow(value))) return false;
  }
  return true;
}

bool is_true(PyObject* object) {
  if (object == nullptr || object == no_value) return false;
  const int truth = PyObject_IsTrue(object);
  if (truth < 0) PyErr_Clear();
  return truth > 0;
}

}  // namespace

PyObject* call_reduction(PyObject* self, PyObject* const* args, std::size_t nargsf,
                         PyObject* kwnames) {
  CountedOp& op = as_op(self);
  Call call{op};
  if (!call.enter()) return nullptr;
  if (Ref reduced; try_fast_reduction(call, op, args, nargsf, kwnames, &reduced)) {
    return reduced.release();
  }
  Arguments arguments;
  arguments.take(args, nargsf, kwnames);
  arguments.unwrap_out();
  if (arguments.positional() == 0 &&
      !arguments.keyword_to_front(PyTuple_GET_ITEM(op.parameters, 0))) {
    return fail_with_numpy(op, arguments, op.target);
  }
  const Ref given = Ref::borrow(arguments[0]);
  Operand operand;
  if (!prepare(given.get(), op, &operand)) return nullptr;
  const Shape shape{operand.lengths(), operand.ndim()};

  // NumPy's functions reduce all axes when none is given; a ufunc's methods reduce the first.
  PyObject* axis = value_of(op, arguments, names.axis);
  AxisSet axes = 0;
  if (axis == nullptr && op.method != UfuncMethod::call) {
    axes = shape.ndim > 0 ? 1 : 0;
  } else if (!parse_axes(axis, shape.ndim, &axes)) {
    return fail_with_numpy(op, arguments, op.target);
  }
  const bool takes_all = axis == Py_None || (axis == nullptr && op.method == UfuncMethod::call);

  const Tag* tag = tag_of(given.get());
  PyObject* weights = value_of(op, arguments, names.weights);
  const ReductionSize size =
      reduction_size(tag != nullptr ? tag->group.get() : nullptr, shape, axes);
  Count facts[reduction_facts::count];
  set_facts(size, facts);
  facts[reduction_facts::weighted] = weights != nullptr && weights != Py_None ? 1 : 0;
  GroupPtr group;
  bool is_inferred = false;
  if (tag != nullptr && !takes_all && !op.has(flag::untagged)) {
    // A scan keeps all axes, as `keepdims` does: what is left acts on the others.
    const bool keeps = op.has(flag::scans) || is_true(value_of(op, arguments, names.keepdims));
    group = carried_on([&] { return reduce_symmetry(tag->group, axes, keeps); });
    is_inferred = tag->is_inferred;
  }

  Signature signature;
  signature.add(shape.lengths, shape.ndim);
  const Ref out = Ref::borrow(value_of(op, arguments, names.out));
  const bool is_mean = is_plain_mean(op, arguments, operand.array);
  if (!place(arguments, 0, std::move(operand)) || !arguments.strip_all()) return nullptr;
  PyObject* target = op.target;
  if (op.reduce != nullptr && (!op.is_mean || is_mean)) {
    // An unusual call goes to NumPy's own function, which sorts it out or refuses it.
    if (translate_to_reduce(op, arguments)) {
      target = op.reduce;
    } else if (PyErr_Occurred() != nullptr) {
      return nullptr;
    }
  }
  const bool overwrites =
      op.has(flag::may_write) && is_true(value_of(op, arguments, names.overwrite_input));
  if (!may_write(call.budget(), out.get()) || !call.charge({facts, nullptr}, signature) ||
      !unlock(arguments, out)) {
    return nullptr;
  }
  if (overwrites && !unlock(arguments, given)) return nullptr;
  Ref result = call.run([&] {
    Ref sum = Ref::steal(arguments.call(target));
    if (target != op.reduce || !is_mean || !sum) return sum.release();
    Ref mean = divide_sum(std::move(sum), static_cast<double>(size.reduced));
    if (!mean && PyErr_Occurred() == nullptr) mean = Ref::steal(arguments.call(op.target));
    return mean.release();
  });
  arguments.finish();
  if (!result) return nullptr;
  if (out && is_array(out.get())) return Ref::borrow(out.get()).release();
  // NumPy documents the count of all elements as an int.
  if (op.has(flag::counts) && takes_all && PyArray_IsScalar(result.get(), Generic)) {
    return PyNumber_Index(result.get());
  }
  result = wrap(std::move(result));
  if (group && result && is_counted_array(result.get())) {
    result = attach_tag(std::move(result), group, is_inferred);
  }
  return result.release();
}

}  // namespace flopscope::bindings
