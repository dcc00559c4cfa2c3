// Pricing that involves Python: custom rules, and calls that NumPy will refuse.
#pragma once

#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/counted_op.hpp"

namespace flopscope::bindings {

// A call whose price cannot be told because NumPy is going to refuse it: lets NumPy raise its own
// error. Nothing is charged. Should NumPy accept after all, the result is dropped and RuntimeError
// is raised, so that nothing computes for free. Always returns nullptr with an error set.
PyObject* fail_with_numpy(const CountedOp& op, Arguments& arguments, PyObject* target);

// What a Python pricing function says: a count, or (`later`) a function that tells it from the
// result. False with an error set when it fails. Counts that do not fit are held at the largest
// value.
bool custom_price(const CountedOp& op, Arguments& arguments, std::uint64_t* cost, Ref* later);

// The same for what a pricing function has returned already; empty: it raised.
bool take_price(Ref price, std::uint64_t* cost, Ref* later);

// The count from the result.
bool price_result(const Ref& later, PyObject* result, std::uint64_t* cost);

}  // namespace flopscope::bindings
