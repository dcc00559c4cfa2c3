// The meter's clock: raw ticks, read in a few nanoseconds and converted only when somebody looks.
// Reading it never calls back into Python, so nothing a program patches can change a figure.
#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#include <x86intrin.h>
#define FLOPSCOPE_HAS_TSC 1
#else
#define FLOPSCOPE_HAS_TSC 0
#endif

namespace flopscope {

using Ticks = std::uint64_t;

// What `now()` reads. The cycle counter is chosen only where the processor promises that it runs
// at a constant rate and two calibrations agree; everything else uses the monotonic clock.
enum class ClockSource : std::uint8_t { monotonic, cycle_counter, injected };

namespace detail {
struct ClockState {
  bool use_counter = false;
  Ticks (*read)() noexcept = nullptr;
};
extern ClockState clock_state;
}  // namespace detail

// The current time in ticks. Differences are meaningful, absolute values are not.
inline Ticks now() noexcept {
#if FLOPSCOPE_HAS_TSC
  if (detail::clock_state.use_counter) return __rdtsc();
#endif
  return detail::clock_state.read();
}

// Seconds in a span of ticks.
double seconds(Ticks span) noexcept;

// Ticks in a span of seconds; spans that do not fit are held at the largest value.
Ticks ticks(double span_s) noexcept;

ClockSource clock_source() noexcept;

// Replaces the clock for tests of the core; one injected tick is one nanosecond.
// Passing nullptr restores the clock that calibration chose.
void inject_clock(Ticks (*read)() noexcept) noexcept;

}  // namespace flopscope
