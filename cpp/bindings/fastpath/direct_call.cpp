#include "bindings/fastpath/direct_call.hpp"

#include <algorithm>

#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/broadcast.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/fastpath/plain_arrays.hpp"

namespace flopscope::bindings {
namespace {

class DirectCall {
 public:
  // Takes one operand. False (and nothing set) for anything but untagged numeric arrays and plain
  // Python numbers: the general route takes those calls.
  bool add(PyObject* operand) {
    PyObject* seen = operand;
    if (is_plain_array(operand)) {
      const npy_intp* lengths = PyArray_DIMS(as_array(operand));
      const int ndim = PyArray_NDIM(as_array(operand));
      signature.add(lengths, ndim);
      if (!broadcast.add(lengths, ndim)) return false;
      seen = plain(operand);
      if (seen == nullptr) return false;
    } else {
      if (!is_plain_number(operand)) return false;
      signature.add(nullptr, 0);
    }
    slots_[++count_] = seen;
    return true;
  }

  bool add_out(PyObject* out) {
    if (Py_TYPE(out) != array_type && Py_TYPE(out) != &PyArray_Type) return false;
    if (!fits_out(out, broadcast)) return false;
    // By name: NumPy warns of a third positional argument of maximum and minimum.
    slots_[count_ + 1] = plain(out);
    kwnames_ = out_as_keyword();
    out_ = out;
    return slots_[count_ + 1] != nullptr;
  }

  // Takes `where` and `out` when they are untagged arrays, and keywords that hold no array:
  // casting, order, dtype, subok.
  bool add_keywords(PyObject* const* values, PyObject* kwnames, bool one_output) {
    const Py_ssize_t count = PyTuple_GET_SIZE(kwnames);
    if (count > k_most_keywords) return false;
    for (Py_ssize_t i = 0; i < count; ++i) {
      PyObject* name = PyTuple_GET_ITEM(kwnames, i);
      if (!PyUnicode_CHECK_INTERNED(name)) return false;
      PyObject* seen = values[i];
      if (name == names.out) {
        if (!one_output || !add_out(seen)) return false;
        seen = slots_[count_ + 1];
      } else if (name == names.where && !PyBool_Check(seen)) {
        if (Py_TYPE(seen) != array_type && Py_TYPE(seen) != &PyArray_Type) return false;
        seen = plain(seen);
        if (seen == nullptr) return false;
      }
      keywords_[i] = seen;
    }
    std::copy_n(keywords_, count, slots_ + count_ + 1);
    kwnames_ = kwnames;
    return true;
  }

  PyObject* call(PyObject* target) {
    return PyObject_Vectorcall(target, slots_ + 1,
                               static_cast<std::size_t>(count_) | PY_VECTORCALL_ARGUMENTS_OFFSET,
                               kwnames_);
  }

  void give_back() noexcept { plain_.give_back(); }

  // What was given as `out`, or nullptr.
  PyObject* out() const noexcept { return out_; }

  Signature signature;
  Broadcast broadcast;

 private:
  // An array as NumPy is to see it; null without an error set when memory runs out.
  PyObject* plain(PyObject* array) {
    PyObject* seen = plain_.add(array);
    if (seen == nullptr) PyErr_Clear();
    return seen;
  }

  static constexpr int k_most = 4;  // two operands, `out` and `where`
  static_assert(k_most <= PlainArrays::k_most);
  static constexpr int k_most_keywords = 4;

  // The caller's references keep operands alive until the call returns.
  PyObject* slots_[1 + k_most + k_most_keywords];
  PyObject* keywords_[k_most_keywords];
  PyObject* kwnames_ = nullptr;
  PyObject* out_ = nullptr;
  PlainArrays plain_;
  int count_ = 0;
};

}  // namespace

bool try_direct(Call& call, const CountedOp& op, const ElementwiseCall& given, Ref* result) {
  if (op.inputs > 2) return false;
  DirectCall direct;
  for (int i = 0; i < op.inputs; ++i) {
    if (!direct.add(given.operands[i])) return false;
  }
  if (given.kwnames != nullptr) {
    PyObject* const* values = given.operands + op.inputs;
    if (!direct.add_keywords(values, given.kwnames, op.outputs == 1)) return false;
  } else if (given.out != nullptr && !direct.add_out(given.out)) {
    return false;
  }
  const Count elements{element_count(direct.broadcast.shape())};
  const Count facts[elementwise_facts::count] = {elements, elements};
  if (!call.charge({facts, nullptr}, direct.signature)) return true;
  *result = call.run([&] { return direct.call(op.target); });
  // NumPy answers with `out` as it saw it: let go of that before its borrowed view goes back.
  const bool is_out = *result && direct.out() != nullptr;
  if (is_out) *result = Ref::borrow(direct.out());
  direct.give_back();
  if (*result && !is_out) *result = wrap(std::move(*result));
  return true;
}

PyObject* out_as_keyword() {
  static PyObject* const k_names = PyTuple_Pack(1, names.out);
  return k_names;
}

}  // namespace flopscope::bindings
