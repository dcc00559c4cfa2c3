#include "bindings/dispatch/call_facts.hpp"

#include <algorithm>

#include "core/pricing/sizes.hpp"
#include "core/symmetry/orbit_count.hpp"
#include "bindings/array/tags.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/dispatch/sampler_size.hpp"

namespace flopscope::bindings {
namespace {

// The operand of a call that gives all arguments by keyword.
PyObject* largest_array(const Arguments& arguments) {
  PyObject* largest = Py_None;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (is_array(arguments[i]) &&
        (largest == Py_None || elements_of(arguments[i]) > elements_of(largest))) {
      largest = arguments[i];
    }
  }
  return largest;
}

// Elements of anything array-like. False with an error set.
bool measure(PyObject* object, std::uint64_t* elements) {
  if (is_array(object)) {
    *elements = elements_of(object);
    return true;
  }
  if (is_plain_number(object) || PyArray_CheckAnyScalar(object)) {
    *elements = 1;
    return true;
  }
  const Ref array = Ref::steal(PyArray_FromAny(object, nullptr, 0, 0, 0, nullptr));
  if (!array) return false;
  *elements = elements_of(array.get());
  return true;
}

}  // namespace

std::uint64_t elements_of(PyObject* object) {
  if (is_array(object)) return static_cast<std::uint64_t>(PyArray_SIZE(as_array(object)));
  if (PyTuple_Check(object) && PyTuple_GET_SIZE(object) > 0) {
    return elements_of(PyTuple_GET_ITEM(object, 0));
  }
  return 1;
}

bool CallFacts::collect(Arguments& arguments, const CallArguments& given) {
  if (!is_wanted_) return true;
  switch (op_.collector) {
    case Collector::elementwise:
      return collect_elementwise(given, arguments);
    case Collector::movement:
      is_complete_ = false;
      return collect_movement(arguments);
    case Collector::cast:
      is_complete_ = false;
      return collect_cast(arguments);
    case Collector::drawn: {
      std::uint64_t elements = 0;
      is_complete_ = elements_to_draw(op_, arguments, &elements);
      values_[0] = elements;
      return true;
    }
    default: {
      if (op_.pricing == nullptr) return true;
      // The caller's own objects show the tags of operands.
      const bool asks_given = op_.sees_tags && given.tells_more(op_);
      const Ref told = asks_given
                           ? Ref::steal(PyObject_Vectorcall(
                                 op_.pricing, given.args,
                                 given.nargsf & ~PY_VECTORCALL_ARGUMENTS_OFFSET, given.kwnames))
                           : Ref::steal(arguments.call(op_.pricing));
      if (!told || !values_.take(*op_.schema, told.get(), false)) return false;
      is_complete_ = static_cast<std::size_t>(PyTuple_GET_SIZE(told.get())) == op_.schema->size();
      return true;
    }
  }
}

bool CallFacts::add_result(const CallArguments& given, PyObject* result) {
  if (op_.collector == Collector::drawn) {
    values_[0] = elements_of(result);
    return true;
  }
  if (op_.from_result != nullptr) {
    const Ref told = given.ask(op_.from_result, result);
    return told && values_.take(*op_.schema, told.get(), true);
  }
  // `out` is all that most schemas leave to the result.
  for (const FactName& name : *op_.schema) {
    if (name.from_result && name.name == "out") values_[name.place] = elements_of(result);
  }
  return true;
}

bool CallFacts::collect_elementwise(const CallArguments& given, const Arguments& arguments) {
  Operand operand;
  PyObject* first = arguments.positional() > 0 ? given.args[0] : largest_array(arguments);
  if (!prepare(first, op_, &operand)) return false;
  const Shape shape{operand.lengths(), operand.ndim()};
  const Tag* tag = tag_of(first);
  values_[elementwise_facts::size] = element_count(shape);
  values_[elementwise_facts::unique] =
      tag != nullptr ? billed_elements(*tag->group, shape) : element_count(shape);
  return true;
}

bool CallFacts::collect_movement(const Arguments& arguments) {
  std::uint64_t inputs = 0;
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < arguments.positional(); ++i) {
    PyObject* argument = arguments[i];
    std::uint64_t elements = 0;
    if (i == 0 && (PyList_CheckExact(argument) || PyTuple_CheckExact(argument))) {
      // A sequence of arrays to join, or numbers.
      for (Py_ssize_t j = 0; j < PySequence_Fast_GET_SIZE(argument); ++j) {
        std::uint64_t each = 0;
        if (!measure(PySequence_Fast_GET_ITEM(argument, j), &each)) return false;
        elements = saturating_add(elements, each);
      }
    } else if (i == 0 || is_array(argument)) {
      if (!measure(argument, &elements)) return false;
    }
    if (i == 0) first = elements;
    inputs = saturating_add(inputs, elements);
  }
  values_[movement_facts::first] = first;
  values_[movement_facts::inputs] = inputs;
  return true;
}

// Whether a conversion to the dtype asked for, if one is, changes values: what `numpy.can_cast`
// calls safe does not. Only what has a dtype already can be cast; numbers in lists get their first.
bool CallFacts::collect_cast(const Arguments& arguments) {
  PyObject* operand = arguments.positional() > 0 ? arguments[0] : largest_array(arguments);
  if (operand != nullptr) values_[cast_facts::size] = elements_of(operand);
  PyObject* dtype = arguments.get(1, names.dtype);
  if (dtype == nullptr || dtype == Py_None) return true;
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
  values_[cast_facts::changes] = PyArray_CanCastTypeTo(from, target, NPY_SAFE_CASTING) ? 0 : 1;
  return true;
}

}  // namespace flopscope::bindings
