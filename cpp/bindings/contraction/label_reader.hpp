// Labels as Python gives them, any hashable objects, read as numbers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/contraction/label_lists.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Numbers labels by first appearance and looks up their lengths. Most labels are single characters,
// whose numbers are looked up without a dictionary. Functions throw PythonErrorSet.
class LabelReader {
 public:
  explicit LabelReader(PyObject* sizes);

  // An iterable of iterables of labels.
  LabelLists read_all(PyObject* terms);
  std::vector<int> read(PyObject* labels);

  const std::vector<std::uint64_t>& lengths() const noexcept { return lengths_; }

 private:
  static constexpr Py_UCS4 k_characters = 1024;
  static constexpr std::int32_t k_unknown = -1;

  int number_of(PyObject* label);
  int look_up(PyObject* label);
  int add(PyObject* label);

  PyObject* sizes_;
  Ref numbers_;  // a dict, once a label needs it
  std::array<std::int32_t, k_characters> characters_;
  std::vector<std::uint64_t> lengths_;
};

}  // namespace flopscope::bindings
