// The methods of counted ufuncs: reduce, accumulate, reduceat, outer, at.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/pricing/saturating.hpp"
#include "core/pricing/sizes.hpp"
#include "core/symmetry/orbit_count.hpp"
#include "core/symmetry/symmetry_ops.hpp"
#include "bindings/array/tags.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/dispatch/guard.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/dispatch/refusal.hpp"
#include "bindings/observe/escapes.hpp"

namespace flopscope::bindings {
namespace {

struct KnownMethod {
  std::string_view ufunc;
  std::string_view method;
  std::string_view row;
};

// Ufunc methods that have a name of their own among the functions.
constexpr std::array k_known_methods{
    KnownMethod{"add", "reduce", "sum"},         KnownMethod{"multiply", "reduce", "prod"},
    KnownMethod{"maximum", "reduce", "max"},     KnownMethod{"minimum", "reduce", "min"},
    KnownMethod{"logical_and", "reduce", "all"}, KnownMethod{"logical_or", "reduce", "any"},
    KnownMethod{"add", "accumulate", "cumsum"},  KnownMethod{"multiply", "accumulate", "cumprod"},
};

OpId id_of_method(const std::string& ufunc, std::string_view method) {
  for (const KnownMethod& known : k_known_methods) {
    if (known.ufunc == ufunc && known.method == method) return registry().intern(known.row);
  }
  return registry().intern(ufunc + "." + std::string{method});
}

UfuncMethod method_of(std::string_view name) {
  if (name == "reduce") return UfuncMethod::reduce;
  if (name == "accumulate") return UfuncMethod::accumulate;
  if (name == "reduceat") return UfuncMethod::reduceat;
  if (name == "outer") return UfuncMethod::outer;
  return UfuncMethod::at;
}

PyObject* reduction_parameters(UfuncMethod method) {
  // As documented for ufunc.reduce and ufunc.accumulate.
  if (method == UfuncMethod::reduce) {
    return PyTuple_Pack(7, names.array, names.axis, names.dtype, names.out, names.keepdims,
                        names.initial, names.where);
  }
  return PyTuple_Pack(4, names.array, names.axis, names.dtype, names.out);
}

std::uint64_t elements(const Operand& operand) {
  return element_count({operand.lengths(), operand.ndim()});
}

// outer: every pair of elements, and what the symmetry of both leaves of them.
void set_outer_facts(const Operand& left, const Operand& right, PyObject* const* given,
                     Count* facts) {
  const std::uint64_t dense = saturating_mul(elements(left), elements(right));
  std::uint64_t unique = 1;
  for (int i = 0; i < 2; ++i) {
    const Operand& operand = i == 0 ? left : right;
    const Tag* tag = tag_of(given[i]);
    const Shape shape{operand.lengths(), operand.ndim()};
    unique = saturating_mul(
        unique, tag != nullptr ? billed_elements(*tag->group, shape) : element_count(shape));
  }
  facts[elementwise_facts::size] = dense;
  facts[elementwise_facts::unique] = std::min(unique, dense);
}

// at: as many writes as an index array has elements, else as many as the array.
std::uint64_t touched_by(const Operand& written, PyObject* index) {
  return is_array(index) ? static_cast<std::uint64_t>(PyArray_SIZE(as_array(index)))
                         : elements(written);
}

}  // namespace

CountedOp* new_method_op(const CountedOp& base, OpId id, std::uint16_t flags, UfuncMethod method,
                         PyObject* target);

CountedOp* ufunc_method_of(CountedOp& op, PyObject* method_name) {
  if (op.methods == nullptr) {
    op.methods = PyDict_New();
    if (op.methods == nullptr) return nullptr;
  }
  PyObject* cached = PyDict_GetItemWithError(op.methods, method_name);
  if (cached != nullptr) return reinterpret_cast<CountedOp*>(cached);
  if (PyErr_Occurred() != nullptr) return nullptr;
  const char* text = PyUnicode_AsUTF8(method_name);
  if (text == nullptr) return nullptr;
  const Ref target = Ref::steal(PyObject_GetAttr(op.target, method_name));
  if (!target) return nullptr;
  const UfuncMethod method = method_of(text);
  const bool reduces = method == UfuncMethod::reduce || method == UfuncMethod::accumulate;
  const std::uint16_t flags = method == UfuncMethod::accumulate ? flag::scans : 0;
  // The log names the operation as it was called: `maximum`, whatever the alias.
  CountedOp* made =
      new_method_op(op, id_of_method(registry()[op.id].name, text), flags, method, target.get());
  if (made == nullptr) return nullptr;
  const Ref owner = Ref::steal(reinterpret_cast<PyObject*>(made));
  made->vectorcall =
      reduces ? guarded_vectorcall<call_reduction> : guarded_vectorcall<call_ufunc_method>;
  made->parameters = reduction_parameters(method);
  if (made->parameters == nullptr) return nullptr;
  if (PyDict_SetItem(op.methods, method_name, owner.get()) < 0) return nullptr;
  return made;
}

PyObject* call_ufunc_method(PyObject* self, PyObject* const* args, std::size_t nargsf,
                            PyObject* kwnames) {
  CountedOp& op = as_op(self);
  Call call{op};
  if (!call.enter()) return nullptr;
  Arguments arguments;
  arguments.take(args, nargsf, kwnames);
  arguments.unwrap_out();
  const std::size_t needed = op.method == UfuncMethod::at      ? 2
                             : op.method == UfuncMethod::outer ? 2
                                                               : 1;
  if (arguments.positional() < needed) return fail_with_numpy(op, arguments, op.target);
  if (op.method == UfuncMethod::at && tag_of(args[0]) != nullptr) {
    PyErr_Format(PyExc_ValueError,
                 "%U writes single elements and cannot keep the symmetry of its operand; "
                 "copy the array with fnp.array first",
                 op.name);
    return nullptr;
  }
  Signature signature;
  Operand operands[2];
  const std::size_t operand_count = op.method == UfuncMethod::outer ? 2 : 1;
  for (std::size_t i = 0; i < operand_count; ++i) {
    if (!prepare(arguments[i], op, &operands[i])) return nullptr;
    signature.add(operands[i].lengths(), operands[i].ndim());
  }
  Count facts[elementwise_facts::count];
  facts[elementwise_facts::size] = elements(operands[0]);
  facts[elementwise_facts::unique] = facts[elementwise_facts::size];
  if (op.method == UfuncMethod::outer) {
    set_outer_facts(operands[0], operands[1], args, facts);
  } else if (op.method == UfuncMethod::at) {
    facts[elementwise_facts::touched] = touched_by(operands[0], arguments[1]);
  }
  const Ref out = Ref::borrow(
      arguments.get(op.method == UfuncMethod::reduceat ? 4 : ~std::size_t{0}, names.out));
  for (std::size_t i = 0; i < operand_count; ++i) {
    // `at` writes into its operand: a list would only be a copy, and NumPy refuses it.
    if (op.method != UfuncMethod::at && !place(arguments, i, std::move(operands[i])))
      return nullptr;
  }
  if (!arguments.strip_all()) return nullptr;
  const Ref written = op.method == UfuncMethod::at ? Ref::borrow(args[0]) : Ref::borrow(out.get());
  if (!may_write(call.budget(), written.get()) || !call.charge({facts, nullptr}, signature) ||
      !unlock(arguments, written)) {
    return nullptr;
  }
  Ref result = call.run([&] { return arguments.call(op.target); });
  arguments.finish();
  if (!result) return nullptr;
  if (out && is_array(out.get())) return Ref::borrow(out.get()).release();
  return wrap(std::move(result)).release();
}

}  // namespace flopscope::bindings
