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
  CallFacts(const CountedOp& op, const Price& price) noexcept
      // Casts are looked at even where they are free: what is no dtype is refused before the call.
      : op_{op},
        is_wanted_{!price.is_free() || op.collector == Collector::cast},
        wants_result_{price.needs_result()} {}

  // Collects what is known before the call runs. False with an error set when the arguments make
  // no sense.
  bool collect(Arguments& arguments, const CallArguments& given);

  // Whether the price can be told already.
  bool is_complete() const noexcept { return is_complete_; }

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
  bool wants_result_;
  bool is_complete_ = true;
};

// Elements of an array; of the first in a tuple (linspace with its step); 1 for anything else.
std::uint64_t elements_of(PyObject* object);

}  // namespace flopscope::bindings
