// Calls of NumPy functions: movement, creation, samplers and everything with a rule of its own.
#include <algorithm>
#include <limits>
#include <vector>

#include "flopscope/cost.hpp"
#include "flopscope/orbit_count.hpp"
#include "flopscope/saturating.hpp"
#include "flopscope/symmetry_ops.hpp"
#include "arguments.hpp"
#include "call.hpp"
#include "callbacks.hpp"
#include "counted_op.hpp"
#include "errors.hpp"
#include "escapes.hpp"
#include "native_call.hpp"
#include "operands.hpp"
#include "planned_call.hpp"
#include "pricing.hpp"
#include "tags.hpp"

namespace flopscope::bindings {
namespace {

// Arrays among the arguments: checked to be numeric for operations that compute, and noted for the
// log. Sequences of arrays (concatenate) are looked into.
bool note_operand(const CountedOp& op, PyObject* object, Signature* signature, int depth) {
  if (is_array(object)) {
    PyArrayObject* array = as_array(object);
    signature->add(PyArray_DIMS(array), PyArray_NDIM(array));
    return op.rule == Rule::none || check_dtype(array, op.name, op.flags);
  }
  if (depth == 0 || (!PyList_CheckExact(object) && !PyTuple_CheckExact(object))) return true;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i) {
    if (!note_operand(op, PySequence_Fast_GET_ITEM(object, i), signature, depth - 1)) {
      return false;
    }
  }
  return true;
}

std::uint64_t cells_of(PyObject* object) {
  if (is_array(object)) return static_cast<std::uint64_t>(PyArray_SIZE(as_array(object)));
  if (PyTuple_Check(object) && PyTuple_GET_SIZE(object) > 0) {
    return cells_of(PyTuple_GET_ITEM(object, 0));  // linspace(..., retstep=True)
  }
  return 1;
}

// The number of cells that a sampler's `size` asks for. False when it cannot be told.
bool cells_of_size(PyObject* size, std::uint64_t* cells) {
  *cells = 1;
  const auto multiply = [cells](PyObject* length) {
    const Ref whole = Ref::steal(PyNumber_Index(length));
    if (!whole) return false;
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(whole.get(), &overflow);
    if (value < 0 && overflow == 0) return false;
    constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();
    *cells = saturating_mul(*cells, overflow > 0 ? k_top : static_cast<std::uint64_t>(value));
    return overflow >= 0;
  };
  bool known = true;
  if (PyTuple_Check(size) || PyList_Check(size)) {
    for (Py_ssize_t i = 0; known && i < PySequence_Fast_GET_SIZE(size); ++i) {
      known = multiply(PySequence_Fast_GET_ITEM(size, i));
    }
  } else {
    known = PyIndex_Check(size) != 0 && multiply(size);
  }
  if (!known) PyErr_Clear();
  return known;
}

// Samplers whose every draw is a vector, as long as a parameter: the position of that parameter
// among a method's arguments; -1 for all others.
int vector_parameter(const CountedOp& op) {
  const std::string_view name = registry()[op.id].name;
  const auto ends_with = [name](std::string_view tail) {
    return name.size() > tail.size() && name.substr(name.size() - tail.size()) == tail;
  };
  if (ends_with(".multinomial")) return 1;
  return ends_with(".dirichlet") || ends_with(".multivariate_hypergeometric") ? 0 : -1;
}

// The cells of one draw of a sampler: 1, or the length of its vector. False when it is not known.
bool cells_of_draw(const CountedOp& op, const Arguments& arguments, std::uint64_t* cells) {
  *cells = 1;
  const int position = vector_parameter(op);
  if (position < 0) return true;
  const std::size_t first = op.is_method ? 1 : 0;
  const auto index = first + static_cast<std::size_t>(position);
  if (index >= arguments.positional()) return false;
  PyObject* vector = arguments[index];
  if (is_array(vector)) {
    if (PyArray_NDIM(as_array(vector)) != 1) return false;
  } else if (!PyList_CheckExact(vector) && !PyTuple_CheckExact(vector)) {
    return false;
  }
  const Py_ssize_t length = PyObject_Size(vector);
  if (length < 0) PyErr_Clear();
  *cells = static_cast<std::uint64_t>(std::max<Py_ssize_t>(0, length));
  return length >= 0;
}

// The cells a sampler is about to draw, when its arguments tell. A sampler that is refused then has
// not moved the generator's state on.
bool cells_to_draw(const CountedOp& op, const Arguments& arguments, std::uint64_t* cells) {
  std::uint64_t each = 1;
  if (op.size_position < 0 || !cells_of_draw(op, arguments, &each)) return false;
  const std::size_t first = op.is_method ? 1 : 0;
  PyObject* out = arguments.get(~std::size_t{0}, names.out);
  if (out != nullptr && is_array(out)) {
    *cells = static_cast<std::uint64_t>(PyArray_SIZE(as_array(out)));
    return true;
  }
  PyObject* size = arguments.get(first + static_cast<std::size_t>(op.size_position), names.size);
  if (size != nullptr && size != Py_None) {
    if (!cells_of_size(size, cells)) return false;
    *cells = saturating_mul(*cells, each);
    return true;
  }
  // Without a size the parameters decide: numbers draw one cell.
  for (std::size_t i = first; i < arguments.size(); ++i) {
    PyObject* argument = arguments[i];
    const bool is_number = PyFloat_Check(argument) || PyLong_Check(argument) ||
                           argument == Py_None || PyArray_CheckScalar(argument) ||
                           PyUnicode_Check(argument) || PyType_Check(argument);
    if (!is_number) return false;
  }
  *cells = 1;
  return true;
}

std::uint64_t sampled(const CountedOp& op, std::uint64_t cells) {
  return saturating_mul(std::max<std::uint64_t>(1, cells), op.rule == Rule::sampled_thrice ? 3 : 1);
}

// A call's arguments as the caller gave them: only they show the tags of operands.
struct Given {
  PyObject* const* args;
  std::size_t nargsf;
  PyObject* kwnames;

  std::size_t size() const {
    const Py_ssize_t keywords = kwnames != nullptr ? PyTuple_GET_SIZE(kwnames) : 0;
    return static_cast<std::size_t>(PyVectorcall_NARGS(nargsf) + keywords);
  }

  // Whether an argument, or an item of a list or tuple among them, is counted.
  bool counts() const {
    for (std::size_t i = 0; i < size(); ++i) {
      if (counted_bytes(args[i]) > 0) return true;
    }
    return false;
  }

  // Whether an argument, or an item of a list or tuple among them, is tagged.
  bool has_tag() const {
    for (std::size_t i = 0; i < size(); ++i) {
      if (Py_TYPE(args[i]) == tensor_type) return true;
      if (!PyList_CheckExact(args[i]) && !PyTuple_CheckExact(args[i])) continue;
      for (Py_ssize_t j = 0; j < PySequence_Fast_GET_SIZE(args[i]); ++j) {
        if (Py_TYPE(PySequence_Fast_GET_ITEM(args[i], j)) == tensor_type) return true;
      }
    }
    return false;
  }

  // Whether one array is given twice: the operands of an expression are then interchangeable.
  bool has_repeat() const {
    for (std::size_t i = 1; i < size(); ++i) {
      if (is_array(args[i]) && std::find(args, args + i, args[i]) != args + i) return true;
    }
    return false;
  }

  // Whether the caller's own objects tell more than plain views of them.
  bool tells_more(const CountedOp& op) const { return has_tag() || (op.sees_tags && has_repeat()); }

  // Calls a function of the result and the arguments.
  Ref ask(PyObject* function, PyObject* result) const {
    std::vector<PyObject*> values{result};
    values.insert(values.end(), args, args + size());
    return Ref::steal(PyObject_Vectorcall(function, values.data(),
                                          static_cast<std::size_t>(PyVectorcall_NARGS(nargsf)) + 1,
                                          kwnames));
  }
};

bool custom_price(const CountedOp& op, const Given& given, std::uint64_t* cost, Ref* later) {
  return take_price(
      Ref::steal(PyObject_Vectorcall(
          op.pricing, given.args, given.nargsf & ~PY_VECTORCALL_ARGUMENTS_OFFSET, given.kwnames)),
      cost, later);
}

// The operand of a call that gives all arguments by keyword.
PyObject* largest_array(const Arguments& arguments) {
  PyObject* largest = Py_None;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (is_array(arguments[i]) &&
        (largest == Py_None || cells_of(arguments[i]) > cells_of(largest))) {
      largest = arguments[i];
    }
  }
  return largest;
}

// A cast to the dtype asked for, if one is: what `numpy.can_cast` calls safe changes no value. Only
// what has a dtype already can be cast; numbers in lists get their first one.
bool price_cast(const Arguments& arguments, std::uint64_t* cost) {
  PyObject* dtype = arguments.get(1, names.dtype);
  if (dtype == nullptr || dtype == Py_None) return true;
  PyObject* operand = arguments.positional() > 0 ? arguments[0] : largest_array(arguments);
  Ref source;
  if (operand != nullptr && is_array(operand)) {
    source = Ref::borrow(reinterpret_cast<PyObject*>(PyArray_DESCR(as_array(operand))));
  } else if (operand != nullptr && PyArray_IsScalar(operand, Generic)) {
    source = Ref::steal(reinterpret_cast<PyObject*>(PyArray_DescrFromScalar(operand)));
    if (!source) return false;
  } else {
    return true;
  }
  PyArray_Descr* target = nullptr;
  if (PyArray_DescrConverter(dtype, &target) == NPY_FAIL) return false;
  const Ref owner = Ref::steal(reinterpret_cast<PyObject*>(target));
  auto* from = reinterpret_cast<PyArray_Descr*>(source.get());
  *cost = PyArray_CanCastTypeTo(from, target, NPY_SAFE_CASTING) ? 0 : cells_of(operand);
  return true;
}

// The price before the call; false with an error set. `is_known` false: it takes the result, and
// `later` is the function that tells it for custom rows.
bool price_before(const CountedOp& op, Arguments& arguments, const Given& given,
                  std::uint64_t* cost, bool* is_known, Ref* later) {
  *is_known = true;
  *cost = 0;
  switch (op.rule) {
    case Rule::none:
      *is_known = !op.has(flag::deferred);
      return true;
    case Rule::cells: {
      Operand operand;
      PyObject* first = arguments.positional() > 0 ? given.args[0] : largest_array(arguments);
      if (!prepare(first, op, &operand)) return false;
      const Shape shape{operand.lengths(), operand.ndim()};
      const Tag* tag = tag_of(first);
      *cost = std::max<std::uint64_t>(
          1, tag != nullptr ? billed_cells(*tag->group, shape) : cell_count(shape));
      return true;
    }
    case Rule::sampled:
    case Rule::sampled_thrice: {
      std::uint64_t cells = 0;
      *is_known = cells_to_draw(op, arguments, &cells);
      *cost = sampled(op, cells);
      return true;
    }
    case Rule::result:
    case Rule::result_twice:
      *is_known = false;
      return true;
    case Rule::cast:
      return price_cast(arguments, cost);
    default: {
      const bool is_symmetric = op.sees_tags && given.tells_more(op);
      if (is_symmetric ? !custom_price(op, given, cost, later)
                       : !custom_price(op, arguments, cost, later)) {
        return false;
      }
      *is_known = !*later;
      return true;
    }
  }
}

bool price_after(const CountedOp& op, const Ref& later, PyObject* result, std::uint64_t* cost) {
  switch (op.rule) {
    case Rule::none:
      *cost = 0;
      return true;
    case Rule::sampled:
    case Rule::sampled_thrice:
      *cost = sampled(op, cells_of(result));
      return true;
    case Rule::result:
      *cost = cells_of(result);
      return true;
    case Rule::result_twice:
      *cost = saturating_mul(cells_of(result), 2);
      return true;
    default:
      return price_result(later, result, cost);
  }
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

// Tags a result whose symmetry follows from what the operation is and what its operands carry.
Ref tag_array(const CountedOp& op, const Given& given, Ref result) {
  PyArrayObject* array = as_array(result.get());
  PyObject* first = given.size() > 0 ? given.args[0] : nullptr;
  const Tag* tag = first != nullptr ? tag_of(first) : nullptr;
  const bool is_alike = tag != nullptr && PyArray_SAMESHAPE(array, as_array(first));
  if (op.has(flag::repeats) && PyArray_NDIM(array) >= 2) {
    const Shape shape{PyArray_DIMS(array), PyArray_NDIM(array)};
    GroupPtr group = is_alike ? tag->group : symmetric_on_equal_lengths(shape);
    return attach_tag(std::move(result), std::move(group), true);
  }
  if (op.kind == Kind::elementwise && is_alike) {
    return attach_tag(std::move(result), tag->group, tag->is_inferred);
  }
  PyObject* teller = op.transport != nullptr && given.tells_more(op) ? op.transport : op.tagger;
  if (teller != nullptr) {
    const Ref group = given.ask(teller, result.get());
    return group ? attach_python_tag(std::move(result), group.get()) : Ref{};
  }
  follow(result.get());
  return result;
}

// Merging or splitting axes: the result's number of axes tells nothing.
bool changes_axes(const CountedOp& op) {
  const std::string_view name = registry()[op.id].name;
  return name == "reshape" || name == "ravel";
}

// Conversions drop the tag because the caller wants a plain array; einsum and its like find the
// symmetry of what they compute themselves.
bool may_lose(const CountedOp& op) {
  const std::string_view name = registry()[op.id].name;
  const bool is_conversion = name == "array" || name.substr(0, 2) == "as";
  return op.kind != Kind::sampler && !is_conversion &&
         (op.tagger == nullptr || op.transport != nullptr);
}

// Whether an operand has symmetry that the result, with all of the operand's axes, has not.
// Operations that move cells about may add axes; others compute something else then.
bool loses(const CountedOp& op, PyObject* operand, PyObject* result, const GroupPtr& left) {
  if (Py_TYPE(operand) != tensor_type) return false;
  PyArrayObject* from = as_array(operand);
  PyArrayObject* to = as_array(result);
  const bool moves = op.rule == Rule::none || op.transport != nullptr;
  const bool has_axes = moves ? PyArray_NDIM(to) >= PyArray_NDIM(from)
                              : static_cast<bool>(PyArray_SAMESHAPE(to, from));
  return (has_axes || changes_axes(op)) && is_loss(operand, left);
}

// One warning for a call, however many of its operands lose.
bool warn_of_losses(const CountedOp& op, const Given& given, PyObject* result) {
  const Tag* tag = tag_of(result);
  const GroupPtr left = tag != nullptr ? tag->group : nullptr;
  for (std::size_t i = 0; i < given.size(); ++i) {
    PyObject* operand = given.args[i];
    if (loses(op, operand, result, left)) return warn_of_loss(op.name, operand);
    if (!PyList_CheckExact(operand) && !PyTuple_CheckExact(operand)) continue;
    for (Py_ssize_t j = 0; j < PySequence_Fast_GET_SIZE(operand); ++j) {
      PyObject* item = PySequence_Fast_GET_ITEM(operand, j);
      if (loses(op, item, result, left)) return warn_of_loss(op.name, item);
    }
  }
  return true;
}

Ref tag_result(const CountedOp& op, const Given& given, Ref result) {
  if (is_counted_array(result.get())) {
    result = tag_array(op, given, std::move(result));
    if (result && FLOPSCOPE_UNLIKELY(given.has_tag()) && may_lose(op) &&
        !warn_of_losses(op, given, result.get())) {
      return {};
    }
    return result;
  }
  const bool is_list = PyList_CheckExact(result.get());
  if (op.transport == nullptr || (!is_list && !PyTuple_CheckExact(result.get())) ||
      !given.has_tag()) {
    return result;
  }
  // Splits: each part.
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(result.get());
  Ref parts = Ref::steal(is_list ? PyList_New(count) : PyTuple_New(count));
  if (!parts) return {};
  for (Py_ssize_t i = 0; i < count; ++i) {
    Ref part = Ref::borrow(PySequence_Fast_GET_ITEM(result.get(), i));
    if (is_counted_array(part.get())) part = tag_array(op, given, std::move(part));
    if (!part) return {};
    if (is_list) {
      PyList_SET_ITEM(parts.get(), i, part.release());
    } else {
      PyTuple_SET_ITEM(parts.get(), i, part.release());
    }
  }
  return parts;
}

// Functions among the arguments are the user's; their time is too, and what they are given is
// plain.
bool replace_callbacks(const CountedOp& op, const Given& given, Arguments& arguments) {
  // `fromiter` draws from an iterator of the user's.
  if (op.rule == Rule::none) {
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
bool each_written(const CountedOp& op, const Given& given, const Arguments& arguments, F&& see) {
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

// A rule that cannot make sense of its arguments leaves the error to NumPy, unless the call could
// leave its work behind in an argument.
PyObject* refuse_unpriced(const CountedOp& op, Arguments& arguments) {
  if (op.has(flag::writes_first) || arguments.find(names.out) >= 0) return nullptr;
  if (PyErr_ExceptionMatches(PyExc_Exception) == 0) return nullptr;
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
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
  const Given given{args, nargsf, kwnames};
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

  std::uint64_t cost = 0;
  bool is_known = true;
  Ref later;
  if (!price_before(op, arguments, given, &cost, &is_known, &later)) {
    return refuse_unpriced(op, arguments);
  }
  // Samplers are charged once they have drawn, since a refused draw costs nothing; but one that
  // the budget cannot afford does not move the generator on either.
  const bool charges_first = is_known && op.kind != Kind::sampler;
  if (charges_first) {
    if (!op.has(flag::unlogged) && !call.charge(cost, signature)) return nullptr;
  } else if (is_known && !call.affords(cost)) {
    return nullptr;
  }
  const auto release = [&](PyObject* array) { return unlock(arguments, Ref::borrow(array)); };
  if (!each_written(op, given, arguments, release)) return nullptr;
  Ref result = call.run([&] { return arguments.call(op.target); });
  if (!result) return nullptr;
  if (!is_known && !price_after(op, later, result.get(), &cost)) return nullptr;
  if (!charges_first && !op.has(flag::unlogged) && !call.charge(cost, signature)) return nullptr;
  result = finish(op, arguments, args, std::move(result));
  if (!result) return nullptr;
  return tag_result(op, given, std::move(result)).release();
}

}  // namespace flopscope::bindings
