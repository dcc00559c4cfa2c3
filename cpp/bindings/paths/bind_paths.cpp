// Contraction orders for Python: sets of any hashable labels in, positions out.
#include <array>
#include <cmath>
#include <string_view>

#include "core/paths/paths.hpp"
#include "bindings/contraction/label_reader.hpp"
#include "bindings/dispatch/guard.hpp"
#include "bindings/register.hpp"

namespace flopscope::bindings {

namespace {

struct Method {
  std::string_view name;
  PathMethod method;
};

constexpr std::array k_methods{
    Method{"greedy", PathMethod::greedy},
    Method{"optimal", PathMethod::optimal},
    Method{"dp", PathMethod::connected},
    Method{"auto", PathMethod::balanced},
    Method{"auto-hq", PathMethod::thorough},
    Method{"random-greedy", PathMethod::random_greedy},
    Method{"reference-auto", PathMethod::reference_auto},
    Method{"reference-optimal", PathMethod::reference_optimal},
    Method{"branch-all", PathMethod::branch_all},
    Method{"branch-2", PathMethod::branch_2},
    Method{"branch-1", PathMethod::branch_1},
};

PathMethod read_method(PyObject* object) {
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(object, &size);
  if (text == nullptr) throw PythonErrorSet{};
  const std::string_view name{text, static_cast<std::size_t>(size)};
  for (const Method& method : k_methods) {
    if (method.name == name) return method.method;
  }
  PyErr_Format(PyExc_KeyError, "no path method is called %R", object);
  throw PythonErrorSet{};
}

// None, -1 and infinity stand for no limit, as in opt_einsum.
std::optional<std::uint64_t> read_memory_limit(PyObject* limit) {
  if (limit == Py_None) return std::nullopt;
  const double value = PyFloat_AsDouble(limit);
  if (value == -1.0 && PyErr_Occurred() != nullptr) throw PythonErrorSet{};
  if (value == -1.0 || value == HUGE_VAL) return std::nullopt;
  if (!(value >= 0.0)) {
    throw InvalidArgument{"memory_limit is a number of elements, -1 or None for no limit"};
  }
  constexpr double k_top = 9007199254740992.0;  // 2^53
  if (value < k_top) return static_cast<std::uint64_t>(value);
  const Ref whole = Ref::steal(PyNumber_Long(limit));
  if (!whole) throw PythonErrorSet{};
  const unsigned long long exact = PyLong_AsUnsignedLongLong(whole.get());
  if (PyErr_Occurred() == nullptr) return exact;
  PyErr_Clear();
  return std::nullopt;  // more than any array can have
}

std::uint64_t read_whole(PyObject* object) {
  const unsigned long long value = PyLong_AsUnsignedLongLong(object);
  if (value == static_cast<unsigned long long>(-1) && PyErr_Occurred() != nullptr) {
    throw PythonErrorSet{};
  }
  return value;
}

PyObject* to_python(const ContractionPath& path) {
  Ref steps = Ref::steal(PyList_New(static_cast<Py_ssize_t>(path.size())));
  if (!steps) return nullptr;
  Py_ssize_t next = 0;
  for (const PathStep& step : path) {
    PyObject* positions = PyTuple_New(static_cast<Py_ssize_t>(step.size()));
    if (positions == nullptr) return nullptr;
    PyList_SET_ITEM(steps.get(), next++, positions);
    Py_ssize_t i = 0;
    for (const int position : step) {
      PyObject* number = PyLong_FromLong(position);
      if (number == nullptr) return nullptr;
      PyTuple_SET_ITEM(positions, i++, number);
    }
  }
  return steps.release();
}

// Greedy paths of few operands take less time than other threads would gain.
constexpr std::size_t k_few_operands = 32;

PyObject* find_path_of(PyObject* const* args) {
  const PathMethod method = read_method(args[0]);
  PathOptions options;
  options.memory_limit = read_memory_limit(args[4]);
  options.work_limit = read_whole(args[5]);
  options.trials = static_cast<int>(std::min(read_whole(args[6]), std::uint64_t{1} << 30U));
  options.seed = read_whole(args[7]);
  LabelReader reader{args[3]};
  const LabelLists inputs = reader.read_all(args[1]);
  const std::vector<int> output = reader.read(args[2]);
  const auto search = [&] { return find_path(inputs, output, reader.lengths(), method, options); };
  if (method == PathMethod::greedy && inputs.size() <= k_few_operands) return to_python(search());
  ContractionPath path;
  {
    const pybind11::gil_scoped_release release;
    path = search();
  }
  return to_python(path);
}

PyObject* find_path_method(PyObject*, PyObject* const* args, Py_ssize_t count) noexcept {
  constexpr Py_ssize_t k_arguments = 8;
  if (count != k_arguments) {
    return PyErr_Format(PyExc_TypeError, "_find_path() takes 8 arguments, not %zd", count);
  }
  return guarded([&] { return find_path_of(args); });
}

PyMethodDef find_path_definition{
    "_find_path", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&find_path_method)),
    METH_FASTCALL, "Find a contraction order."};

}  // namespace

void bind_paths(pybind11::module_& module) {
  PyObject* function = PyCFunction_New(&find_path_definition, nullptr);
  if (function == nullptr) throw pybind11::error_already_set();
  module.attr("_find_path") = pybind11::reinterpret_steal<pybind11::object>(function);
}

}  // namespace flopscope::bindings
