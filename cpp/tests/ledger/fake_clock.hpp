// A clock that stands still until a test moves it; the real one is back when it goes out of scope.
#pragma once

#include "core/ledger/clock.hpp"

class FakeClock {
 public:
  explicit FakeClock(flopscope::Ticks start = 0) {
    time = start;
    flopscope::inject_clock(&read);
  }
  ~FakeClock() { flopscope::inject_clock(nullptr); }
  FakeClock(const FakeClock&) = delete;
  FakeClock& operator=(const FakeClock&) = delete;

  void advance(flopscope::Ticks span) { time += span; }

 private:
  static flopscope::Ticks read() noexcept { return time; }

  static inline flopscope::Ticks time = 0;
};
