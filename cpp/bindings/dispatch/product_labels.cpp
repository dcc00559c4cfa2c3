#include "bindings/dispatch/product_labels.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "bindings/dispatch/operands.hpp"

namespace flopscope::bindings {
namespace {

// Leading axes broadcast against each other, aligned at the right.
void keep_batch(Shape left, Shape right, Labels* labels) {
  const int ndim = std::max(left.ndim, right.ndim);
  for (int i = 1; i <= ndim; ++i) {
    labels->keep_pair(i <= left.ndim ? left.lengths[left.ndim - i] : 1,
                      i <= right.ndim ? right.lengths[right.ndim - i] : 1);
  }
}

Shape without_last(Shape shape, int count) { return {shape.lengths, shape.ndim - count}; }

npy_intp from_end(Shape shape, int position) { return shape.lengths[shape.ndim - position]; }

// dot and inner of a number multiply, and bill as that does.
Labels elementwise(Shape left, Shape right) {
  Labels labels;
  labels.least = 1;
  keep_batch(left, right, &labels);
  return labels;
}

}  // namespace

Labels matmul_labels(Shape left, Shape right) {
  Labels labels;
  if (left.ndim == 0 || right.ndim == 0) {
    labels.fits = false;
    return labels;
  }
  const bool left_is_vector = left.ndim == 1;
  const bool right_is_vector = right.ndim == 1;
  labels.sum_pair(from_end(left, 1), from_end(right, right_is_vector ? 1 : 2));
  if (!left_is_vector) labels.keep(from_end(left, 2));
  if (!right_is_vector) labels.keep(from_end(right, 1));
  keep_batch(without_last(left, left_is_vector ? 1 : 2),
             without_last(right, right_is_vector ? 1 : 2), &labels);
  return labels;
}

namespace {

// All axes kept but one of each operand, which are summed against each other.
Labels sum_one_axis(Shape left, int left_axis, Shape right, int right_axis) {
  Labels labels;
  labels.sum_pair(left.lengths[left_axis], right.lengths[right_axis]);
  for (int i = 0; i < left.ndim; ++i) {
    if (i != left_axis) labels.keep(left.lengths[i]);
  }
  for (int i = 0; i < right.ndim; ++i) {
    if (i != right_axis) labels.keep(right.lengths[i]);
  }
  return labels;
}

Labels flattened(Shape left, Shape right, bool sums) {
  Labels labels;
  const auto left_elements = static_cast<npy_intp>(element_count(left));
  const auto right_elements = static_cast<npy_intp>(element_count(right));
  if (sums) {
    // One element stretches for the count, as in any expression; NumPy has the last word.
    labels.fits = left_elements == right_elements || left_elements == 1 || right_elements == 1;
    labels.sum(std::max(left_elements, right_elements));
  } else {
    labels.keep(left_elements);
    labels.keep(right_elements);
  }
  return labels;
}

// One axis number; false with an error set.
bool to_axis(PyObject* object, int ndim, int* axis) {
  const Ref whole = Ref::steal(PyNumber_Index(object));
  if (!whole) return false;
  const long value = PyLong_AsLong(whole.get());
  if (value == -1 && PyErr_Occurred() != nullptr) return false;
  *axis = static_cast<int>(value < 0 ? value + ndim : value);
  return *axis >= 0 && *axis < ndim;
}

bool to_axes(PyObject* object, int ndim, std::vector<int>* axes) {
  int axis = 0;
  if (PyIndex_Check(object) && (!is_array(object) || PyArray_NDIM(as_array(object)) == 0)) {
    if (!to_axis(object, ndim, &axis)) return false;
    axes->push_back(axis);
    return true;
  }
  const Ref items = Ref::steal(PySequence_Fast(object, "axes must be ints or sequences of ints"));
  if (!items) return false;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
    if (!to_axis(PySequence_Fast_GET_ITEM(items.get(), i), ndim, &axis)) return false;
    axes->push_back(axis);
  }
  return true;
}

// The axes that tensordot ties together; false when NumPy will refuse them.
bool tensordot_axes(PyObject* axes, Shape left, Shape right, std::vector<int>* left_axes,
                    std::vector<int>* right_axes) {
  // Arrays offer to be an index, which only those of one element keep.
  const bool is_row = axes != nullptr && is_array(axes) && PyArray_NDIM(as_array(axes)) > 0;
  if (axes == nullptr || (PyIndex_Check(axes) && !is_row)) {
    long count = 2;
    if (axes != nullptr) {
      const Ref whole = Ref::steal(PyNumber_Index(axes));
      count = whole ? PyLong_AsLong(whole.get()) : -1;
    }
    if (count > left.ndim || count > right.ndim) return false;
    for (int i = 0; i < count; ++i) {
      left_axes->push_back(left.ndim - static_cast<int>(count) + i);
      right_axes->push_back(i);
    }
    return count >= 0;
  }
  const Ref pair = Ref::steal(PySequence_Fast(axes, "axes must be an int or a pair"));
  if (!pair || PySequence_Fast_GET_SIZE(pair.get()) != 2) return false;
  return to_axes(PySequence_Fast_GET_ITEM(pair.get(), 0), left.ndim, left_axes) &&
         to_axes(PySequence_Fast_GET_ITEM(pair.get(), 1), right.ndim, right_axes) &&
         left_axes->size() == right_axes->size();
}

Labels tensordot(PyObject* axes, Shape left, Shape right) {
  Labels labels;
  std::vector<int> left_axes;
  std::vector<int> right_axes;
  if (!tensordot_axes(axes, left, right, &left_axes, &right_axes)) {
    PyErr_Clear();
    labels.fits = false;
    return labels;
  }
  const auto is_summed = [](const std::vector<int>& summed, int axis) {
    return std::find(summed.begin(), summed.end(), axis) != summed.end();
  };
  bool in_order =
      left.ndim == right.ndim && left_axes.size() == static_cast<std::size_t>(left.ndim);
  for (std::size_t i = 0; i < left_axes.size(); ++i) {
    labels.sum_pair(left.lengths[left_axes[i]], right.lengths[right_axes[i]]);
    in_order = in_order && left_axes[i] == static_cast<int>(i) && left_axes[i] == right_axes[i];
  }
  labels.contracted = in_order ? 0 : std::max<std::uint64_t>(1, labels.products);
  for (int i = 0; i < left.ndim; ++i) {
    if (!is_summed(left_axes, i)) labels.keep(left.lengths[i]);
  }
  for (int i = 0; i < right.ndim; ++i) {
    if (!is_summed(right_axes, i)) labels.keep(right.lengths[i]);
  }
  return labels;
}

// vecdot(a, b, axis=k) sums axis k of both; the other axes broadcast.
Labels vecdot(PyObject* axis_object, Shape left, Shape right) {
  Labels labels;
  int left_axis = left.ndim - 1;
  int right_axis = right.ndim - 1;
  if (axis_object != nullptr && (!to_axis(axis_object, left.ndim, &left_axis) ||
                                 !to_axis(axis_object, right.ndim, &right_axis))) {
    PyErr_Clear();
    labels.fits = false;
  }
  if (left.ndim == 0 || right.ndim == 0) labels.fits = false;
  if (!labels.fits) return labels;
  labels.sum_pair(left.lengths[left_axis], right.lengths[right_axis]);
  std::vector<std::int64_t> left_rest;
  std::vector<std::int64_t> right_rest;
  for (int i = 0; i < left.ndim; ++i) {
    if (i != left_axis) left_rest.push_back(left.lengths[i]);
  }
  for (int i = 0; i < right.ndim; ++i) {
    if (i != right_axis) right_rest.push_back(right.lengths[i]);
  }
  keep_batch({left_rest.data(), left.ndim - 1}, {right_rest.data(), right.ndim - 1}, &labels);
  return labels;
}

// The operand's lengths with the axes that one entry of a ufunc's `axes=` names put last, which is
// where the prices look for them. The entry is an int for a single axis.
bool put_axes_last(PyObject* entry, Shape shape, std::vector<std::int64_t>* lengths) {
  std::vector<int> last;
  if (!to_axes(entry, shape.ndim, &last)) return false;
  for (int i = 0; i < shape.ndim; ++i) {
    if (std::find(last.begin(), last.end(), i) == last.end()) lengths->push_back(shape.lengths[i]);
  }
  for (const int axis : last) lengths->push_back(shape.lengths[axis]);
  return lengths->size() == static_cast<std::size_t>(shape.ndim);
}

Labels count_labels_along(const CountedOp& op, PyObject* axes, Shape left, Shape right) {
  std::vector<std::int64_t> of_left;
  std::vector<std::int64_t> of_right;
  if (!PyList_Check(axes) || PyList_GET_SIZE(axes) < 2 ||
      !put_axes_last(PyList_GET_ITEM(axes, 0), left, &of_left) ||
      !put_axes_last(PyList_GET_ITEM(axes, 1), right, &of_right)) {
    PyErr_Clear();
    Labels labels;
    labels.fits = false;
    return labels;
  }
  Arguments none;
  return count_labels(op, none, {of_left.data(), left.ndim}, {of_right.data(), right.ndim});
}

}  // namespace

PyObject* core_axes(const CountedOp& op, const Arguments& arguments) {
  PyObject* axes = arguments.get(~std::size_t{0}, names.axes);
  return Py_TYPE(op.target) == &PyUFunc_Type && axes != Py_None ? axes : nullptr;
}

Labels count_labels(const CountedOp& op, const Arguments& arguments, Shape left, Shape right) {
  PyObject* axes = core_axes(op, arguments);
  if (axes != nullptr) return count_labels_along(op, axes, left, right);
  const std::string_view name = registry()[op.id].name;
  const bool has_element = left.ndim == 0 || right.ndim == 0;
  if (name == "matmul") return matmul_labels(left, right);
  if (name == "dot") {
    if (has_element) return elementwise(left, right);
    return sum_one_axis(left, left.ndim - 1, right, right.ndim == 1 ? 0 : right.ndim - 2);
  }
  if (name == "inner") {
    if (has_element) return elementwise(left, right);
    return sum_one_axis(left, left.ndim - 1, right, right.ndim - 1);
  }
  if (name == "outer") return flattened(left, right, false);
  if (name == "vdot") return flattened(left, right, true);
  if (name == "tensordot") return tensordot(arguments.get(2, names.axes), left, right);
  if (name == "vecdot") return vecdot(arguments.get(~std::size_t{0}, names.axis), left, right);
  Labels labels;
  if (name == "matvec") {
    labels.fits = left.ndim >= 2 && right.ndim >= 1;
    if (!labels.fits) return labels;
    labels.sum_pair(from_end(left, 1), from_end(right, 1));
    labels.keep(from_end(left, 2));
    keep_batch(without_last(left, 2), without_last(right, 1), &labels);
    return labels;
  }
  labels.fits = left.ndim >= 1 && right.ndim >= 2;  // vecmat
  if (!labels.fits) return labels;
  labels.sum_pair(from_end(left, 1), from_end(right, 2));
  labels.keep(from_end(right, 1));
  keep_batch(without_last(left, 1), without_last(right, 2), &labels);
  return labels;
}

void set_facts(const Labels& labels, Count (&facts)[contraction_facts::count]) {
  using namespace contraction_facts;
  const bool sums = labels.products != labels.outputs;
  facts[multiplications] = sums ? labels.products : std::max(labels.least, labels.products);
  facts[additions] = sums ? saturating_sub(labels.products, labels.outputs) : 0;
  facts[contracted] = labels.contracted;
  facts[unique_out] = facts[out] = labels.outputs;
}

}  // namespace flopscope::bindings
