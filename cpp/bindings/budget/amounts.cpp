#include "bindings/budget/amounts.hpp"

#include <cmath>
#include <limits>

#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

PyObject* to_python(Flops value) {
  constexpr auto k_low = std::numeric_limits<std::uint64_t>::max();
  if (value <= k_low) return PyLong_FromUnsignedLongLong(static_cast<std::uint64_t>(value));
  const Ref high =
      Ref::steal(PyLong_FromUnsignedLongLong(static_cast<std::uint64_t>(value >> 64U)));
  const Ref low = Ref::steal(PyLong_FromUnsignedLongLong(static_cast<std::uint64_t>(value)));
  const Ref bits = Ref::steal(PyLong_FromLong(64));
  if (!high || !low || !bits) return nullptr;
  const Ref shifted = Ref::steal(PyNumber_Lshift(high.get(), bits.get()));
  return shifted ? PyNumber_Or(shifted.get(), low.get()) : nullptr;
}

bool parse_limit(PyObject* object, const char* name, Flops* limit) {
  const auto refuse = [&] {
    PyErr_Format(PyExc_ValueError, "%s must be > 0 (and finite, below 2**126), got %R", name,
                 object);
    return false;
  };
  if (PyUnicode_Check(object) || !PyNumber_Check(object)) {
    PyErr_Format(PyExc_TypeError, "%s must be a number of FLOPs, got %.200s", name,
                 Py_TYPE(object)->tp_name);
    return false;
  }
  if (!PyLong_Check(object)) {
    const double value = PyFloat_AsDouble(object);
    if (value == -1.0 && PyErr_Occurred() != nullptr) return false;
    if (!(value >= 1.0) || value >= 0x1p126) return refuse();
    *limit = static_cast<Flops>(value);
    return true;
  }
  const Ref bits = Ref::steal(PyLong_FromLong(63));
  const Ref high_object = Ref::steal(PyNumber_Rshift(object, bits.get()));
  if (!high_object) return false;
  int overflow = 0;
  const long long high = PyLong_AsLongLongAndOverflow(high_object.get(), &overflow);
  if (overflow != 0 || high < 0) return refuse();
  const Ref mask = Ref::steal(PyLong_FromUnsignedLongLong((1ULL << 63U) - 1U));
  const Ref low_object = Ref::steal(PyNumber_And(object, mask.get()));
  if (!low_object) return false;
  const unsigned long long low = PyLong_AsUnsignedLongLong(low_object.get());
  *limit = (static_cast<Flops>(high) << 63U) | low;
  return *limit > 0 || refuse();
}

bool parse_seconds(PyObject* object, const char* name, double* value) {
  *value = PyFloat_AsDouble(object);
  if (*value == -1.0 && PyErr_Occurred() != nullptr) return false;
  if (!std::isnan(*value)) return true;
  PyErr_Format(PyExc_ValueError, "%s must be a number of seconds, got nan", name);
  return false;
}

}  // namespace flopscope::bindings
