// The facts of a call of a function: what its price may depend on, collected once.
#pragma once

#include "core/pricing/cost_model.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/call_arguments.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/dispatch/fact_values.hpp"

namespace flopscope::bindings {

class CallFacts {
 public:
  explicit CallFacts(const CountedOp& op) noexcept
      // Casts are looked at even where they are free: what is no dtype is refused before the call.
      : op_{op}, is_wanted_{op.collector == Collector::cast} {}

  // A price list that the call is to be quoted by.
  void want(const Price& price) noexcept { is_wanted_ = is_wanted_ || !price.is_free(); }

  // Collects what is known before the call runs. False with an error set when the arguments make
  // no sense.
  bool collect(Arguments& arguments, const CallArguments& given);

  // Whether nothing is left to the result.
  bool is_complete() const noexcept { return is_complete_; }

  // Whether a price can be told before the call has run.
  bool tells(const Price& price) const noexcept {
    if (is_complete_ || price.is_free()) return true;
    return op_.collector != Collector::drawn && !price.needs_result();
  }

  // Adds what the result tells.
  bool add_result(const CallArguments& given, PyObject* result);

  Facts view() noexcept { return values_.view(); }

 private:
  bool collect_elementwise(const CallArguments& given, const Arguments& arguments);
  bool collect_movement(const Arguments& arguments);
  bool collect_cast(const Arguments& arguments);

  const CountedOp& op_;
  FactValues values_;
  bool is_wanted_;
  bool is_complete_ = true;
};

// Elements of an array; of the first in a tuple (linspace with its step); 1 for anything else.
std::uint64_t elements_of(PyObject* object);

}  // namespace flopscope::bindings
