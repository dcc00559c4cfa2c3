// The processor's floating-point flags, cheaper than <cfenv> where there is only one status word.
#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace flopscope::bindings {

#if defined(__x86_64__) || defined(_M_X64)

// Invalid, divide by zero, overflow, underflow: what np.errstate is about. The bits are the same in
// both words.
inline constexpr unsigned k_float_flags = 0x01U | 0x04U | 0x08U | 0x10U;

// NumPy's loops compute in SSE registers, but flags that they raise by hand (feraiseexcept) may be
// set in the x87 word.
inline unsigned x87_status() noexcept {
  unsigned short status = 0;
  __asm__ __volatile__("fnstsw %0" : "=a"(status));
  return status;
}

inline constexpr unsigned k_underflow = 0x10U;

inline unsigned float_status() noexcept { return (_mm_getcsr() | x87_status()) & k_float_flags; }

inline void clear_float_status() noexcept {
  const unsigned status = _mm_getcsr();
  // Writing the registers costs more than reading them, and the flags are rarely set.
  if ((status & k_float_flags) != 0) _mm_setcsr(status & ~k_float_flags);
  if ((x87_status() & k_float_flags) != 0) __asm__ __volatile__("fnclex");
}

#else

inline constexpr int k_float_flags = FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW;
inline constexpr unsigned k_underflow = FE_UNDERFLOW;

inline unsigned float_status() noexcept {
  return static_cast<unsigned>(std::fetestexcept(k_float_flags));
}
inline void clear_float_status() noexcept { std::feclearexcept(k_float_flags); }

#endif

inline bool float_status_raised() noexcept { return float_status() != 0; }

// Whether NumPy, as it is set up here and now, would let these flags pass: it ignores underflow
// unless `np.errstate` was told otherwise.
bool is_ignored(unsigned flags) noexcept;

}  // namespace flopscope::bindings
