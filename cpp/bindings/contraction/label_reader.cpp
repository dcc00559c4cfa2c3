#include "bindings/contraction/label_reader.hpp"

#include <algorithm>

#include "bindings/dispatch/guard.hpp"

namespace flopscope::bindings {
namespace {

constexpr std::size_t k_usual_labels = 64;
constexpr Py_ssize_t k_most_expected = 4096;  // an object may claim any length

[[noreturn]] void refuse(const char* format, PyObject* label) {
  PyErr_Format(PyExc_ValueError, format, label);
  throw PythonErrorSet{};
}

// Calls f(item) for what an iterable gives. Looking a label up may run code of the user's, which
// may change the container: nothing about it is kept from one item to the next.
template <class F>
void each_item(PyObject* iterable, F&& f) {
  if (PyList_CheckExact(iterable) || PyTuple_CheckExact(iterable)) {
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(iterable); ++i) {
      f(Ref::borrow(PySequence_Fast_GET_ITEM(iterable, i)).get());
    }
    return;
  }
#if !defined(Py_GIL_DISABLED)
  if (PyAnySet_CheckExact(iterable)) {
    const auto& set = *reinterpret_cast<const PySetObject*>(iterable);
    constexpr Py_hash_t k_removed = -1;  // no object has this hash
    for (Py_ssize_t i = 0; i <= set.mask; ++i) {
      const setentry entry = set.table[i];
      if (entry.key != nullptr && entry.hash != k_removed) f(Ref::borrow(entry.key).get());
    }
    return;
  }
#endif
  const Ref iterator = Ref::steal(PyObject_GetIter(iterable));
  if (!iterator) throw PythonErrorSet{};
  while (const Ref item = Ref::steal(PyIter_Next(iterator.get()))) f(item.get());
  if (PyErr_Occurred() != nullptr) throw PythonErrorSet{};
}

std::uint64_t length_of(PyObject* label, PyObject* sizes) {
  if (PyDict_CheckExact(sizes)) {
    PyObject* length = PyDict_GetItemWithError(sizes, label);  // borrowed
    int overflow = 0;
    if (length != nullptr && PyLong_CheckExact(length)) {
      const long long value = PyLong_AsLongLongAndOverflow(length, &overflow);
      if (overflow == 0 && value >= 0) return static_cast<std::uint64_t>(value);
    }
    if (length == nullptr && PyErr_Occurred() != nullptr) throw PythonErrorSet{};
  }
  const Ref length = Ref::steal(PyObject_GetItem(sizes, label));
  if (!length) {
    if (PyErr_ExceptionMatches(PyExc_LookupError) == 0) throw PythonErrorSet{};
    PyErr_Clear();
    refuse("size_dict has no size for label %R", label);
  }
  const Ref index = Ref::steal(PyNumber_Index(length.get()));
  if (!index) throw PythonErrorSet{};
  const long long value = PyLong_AsLongLong(index.get());
  if (value == -1 && PyErr_Occurred() != nullptr) {
    if (PyErr_ExceptionMatches(PyExc_OverflowError) == 0) throw PythonErrorSet{};
    PyErr_Clear();
    refuse("label %R is longer than any axis can be", label);
  }
  if (value < 0) refuse("label %R has a negative size", label);
  return static_cast<std::uint64_t>(value);
}

}  // namespace

LabelReader::LabelReader(PyObject* sizes) : sizes_{sizes} {
  characters_.fill(k_unknown);
  lengths_.reserve(k_usual_labels);
}

LabelLists LabelReader::read_all(PyObject* terms) {
  LabelLists lists;
  const Py_ssize_t hint = PyObject_LengthHint(terms, 0);
  if (hint < 0) throw PythonErrorSet{};
  const auto expected = static_cast<std::size_t>(std::min(hint, k_most_expected));
  lists.reserve(expected, 4 * expected);
  each_item(terms, [&](PyObject* labels) {
    each_item(labels, [&](PyObject* label) { lists.add(number_of(label)); });
    lists.close();
  });
  return lists;
}

std::vector<int> LabelReader::read(PyObject* labels) {
  std::vector<int> numbers;
  each_item(labels, [&](PyObject* label) { numbers.push_back(number_of(label)); });
  return numbers;
}

int LabelReader::number_of(PyObject* label) {
  // Only exact texts: a subclass may compare as it likes.
  if (PyUnicode_CheckExact(label) && PyUnicode_GET_LENGTH(label) == 1) {
    const Py_UCS4 character = PyUnicode_READ_CHAR(label, 0);
    if (character < k_characters) {
      const std::int32_t known = characters_[character];
      return known != k_unknown ? known : characters_[character] = add(label);
    }
  }
  return look_up(label);
}

int LabelReader::look_up(PyObject* label) {
  if (!numbers_) numbers_ = Ref::steal(PyDict_New());
  if (!numbers_) throw PythonErrorSet{};
  PyObject* known = PyDict_GetItemWithError(numbers_.get(), label);  // borrowed
  if (known != nullptr) return static_cast<int>(PyLong_AsLong(known));
  if (PyErr_Occurred() != nullptr) throw PythonErrorSet{};
  const int number = add(label);
  const Ref value = Ref::steal(PyLong_FromLong(number));
  if (!value || PyDict_SetItem(numbers_.get(), label, value.get()) < 0) throw PythonErrorSet{};
  return number;
}

int LabelReader::add(PyObject* label) {
  lengths_.push_back(length_of(label, sizes_));
  return static_cast<int>(lengths_.size()) - 1;
}

}  // namespace flopscope::bindings
