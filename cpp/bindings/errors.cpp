#include "errors.hpp"

#include "budget_type.hpp"

namespace flopscope::bindings {
namespace {

Ref text(std::string_view value) {
  return Ref::steal(
      PyUnicode_FromStringAndSize(value.data(), static_cast<Py_ssize_t>(value.size())));
}

Ref error_class(const char* name) {
  const Ref module = Ref::steal(PyImport_ImportModule("flopscope.errors"));
  if (!module) return {};
  return Ref::steal(PyObject_GetAttrString(module.get(), name));
}

// Builds `name(*positional, **keywords)` and sets it as the current error.
void raise(const char* name, const Ref& positional, const Ref& keywords) {
  const Ref cls = error_class(name);
  if (!cls || !positional || !keywords) return;
  const Ref error = Ref::steal(PyObject_Call(cls.get(), positional.get(), keywords.get()));
  if (error) PyErr_SetObject(cls.get(), error.get());
}

}  // namespace

void raise_budget_exhausted(std::string_view op, std::uint64_t cost, Flops remaining) {
  const Ref left = Ref::steal(to_python(remaining));
  if (!left) return;
  raise("BudgetExhaustedError", Ref::steal(PyTuple_Pack(1, text(op).get())),
        Ref::steal(Py_BuildValue("{s:K,s:O}", "flop_cost", static_cast<unsigned long long>(cost),
                                 "flops_remaining", left.get())));
}

void raise_time_exhausted(std::string_view op, double elapsed_s, double limit_s) {
  raise("TimeExhaustedError", Ref::steal(PyTuple_Pack(1, text(op).get())),
        Ref::steal(Py_BuildValue("{s:d,s:d}", "elapsed_s", elapsed_s, "limit_s", limit_s)));
}

void raise_no_context() {
  raise("NoBudgetContextError", Ref::steal(PyTuple_New(0)), Ref::steal(PyDict_New()));
}

void raise_unsupported_dtype(std::string_view op, PyObject* dtype) {
  raise("UnsupportedDtypeError", Ref::steal(PyTuple_Pack(2, text(op).get(), dtype)),
        Ref::steal(PyDict_New()));
}

bool warn_callback(PyObject* op_name) {
  const Ref category = error_class("RemoteCallbackWarning");
  return category && PyErr_WarnFormat(category.get(), 1,
                                      "fnp.%U calls a Python function back, which a remote "
                                      "backend refuses",
                                      op_name) == 0;
}

}  // namespace flopscope::bindings
