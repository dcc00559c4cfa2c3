#include "bindings/dispatch/sampler_size.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "core/pricing/saturating.hpp"
#include "bindings/dispatch/operands.hpp"

namespace flopscope::bindings {
namespace {

// The number of elements that a sampler's `size` asks for. False when it cannot be told.
bool elements_of_size(PyObject* size, std::uint64_t* elements) {
  *elements = 1;
  const auto multiply = [elements](PyObject* length) {
    const Ref whole = Ref::steal(PyNumber_Index(length));
    if (!whole) return false;
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(whole.get(), &overflow);
    if (value < 0 && overflow == 0) return false;
    constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();
    *elements = saturating_mul(*elements, overflow > 0 ? k_top : static_cast<std::uint64_t>(value));
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

// The elements of one draw of a sampler: 1, or the length of its vector. False when it is not
// known.
bool elements_of_draw(const CountedOp& op, const Arguments& arguments, std::uint64_t* elements) {
  *elements = 1;
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
  *elements = static_cast<std::uint64_t>(std::max<Py_ssize_t>(0, length));
  return length >= 0;
}

}  // namespace

bool elements_to_draw(const CountedOp& op, const Arguments& arguments, std::uint64_t* elements) {
  std::uint64_t each = 1;
  if (op.size_position < 0 || !elements_of_draw(op, arguments, &each)) return false;
  const std::size_t first = op.is_method ? 1 : 0;
  PyObject* out = arguments.get(~std::size_t{0}, names.out);
  if (out != nullptr && is_array(out)) {
    *elements = static_cast<std::uint64_t>(PyArray_SIZE(as_array(out)));
    return true;
  }
  PyObject* size = arguments.get(first + static_cast<std::size_t>(op.size_position), names.size);
  if (size != nullptr && size != Py_None) {
    if (!elements_of_size(size, elements)) return false;
    *elements = saturating_mul(*elements, each);
    return true;
  }
  // Without a size the parameters decide: numbers draw one element.
  for (std::size_t i = first; i < arguments.size(); ++i) {
    PyObject* argument = arguments[i];
    const bool is_number = PyFloat_Check(argument) || PyLong_Check(argument) ||
                           argument == Py_None || PyArray_CheckScalar(argument) ||
                           PyUnicode_Check(argument) || PyType_Check(argument);
    if (!is_number) return false;
  }
  *elements = 1;
  return true;
}

}  // namespace flopscope::bindings
