#include "bindings/array/array_ops.hpp"

#include <array>
#include <cstring>
#include <vector>

#include "bindings/dispatch/operands.hpp"

namespace flopscope::bindings {
namespace {

constexpr auto k_operator_count = static_cast<std::size_t>(Operator::count_);
constexpr auto k_method_count = static_cast<std::size_t>(Method::count_);

constexpr std::array<const char*, k_operator_count> k_operator_names{
    "add",    "subtract",    "multiply",   "true_divide", "floor_divide", "mod",
    "power",  "matmul",      "divmod",     "negative",    "positive",     "abs",
    "invert", "bitwise_and", "bitwise_or", "bitwise_xor", "left_shift",   "right_shift",
    "less",   "less_equal",  "equal",      "not_equal",   "greater",      "greater_equal",
};

constexpr std::array<const char*, k_method_count> k_method_names{
    "all",          "any",      "argmax",    "argmin", "argpartition", "argsort", "astype",
    "clip",         "compress", "cumprod",   "cumsum", "dot",          "max",     "mean",
    "min",          "nonzero",  "partition", "prod",   "ptp",          "repeat",  "round",
    "searchsorted", "sort",     "std",       "sum",    "take",         "trace",   "var",
};

std::array<PyObject*, k_operator_count> operators{};
std::array<PyObject*, k_method_count> methods{};

template <std::size_t N>
bool fill(std::array<PyObject*, N>& slots, const std::array<const char*, N>& slot_names,
          PyObject* ops) {
  for (std::size_t i = 0; i < N; ++i) {
    PyObject* op = PyDict_GetItemString(ops, slot_names[i]);
    if (op == nullptr || !is_counted_op(op)) {
      PyErr_Format(PyExc_ValueError, "no counted function given for %s", slot_names[i]);
      return false;
    }
    Py_INCREF(op);
    slots[i] = op;
  }
  return true;
}

PyObject* set_array_ops(PyObject*, PyObject* args) {
  PyObject* operator_ops = nullptr;
  PyObject* method_ops = nullptr;
  if (PyArg_ParseTuple(args, "O!O!", &PyDict_Type, &operator_ops, &PyDict_Type, &method_ops) == 0) {
    return nullptr;
  }
  if (operators[0] != nullptr) {
    PyErr_SetString(PyExc_RuntimeError, "the array type has its operations already");
    return nullptr;
  }
  if (!fill(operators, k_operator_names, operator_ops) ||
      !fill(methods, k_method_names, method_ops)) {
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyMethodDef set_array_ops_method = {"_set_array_ops", set_array_ops, METH_VARARGS,
                                    "Gives the array type the functions behind its operators."};

// A method is its function with the array put first.
template <Method which>
PyObject* method_call(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* kwnames) {
  PyObject* op = methods[static_cast<std::size_t>(which)];
  const std::size_t keyword_count =
      kwnames != nullptr ? static_cast<std::size_t>(PyTuple_GET_SIZE(kwnames)) : 0;
  const std::size_t total = static_cast<std::size_t>(count) + keyword_count;
  constexpr std::size_t k_inline = 8;
  std::array<PyObject*, k_inline + 1> few{};
  std::vector<PyObject*> many;
  PyObject** values = few.data();
  if (total > k_inline) {
    many.resize(total + 1);
    values = many.data();
  }
  values[0] = self;
  for (std::size_t i = 0; i < total; ++i) values[i + 1] = args[i];
  return as_op(op).vectorcall(op, values, static_cast<std::size_t>(count) + 1, kwnames);
}

template <Method which>
constexpr PyMethodDef define() {
  return {k_method_names[static_cast<std::size_t>(which)],
          reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&method_call<which>)),
          METH_FASTCALL | METH_KEYWORDS, nullptr};
}

template <std::size_t... I>
void define_all(PyMethodDef* table, std::index_sequence<I...>) {
  ((table[I] = define<static_cast<Method>(I)>()), ...);
}

}  // namespace

CountedOp& operator_op(Operator which) { return as_op(operators[static_cast<std::size_t>(which)]); }
CountedOp& method_op(Method which) { return as_op(methods[static_cast<std::size_t>(which)]); }

PyObject* find_method_op(const char* name) {
  for (std::size_t i = 0; i < k_method_count; ++i) {
    if (std::strcmp(k_method_names[i], name) == 0 && methods[i] != nullptr) return methods[i];
  }
  PyErr_Format(PyExc_RuntimeError, "there is no counted method %s yet", name);
  return nullptr;
}

void define_array_methods(PyMethodDef* table) {
  define_all(table, std::make_index_sequence<k_method_count>{});
}

std::size_t array_method_count() { return k_method_count; }

bool add_array_ops(PyObject* module) {
  PyObject* function = PyCFunction_New(&set_array_ops_method, nullptr);
  return function != nullptr && PyModule_AddObject(module, "_set_array_ops", function) == 0;
}

}  // namespace flopscope::bindings
