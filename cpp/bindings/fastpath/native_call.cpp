#include "bindings/fastpath/native_call.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "bindings/array/tags.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/broadcast.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/fastpath/array_pool.hpp"
#include "bindings/fastpath/inner_loop.hpp"
#include "bindings/fastpath/plain_arrays.hpp"

namespace flopscope::bindings {
namespace {

constexpr int k_most_axes = 8;
// More elements than this are not created in passing, and their count cannot overflow below.
constexpr npy_intp k_most_elements = npy_intp{1} << 31U;
constexpr Py_ssize_t k_most_stacked = 4096;

struct Lengths {
  npy_intp values[k_most_axes];
  int ndim = 0;

  // A whole number of at least `least`.
  bool add(PyObject* object, npy_intp least) noexcept {
    if (!PyLong_CheckExact(object) || ndim == k_most_axes) return false;
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow != 0 || value < least || value > k_most_elements) return false;
    values[ndim++] = static_cast<npy_intp>(value);
    return true;
  }

  // A length, or a tuple or list of lengths.
  bool read(PyObject* object, npy_intp least) noexcept {
    if (!PyTuple_CheckExact(object) && !PyList_CheckExact(object)) return add(object, least);
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i) {
      if (!add(PySequence_Fast_GET_ITEM(object, i), least)) return false;
    }
    return true;
  }

  bool is_small() const noexcept {
    npy_intp elements = 1;
    for (int i = 0; i < ndim; ++i) {
      if (values[i] > 0 && elements > k_most_elements / values[i]) return false;
      elements *= values[i];
    }
    return true;
  }

  bool has_equal() const noexcept {
    for (int i = 1; i < ndim; ++i) {
      if (std::find(values, values + i, values[i]) != values + i) return true;
    }
    return false;
  }
};

// The dtype that an argument names plainly: a dtype of numbers, `float`, `np.float32` and the like.
// Owned; empty (no error set) for everything else.
Ref read_dtype(PyObject* object) noexcept {
  Ref found;
  if (PyArray_DescrCheck(object)) {
    found = Ref::borrow(object);
  } else if (PyType_Check(object)) {
    PyArray_Descr* descr = PyArray_DescrFromTypeObject(object);
    found = Ref::steal(reinterpret_cast<PyObject*>(descr));
    if (!found) PyErr_Clear();
  }
  const bool is_known =
      found && source_of(reinterpret_cast<PyArray_Descr*>(found.get())) != Source::none;
  return is_known ? std::move(found) : Ref{};
}

PyArray_Descr* owned(const Ref& dtype) noexcept {
  Py_INCREF(dtype.get());
  return reinterpret_cast<PyArray_Descr*>(dtype.get());
}

// The value of the one optional argument that a route knows, by position or by name; null when it
// is not given. False when the call gives something else.
bool read_option(PyObject* const* args, Py_ssize_t positional, Py_ssize_t required,
                 PyObject* kwnames, PyObject* name, PyObject** value) noexcept {
  const Py_ssize_t keywords = kwnames != nullptr ? PyTuple_GET_SIZE(kwnames) : 0;
  *value = nullptr;
  if (positional < required || positional + keywords > required + 1) return false;
  if (positional + keywords == required) return true;
  *value = args[required];
  return positional > required || PyTuple_GET_ITEM(kwnames, 0) == name;
}

// --------------------------------------------------------------------------------------- routes

class Route {
 public:
  Route(const CountedOp& op, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) noexcept
      : op_{op}, args_{args}, positional_{PyVectorcall_NARGS(nargsf)}, kwnames_{kwnames} {}

  // Whether the call is one of those that the route knows; collects what it needs.
  bool accepts() {
    switch (op_.native) {
      case Native::zeros:
      case Native::ones:
      case Native::empty:
        return accepts_creation();
      case Native::where:
        return accepts_where();
      case Native::concatenate:
        return accepts_concatenate();
      case Native::stack:
        return accepts_stack();
      case Native::reshape:
        return positional_ == 2 && kwnames_ == nullptr && add(args_[0]) &&
               lengths_.read(args_[1], -1);
      case Native::ravel:
      case Native::transpose:
        return positional_ == 1 && kwnames_ == nullptr && add(args_[0]);
      case Native::astype:
        return accepts_cast();
      default:
        return false;
    }
  }

  PyObject* run() {
    switch (op_.native) {
      case Native::zeros:
        return zeros();
      case Native::empty:
        return create().release();
      case Native::ones:
        return ones();
      case Native::where:
        return where();
      case Native::concatenate:
        return concatenate();
      case Native::stack:
        return stack();
      case Native::reshape: {
        PyArray_Dims shape{lengths_.values, lengths_.ndim};
        return PyArray_Newshape(as_array(args_[0]), &shape, NPY_CORDER);
      }
      case Native::ravel:
        return PyArray_Ravel(as_array(args_[0]), NPY_CORDER);
      case Native::transpose:
        return PyArray_Transpose(as_array(args_[0]), nullptr);
      default:
        return cast();
    }
  }

  Signature signature;
  Count facts[cast_facts::count];

 private:
  // Notes an operand for the log.
  bool add(PyObject* object) {
    if (!is_plain_array(object)) return false;
    signature.add(PyArray_DIMS(as_array(object)), PyArray_NDIM(as_array(object)));
    return true;
  }

  bool accepts_creation() {
    PyObject* dtype = nullptr;
    if (!read_option(args_, positional_, 1, kwnames_, names.dtype, &dtype) ||
        !lengths_.read(args_[0], 0) || !lengths_.is_small()) {
      return false;
    }
    // What repeats along axes of one length is tagged as symmetric.
    if (op_.has(flag::repeats) && lengths_.has_equal()) return false;
    dtype_ = dtype != nullptr
                 ? read_dtype(dtype)
                 : Ref::steal(reinterpret_cast<PyObject*>(PyArray_DescrFromType(NPY_FLOAT64)));
    return static_cast<bool>(dtype_);
  }

  bool accepts_where() {
    if (positional_ != 3 || kwnames_ != nullptr) return false;
    Broadcast together;
    for (int i = 0; i < 3; ++i) {
      if (!add(args_[i])) {
        if (i == 0 || !is_plain_number(args_[i])) return false;
      } else if (PyArrayObject* array = as_array(args_[i]);
                 !together.add(PyArray_DIMS(array), PyArray_NDIM(array))) {
        return false;
      }
    }
    facts[where_facts::selects] = 0;
    facts[where_facts::size] = static_cast<std::int64_t>(PyArray_SIZE(as_array(args_[0])));
    facts[where_facts::out] = element_count(together.shape());
    return true;
  }

  // A tuple or list of at most `most` operands, and maybe an axis.
  bool accepts_sequence(Py_ssize_t most) {
    PyObject* axis = nullptr;
    if (!read_option(args_, positional_, 1, kwnames_, names.axis, &axis)) return false;
    if (axis != nullptr) {
      int overflow = 0;
      if (!PyLong_CheckExact(axis)) return false;
      const long value = PyLong_AsLongAndOverflow(axis, &overflow);
      if (overflow != 0 || value < -k_most_axes || value > k_most_axes) return false;
      axis_ = static_cast<int>(value);
    }
    PyObject* arrays = args_[0];
    if (!PyTuple_CheckExact(arrays) && !PyList_CheckExact(arrays)) return false;
    count_ = PySequence_Fast_GET_SIZE(arrays);
    return count_ >= 1 && count_ <= most;
  }

  PyObject* item(Py_ssize_t i) const noexcept { return PySequence_Fast_GET_ITEM(args_[0], i); }

  bool accepts_concatenate() {
    if (!accepts_sequence(PlainArrays::k_most)) return false;
    for (Py_ssize_t i = 0; i < count_; ++i) {
      if (!add(item(i))) return false;
    }
    return true;
  }

  // Along a first axis, buffers follow one another.
  bool accepts_stack() {
    if (!accepts_sequence(k_most_stacked) || axis_ != 0 || !is_plain_array(item(0))) return false;
    PyArrayObject* first = as_array(item(0));
    if (PyArray_NDIM(first) >= k_most_axes) return false;
    dtype_ = read_dtype(reinterpret_cast<PyObject*>(PyArray_DESCR(first)));
    if (!dtype_) return false;  // NumPy would give it another byte order, or no metadata
    lengths_.ndim = PyArray_NDIM(first) + 1;
    lengths_.values[0] = count_;
    std::copy_n(PyArray_DIMS(first), PyArray_NDIM(first), lengths_.values + 1);
    for (Py_ssize_t i = 0; i < count_; ++i) {
      if (!add(item(i)) || !is_row(item(i))) return false;
    }
    return lengths_.is_small();
  }

  // Whether an operand's buffer is one of the rows of the result.
  bool is_row(PyObject* object) const noexcept {
    PyArrayObject* array = as_array(object);
    return PyArray_IS_C_CONTIGUOUS(array) && PyArray_DESCR(array) == dtype() &&
           PyArray_NDIM(array) + 1 == lengths_.ndim &&
           std::equal(PyArray_DIMS(array), PyArray_DIMS(array) + PyArray_NDIM(array),
                      lengths_.values + 1);
  }

  // Whether it may change values, see collect_cast.
  bool accepts_cast() {
    if (positional_ != 2 || kwnames_ != nullptr || !add(args_[0])) return false;
    dtype_ = read_dtype(args_[1]);
    if (!dtype_) return false;
    PyArrayObject* array = as_array(args_[0]);
    const bool is_safe =
        PyArray_CanCastTypeTo(PyArray_DESCR(array), reinterpret_cast<PyArray_Descr*>(dtype_.get()),
                              NPY_SAFE_CASTING) != 0;
    facts[cast_facts::size] = static_cast<std::int64_t>(PyArray_SIZE(array));
    facts[cast_facts::changes] = is_safe ? 0 : 1;
    return true;
  }

  Ref create() { return new_result(dtype(), lengths_.ndim, lengths_.values); }

  PyObject* zeros() {
    // Larger ones come from the system as zeros.
    if (!is_small_size()) {
      return PyArray_Zeros(lengths_.ndim, lengths_.values, owned(dtype_), 0);
    }
    Ref array = create();
    if (!array) return nullptr;
    std::memset(PyArray_DATA(as_array(array.get())), 0,
                static_cast<std::size_t>(PyArray_NBYTES(as_array(array.get()))));
    return array.release();
  }

  PyObject* ones() {
    Ref array = create();
    const Ref one = Ref::steal(PyLong_FromLong(1));
    if (!array || !one || PyArray_FillWithScalar(as_array(array.get()), one.get()) < 0) {
      return nullptr;
    }
    return array.release();
  }

  PyObject* where() {
    PlainArrays plain;
    PyObject* seen[3];
    for (int i = 0; i < 3; ++i) {
      seen[i] = plain.add(args_[i]);
      if (seen[i] == nullptr) return nullptr;
    }
    return PyArray_Where(seen[0], seen[1], seen[2]);
  }

  PyObject* concatenate() {
    PlainArrays plain;
    Ref arrays = Ref::steal(PyTuple_New(count_));
    if (!arrays || !is_unchanged()) return nullptr;
    for (Py_ssize_t i = 0; i < count_; ++i) {
      PyObject* seen = plain.add(item(i));
      if (seen == nullptr) return nullptr;
      Py_INCREF(seen);
      PyTuple_SET_ITEM(arrays.get(), i, seen);
    }
    Ref joined = Ref::steal(PyArray_Concatenate(arrays.get(), axis_));
    arrays.reset();  // before the borrowed views go back
    return joined.release();
  }

  PyObject* stack() {
    Ref stacked = create();
    if (!stacked || !is_unchanged()) return nullptr;
    char* to = PyArray_BYTES(as_array(stacked.get()));
    for (Py_ssize_t i = 0; i < count_; ++i) {
      PyArrayObject* array = as_array(item(i));
      const auto bytes = static_cast<std::size_t>(PyArray_NBYTES(array));
      std::memcpy(to, PyArray_DATA(array), bytes);
      to += bytes;
    }
    return stacked.release();
  }

  // Whether the list still holds what was accepted: an allocation may run the user's finalizers.
  bool is_unchanged() const noexcept {
    bool is_same = PySequence_Fast_GET_SIZE(args_[0]) == count_;
    for (Py_ssize_t i = 0; is_same && i < count_; ++i) {
      is_same = is_plain_array(item(i)) && (op_.native != Native::stack || is_row(item(i)));
    }
    if (!is_same) PyErr_SetString(PyExc_RuntimeError, "the list of arrays changed during the call");
    return is_same;
  }

  PyObject* cast() {
    PyArrayObject* array = as_array(args_[0]);
    Ref copy = Ref::steal(PyArray_NewLikeArray(array, NPY_KEEPORDER, owned(dtype_), 0));
    if (!copy || PyArray_CopyInto(as_array(copy.get()), array) < 0) return nullptr;
    return copy.release();
  }

  PyArray_Descr* dtype() const noexcept { return reinterpret_cast<PyArray_Descr*>(dtype_.get()); }

  bool is_small_size() const noexcept {
    npy_intp elements = 1;
    for (int i = 0; i < lengths_.ndim; ++i) elements *= lengths_.values[i];
    return elements <= k_fast_elements;
  }

  const CountedOp& op_;
  PyObject* const* args_;
  Py_ssize_t positional_;
  PyObject* kwnames_;
  Lengths lengths_;
  Ref dtype_;
  int axis_ = 0;
  Py_ssize_t count_ = 0;  // of the sequence of operands
};

}  // namespace

Native native_of(std::string_view name) noexcept {
  struct Known {
    std::string_view name;
    Native native;
  };
  constexpr std::array k_known{
      Known{"zeros", Native::zeros},
      Known{"ones", Native::ones},
      Known{"empty", Native::empty},
      Known{"where", Native::where},
      Known{"concatenate", Native::concatenate},
      Known{"stack", Native::stack},
      Known{"reshape", Native::reshape},
      Known{"ravel", Native::ravel},
      Known{"transpose", Native::transpose},
      Known{"astype", Native::astype},
  };
  for (const Known& known : k_known) {
    if (known.name == name) return known.native;
  }
  return Native::none;
}

bool try_native(Call& call, const CountedOp& op, PyObject* const* args, std::size_t nargsf,
                PyObject* kwnames, Ref* result) {
  // Facts of all other movement are collected on the general route.
  const bool has_facts = op.collector == Collector::cast || op.native == Native::where;
  if (!inner_loops_enabled || !call.budget().also.empty() ||
      (!has_facts && !call.price().is_free())) {
    return false;
  }
  Route route{op, args, nargsf, kwnames};
  if (!route.accepts()) return false;
  if (!call.charge({route.facts, nullptr}, route.signature)) return true;
  *result = call.run([&] { return route.run(); });
  if (*result) *result = wrap(std::move(*result));
  return true;
}

}  // namespace flopscope::bindings
