// The inner-loop fast path of small reductions: sums, products, extrema and means of arrays in a
// row are left to NumPy's loop itself. `np.sum` and its kin spend most of a microsecond in Python
// and in setting up an iterator.
#pragma once

#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Charges and runs the reduction. False when the call is not for this route: nothing has happened
// then. `result` stays empty, with an error set, when it fails.
bool try_fast_reduction(Call& call, CountedOp& op, PyObject* const* args, std::size_t nargsf,
                        PyObject* kwnames, Ref* result);

// The loops behind the ufunc method `reduce`, if it belongs to a ufunc whose way of starting a
// reduction is known.
InnerLoops find_reduction_loops(PyObject* reduce);

}  // namespace flopscope::bindings
