// The processor's floating-point flags, cheaper than <cfenv> where there is only one status word.
#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace flopscope::bindings {

#if defined(__x86_64__) || defined(_M_X64)

// Invalid, divide by zero, overflow, underflow: what np.errstate is about. NumPy's loops compute
// in SSE registers, so the x87 word does not matter.
inline constexpr unsigned k_float_flags = 0x01U | 0x04U | 0x08U | 0x10U;

inline bool float_status_raised() noexcept { return (_mm_getcsr() & k_float_flags) != 0; }

inline void clear_float_status() noexcept {
  const unsigned status = _mm_getcsr();
  // Writing the register costs more than reading it, and the flags are rarely set.
  if ((status & k_float_flags) != 0) _mm_setcsr(status & ~k_float_flags);
}

#else

inline constexpr int k_float_flags = FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW;

inline bool float_status_raised() noexcept { return std::fetestexcept(k_float_flags) != 0; }
inline void clear_float_status() noexcept { std::feclearexcept(k_float_flags); }

#endif

}  // namespace flopscope::bindings
