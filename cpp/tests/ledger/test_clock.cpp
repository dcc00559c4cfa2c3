#include <algorithm>
#include <chrono>
#include <cmath>
#include <initializer_list>
#include <limits>

#include <doctest/doctest.h>

#include "core/ledger/clock.hpp"
#include "tests/ledger/fake_clock.hpp"

using flopscope::clock_source;
using flopscope::ClockSource;
using flopscope::now;
using flopscope::seconds;
using flopscope::Ticks;
using flopscope::ticks;

namespace {

constexpr Ticks k_top = std::numeric_limits<Ticks>::max();

// Seconds that the clock and the C++ clock saw during the same busy wait of that length.
struct Interval {
  double ours;
  double reference;
};

Interval wait(double span_s) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const Ticks start = now();
  double reference = 0;
  while (reference < span_s) {
    reference = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  return {seconds(now() - start), reference};
}

}  // namespace

TEST_CASE("an injected clock counts nanoseconds") {
  FakeClock clock{5};
  CHECK(clock_source() == ClockSource::injected);
  CHECK(now() == 5);
  clock.advance(1'000);
  CHECK(now() == 1'005);
  CHECK(seconds(1'000'000'000) == doctest::Approx(1.0));
  CHECK(seconds(0) == 0.0);
  CHECK(ticks(2.5) == 2'500'000'000);
}

TEST_CASE("the chosen clock comes back when the injected one goes") {
  const ClockSource before = clock_source();
  CHECK(before != ClockSource::injected);
  const Ticks start = now();
  {
    const FakeClock clock;
    CHECK(now() == 0);
  }
  CHECK(clock_source() == before);
  CHECK(now() >= start);
}

TEST_CASE("spans of seconds that fit no count are held at the ends") {
  const FakeClock clock;
  CHECK(ticks(0.0) == 0);
  CHECK(ticks(-1.0) == 0);
  CHECK(ticks(-std::numeric_limits<double>::infinity()) == 0);
  CHECK(ticks(std::nan("")) == 0);
  CHECK(ticks(1e300) == k_top);
  CHECK(ticks(std::numeric_limits<double>::infinity()) == k_top);
  // Close to the top a span still converts.
  CHECK(static_cast<double>(ticks(1.8e10)) == doctest::Approx(1.8e19));
}

TEST_CASE("ticks and seconds are each other's inverse") {
  for (const double span : {1e-6, 0.25, 1.0, 3600.0, 86'400.0 * 365}) {
    CHECK(seconds(ticks(span)) == doctest::Approx(span).epsilon(1e-3));
  }
  CHECK(seconds(2'000'000) == doctest::Approx(2 * seconds(1'000'000)));
}

TEST_CASE("the calibrated clock runs forward, at the rate of the C++ clock") {
  Ticks last = now();
  for (int i = 0; i < 1'000; ++i) {
    const Ticks next = now();
    REQUIRE(next >= last);
    last = next;
  }
  // The machine may stop us between the two readings: one quiet interval out of ten is enough.
  double best = 1.0;
  for (int i = 0; i < 10 && best > 0.01; ++i) {
    const Interval interval = wait(0.01);
    best = std::min(best, std::abs(interval.ours / interval.reference - 1.0));
  }
  CHECK(best < 0.01);
}
