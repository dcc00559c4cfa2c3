#include "bindings/dispatch/refusal.hpp"

namespace flopscope::bindings {

PyObject* fail_with_numpy(const CountedOp& op, Arguments& arguments, PyObject* target) {
  if (!arguments.strip_all()) return nullptr;
  const Ref result = Ref::steal(arguments.call(target));
  if (result) {
    PyErr_Format(PyExc_RuntimeError,
                 "%U: these arguments could not be priced, so the result is withheld; "
                 "please report the call",
                 op.name);
  }
  return nullptr;
}

}  // namespace flopscope::bindings
