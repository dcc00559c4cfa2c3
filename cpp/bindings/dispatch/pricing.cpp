#include "bindings/dispatch/pricing.hpp"

#include <limits>

#include "bindings/dispatch/call.hpp"

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

namespace {

bool to_count(PyObject* price, std::uint64_t* cost) {
  const Ref whole = Ref::steal(PyNumber_Index(price));
  if (!whole) return false;
  const unsigned long long value = PyLong_AsUnsignedLongLong(whole.get());
  if (value == static_cast<unsigned long long>(-1) && PyErr_Occurred() != nullptr) {
    if (PyErr_ExceptionMatches(PyExc_OverflowError) == 0) return false;
    PyErr_Clear();
    int sign = 0;
    const long long small = PyLong_AsLongLongAndOverflow(whole.get(), &sign);
    const bool is_negative = sign < 0 || (sign == 0 && small < 0);
    *cost = is_negative ? 0 : std::numeric_limits<std::uint64_t>::max();
    return true;
  }
  *cost = value;
  return true;
}

}  // namespace

bool custom_price(const CountedOp& op, Arguments& arguments, std::uint64_t* cost, Ref* later) {
  return take_price(Ref::steal(arguments.call(op.pricing)), cost, later);
}

bool take_price(Ref price, std::uint64_t* cost, Ref* later) {
  if (!price) return false;
  if (PyCallable_Check(price.get()) == 0) return to_count(price.get(), cost);
  *later = std::move(price);
  return true;
}

bool price_result(const Ref& later, PyObject* result, std::uint64_t* cost) {
  const Ref price = Ref::steal(PyObject_CallOneArg(later.get(), result));
  return price && to_count(price.get(), cost);
}

}  // namespace flopscope::bindings
