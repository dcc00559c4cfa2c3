// Contraction orders for Python: sets of any hashable labels in, positions out.
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include <pybind11/pybind11.h>

#include "flopscope/errors.hpp"
#include "flopscope/paths.hpp"
#include "register.hpp"

namespace py = pybind11;

namespace flopscope::bindings {

namespace {

struct Method {
  std::string_view name;
  PathMethod method;
};

constexpr std::array k_methods{
    Method{"reference-auto", PathMethod::reference_auto},
    Method{"reference-optimal", PathMethod::reference_optimal},
    Method{"branch-all", PathMethod::branch_all},
    Method{"branch-2", PathMethod::branch_2},
    Method{"branch-1", PathMethod::branch_1},
    Method{"greedy", PathMethod::greedy},
    Method{"optimal", PathMethod::optimal},
    Method{"dp", PathMethod::connected},
    Method{"random-greedy", PathMethod::random_greedy},
    Method{"auto", PathMethod::balanced},
    Method{"auto-hq", PathMethod::thorough},
};

PathMethod method_called(std::string_view name) {
  for (const Method& method : k_methods) {
    if (method.name == name) return method.method;
  }
  throw py::key_error{"no path method is called '" + std::string{name} + "'"};
}

// Numbers labels by first appearance and looks up their lengths. Most labels are single characters,
// whose numbers are looked up without a dictionary.
class LabelReader {
 public:
  explicit LabelReader(py::handle sizes) : sizes_{sizes} { characters_.fill(k_unknown); }

  Labels read(py::handle labels) {
    Labels out;
    const Py_ssize_t guess = PyObject_LengthHint(labels.ptr(), 0);
    if (guess < 0) throw py::error_already_set();
    out.reserve(static_cast<std::size_t>(guess));
    for (const py::handle label : py::iter(labels)) out.push_back(number_of(label));
    return out;
  }

  std::vector<std::uint64_t>& lengths() noexcept { return lengths_; }

 private:
  static constexpr Py_UCS4 k_characters = 1024;
  static constexpr int k_unknown = -1;

  int number_of(py::handle label) {
    // Only exact texts: a subclass may compare as it likes.
    if (PyUnicode_CheckExact(label.ptr()) && PyUnicode_GET_LENGTH(label.ptr()) == 1) {
      const Py_UCS4 character = PyUnicode_READ_CHAR(label.ptr(), 0);
      if (character < k_characters) {
        int& number = characters_[character];
        if (number == k_unknown) number = add(label);
        return number;
      }
    }
    return look_up(label);
  }

  int look_up(py::handle label) {
    PyObject* known = PyDict_GetItemWithError(numbers_.ptr(), label.ptr());  // borrowed
    if (known != nullptr) return static_cast<int>(PyLong_AsLong(known));
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
    const int number = add(label);
    numbers_[label] = number;
    return number;
  }

  int add(py::handle label) {
    lengths_.push_back(length_of(label));
    return static_cast<int>(lengths_.size()) - 1;
  }

  std::uint64_t length_of(py::handle label) const {
    if (PyDict_CheckExact(sizes_.ptr())) {
      PyObject* length = PyDict_GetItemWithError(sizes_.ptr(), label.ptr());  // borrowed
      int overflow = 0;
      if (length != nullptr && PyLong_CheckExact(length)) {
        const long long value = PyLong_AsLongLongAndOverflow(length, &overflow);
        if (overflow == 0 && value >= 0) return static_cast<std::uint64_t>(value);
      }
      if (length == nullptr && PyErr_Occurred() != nullptr) throw py::error_already_set();
    }
    const auto length =
        py::reinterpret_steal<py::object>(PyObject_GetItem(sizes_.ptr(), label.ptr()));
    if (!length) {
      if (PyErr_ExceptionMatches(PyExc_LookupError) == 0) throw py::error_already_set();
      PyErr_Clear();
      throw py::value_error{"size_dict has no size for label " + text_of(label)};
    }
    const auto index = py::reinterpret_steal<py::object>(PyNumber_Index(length.ptr()));
    if (!index) throw py::error_already_set();
    const long long value = PyLong_AsLongLong(index.ptr());
    if (value == -1 && PyErr_Occurred() != nullptr) {
      if (PyErr_ExceptionMatches(PyExc_OverflowError) == 0) throw py::error_already_set();
      PyErr_Clear();
      throw py::value_error{"label " + text_of(label) + " is longer than any axis can be"};
    }
    if (value < 0) throw py::value_error{"label " + text_of(label) + " has a negative size"};
    return static_cast<std::uint64_t>(value);
  }

  static std::string text_of(py::handle label) { return py::cast<std::string>(py::repr(label)); }

  py::handle sizes_;
  py::dict numbers_;
  std::array<int, k_characters> characters_;
  std::vector<std::uint64_t> lengths_;
};

// None, -1 and infinity stand for no limit, as in opt_einsum.
std::optional<std::uint64_t> read_memory_limit(const py::object& limit) {
  if (limit.is_none()) return std::nullopt;
  const double value = PyFloat_AsDouble(limit.ptr());
  if (value == -1.0 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  if (value == -1.0 || value == HUGE_VAL) return std::nullopt;
  if (!(value >= 0.0)) {
    throw py::value_error{"memory_limit is a number of elements, -1 or None for no limit"};
  }
  constexpr double k_top = 9007199254740992.0;  // 2^53
  if (value < k_top) return static_cast<std::uint64_t>(value);
  const auto whole = py::reinterpret_steal<py::object>(PyNumber_Long(limit.ptr()));
  if (!whole) throw py::error_already_set();
  const unsigned long long exact = PyLong_AsUnsignedLongLong(whole.ptr());
  if (PyErr_Occurred() == nullptr) return exact;
  PyErr_Clear();
  return std::nullopt;  // more than any array can have
}

py::list to_python(const ContractionPath& path) {
  py::list out{path.size()};
  for (std::size_t s = 0; s < path.size(); ++s) {
    py::tuple step{path[s].size()};
    for (std::size_t i = 0; i < path[s].size(); ++i) {
      PyTuple_SET_ITEM(step.ptr(), static_cast<Py_ssize_t>(i), PyLong_FromLong(path[s][i]));
    }
    PyList_SET_ITEM(out.ptr(), static_cast<Py_ssize_t>(s), step.release().ptr());
  }
  return out;
}

py::list find(std::string_view method, const py::object& inputs, const py::object& output,
              const py::object& size_dict, const py::object& memory_limit, std::uint64_t work_limit,
              int trials, std::uint64_t seed) {
  PathOptions options;
  options.memory_limit = read_memory_limit(memory_limit);
  options.work_limit = work_limit;
  options.trials = trials;
  options.seed = seed;
  LabelReader reader{size_dict};
  Expression expression;
  for (const py::handle labels : py::iter(inputs)) {
    expression.inputs.push_back(reader.read(labels));
  }
  expression.output = reader.read(output);
  expression.lengths = std::move(reader.lengths());
  const PathMethod how = method_called(method);
  ContractionPath path;
  {
    const py::gil_scoped_release release;
    path = find_path(expression, how, options);
  }
  return to_python(path);
}

}  // namespace

void bind_paths(py::module_& m) {
  m.def("_find_path", &find, py::arg("method"), py::arg("inputs"), py::arg("output"),
        py::arg("size_dict"), py::arg("memory_limit"), py::arg("work_limit"), py::arg("trials"),
        py::arg("seed"), "Find a contraction order.");
}

}  // namespace flopscope::bindings
