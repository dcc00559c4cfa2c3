#include "bindings/dispatch/function_price.hpp"

#include <algorithm>

#include "core/pricing/cost.hpp"
#include "core/pricing/saturating.hpp"
#include "core/symmetry/orbit_count.hpp"
#include "bindings/array/tags.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/dispatch/pricing.hpp"
#include "bindings/dispatch/sampler_size.hpp"

namespace flopscope::bindings {
namespace {

std::uint64_t elements_of(PyObject* object) {
  if (is_array(object)) return static_cast<std::uint64_t>(PyArray_SIZE(as_array(object)));
  if (PyTuple_Check(object) && PyTuple_GET_SIZE(object) > 0) {
    return elements_of(PyTuple_GET_ITEM(object, 0));  // linspace(..., retstep=True)
  }
  return 1;
}

std::uint64_t sampled(const CountedOp& op, std::uint64_t elements) {
  return saturating_mul(std::max<std::uint64_t>(1, elements),
                        op.rule == Rule::sampled_thrice ? 3 : 1);
}

bool custom_price(const CountedOp& op, const CallArguments& given, std::uint64_t* cost,
                  Ref* later) {
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
        (largest == Py_None || elements_of(arguments[i]) > elements_of(largest))) {
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
  *cost = PyArray_CanCastTypeTo(from, target, NPY_SAFE_CASTING) ? 0 : elements_of(operand);
  return true;
}

}  // namespace

bool price_before(const CountedOp& op, Arguments& arguments, const CallArguments& given,
                  std::uint64_t* cost, bool* is_known, Ref* later) {
  *is_known = true;
  *cost = 0;
  switch (op.rule) {
    case Rule::none:
      *is_known = !op.has(flag::deferred);
      return true;
    case Rule::elements: {
      Operand operand;
      PyObject* first = arguments.positional() > 0 ? given.args[0] : largest_array(arguments);
      if (!prepare(first, op, &operand)) return false;
      const Shape shape{operand.lengths(), operand.ndim()};
      const Tag* tag = tag_of(first);
      *cost = std::max<std::uint64_t>(
          1, tag != nullptr ? billed_elements(*tag->group, shape) : element_count(shape));
      return true;
    }
    case Rule::sampled:
    case Rule::sampled_thrice: {
      std::uint64_t elements = 0;
      *is_known = elements_to_draw(op, arguments, &elements);
      *cost = sampled(op, elements);
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
      *cost = sampled(op, elements_of(result));
      return true;
    case Rule::result:
      *cost = elements_of(result);
      return true;
    case Rule::result_twice:
      *cost = saturating_mul(elements_of(result), 2);
      return true;
    default:
      return price_result(later, result, cost);
  }
}

}  // namespace flopscope::bindings
