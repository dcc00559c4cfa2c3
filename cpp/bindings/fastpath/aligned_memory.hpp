// Buffers that begin where a cache line does. NumPy's begin at multiples of 16 bytes; a loop that
// writes over the ends of lines takes up to twice as long for arrays of a few thousand elements.
#pragma once

#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// A C-ordered array with undefined elements over such a buffer; an ndarray that nobody else holds.
// Empty with an error set.
Ref new_aligned(PyArray_Descr* descr, int ndim, const npy_intp* lengths);

// Whether the array's memory came from there.
bool is_aligned_memory(const PyArrayObject_fields& array) noexcept;

}  // namespace flopscope::bindings
