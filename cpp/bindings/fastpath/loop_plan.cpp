#include "bindings/fastpath/loop_plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "bindings/dispatch/operands.hpp"

namespace flopscope::bindings {
namespace {

// Two operands and two results.
constexpr int k_most_lanes = 4;

// ------------------------------------------------------------------------------------- operands

struct Term {
  PyArrayObject* array;  // null: a number
  PyObject* number;
  Source source;
};

// An aligned array of a known dtype without a symmetry tag, counted or plain; or a number.
bool read_term(PyObject* object, Term* term) noexcept {
  if (FLOPSCOPE_LIKELY(Py_TYPE(object) == array_type || Py_TYPE(object) == &PyArray_Type)) {
    term->array = as_array(object);
    term->source = source_of(PyArray_DESCR(term->array));
    return term->source != Source::none && (PyArray_FLAGS(term->array) & NPY_ARRAY_ALIGNED) != 0;
  }
  term->array = nullptr;
  term->number = object;
  if (PyFloat_CheckExact(object)) {
    term->source = Source::python_float;
  } else if (PyLong_CheckExact(object)) {
    term->source = Source::python_int;
  } else if (PyArray_IsScalar(object, Double)) {
    term->source = Source::float64;
  } else {
    return false;
  }
  return true;
}

bool fits_float(double value) noexcept {
  const double size = std::fabs(value);
  return value == 0.0 || (size >= static_cast<double>(std::numeric_limits<float>::min()) &&
                          size <= static_cast<double>(std::numeric_limits<float>::max()));
}

bool convert_float(double value, int type, ScalarElement* element) noexcept {
  switch (type) {
    case NPY_FLOAT64:
      element->float64 = value;
      return true;
    case NPY_FLOAT32:
      element->float32 = static_cast<float>(value);
      return fits_float(value);
    case NPY_COMPLEX128:
      element->complex128[0] = value;
      element->complex128[1] = 0.0;
      return true;
    case NPY_COMPLEX64:
      element->complex64[0] = static_cast<float>(value);
      element->complex64[1] = 0.0F;
      return fits_float(value);
    default:
      return false;
  }
}

template <class Integer>
bool convert_integer(long long value, Integer* element) noexcept {
  *element = static_cast<Integer>(value);
  const bool is_same = static_cast<long long>(*element) == value;
  return is_same && (std::is_signed_v<Integer> || value >= 0);
}

// Converts a number to the loop's type where the value survives exactly as NumPy would convert it.
// Anything doubtful is left to NumPy.
bool convert_number(const Term& term, int type, ScalarElement* element) noexcept {
  if (term.source != Source::python_int) {
    return convert_float(PyFloat_AS_DOUBLE(term.number), type, element);
  }
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(term.number, &overflow);
  if (overflow != 0) return false;
  switch (type) {
    case NPY_INT64:
      return convert_integer(value, &element->int64);
    case NPY_INT32:
      return convert_integer(value, &element->int32);
    case NPY_INT16:
      return convert_integer(value, &element->int16);
    case NPY_INT8:
      return convert_integer(value, &element->int8);
    case NPY_UINT64:
      return convert_integer(value, &element->uint64);
    case NPY_UINT32:
      return convert_integer(value, &element->uint32);
    case NPY_UINT16:
      return convert_integer(value, &element->uint16);
    case NPY_UINT8:
      return convert_integer(value, &element->uint8);
    default:
      break;
  }
  const bool is_double = type == NPY_FLOAT64 || type == NPY_COMPLEX128;
  const long long exact = is_double ? 1LL << 53U : 1LL << 24U;
  return value >= -exact && value <= exact &&
         convert_float(static_cast<double>(value), type, element);
}

// --------------------------------------------------------------------------------------- layout

// NumPy's loops look at strides, and an axis of one element may have any: such arrays are not
// simple.
bool is_contiguous(PyArrayObject* array) noexcept {
  const int ndim = PyArray_NDIM(array);
  return (PyArray_FLAGS(array) & NPY_ARRAY_C_CONTIGUOUS) != 0 &&
         (ndim == 0 || PyArray_STRIDES(array)[ndim - 1] == PyArray_ITEMSIZE(array));
}

// In the order of Fortran and in no other. Axes of one element have a stride of NumPy's choice in a
// result, so they do not count.
bool is_fortran(PyArrayObject* array) noexcept {
  constexpr int k_both = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS;
  if ((PyArray_FLAGS(array) & k_both) != NPY_ARRAY_F_CONTIGUOUS) return false;
  const npy_intp* lengths = PyArray_DIMS(array);
  return std::find(lengths, lengths + PyArray_NDIM(array), npy_intp{1}) ==
         lengths + PyArray_NDIM(array);
}

bool same_shape(PyArrayObject* left, PyArrayObject* right) noexcept {
  const int ndim = PyArray_NDIM(left);
  return ndim == PyArray_NDIM(right) &&
         PyArray_CompareLists(PyArray_DIMS(left), PyArray_DIMS(right), ndim) != 0;
}

// How an operand of two axes lies in memory. NumPy lays out a result like its operands; where they
// differ, rows win.
enum class Order : std::uint8_t { any, by_rows, by_columns };

// What is known of an operand before the length of a row is: 0 in `inner` leaves it open.
struct Walk {
  npy_intp inner;
  npy_intp stride;    // of a row's elements
  npy_intp row_step;  // -1: a row of `stride`
  Order order;
};

// An operand of the result's shape with other strides, all of them forwards.
bool walk_strided(PyArrayObject* array, Walk* walk) noexcept {
  const npy_intp* lengths = PyArray_DIMS(array);
  const npy_intp* strides = PyArray_STRIDES(array);
  const npy_intp item = PyArray_ITEMSIZE(array);
  switch (PyArray_NDIM(array)) {
    case 1:
      *walk = {lengths[0], strides[0], 0, Order::any};
      return strides[0] >= item;
    case 2:
      if (lengths[1] == 1) {
        *walk = {lengths[0], strides[0], 0, Order::any};
        return strides[0] >= item;
      }
      *walk = {lengths[1], strides[1], strides[0],
               strides[0] > strides[1] ? Order::by_rows : Order::by_columns};
      return strides[1] >= item && strides[0] >= item && strides[0] != strides[1] && lengths[0] > 1;
    default:
      return false;
  }
}

// A contiguous operand that is repeated along the leading axes of `like`, or along the trailing.
bool walk_repeated(PyArrayObject* array, PyArrayObject* like, npy_intp elements,
                   Walk* walk) noexcept {
  const int shift = PyArray_NDIM(like) - PyArray_NDIM(array);
  const npy_intp* lengths = PyArray_DIMS(array);
  const npy_intp* full = PyArray_DIMS(like) + shift;
  const npy_intp item = PyArray_ITEMSIZE(array);
  const int ndim = PyArray_NDIM(array);
  int leading = 0;  // axes of length 1 at the front
  while (leading < ndim && lengths[leading] == 1) ++leading;
  bool is_trailing_equal = true;
  for (int i = leading; i < ndim; ++i)
    is_trailing_equal = is_trailing_equal && lengths[i] == full[i];
  if (is_trailing_equal) {
    const npy_intp own = PyArray_MultiplyList(lengths, ndim);
    *walk = own == 1 ? Walk{0, 0, 0, Order::any} : Walk{own, item, 0, Order::any};
    return true;
  }
  int equal = 0;  // axes at the front that are not repeated
  while (equal < ndim && lengths[equal] == full[equal]) ++equal;
  for (int i = equal; i < ndim; ++i) {
    if (lengths[i] != 1) return false;
  }
  const npy_intp own = PyArray_MultiplyList(lengths, ndim);
  *walk = {elements / own, 0, item, Order::any};
  return shift == 0;
}

bool walk(PyArrayObject* array, const LoopPlan& plan, bool is_exact, Walk* walk) noexcept {
  const bool is_row = is_contiguous(array);
  if ((plan.is_fortran ? is_fortran(array) : is_row) && same_shape(array, plan.like)) {
    *walk = {0, PyArray_ITEMSIZE(array), -1, Order::by_rows};
    return true;
  }
  if (is_row && PyArray_NDIM(array) == 0) {
    *walk = {0, 0, 0, Order::any};
    return true;
  }
  // From here on the length of a row is no longer that of NumPy's own walk.
  if (!is_exact || plan.is_fortran) return false;
  if (is_row) return walk_repeated(array, plan.like, plan.elements, walk);
  return same_shape(array, plan.like) && walk_strided(array, walk);
}

// Fills the lanes of array operands; false when they disagree about the length of a row.
bool lay_out(const Term* terms, int inputs, bool is_exact, LoopPlan* plan) noexcept {
  Walk walks[2];
  plan->inner = plan->elements;
  bool is_open = true;
  bool by_rows = false;
  bool by_columns = false;
  for (int i = 0; i < inputs; ++i) {
    if (terms[i].array == nullptr) continue;
    if (!walk(terms[i].array, *plan, is_exact, &walks[i])) return false;
    by_rows = by_rows || walks[i].order == Order::by_rows;
    by_columns = by_columns || walks[i].order == Order::by_columns;
    const npy_intp inner = walks[i].inner;
    if (inner == 0 || inner == plan->inner) continue;
    if (!is_open) return false;
    plan->inner = inner;
    is_open = false;
  }
  if (by_columns && !by_rows) return false;
  plan->rows = is_open ? 1 : plan->elements / plan->inner;
  for (int i = 0; i < inputs; ++i) {
    if (terms[i].array == nullptr) continue;
    if (walks[i].inner != 0 && walks[i].inner != plan->inner) return false;
    Lane& lane = plan->lanes[i];
    lane.data = PyArray_BYTES(terms[i].array);
    lane.item = PyArray_ITEMSIZE(terms[i].array);
    lane.stride = walks[i].stride;
    lane.row_step = walks[i].row_step >= 0 ? walks[i].row_step : plan->inner * lane.stride;
    lane.extent = (plan->inner - 1) * lane.stride + (plan->rows - 1) * lane.row_step + lane.item;
    lane.elements = PyArray_SIZE(terms[i].array);
  }
  return true;
}

// Operands that are cast go through a buffer. NumPy casts longer ones faster than we do.
constexpr npy_intp k_buffer_elements = 1024;

// Whether the operands can be cast to the loop's type. They must lie in a row, and the loop must
// not mind where its operands end.
bool set_casts(const Term* terms, int inputs, int type, bool is_exact, LoopPlan* plan) noexcept {
  plan->has_casts = false;
  for (int i = 0; i < inputs; ++i) {
    if (terms[i].array == nullptr) continue;
    Lane& lane = plan->lanes[i];
    lane.cast = nullptr;
    if (own_loop(terms[i].source) == type) continue;
    lane.cast = cast_between(terms[i].source, type);
    const bool is_row = plan->is_fortran || is_contiguous(terms[i].array);
    if (lane.cast == nullptr || !is_row || !is_exact || lane.elements > k_buffer_elements)
      return false;
    plan->has_casts = true;
  }
  return true;
}

// ------------------------------------------------------------------------------------ the common

// The commonest call: one contiguous array, or two of one shape and dtype.
bool plan_alike(const InnerLoops& loops, const Term* terms, int inputs, LoopPlan* plan) noexcept {
  const Term& first = terms[0];
  const Term& last = terms[inputs - 1];
  const int type = own_loop(first.source);
  if (type == InnerLoops::k_none || last.source != first.source || first.array == nullptr ||
      last.array == nullptr || !is_contiguous(first.array)) {
    return false;
  }
  if (inputs == 2 && !(same_shape(first.array, last.array) && is_contiguous(last.array))) {
    return false;
  }
  plan->loop = &loops.by_type[static_cast<std::size_t>(type)];
  if (plan->loop->function == nullptr) return false;
  plan->like = first.array;
  plan->elements = plan->inner = PyArray_SIZE(first.array);
  plan->rows = 1;
  plan->has_casts = false;
  plan->is_fortran = false;
  const npy_intp item = PyArray_ITEMSIZE(first.array);
  for (int i = 0; i < inputs; ++i) {
    plan->lanes[i] = {PyArray_BYTES(terms[i].array), item,   plan->elements, item, 0,
                      plan->elements * item,         nullptr};
  }
  return true;
}

// Whether an operand leaves the result in the order of `like`, which is Fortran's.
bool is_beside_fortran(const Term& term, PyArrayObject* like) noexcept {
  return term.array == nullptr || PyArray_NDIM(term.array) == 0 ||
         (is_fortran(term.array) && same_shape(term.array, like));
}

// The rest: numbers, operands that are repeated, strided or cast.
bool plan_general(CountedOp& op, const Term* terms, LoopPlan* plan) noexcept {
  const int inputs = op.inputs;
  // The array with the most axes, then elements, decides the shape; the other is repeated to it.
  PyArrayObject* like = terms[0].array;
  PyArrayObject* second = inputs == 2 ? terms[1].array : nullptr;
  if (like == nullptr || (second != nullptr && (PyArray_NDIM(second) > PyArray_NDIM(like) ||
                                                (PyArray_NDIM(second) == PyArray_NDIM(like) &&
                                                 PyArray_SIZE(second) > PyArray_SIZE(like))))) {
    like = second;
  }
  if (like == nullptr) return false;
  plan->like = like;
  plan->is_fortran = is_fortran(like) && (inputs == 1 || is_beside_fortran(terms[0], like)) &&
                     (inputs == 1 || is_beside_fortran(terms[1], like));
  plan->elements = PyArray_SIZE(like);
  if (plan->elements > k_fast_elements || plan->elements == 0) return false;

  const Source left = terms[0].source;
  const Source right = terms[inputs - 1].source;
  int type = left == right ? own_loop(left) : InnerLoops::k_none;
  if (type == InnerLoops::k_none ||
      op.loops.by_type[static_cast<std::size_t>(type)].function == nullptr) {
    type = op.loops.loop_for(op.target, left, right);
    if (type == InnerLoops::k_none) return false;
  }
  plan->loop = &op.loops.by_type[static_cast<std::size_t>(type)];
  plan->item = loop_item(type);
  const int number = k_loop_types[static_cast<std::size_t>(type)];
  const bool is_exact = PyTypeNum_ISINTEGER(number) || PyTypeNum_ISBOOL(number) ||
                        (op.loops.is_exact && !PyTypeNum_ISCOMPLEX(number));
  for (int i = 0; i < inputs; ++i) {
    if (terms[i].array != nullptr) continue;
    if (!convert_number(terms[i], number, &plan->scalar)) return false;
    plan->lanes[i] = {reinterpret_cast<char*>(&plan->scalar), 1, 1, 0, 0, 1, nullptr};
  }
  return lay_out(terms, inputs, is_exact, plan) && set_casts(terms, inputs, type, is_exact, plan);
}

}  // namespace

bool plan_loop(CountedOp& op, PyObject* const* operands, LoopPlan* plan) {
  plan->mask = nullptr;
  Term terms[2];
  const int inputs = op.inputs;
  if (!read_term(operands[0], &terms[0])) return false;
  if (inputs == 2 && !read_term(operands[1], &terms[1])) return false;
  if (FLOPSCOPE_LIKELY(plan_alike(op.loops, terms, inputs, plan))) {
    if (plan->elements > k_fast_elements || plan->elements == 0) return false;
  } else if (!plan_general(op, terms, plan)) {
    return false;
  }
  for (int i = 0; i < inputs; ++i) {
    PyArrayObject* array = terms[i].array;
    if (array == nullptr) {
      plan->signature.add(nullptr, 0);
    } else {
      plan->signature.add(PyArray_DIMS(array), PyArray_NDIM(array));
    }
  }
  return true;
}

bool plan_mask(const CountedOp& op, PyObject* where, LoopPlan* plan) {
  // The loop runs on stretches of any length: only arithmetic that does not mind. Casts are
  // left to NumPy, which skips masked elements there too.
  if (!op.loops.is_exact || plan->rows != 1 || plan->is_fortran || plan->has_casts ||
      PyArray_ISCOMPLEX(plan->like)) {
    return false;
  }
  if (Py_TYPE(where) != array_type && Py_TYPE(where) != &PyArray_Type) return false;
  PyArrayObject* mask = as_array(where);
  if (PyArray_TYPE(mask) != NPY_BOOL || !is_contiguous(mask) || !same_shape(mask, plan->like)) {
    return false;
  }
  plan->mask = PyArray_BYTES(mask);
  return true;
}

namespace {

// The places of a loop's operands and results, and the steps between their elements.
struct Cursor {
  char* at[k_most_lanes];
  npy_intp strides[k_most_lanes];
  int count;

  void run(const InnerLoop& loop, npy_intp from, npy_intp elements) const {
    char* pointers[k_most_lanes];  // a loop may move them
    for (int i = 0; i < count; ++i) pointers[i] = at[i] + from * strides[i];
    // Some versions of NumPy declare the strides as not constant; no loop writes to them.
    loop.function(pointers, &elements, const_cast<npy_intp*>(strides), loop.data);
  }
};

// The stretches of elements that a mask lets through.
void run_masked(const InnerLoop& loop, const Cursor& cursor, const char* mask, npy_intp elements) {
  for (npy_intp from = 0; from < elements;) {
    if (mask[from] == 0) {
      ++from;
      continue;
    }
    npy_intp end = from + 1;
    while (end < elements && mask[end] != 0) ++end;
    cursor.run(loop, from, end - from);
    from = end;
  }
}

void run_rows(const CountedOp& op, const LoopPlan& plan, const Lane* lanes, char* const* outs) {
  const int inputs = op.inputs;
  Cursor cursor;
  cursor.count = inputs + op.outputs;
  for (int i = 0; i < inputs; ++i) {
    cursor.at[i] = lanes[i].data;
    cursor.strides[i] = lanes[i].stride;
  }
  for (int i = 0; i < op.outputs; ++i) {
    cursor.at[inputs + i] = outs[i];
    cursor.strides[inputs + i] = PyDataType_ELSIZE(plan.loop->results[static_cast<std::size_t>(i)]);
  }
  if (plan.mask != nullptr) return run_masked(*plan.loop, cursor, plan.mask, plan.elements);
  for (npy_intp row = 0; row < plan.rows; ++row) {
    cursor.run(*plan.loop, 0, plan.inner);
    for (int i = 0; i < inputs; ++i) cursor.at[i] += lanes[i].row_step;
    for (int i = inputs; i < cursor.count; ++i) cursor.at[i] += plan.inner * cursor.strides[i];
  }
}

void run_with_casts(const CountedOp& op, const LoopPlan& plan, char* const* outs) {
  alignas(16) char buffers[2][static_cast<std::size_t>(k_buffer_elements) * sizeof(ScalarElement)];
  Lane lanes[2] = {plan.lanes[0], plan.lanes[1]};
  for (int i = 0; i < op.inputs; ++i) {
    const Lane& from = plan.lanes[i];
    if (from.cast == nullptr) continue;
    from.cast(from.data, buffers[i], from.elements);
    lanes[i].data = buffers[i];
    lanes[i].stride = from.stride / from.item * plan.item;
    lanes[i].row_step = from.row_step / from.item * plan.item;
  }
  run_rows(op, plan, lanes, outs);
}

}  // namespace

void run_loop(const CountedOp& op, const LoopPlan& plan, char* const* outs) {
  if (FLOPSCOPE_UNLIKELY(plan.has_casts)) {
    run_with_casts(op, plan, outs);
  } else {
    run_rows(op, plan, plan.lanes, outs);
  }
}

}  // namespace flopscope::bindings
