#include "bindings/dispatch/arguments.hpp"

#include <algorithm>

namespace flopscope::bindings {

Names names{};
PyObject* no_value = nullptr;

bool load_names() {
  const auto intern = [](PyObject** slot, const char* text) {
    *slot = PyUnicode_InternFromString(text);
    return *slot != nullptr;
  };
  const Ref numpy = Ref::steal(PyImport_ImportModule("numpy"));
  if (!numpy) return false;
  no_value = PyObject_GetAttrString(numpy.get(), "_NoValue");
  return no_value != nullptr && intern(&names.out, "out") && intern(&names.axis, "axis") &&
         intern(&names.dtype, "dtype") && intern(&names.where, "where") &&
         intern(&names.keepdims, "keepdims") && intern(&names.initial, "initial") &&
         intern(&names.weights, "weights") && intern(&names.size, "size") &&
         intern(&names.axes, "axes") && intern(&names.array, "array") &&
         intern(&names.copy, "copy") && intern(&names.overwrite_input, "overwrite_input") &&
         intern(&names.a, "a") && intern(&names.b, "b");
}

void Arguments::reserve(std::size_t count) {
  if (spill_.empty() && count <= k_inline) return;
  if (spill_.empty()) spill_.assign(inline_.begin(), inline_.end());
  if (spill_.size() < count) spill_.resize(std::max(count, 2 * spill_.size()), nullptr);
}

bool Arguments::finish() noexcept {
  bool is_kept = false;
  while (loan_count_ > 0) {
    const Loan loan = loans_[--loan_count_];
    PyObject** values = slots();
    for (std::size_t i = 1; i <= size_; ++i) {
      if (values[i] != loan.shell->object) continue;
      // The slot takes the operand back, so that the arguments stay what the caller gave.
      Py_INCREF(loan.operand);
      values[i] = loan.operand;
      Py_DECREF(loan.shell->object);
    }
    is_kept = return_view(loan.shell, loan.operand) || is_kept;
    Py_DECREF(loan.operand);
  }
  return is_kept;
}

bool Arguments::replace_by_view(std::size_t index, bool is_kept) {
  PyObject* operand = (*this)[index];
  // One object stays one object: NumPy need not ask whether `a += a` overlaps itself.
  for (std::size_t i = 0; i < loan_count_; ++i) {
    if (loans_[i].operand != operand) continue;
    replace(index, Ref::borrow(loans_[i].shell->object));
    return true;
  }
  if (is_kept || loan_count_ == k_most_loans) {
    Ref view = base_view(operand);
    if (!view) return false;
    replace(index, std::move(view));
    return true;
  }
  BorrowedView* shell = borrow_view(operand);
  if (shell == nullptr) return false;
  Py_INCREF(operand);
  loans_[loan_count_++] = {shell, operand};
  replace(index, Ref::borrow(shell->object));
  return true;
}

void Arguments::clear() noexcept {
  finish();
  PyObject** values = slots();
  for (std::size_t i = 0; i < size_; ++i) Py_CLEAR(values[i + 1]);
  size_ = 0;
  positional_ = 0;
  kwnames_.reset();
}

void Arguments::take(PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  positional_ = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf));
  size_ = positional_;
  if (kwnames != nullptr) size_ += static_cast<std::size_t>(PyTuple_GET_SIZE(kwnames));
  reserve(size_ + 1);
  PyObject** values = slots();
  for (std::size_t i = 0; i < size_; ++i) {
    Py_INCREF(args[i]);
    values[i + 1] = args[i];
  }
  kwnames_ = Ref::borrow(kwnames);
}

void Arguments::push(Ref value) {
  reserve(size_ + 2);
  PyObject** values = slots() + 1;
  for (std::size_t i = size_; i > positional_; --i) values[i] = values[i - 1];
  values[positional_++] = value.release();
  ++size_;
}

void Arguments::replace(std::size_t index, Ref value) {
  PyObject*& slot = slots()[index + 1];
  PyObject* old = slot;
  slot = value.release();
  Py_DECREF(old);
}

Py_ssize_t Arguments::find(PyObject* name) const {
  if (!kwnames_) return -1;
  const Py_ssize_t count = PyTuple_GET_SIZE(kwnames_.get());
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* key = PyTuple_GET_ITEM(kwnames_.get(), i);
    // Keyword names of calls are interned; names that a program built itself may not be.
    const bool is_same =
        key == name || (!PyUnicode_CHECK_INTERNED(key) && PyUnicode_Compare(key, name) == 0);
    if (is_same) return static_cast<Py_ssize_t>(positional_) + i;
  }
  return -1;
}

PyObject* Arguments::get(std::size_t position, PyObject* name) const {
  if (position < positional_) return (*this)[position];
  const Py_ssize_t index = find(name);
  return index < 0 ? nullptr : (*this)[static_cast<std::size_t>(index)];
}

bool Arguments::set_keyword(PyObject* name, Ref value) {
  if (const Py_ssize_t index = find(name); index >= 0) {
    replace(static_cast<std::size_t>(index), std::move(value));
    return true;
  }
  const Py_ssize_t count = kwnames_ ? PyTuple_GET_SIZE(kwnames_.get()) : 0;
  Ref longer = Ref::steal(PyTuple_New(count + 1));
  if (!longer) return false;
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyTuple_SET_ITEM(longer.get(), i, Ref::borrow(PyTuple_GET_ITEM(kwnames_.get(), i)).release());
  }
  PyTuple_SET_ITEM(longer.get(), count, Ref::borrow(name).release());
  kwnames_ = std::move(longer);
  reserve(size_ + 2);
  slots()[++size_] = value.release();
  return true;
}

bool Arguments::drop_keyword(PyObject* name) {
  const Py_ssize_t index = find(name);
  if (index < 0) return true;
  const auto at = static_cast<std::size_t>(index);
  const Py_ssize_t key = index - static_cast<Py_ssize_t>(positional_);
  const Py_ssize_t count = PyTuple_GET_SIZE(kwnames_.get());
  Ref shorter = Ref::steal(PyTuple_New(count - 1));
  if (!shorter) return false;
  for (Py_ssize_t i = 0, to = 0; i < count; ++i) {
    if (i == key) continue;
    PyTuple_SET_ITEM(shorter.get(), to++,
                     Ref::borrow(PyTuple_GET_ITEM(kwnames_.get(), i)).release());
  }
  kwnames_ = std::move(shorter);
  PyObject** values = slots() + 1;
  PyObject* dropped = values[at];
  for (std::size_t i = at; i + 1 < size_; ++i) values[i] = values[i + 1];
  values[--size_] = nullptr;
  Py_DECREF(dropped);
  return true;
}

void Arguments::unwrap_out() {
  const Py_ssize_t index = find(names.out);
  if (index < 0) return;
  PyObject* out = (*this)[static_cast<std::size_t>(index)];
  if (!PyTuple_CheckExact(out) || PyTuple_GET_SIZE(out) != 1) return;
  replace(static_cast<std::size_t>(index), Ref::borrow(PyTuple_GET_ITEM(out, 0)));
}

bool Arguments::keyword_to_front(PyObject* name) {
  const Py_ssize_t index = find(name);
  if (index < 0) return false;
  Ref value = Ref::borrow((*this)[static_cast<std::size_t>(index)]);
  if (!drop_keyword(name)) return false;
  push(std::move(value));
  return true;
}

bool Arguments::name_positionals(std::size_t count, PyObject* names_tuple,
                                 std::size_t first_named) {
  const auto named = static_cast<std::size_t>(PyTuple_GET_SIZE(names_tuple));
  while (positional_ > count) {
    const std::size_t last = positional_ - 1;
    if (last - first_named >= named) return false;
    PyObject* name = PyTuple_GET_ITEM(names_tuple, static_cast<Py_ssize_t>(last - first_named));
    if (find(name) >= 0) return false;
    PyObject** values = slots() + 1;
    Ref value = Ref::steal(values[last]);
    for (std::size_t i = last; i + 1 < size_; ++i) values[i] = values[i + 1];
    values[--size_] = nullptr;
    --positional_;
    if (!set_keyword(name, std::move(value))) return false;
  }
  return true;
}

bool Arguments::strip_all(bool is_kept) {
  for (std::size_t i = 0; i < size_; ++i) {
    if (is_counted_array((*this)[i])) {
      if (!replace_by_view(i, is_kept)) return false;
      continue;
    }
    Ref stripped = strip((*this)[i]);
    if (!stripped) return false;
    replace(i, std::move(stripped));
  }
  return true;
}

PyObject* Arguments::call(PyObject* target) {
  const bool has_keywords = size_ > positional_;
  return PyObject_Vectorcall(target, slots() + 1, positional_ | PY_VECTORCALL_ARGUMENTS_OFFSET,
                             has_keywords ? kwnames_.get() : nullptr);
}

}  // namespace flopscope::bindings
