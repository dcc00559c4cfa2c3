// How the operands of an elementwise operation are walked by one of NumPy's inner loops.
#pragma once

#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/fastpath/inner_loop.hpp"

namespace flopscope::bindings {

// Room for one number of any loop's type.
union ScalarElement {
  double float64;
  float float32;
  std::int64_t int64;
  std::int32_t int32;
  std::int16_t int16;
  std::int8_t int8;
  std::uint64_t uint64;
  std::uint32_t uint32;
  std::uint16_t uint16;
  std::uint8_t uint8;
  double complex128[2];
  float complex64[2];
};

// One operand: where its elements are, and how far the next one is. A step of 0 repeats an element.
struct Lane {
  char* data;
  npy_intp item;      // bytes of an element
  npy_intp elements;  // in memory, in a row if `cast` is set
  npy_intp stride;    // between neighbours of a row of the result
  npy_intp row_step;  // between rows
  npy_intp extent;    // bytes from the first element to the end of the last
  Cast cast;          // to the loop's type, or null
};

// A call of an inner loop, laid out. The result is contiguous, in C order or that of Fortran, and
// has the shape of `like`.
struct LoopPlan {
  LoopPlan() noexcept {}  // every field is set by plan_loop, which leaves early when it cannot

  const InnerLoop* loop;
  PyArrayObject* like;
  npy_intp elements;
  npy_intp inner;  // elements of a row
  npy_intp rows;
  npy_intp item;  // bytes of an element of the loop's inputs
  bool has_casts;
  bool is_fortran;
  Lane lanes[2];
  const char* mask;  // of `where`, a byte for each element; or null
  ScalarElement scalar;
  Signature signature;
};

// False when the operands are not for the fast path; nothing has happened then.
bool plan_loop(CountedOp& op, PyObject* const* operands, LoopPlan* plan);

// Takes an array given as `where`. False when the plan has to be given up.
bool plan_mask(const CountedOp& op, PyObject* where, LoopPlan* plan);

// Runs the loop of a plan into contiguous arrays of the results' shape and dtypes.
void run_loop(const CountedOp& op, const LoopPlan& plan, char* const* outs);

}  // namespace flopscope::bindings
