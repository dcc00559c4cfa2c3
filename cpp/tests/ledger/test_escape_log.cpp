// What is kept of escapes: sums per way and place, in bounded memory.
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "core/ledger/escape_log.hpp"

using flopscope::EscapeLog;

TEST_CASE("escapes of one way and place are one entry") {
  EscapeLog log;
  log.add("numpy.asarray", 1, 24);
  log.add("numpy.asarray", 1, 8);
  log.add("numpy.asarray", 2, 8);
  log.add("buffer", 1, 8);
  REQUIRE(log.entries().size() == 3);
  CHECK(log.entries()[0].count == 2);
  CHECK(log.entries()[0].bytes == 32);
  CHECK(log.entries()[1].site == 2);
  CHECK(log.entries()[2].what == "buffer");
}

TEST_CASE("sums of escapes stay at the largest value") {
  constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();
  EscapeLog log;
  log.add("buffer", 0, k_top - 1);
  log.add("buffer", 0, 100);
  CHECK(log.entries()[0].bytes == k_top);
}

TEST_CASE("entries are bounded and nothing is lost from the sums") {
  EscapeLog log;
  for (std::uint32_t site = 0; site < 5'000; ++site) log.add("buffer", site, 2);
  CHECK(log.entries().size() == EscapeLog::k_most_entries + 1);
  CHECK(log.entries().back().what == EscapeLog::k_others);
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  for (const auto& entry : log.entries()) {
    count += entry.count;
    bytes += entry.bytes;
  }
  CHECK(count == 5'000);
  CHECK(bytes == 10'000);
}
