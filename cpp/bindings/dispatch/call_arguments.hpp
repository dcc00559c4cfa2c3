// The arguments of a call as the caller gave them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "bindings/array/tags.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/observe/escapes.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Only they show the tags of operands.
struct CallArguments {
  PyObject* const* args;
  std::size_t nargsf;
  PyObject* kwnames;

  std::size_t size() const {
    const Py_ssize_t keywords = kwnames != nullptr ? PyTuple_GET_SIZE(kwnames) : 0;
    return static_cast<std::size_t>(PyVectorcall_NARGS(nargsf) + keywords);
  }

  // Whether an argument, or an item of a list or tuple among them, is counted.
  bool counts() const {
    for (std::size_t i = 0; i < size(); ++i) {
      if (counted_bytes(args[i]) > 0) return true;
    }
    return false;
  }

  // Whether an argument, or an item of a list or tuple among them, is tagged.
  bool has_tag() const {
    for (std::size_t i = 0; i < size(); ++i) {
      if (Py_TYPE(args[i]) == tensor_type) return true;
      if (!PyList_CheckExact(args[i]) && !PyTuple_CheckExact(args[i])) continue;
      for (Py_ssize_t j = 0; j < PySequence_Fast_GET_SIZE(args[i]); ++j) {
        if (Py_TYPE(PySequence_Fast_GET_ITEM(args[i], j)) == tensor_type) return true;
      }
    }
    return false;
  }

  // Whether one array is given twice: the operands of an expression are then interchangeable.
  bool has_repeat() const {
    for (std::size_t i = 1; i < size(); ++i) {
      if (is_array(args[i]) && std::find(args, args + i, args[i]) != args + i) return true;
    }
    return false;
  }

  // Whether the caller's own objects tell more than plain views of them.
  bool tells_more(const CountedOp& op) const { return has_tag() || (op.sees_tags && has_repeat()); }

  // Calls a function of the result and the arguments.
  Ref ask(PyObject* function, PyObject* result) const {
    std::vector<PyObject*> values{result};
    values.insert(values.end(), args, args + size());
    return Ref::steal(PyObject_Vectorcall(function, values.data(),
                                          static_cast<std::size_t>(PyVectorcall_NARGS(nargsf)) + 1,
                                          kwnames));
  }
};

}  // namespace flopscope::bindings
