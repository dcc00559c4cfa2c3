// FLOPs and seconds as Python has them.
#pragma once

#include "core/ledger/ledger.hpp"
#include "bindings/numpy_api.hpp"

namespace flopscope::bindings {

// A 128-bit count as a Python int.
PyObject* to_python(Flops value);

// A positive amount of FLOPs, below 2**126. Python ints are taken exactly, other numbers through
// float. False with TypeError or ValueError set, which names the argument.
bool parse_limit(PyObject* object, const char* name, Flops* limit);
bool parse_seconds(PyObject* object, const char* name, double* value);

}  // namespace flopscope::bindings
