#include "bindings/errors/errors.hpp"

#include "bindings/budget/amounts.hpp"
#include "bindings/budget/budget_type.hpp"
#include "bindings/dispatch/guard.hpp"

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

namespace {

// None stands for the budget itself.
Ref part_name(std::string_view part) { return part.empty() ? Ref::borrow(Py_None) : text(part); }

}  // namespace

void raise_budget_exhausted(std::string_view op, std::uint64_t cost, Flops remaining,
                            std::string_view part) {
  const Ref left = Ref::steal(to_python(remaining));
  const Ref name = part_name(part);
  if (!left || !name) return;
  raise(
      "BudgetExhaustedError", Ref::steal(PyTuple_Pack(1, text(op).get())),
      Ref::steal(Py_BuildValue("{s:K,s:O,s:O}", "flop_cost", static_cast<unsigned long long>(cost),
                               "flops_remaining", left.get(), "sub_budget", name.get())));
}

void raise_time_exhausted(std::string_view op, double elapsed_s, double limit_s,
                          std::string_view part) {
  const Ref name = part_name(part);
  if (!name) return;
  raise("TimeExhaustedError", Ref::steal(PyTuple_Pack(1, text(op).get())),
        Ref::steal(Py_BuildValue("{s:d,s:d,s:O}", "elapsed_s", elapsed_s, "limit_s", limit_s,
                                 "sub_budget", name.get())));
}

void raise_no_context() {
  raise("NoBudgetContextError", Ref::steal(PyTuple_New(0)), Ref::steal(PyDict_New()));
}

void raise_escape(const char* what, std::uint64_t bytes) {
  raise("EscapeError",
        Ref::steal(Py_BuildValue("(sK)", what, static_cast<unsigned long long>(bytes))),
        Ref::steal(PyDict_New()));
}

void raise_unsupported_dtype(std::string_view op, PyObject* dtype) {
  raise("UnsupportedDtypeError", Ref::steal(PyTuple_Pack(2, text(op).get(), dtype)),
        Ref::steal(PyDict_New()));
}

namespace {

// How many calls up the first code outside the package is, for a warning to point at.
Py_ssize_t stack_level() {
  Py_ssize_t level = 1;
  auto* current = PyEval_GetFrame();
  Ref frame = Ref::borrow(reinterpret_cast<PyObject*>(current));
  for (; frame; ++level) {
    const Ref globals = Ref::steal(PyObject_GetAttrString(frame.get(), "f_globals"));
    PyObject* name = globals && PyDict_Check(globals.get())
                         ? PyDict_GetItemString(globals.get(), "__name__")
                         : nullptr;
    const char* module = name != nullptr && PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : "";
    const std::string_view text = module != nullptr ? module : "";
    if (text != "flopscope" && text.substr(0, 10) != "flopscope.") break;
    frame = Ref::steal(PyObject_GetAttrString(frame.get(), "f_back"));
    if (frame.get() == Py_None) break;
  }
  PyErr_Clear();
  return level;
}

}  // namespace

bool warn_callback(PyObject* op_name) {
  const Ref category = error_class("RemoteCallbackWarning");
  return category && PyErr_WarnFormat(category.get(), stack_level(),
                                      "fnp.%U calls a Python function back, which a remote "
                                      "backend refuses",
                                      op_name) == 0;
}

bool warn_symmetry_loss(PyObject* op_name, const std::string& axes) {
  const Ref category = error_class("SymmetryLossWarning");
  return category && PyErr_WarnFormat(category.get(), stack_level(),
                                      "Symmetry lost along dims %s in %U: later operations bill "
                                      "every element (silence with "
                                      "flopscope.configure(symmetry_warnings=False))",
                                      axes.c_str(), op_name) == 0;
}

bool warn_soft_limit(std::string_view op, std::string_view part, const char* limit) {
  const Ref category = error_class("SubBudgetWarning");
  const Ref name = text(op);
  const Ref path = text(part);
  return category && name && path &&
         PyErr_WarnFormat(category.get(), stack_level(),
                          "%U passes the %s of sub-budget '%U', which is soft: this is told once",
                          name.get(), limit, path.get()) == 0;
}

void warn_of_fallback(const char* reason) {
  const Ref category = error_class("CostFallbackWarning");
  if (!category ||
      PyErr_WarnFormat(category.get(), stack_level(),
                       "a symmetry was left out of account (%s): elements are billed one by one; "
                       "flopscope.configure(dimino_budget=, partition_budget=) allows more",
                       reason) != 0) {
    throw PythonErrorSet{};
  }
}

}  // namespace flopscope::bindings
