// Calls of NumPy functions: movement, creation, samplers and everything with a rule of its own.
#include "bindings/array/result_tags.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/call_arguments.hpp"
#include "bindings/dispatch/call_facts.hpp"
#include "bindings/dispatch/callbacks.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/errors/errors.hpp"
#include "bindings/fastpath/native_call.hpp"
#include "bindings/fastpath/planned_call.hpp"
#include "bindings/observe/escapes.hpp"

namespace flopscope::bindings {
namespace {

// Arrays among the arguments: checked to be numeric for operations that compute, and noted for the
// log. Sequences of arrays (concatenate) are looked into.
bool note_operand(const CountedOp& op, PyObject* object, Signature* signature, int depth) {
  if (is_array(object)) {
    PyArrayObject* array = as_array(object);
    signature->add(PyArray_DIMS(array), PyArray_NDIM(array));
    return op.has(flag::moves) || check_dtype(array, op.name, op.flags);
  }
  if (depth == 0 || (!PyList_CheckExact(object) && !PyTuple_CheckExact(object))) return true;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i) {
    if (!note_operand(op, PySequence_Fast_GET_ITEM(object, i), signature, depth - 1)) {
      return false;
    }
  }
  return true;
}

// What the caller gets: the very array given as `out` when NumPy answers with it, a counted view
// when NumPy hands an operand back, else the wrapped result.
Ref finish(CountedOp& op, Arguments& arguments, PyObject* const* given, Ref result) {
  PyObject* object = result.get();
  std::size_t same = arguments.size();
  if (is_array(object)) {
    for (same = 0; same < arguments.size() && arguments[same] != object;) ++same;
  }
  // An operand handed back is no sign that results refer to operands.
  op.keeps_views = (arguments.finish() && same == arguments.size()) || op.keeps_views;
  const bool is_argument = same < arguments.size();
  const bool is_view_of_first =
      is_argument && same == 0 && (!is_counted_array(given[0]) || op.has(flag::new_object));
  if (is_argument && !is_view_of_first) return Ref::borrow(given[same]);
  return wrap(std::move(result));
}

// Functions among the arguments are the user's; their time is too, and what they are given is
// plain.
bool replace_callbacks(const CountedOp& op, const CallArguments& given, Arguments& arguments) {
  // `fromiter` draws from an iterator of the user's.
  if (op.has(flag::moves)) {
    if (arguments.size() == 0) return true;
    Ref timed = time_iteration(arguments[0]);
    if (!timed) return false;
    arguments.replace(0, std::move(timed));
    return true;
  }
  bool has_callback = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    Ref timed = time_callbacks(arguments[i]);
    if (!timed) return false;
    has_callback = has_callback || timed.get() != arguments[i];
    arguments.replace(i, std::move(timed));
  }
  if (!has_callback) return true;
  const ForeignCode outside;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    bytes = saturating_add(bytes, counted_bytes(given.args[i]));
  }
  return let_escape("callback", bytes);
}

bool is_false(PyObject* object) { return object == Py_False; }

// Whether the call writes into its operand: rows that always do, and those that do when asked to.
bool writes_operand(const CountedOp& op, const Arguments& arguments) {
  if (op.has(flag::writes_first)) return true;
  if (!op.has(flag::may_write)) return false;
  PyObject* copies = arguments.get(1, names.copy);                               // nan_to_num
  PyObject* overwrites = arguments.get(~std::size_t{0}, names.overwrite_input);  // median
  return is_false(copies) || (overwrites != nullptr && PyObject_IsTrue(overwrites) == 1);
}

// Calls see(array) for every array that the call writes into, until it returns false. Arguments
// given by position may be `out`, which only the function's signature tells; a call that gives an
// array beside its operand is taken to write there where NumPy's function has an `out` at all.
template <class F>
bool each_written(const CountedOp& op, const CallArguments& given, const Arguments& arguments,
                  F&& see) {
  const bool writes = writes_operand(op, arguments);
  const auto positional = static_cast<std::size_t>(PyVectorcall_NARGS(given.nargsf));
  const std::size_t self = op.is_method && op.kind == Kind::sampler ? 1 : 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    PyObject* array = given.args[i];
    if (!is_array(array)) continue;
    const bool is_operand = i == self || positional <= self;
    const bool is_out =
        i < positional
            ? i == op.out_position
            : PyTuple_GET_ITEM(given.kwnames, static_cast<Py_ssize_t>(i - positional)) == names.out;
    // Into an operand go the other arguments' data: nothing when none of them is counted.
    const bool receives = is_out || (writes && is_operand && (is_guarded(array) || given.counts()));
    if (receives && !see(array)) return false;
  }
  return true;
}

// A collector that cannot make sense of the arguments leaves the error to NumPy, unless the call
// could leave its work behind in its operand.
PyObject* refuse_unpriced(const CountedOp& op, Arguments& arguments) {
  if (op.has(flag::writes_first)) return nullptr;
  if (PyErr_ExceptionMatches(PyExc_Exception) == 0) return nullptr;
  PyObject* out = arguments.get(op.out_position, names.out);
  if (out != nullptr && out != Py_None && !is_array(out)) return nullptr;
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  for (std::size_t i = 0; out != nullptr && out != Py_None && i < arguments.size(); ++i) {
    // NumPy writes into a copy, also where an operand is the target.
    if (arguments[i] != out) continue;
    Ref copy = Ref::steal(PyArray_NewCopy(as_array(out), NPY_KEEPORDER));
    if (!copy) return nullptr;
    arguments.replace(i, std::move(copy));
  }
  const Ref result = Ref::steal(arguments.call(op.target));
  if (result) {
    PyErr_Restore(type, value, traceback);  // NumPy had nothing against the call; the rule has
    return nullptr;
  }
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
  return nullptr;
}

}  // namespace

PyObject* call_function(PyObject* self, PyObject* const* args, std::size_t nargsf,
                        PyObject* kwnames) {
  CountedOp& op = as_op(self);
  // NumPy builds some samplers from others, on the same generator. One draw is billed once, and
  // what NumPy computes on the way is its own business.
  if (FLOPSCOPE_UNLIKELY(op.kind == Kind::sampler && Call::current() != nullptr &&
                         Call::current()->op().kind == Kind::sampler)) {
    return PyObject_Vectorcall(op.target, args, nargsf, kwnames);
  }
  Call call{op};
  if (!call.enter()) return nullptr;
  if (Ref direct;
      op.native != Native::none && try_native(call, op, args, nargsf, kwnames, &direct)) {
    return direct.release();
  }
  if (Ref planned;
      op.planner != nullptr && try_planned(call, op, args, nargsf, kwnames, &planned)) {
    return planned.release();
  }
  Arguments arguments;
  arguments.take(args, nargsf, kwnames);
  const CallArguments given{args, nargsf, kwnames};
  if (!op.takes_counted && !arguments.strip_all(op.keeps_views)) return nullptr;
  Signature signature;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!note_operand(op, arguments[i], &signature, 2)) return nullptr;
  }
  if (FLOPSCOPE_UNLIKELY(op.has(flag::callback))) {
    if (checks.callbacks && !warn_callback(op.name)) return nullptr;
    if (!replace_callbacks(op, given, arguments)) return nullptr;
  }

  const auto allow = [&](PyObject* array) { return may_write(call.budget(), array); };
  if (FLOPSCOPE_UNLIKELY(call.budget().is_strict) && !each_written(op, given, arguments, allow)) {
    return nullptr;
  }

  const Price& price = call.price();
  CallFacts facts{op};
  facts.want(price);
  for (const ParallelBills& bills : call.budget().also) facts.want(bills.model()->price(op.id));
  if (!facts.collect(arguments, given)) return refuse_unpriced(op, arguments);
  // Rows that are not logged are, where they cost something.
  const bool is_charged = !op.has(flag::unlogged) || !price.is_free();
  const bool is_known = facts.tells(price) && !op.has(flag::deferred);
  // Samplers are charged once they have drawn, since a refused draw costs nothing; but one that
  // the budget cannot afford does not move the generator on either.
  const auto is_charged_first = [&](const Price& one) {
    return facts.tells(one) && !op.has(flag::deferred) && op.kind != Kind::sampler;
  };
  const bool charges_first = is_charged_first(price);
  call.set_books_also();
  if (charges_first) {
    if (is_charged && !call.charge(facts.view(), signature)) return nullptr;
  } else if (is_known && !call.affords(facts.view())) {
    return nullptr;
  }
  call.book_also(facts.view(), is_charged_first);
  const auto release = [&](PyObject* array) { return unlock(arguments, Ref::borrow(array)); };
  if (!each_written(op, given, arguments, release)) return nullptr;
  Ref result = call.run([&] { return arguments.call(op.target); });
  if (!result) return nullptr;
  if (!facts.is_complete() && !facts.add_result(given, result.get())) return nullptr;
  if (!charges_first && is_charged && !call.charge(facts.view(), signature)) return nullptr;
  call.book_also(facts.view(), [&](const Price& one) { return !is_charged_first(one); });
  result = finish(op, arguments, args, std::move(result));
  if (!result) return nullptr;
  return tag_result(op, given, std::move(result)).release();
}

}  // namespace flopscope::bindings
