#include "bindings/array/result_tags.hpp"

#include <string_view>
#include <utility>

#include "core/symmetry/symmetry_ops.hpp"
#include "bindings/array/tags.hpp"
#include "bindings/dispatch/operands.hpp"

namespace flopscope::bindings {
namespace {

// Tags a result whose symmetry follows from what the operation is and what its operands carry.
Ref tag_array(const CountedOp& op, const CallArguments& given, Ref result) {
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
// Operations that move elements about may add axes; others compute something else then.
bool loses(const CountedOp& op, PyObject* operand, PyObject* result, const GroupPtr& left) {
  if (Py_TYPE(operand) != tensor_type) return false;
  PyArrayObject* from = as_array(operand);
  PyArrayObject* to = as_array(result);
  const bool moves = op.has(flag::moves) || op.transport != nullptr;
  const bool has_axes = moves ? PyArray_NDIM(to) >= PyArray_NDIM(from)
                              : static_cast<bool>(PyArray_SAMESHAPE(to, from));
  return (has_axes || changes_axes(op)) && is_loss(operand, left);
}

// One warning for a call, however many of its operands lose.
bool warn_of_losses(const CountedOp& op, const CallArguments& given, PyObject* result) {
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

}  // namespace

Ref tag_result(const CountedOp& op, const CallArguments& given, Ref result) {
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

}  // namespace flopscope::bindings
