#include "core/ledger/clock.hpp"

#include <chrono>
#include <cmath>
#include <limits>

#if FLOPSCOPE_HAS_TSC
#include <cpuid.h>
#endif

namespace flopscope {
namespace {

Ticks read_monotonic() noexcept {
  return static_cast<Ticks>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                std::chrono::steady_clock::now().time_since_epoch())
                                .count());
}

constexpr double k_seconds_per_nanosecond = 1e-9;

#if FLOPSCOPE_HAS_TSC

// Bit 8 of EDX in leaf 0x80000007: the counter runs at a constant rate in all power states.
bool counter_is_invariant() noexcept {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  if (__get_cpuid(0x80000007U, &eax, &ebx, &ecx, &edx) == 0) return false;
  return (edx & (1U << 8U)) != 0;
}

struct Anchor {
  Ticks counter;
  Ticks nanoseconds;
};

// A pair of readings taken together: the narrowest of a few tries, since an interrupt between
// the two reads would shift one against the other.
Anchor take_anchor() noexcept {
  Anchor best{};
  Ticks narrowest = std::numeric_limits<Ticks>::max();
  for (int i = 0; i < 5; ++i) {
    const Ticks before = __rdtsc();
    const Ticks ns = read_monotonic();
    const Ticks after = __rdtsc();
    if (after - before < narrowest) {
      narrowest = after - before;
      best = {before + (after - before) / 2, ns};
    }
  }
  return best;
}

double rate(const Anchor& from, const Anchor& to) noexcept {
  const auto span = static_cast<double>(to.counter - from.counter);
  return static_cast<double>(to.nanoseconds - from.nanoseconds) * k_seconds_per_nanosecond / span;
}

Anchor wait_after(const Anchor& from, Ticks nanoseconds) noexcept {
  while (read_monotonic() - from.nanoseconds < nanoseconds) {
  }
  return take_anchor();
}

#endif

struct Calibration {
  bool use_counter = false;
  // Length of one tick. For the counter it is measured over the time since the library was
  // loaded, and fixed at the first conversion so that all figures share one rate.
  double seconds_per_tick = k_seconds_per_nanosecond;
#if FLOPSCOPE_HAS_TSC
  Anchor start{};
  bool fixed = false;
#endif

  Calibration() noexcept {
#if FLOPSCOPE_HAS_TSC
    if (!counter_is_invariant()) return;
    constexpr Ticks k_window_ns = 100'000;
    start = take_anchor();
    const Anchor middle = wait_after(start, k_window_ns);
    const Anchor end = wait_after(middle, k_window_ns);
    const double first = rate(start, middle);
    const double second = rate(middle, end);
    // Two windows that disagree mean a counter that jumps or a machine that is being moved.
    if (!(first > 0.0) || std::abs(first - second) > 0.01 * first) return;
    seconds_per_tick = rate(start, end);
    use_counter = true;
#endif
  }

  double rate_now() noexcept {
#if FLOPSCOPE_HAS_TSC
    if (use_counter && !fixed) {
      constexpr Ticks k_least_span_ns = 5'000'000;
      seconds_per_tick = rate(start, wait_after(start, k_least_span_ns));
      fixed = true;
    }
#endif
    return seconds_per_tick;
  }
};

Calibration calibration;
bool is_injected = false;

double seconds_per_tick() noexcept {
  return is_injected ? k_seconds_per_nanosecond : calibration.rate_now();
}

}  // namespace

namespace detail {
ClockState clock_state{calibration.use_counter, &read_monotonic};
}

double seconds(Ticks span) noexcept { return static_cast<double>(span) * seconds_per_tick(); }

Ticks ticks(double span_s) noexcept {
  const double span = span_s / seconds_per_tick();
  constexpr auto k_top = std::numeric_limits<Ticks>::max();
  if (!(span > 0.0)) return 0;
  return span >= static_cast<double>(k_top) ? k_top : static_cast<Ticks>(span);
}

ClockSource clock_source() noexcept {
  if (is_injected) return ClockSource::injected;
  return detail::clock_state.use_counter ? ClockSource::cycle_counter : ClockSource::monotonic;
}

void inject_clock(Ticks (*read)() noexcept) noexcept {
  is_injected = read != nullptr;
  detail::clock_state.read = is_injected ? read : &read_monotonic;
  detail::clock_state.use_counter = !is_injected && calibration.use_counter;
}

}  // namespace flopscope
