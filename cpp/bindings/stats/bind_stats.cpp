// The distributions of flopscope.stats: counted functions whose kernels are the core's own.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <pybind11/pybind11.h>

#include "core/pricing/saturating.hpp"
#include "core/pricing/sizes.hpp"
#include "core/stats/distributions.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/dispatch/guard.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/register.hpp"

namespace py = pybind11;

namespace flopscope::bindings {
namespace {

// The argument, shape parameters, location and scale.
constexpr std::size_t k_most_parameters = 1 + k_most_shapes + 2;

// A function of the core with the names of its parameters, interned, in the order of the call.
struct Bound {
  const DistributionFunction* function;
  std::array<PyObject*, k_most_parameters> names;
  std::size_t parameters;
};

// By operation: the rows stats.* follow each other in the table, in the order of the core's list.
std::vector<Bound> bound_functions;
OpId first_bound = 0;

const Bound& bound_of(const CountedOp& op) { return bound_functions[op.id - first_bound]; }

std::string op_name_of(const DistributionFunction& function) {
  std::string name = "stats.";
  name += function.distribution;
  name += '.';
  name += name_of(function.method);
  return name;
}

PyObject* intern(std::string_view text) {
  PyObject* name = PyUnicode_InternFromString(std::string{text}.c_str());
  if (name == nullptr) throw py::error_already_set();
  return name;
}

Bound bind(const DistributionFunction& function) {
  Bound bound{&function, {}, 0};
  const auto add = [&bound](std::string_view name) {
    bound.names[bound.parameters++] = intern(name);
  };
  add(function.method == DistributionMethod::ppf ? "q" : "x");
  for (std::size_t i = 0; i < function.shape_count; ++i) add(function.shape_names[i]);
  add("loc");
  add("scale");
  return bound;
}

// ---------------------------------------------------------------------------------- arguments

using Given = std::array<PyObject*, k_most_parameters>;

std::size_t position_of(const Bound& bound, PyObject* keyword) {
  for (std::size_t i = 0; i < bound.parameters; ++i) {
    if (bound.names[i] == keyword) return i;
  }
  for (std::size_t i = 0; i < bound.parameters; ++i) {
    if (PyUnicode_Compare(bound.names[i], keyword) == 0) return i;
  }
  return bound.parameters;
}

// Sorts the arguments of a call by parameter; what is not given stays null. False for a call that
// does not fit the signature.
bool assign(const Bound& bound, PyObject* const* args, std::size_t positional, PyObject* kwnames,
            Given* given) {
  if (positional > bound.parameters) return false;
  std::copy_n(args, positional, given->begin());
  const Py_ssize_t keywords = kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames);
  for (Py_ssize_t i = 0; i < keywords; ++i) {
    const std::size_t position = position_of(bound, PyTuple_GET_ITEM(kwnames, i));
    if (position == bound.parameters || (*given)[position] != nullptr) return false;
    (*given)[position] = args[positional + static_cast<std::size_t>(i)];
  }
  const std::size_t required = 1 + bound.function->shape_count;
  return std::find(given->begin(), given->begin() + required, nullptr) == given->begin() + required;
}

// One argument: an array, or a number that stands for all elements. An array of one element is
// both: it counts for the shape of the result and is read as a number.
struct Parameter {
  Ref array;  // empty for a number
  double number = 0.0;
  bool is_number = false;
};

bool is_run_of_doubles(PyArrayObject* array) noexcept {
  return PyArray_TYPE(array) == NPY_FLOAT64 && PyArray_ISCARRAY_RO(array);
}

Ref new_doubles(int ndim, npy_intp* lengths) {
  return Ref::steal(PyArray_SimpleNew(ndim, lengths, NPY_FLOAT64));
}

// The value of an array of one element.
bool read_element(Parameter* parameter) {
  PyArrayObject* array = as_array(parameter->array.get());
  parameter->is_number = true;
  if (is_run_of_doubles(array)) {
    parameter->number = *static_cast<const double*>(PyArray_DATA(array));
    return true;
  }
  const Ref element = new_doubles(PyArray_NDIM(array), PyArray_DIMS(array));
  if (!element || PyArray_CopyInto(as_array(element.get()), array) < 0) return false;
  parameter->number = *static_cast<const double*>(PyArray_DATA(as_array(element.get())));
  return true;
}

bool read_array(Ref array, PyObject* op_name, Parameter* parameter) {
  PyArrayObject* elements = as_array(array.get());
  if (!check_dtype(elements, op_name)) return false;
  if (PyArray_ISCOMPLEX(elements)) {
    PyErr_Format(PyExc_TypeError, "%U takes real numbers, got dtype %S", op_name,
                 PyArray_DESCR(elements));
    return false;
  }
  parameter->array = std::move(array);
  return PyArray_SIZE(elements) != 1 || read_element(parameter);
}

// False with an error set when the object is no real number and no array of them.
bool read(PyObject* object, PyObject* op_name, Parameter* parameter) {
  if (is_array(object)) return read_array(Ref::borrow(object), op_name, parameter);
  if (PyFloat_Check(object) || PyLong_Check(object)) {
    parameter->number = PyFloat_AsDouble(object);
    parameter->is_number = true;
    return parameter->number != -1.0 || PyErr_Occurred() == nullptr;
  }
  Ref array;
  {
    const ForeignCode timed;
    array = Ref::steal(PyArray_FromAny(object, nullptr, 0, 0, 0, nullptr));
  }
  return array && read_array(std::move(array), op_name, parameter);
}

// ---------------------------------------------------------------------------------- the call

// A call ready to run.
struct Plan {
  std::array<Parameter, k_most_parameters> parameters;
  std::size_t count = 0;  // of parameters
  int ndim = 0;
  std::array<npy_intp, NPY_MAXDIMS> lengths;  // of the result; the first ndim mean anything
};

// Lets NumPy say which shapes do not go together. Always false.
bool refuse_shapes(const Plan& plan) {
  std::vector<PyObject*> arrays;
  for (const Parameter& parameter : plan.parameters) {
    if (parameter.array) arrays.push_back(parameter.array.get());
  }
  const Ref accepted =
      Ref::steal(PyArray_MultiIterFromObjects(arrays.data(), static_cast<int>(arrays.size()), 0));
  if (accepted) PyErr_SetString(PyExc_ValueError, "shapes cannot be broadcast");
  return false;
}

// The shape that all arrays broadcast to.
bool broadcast(Plan* plan) {
  for (std::size_t i = 0; i < plan->count; ++i) {
    if (!plan->parameters[i].array) continue;
    PyArrayObject* array = as_array(plan->parameters[i].array.get());
    const int ndim = PyArray_NDIM(array);
    if (ndim > plan->ndim) {
      const int added = ndim - plan->ndim;
      std::copy_backward(plan->lengths.begin(), plan->lengths.begin() + plan->ndim,
                         plan->lengths.begin() + ndim);
      std::fill_n(plan->lengths.begin(), added, 1);
      plan->ndim = ndim;
    }
    npy_intp* lengths = plan->lengths.data() + (plan->ndim - ndim);
    for (int axis = 0; axis < ndim; ++axis) {
      const npy_intp length = PyArray_DIM(array, axis);
      if (length == 1 || length == lengths[axis]) continue;
      if (lengths[axis] != 1) return refuse_shapes(*plan);
      lengths[axis] = length;
    }
  }
  return true;
}

// The elements of a parameter in the order of the result. `kept` owns what had to be made for it.
bool to_column(const Parameter& parameter, PyArrayObject* result, Column* column, Ref* kept) {
  if (parameter.is_number) {
    *column = {&parameter.number, true};
    return true;
  }
  PyArrayObject* array = as_array(parameter.array.get());
  if (!is_run_of_doubles(array) || !PyArray_SAMESHAPE(array, result)) {
    *kept = new_doubles(PyArray_NDIM(result), PyArray_DIMS(result));
    if (!*kept || PyArray_CopyInto(as_array(kept->get()), array) < 0) return false;
    array = as_array(kept->get());
  }
  *column = {static_cast<const double*>(PyArray_DATA(array)), false};
  return true;
}

// From this many elements on, other threads may run meanwhile; letting them takes about 100 ns.
constexpr std::size_t k_release_elements = 4096;

PyObject* run(const DistributionFunction& function, Plan& plan) {
  Ref result = new_doubles(plan.ndim, plan.lengths.data());
  if (!result) return nullptr;
  PyArrayObject* array = as_array(result.get());
  std::array<Ref, k_most_parameters> kept;
  std::array<Column, k_most_parameters> columns;
  for (std::size_t i = 0; i < plan.count; ++i) {
    if (!to_column(plan.parameters[i], array, &columns[i], &kept[i])) return nullptr;
  }
  DistributionArguments arguments;
  arguments.x = columns[0];
  std::copy_n(columns.begin() + 1, function.shape_count, arguments.shapes.begin());
  arguments.loc = columns[plan.count - 2];
  arguments.scale = columns[plan.count - 1];
  auto* out = static_cast<double*>(PyArray_DATA(array));
  const auto elements = static_cast<std::size_t>(PyArray_SIZE(array));
  if (elements < k_release_elements) {
    evaluate(function, arguments, out, elements);
  } else {
    const py::gil_scoped_release unlocked;
    evaluate(function, arguments, out, elements);
  }
  return result.release();
}

PyObject* call_distribution(PyObject* self, PyObject* const* args, std::size_t nargsf,
                            PyObject* kwnames) {
  CountedOp& op = as_op(self);
  const Bound& bound = bound_of(op);
  Call call{op};
  if (!call.enter()) return nullptr;
  const auto positional = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf));
  Given given{};
  // The Python function with this signature says what is wrong with the arguments.
  if (!assign(bound, args, positional, kwnames, &given)) {
    return PyObject_Vectorcall(op.target, args, nargsf, kwnames);
  }
  Plan plan;
  plan.count = bound.parameters;
  Signature signature;
  for (std::size_t i = 0; i < plan.count; ++i) {
    Parameter& parameter = plan.parameters[i];
    if (given[i] == nullptr) {
      parameter.is_number = true;
      parameter.number = i + 1 == plan.count ? 1.0 : 0.0;
      continue;
    }
    if (!read(given[i], op.name, &parameter)) return nullptr;
    if (parameter.array) {
      PyArrayObject* array = as_array(parameter.array.get());
      signature.add(PyArray_DIMS(array), PyArray_NDIM(array));
    } else if (i == 0) {
      signature.add(nullptr, 0);
    }
  }
  if (!broadcast(&plan)) return nullptr;
  const Count facts[] = {element_count({plan.lengths.data(), plan.ndim})};
  if (!call.charge({facts, nullptr}, signature)) return nullptr;
  Ref result = call.run([&] { return run(*bound.function, plan); });
  return result ? as_counted(std::move(result)).release() : nullptr;
}

// ------------------------------------------------------------------------------- registration

// (distribution, method, names of the shape parameters) of every function.
py::list distribution_functions() {
  py::list functions;
  for (const Bound& bound : bound_functions) {
    const DistributionFunction& function = *bound.function;
    py::tuple shapes(function.shape_count);
    for (std::size_t i = 0; i < function.shape_count; ++i) {
      shapes[i] = std::string{function.shape_names[i]};
    }
    functions.append(py::make_tuple(std::string{function.distribution},
                                    std::string{name_of(function.method)}, shapes));
  }
  return functions;
}

void use_kernel(const py::object& object) {
  if (!is_counted_op(object.ptr())) throw py::type_error("expected a counted function");
  CountedOp& op = as_op(object.ptr());
  if (op.id < first_bound || op.id >= first_bound + bound_functions.size()) {
    throw py::value_error("no distribution has this operation");
  }
  op.vectorcall = guarded_vectorcall<call_distribution>;
}

}  // namespace

void bind_stats(py::module_& module) {
  bound_functions.clear();
  for (const DistributionFunction* function = begin_distribution_functions();
       function != end_distribution_functions(); ++function) {
    const OpRow* row = find_row(op_name_of(*function));
    if (row == nullptr) throw std::runtime_error("a distribution has no row in the table");
    const OpId id = registry().id_of(*row);
    if (bound_functions.empty()) first_bound = id;
    if (id != first_bound + bound_functions.size()) {
      throw std::runtime_error("distributions and operation table are in different orders");
    }
    bound_functions.push_back(bind(*function));
  }
  module.def("_distribution_functions", distribution_functions,
             "All functions: (distribution, method, shape parameters).");
  module.def("_instruction_set", [] { return std::string{instruction_set()}; });
  module.def("_use_distribution_kernel", use_kernel,
             "Makes a counted function of a row stats.* run the core's kernel instead of its "
             "target, which stays the source of its signature and docstring.");
}

}  // namespace flopscope::bindings
