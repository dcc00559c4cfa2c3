// Elementwise operations: the fast path first, then the general route through the ufunc.
#include <algorithm>

#include "core/pricing/saturating.hpp"
#include "core/symmetry/orbit_count.hpp"
#include "core/symmetry/symmetry_ops.hpp"
#include "bindings/array/tags.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/broadcast.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/dispatch/guard.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/dispatch/refusal.hpp"
#include "bindings/fastpath/direct_call.hpp"
#include "bindings/fastpath/fast_ufunc.hpp"
#include "bindings/observe/escapes.hpp"

namespace flopscope::bindings {
namespace {

struct Prepared {
  Arguments arguments;
  Signature signature;
  Broadcast broadcast;
  GroupPtr group;              // of the result
  bool is_inferred = false;    // all tags that went into it were inferred
  bool fits = true;            // the shapes broadcast
  PyObject* opened = nullptr;  // the tagged `out` that keeps its tag; one of `outs`
  Ref outs;                    // what the caller gave as `out`, a tuple; or empty
};

// A group carried along when its array is broadcast: axes stretched from length 1 leave it, and new
// leading axes of equal length, whose elements all repeat, join it.
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
  if (carried && stretched != 0) {
    carried = carried_on([&] { return fix_axes(carried, stretched); });
  }
  GroupPtr repeated = symmetric_on_equal_lengths({to.lengths, shift});
  if (!repeated) return carried;
  return carried ? product({repeated, carried}) : repeated;
}

// Tags of the operands, carried to the output's shape and intersected. A 0-d operand is neutral,
// any other operand without a tag ends the symmetry.
void merge_groups(const CountedOp& op, Prepared* prepared) {
  if (op.has(flag::dense)) return;  // isnan and its like: every element, and no tag
  std::vector<GroupPtr> groups;
  bool is_inferred = true;
  for (int i = 0; i < op.inputs; ++i) {
    PyObject* operand = prepared->arguments[static_cast<std::size_t>(i)];
    if (!is_array(operand) || PyArray_NDIM(as_array(operand)) == 0) continue;
    const Tag* tag = tag_of(operand);
    if (tag == nullptr) return;
    PyArrayObject* array = as_array(operand);
    GroupPtr carried = broadcast_group(tag->group, {PyArray_DIMS(array), PyArray_NDIM(array)},
                                       prepared->broadcast.shape());
    if (!carried) return;
    groups.push_back(std::move(carried));
    is_inferred = is_inferred && tag->is_inferred;
  }
  if (groups.empty()) return;
  prepared->group =
      carried_on([&] { return groups.size() == 1 ? groups.front() : intersect(groups); });
  prepared->is_inferred = is_inferred;
}

// False when a warning is an error.
bool warn_of_losses(const CountedOp& op, const Prepared& prepared) {
  if (op.has(flag::dense)) return true;
  for (int i = 0; i < op.inputs; ++i) {
    PyObject* operand = prepared.arguments[static_cast<std::size_t>(i)];
    if (Py_TYPE(operand) == tensor_type && is_loss(operand, prepared.group)) {
      return warn_of_loss(op.name, operand);
    }
  }
  return true;
}

bool measure_operands(const CountedOp& op, Prepared* prepared) {
  for (int i = 0; i < op.inputs; ++i) {
    const auto at = static_cast<std::size_t>(i);
    Operand operand;
    if (!prepare(prepared->arguments[at], op, &operand)) return false;
    prepared->fits = prepared->fits && prepared->broadcast.add(operand.lengths(), operand.ndim());
    prepared->signature.add(operand.lengths(), operand.ndim());
    prepared->arguments.replace(at, std::move(operand.object));
  }
  return true;
}

// Finds what was given as `out`, by position or keyword: a tuple of arrays and None, or nothing.
bool measure_outs(const CountedOp& op, const BudgetState& budget, Prepared* prepared) {
  Arguments& arguments = prepared->arguments;
  const auto inputs = static_cast<std::size_t>(op.inputs);
  if (arguments.positional() == inputs) {
    const Py_ssize_t index = arguments.find(names.out);
    if (index < 0) return true;
    PyObject* out = arguments[static_cast<std::size_t>(index)];
    if (out == Py_None) return true;
    // `out=...` asks for an array where NumPy would give a scalar: ours are arrays anyway.
    if (out == Py_Ellipsis) return arguments.drop_keyword(names.out);
    prepared->outs = PyTuple_Check(out) ? Ref::borrow(out) : Ref::steal(PyTuple_Pack(1, out));
  } else {
    const std::size_t count = arguments.positional() - inputs;
    prepared->outs = Ref::steal(PyTuple_New(static_cast<Py_ssize_t>(count)));
    for (std::size_t i = 0; prepared->outs && i < count; ++i) {
      PyTuple_SET_ITEM(prepared->outs.get(), static_cast<Py_ssize_t>(i),
                       Ref::borrow(arguments[inputs + i]).release());
    }
  }
  if (!prepared->outs) return false;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(prepared->outs.get()); ++i) {
    PyObject* out = PyTuple_GET_ITEM(prepared->outs.get(), i);
    if (!is_array(out)) continue;
    prepared->fits = prepared->fits && fits_out(out, prepared->broadcast);
    if (!may_write(budget, out)) return false;
  }
  return true;
}

// What happens once the call is paid for: tags of what is about to be written go, and NumPy gets
// plain views of everything.
bool make_ready(Prepared* prepared) {
  const Py_ssize_t count = prepared->outs ? PyTuple_GET_SIZE(prepared->outs.get()) : 0;
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* out = PyTuple_GET_ITEM(prepared->outs.get(), i);
    if (is_array(out) && !let_write(out)) return false;
    if (!is_guarded(out)) continue;
    if (count == 1 && open_for_write(out, prepared->group)) {
      prepared->opened = out;
    } else {
      void_tags(out);
    }
  }
  return prepared->arguments.strip_all();
}

// Tags the result, or each of several.
Ref tag_all(const Prepared& prepared, Ref result) {
  if (is_counted_array(result.get())) {
    return attach_tag(std::move(result), prepared.group, prepared.is_inferred);
  }
  if (!PyTuple_CheckExact(result.get())) return result;
  const Py_ssize_t count = PyTuple_GET_SIZE(result.get());
  Ref tagged = Ref::steal(PyTuple_New(count));
  if (!tagged) return {};
  for (Py_ssize_t i = 0; i < count; ++i) {
    Ref item = attach_tag(Ref::borrow(PyTuple_GET_ITEM(result.get(), i)), prepared.group,
                          prepared.is_inferred);
    if (!item) return {};
    PyTuple_SET_ITEM(tagged.get(), i, item.release());
  }
  return tagged;
}

// The result as the caller gets it: the very object given as `out`, else a counted array.
Ref finish(const Prepared& prepared, Ref result) {
  if (!prepared.outs) {
    result = wrap(std::move(result));
    return prepared.group && result ? tag_all(prepared, std::move(result)) : std::move(result);
  }
  const Py_ssize_t given = PyTuple_GET_SIZE(prepared.outs.get());
  const auto chosen = [&](Py_ssize_t i, PyObject* fresh) {
    PyObject* out = i < given ? PyTuple_GET_ITEM(prepared.outs.get(), i) : Py_None;
    return out != Py_None ? Ref::borrow(out) : wrap(Ref::borrow(fresh));
  };
  if (!PyTuple_Check(result.get())) return chosen(0, result.get());
  const Py_ssize_t count = PyTuple_GET_SIZE(result.get());
  Ref results = Ref::steal(PyTuple_New(count));
  if (!results) return {};
  for (Py_ssize_t i = 0; i < count; ++i) {
    Ref item = chosen(i, PyTuple_GET_ITEM(result.get(), i));
    if (!item) return {};
    PyTuple_SET_ITEM(results.get(), i, item.release());
  }
  return results;
}

void set_facts(const Prepared& prepared, Count* facts) {
  const Shape shape = prepared.broadcast.shape();
  const std::uint64_t size = element_count(shape);
  facts[elementwise_facts::size] = size;
  facts[elementwise_facts::unique] =
      prepared.group ? billed_elements(*prepared.group, shape) : size;
}

PyObject* run_prepared(Call& call, Prepared& prepared, PyObject* target) {
  const bool is_ready = make_ready(&prepared);
  Ref result = is_ready ? call.run([&] { return prepared.arguments.call(target); }) : Ref{};
  prepared.arguments.finish();
  if (prepared.opened != nullptr) close_after_write(prepared.opened);
  return result ? finish(prepared, std::move(result)).release() : nullptr;
}

PyObject* general(Call& call, const CountedOp& op, Prepared& prepared, PyObject* target) {
  if (!measure_operands(op, &prepared) || !measure_outs(op, call.budget(), &prepared))
    return nullptr;
  if (!prepared.fits) return fail_with_numpy(op, prepared.arguments, target);
  merge_groups(op, &prepared);
  if (!warn_of_losses(op, prepared)) return nullptr;
  Count facts[elementwise_facts::count];
  set_facts(prepared, facts);
  if (!call.charge({facts, nullptr}, prepared.signature)) return nullptr;
  return run_prepared(call, prepared, target);
}

void take_arguments(Arguments& arguments, const CountedOp& op, const ElementwiseCall& given) {
  if (given.kwnames != nullptr) {
    arguments.take(given.operands, static_cast<std::size_t>(op.inputs), given.kwnames);
    return;
  }
  PyObject* values[4] = {};
  std::copy_n(given.operands, op.inputs, values);
  values[op.inputs] = given.out;
  arguments.take(values, static_cast<std::size_t>(op.inputs),
                 given.out != nullptr ? out_as_keyword() : nullptr);
}

// The route after a fast path that raised a floating-point flag: charged already.
PyObject* rerun(Call& call, const CountedOp& op, const ElementwiseCall& given) {
  Prepared prepared;
  take_arguments(prepared.arguments, op, given);
  if (!measure_operands(op, &prepared) || !measure_outs(op, call.budget(), &prepared))
    return nullptr;
  return run_prepared(call, prepared, op.target);
}

// All operands by position, and keywords: the fastest route that takes them.
PyObject* call_operands(CountedOp& op, const ElementwiseCall& given, bool is_loop_call) {
  Call call{op};
  if (!call.enter()) return nullptr;
  Ref result;
  if (!may_write(call.budget(), given.out)) return nullptr;
  const FastOutcome outcome =
      is_loop_call ? try_inner_loop(call, op, given, &result) : FastOutcome::not_applicable;
  switch (outcome) {
    case FastOutcome::done:
      return let_write(given.out) ? result.release() : nullptr;
    case FastOutcome::failed:
      return nullptr;
    case FastOutcome::needs_numpy:
      return rerun(call, op, given);
    case FastOutcome::not_applicable:
      break;
  }
  if (try_direct(call, op, given, &result)) {
    return result && !let_write(given.out) ? nullptr : result.release();
  }
  Prepared prepared;
  take_arguments(prepared.arguments, op, given);
  return general(call, op, prepared, op.target);
}

// Operands, and perhaps `out`, for another target than the ufunc itself.
PyObject* call_target(CountedOp& op, PyObject* target, PyObject* const* operands,
                      std::size_t count) {
  Call call{op};
  if (!call.enter()) return nullptr;
  Prepared prepared;
  prepared.arguments.take(operands, count, nullptr);
  return general(call, op, prepared, target);
}

// Finds `out` and `where` among the keywords. False when there are others, or values that only
// NumPy understands.
bool read_keywords(const CountedOp& op, ElementwiseCall* given) {
  PyObject* const* values = given->operands + op.inputs;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(given->kwnames); ++i) {
    PyObject* name = PyTuple_GET_ITEM(given->kwnames, i);
    if (name == names.out && op.outputs == 1 && is_array(values[i])) {
      given->out = values[i];
    } else if (name == names.where && is_array(values[i])) {
      given->where = values[i];
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

PyObject* call_unary(CountedOp& op, PyObject* operand) noexcept {
  return guarded([&] { return call_operands(op, {&operand}, true); });
}

PyObject* call_binary(CountedOp& op, PyObject* left, PyObject* right) noexcept {
  PyObject* operands[] = {left, right};
  return guarded([&] { return call_operands(op, {operands}, true); });
}

PyObject* call_binary_by(CountedOp& op, PyObject* target, PyObject* left,
                         PyObject* right) noexcept {
  PyObject* operands[] = {left, right};
  return guarded([&] { return call_target(op, target, operands, 2); });
}

PyObject* call_in_place(CountedOp& op, PyObject* left, PyObject* right) noexcept {
  PyObject* operands[] = {left, right};
  return guarded([&] { return call_operands(op, {operands, nullptr, left}, true); });
}

PyObject* call_in_place_by(CountedOp& op, PyObject* target, PyObject* left,
                           PyObject* right) noexcept {
  PyObject* operands[] = {left, right, left};
  return guarded([&] { return call_target(op, target, operands, 3); });
}

PyObject* call_ufunc(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  CountedOp& op = as_op(self);
  const auto count = static_cast<int>(PyVectorcall_NARGS(nargsf));
  if (FLOPSCOPE_LIKELY(count == op.inputs)) {
    ElementwiseCall given{args};
    if (FLOPSCOPE_LIKELY(kwnames == nullptr || PyTuple_GET_SIZE(kwnames) == 0)) {
      return call_operands(op, given, true);
    }
    given.kwnames = kwnames;
    return call_operands(op, given, read_keywords(op, &given));
  }
  Call call{op};
  if (!call.enter()) return nullptr;
  Prepared prepared;
  prepared.arguments.take(args, nargsf, kwnames);
  if (count < op.inputs) return fail_with_numpy(op, prepared.arguments, op.target);
  return general(call, op, prepared, op.target);
}

}  // namespace flopscope::bindings
