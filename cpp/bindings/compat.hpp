// Differences between Python versions and compilers, gathered in one place.
#pragma once

// clang-format off
#include "bindings/numpy_api.hpp"   // brings Python.h, which structmember.h takes for granted
#include <structmember.h>
// clang-format on

#if defined(__GNUC__)
#define FLOPSCOPE_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define FLOPSCOPE_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#define FLOPSCOPE_LIKELY(condition) (condition)
#define FLOPSCOPE_UNLIKELY(condition) (condition)
#endif

namespace flopscope::bindings::compat {

#if PY_VERSION_HEX >= 0x030C0000
inline constexpr int k_member_ssize = Py_T_PYSSIZET;
inline constexpr int k_member_readonly = Py_READONLY;
#else
inline constexpr int k_member_ssize = T_PYSSIZET;
inline constexpr int k_member_readonly = READONLY;
#endif

inline constexpr unsigned k_type_no_instantiation = Py_TPFLAGS_DISALLOW_INSTANTIATION;

// Whether nobody but the caller holds the object, so that it may be changed unseen.
inline bool is_unshared(PyObject* object) noexcept {
#if PY_VERSION_HEX >= 0x030E0000
  return PyUnstable_Object_IsUniquelyReferenced(object) != 0;
#else
  return Py_REFCNT(object) == 1;
#endif
}

}  // namespace flopscope::bindings::compat
