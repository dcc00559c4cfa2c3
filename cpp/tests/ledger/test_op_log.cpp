#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include <doctest/doctest.h>

#include "core/ledger/op_log.hpp"

using flopscope::OpId;
using flopscope::OpLog;
using flopscope::Record;
using flopscope::SignatureId;
using flopscope::SignatureTable;

namespace {

Record numbered(std::uint64_t i) {
  return {i,
          10 * i,
          i % 7,
          static_cast<float>(i % 5),
          static_cast<SignatureId>(i % 3),
          0,
          static_cast<OpId>(i % 11)};
}

void append_numbered(OpLog& log, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t i = first; i < last; ++i) log.append(numbered(i));
}

using Words = std::vector<std::int64_t>;

SignatureId intern(SignatureTable& table, const Words& words) {
  return table.intern({words.data(), words.size()});
}

Words words_of(const SignatureTable& table, SignatureId id) {
  const auto view = table[id];
  return {view.words, view.words + view.count};
}

}  // namespace

TEST_CASE("an empty log holds nothing") {
  const OpLog log;
  CHECK(log.size() == 0);
  CHECK(log.bytes() == 0);
  log.for_each([](const Record&) { FAIL("there is no record"); });
}

TEST_CASE("records come back in order, by index and by walking") {
  // Past the growing blocks and several full ones; boundaries lie at 64, 320, 1344, 5440, ...
  constexpr std::uint64_t k_count = 20'000;
  OpLog log;
  append_numbered(log, 0, k_count);
  REQUIRE(log.size() == k_count);
  const OpLog& reading = log;
  for (std::uint64_t i = 0; i < k_count; ++i) {
    REQUIRE(reading[i].cost == i);
    REQUIRE(reading[i].start == 10 * i);
    REQUIRE(reading[i].backend == i % 7);
    REQUIRE(reading[i].overhead == static_cast<float>(i % 5));
    REQUIRE(reading[i].signature == i % 3);
    REQUIRE(reading[i].op == i % 11);
    REQUIRE(&log.at(i) == &reading[i]);
  }
  std::uint64_t next = 0;
  log.for_each([&next](const Record& record) { REQUIRE(record.cost == next++); });
  CHECK(next == k_count);
}

TEST_CASE("a walk may begin anywhere") {
  constexpr std::uint64_t k_count = 10'000;
  OpLog log;
  append_numbered(log, 0, k_count);
  for (const std::uint64_t first : {0U, 1U, 63U, 64U, 65U, 319U, 320U, 1'343U, 1'344U, 5'439U,
                                    5'440U, 9'535U, 9'536U, 9'999U, 10'000U, 10'001U}) {
    CAPTURE(first);
    std::uint64_t next = first;
    log.for_each([&next](const Record& record) { REQUIRE(record.cost == next++); },
                 static_cast<std::size_t>(first));
    CHECK(next == std::max(first, k_count));
  }
}

TEST_CASE("a log of every length up to three blocks can be read at its end") {
  OpLog log;
  for (std::uint64_t i = 0; i < 6'000; ++i) {
    log.append(numbered(i));
    REQUIRE(log[log.size() - 1].cost == i);
  }
}

TEST_CASE("records stay where they are while the log grows") {
  OpLog log;
  std::vector<const Record*> addresses;
  for (std::uint64_t i = 0; i < 30'000; ++i) addresses.push_back(&log.append(numbered(i)));
  for (std::uint64_t i = 0; i < addresses.size(); ++i) {
    REQUIRE(addresses[i] == &log[i]);
    REQUIRE(addresses[i]->cost == i);
  }
  log.append(numbered(0)).backend = 5;
  CHECK(log[log.size() - 1].backend == 5);
}

TEST_CASE("a log takes at most 48 bytes per operation, spare room included") {
  OpLog log;
  append_numbered(log, 0, 1'000'000);
  const double per_record = static_cast<double>(log.bytes()) / 1e6;
  MESSAGE("bytes per record at 1e6 records: " << per_record);
  CHECK(per_record >= 40.0);
  CHECK(per_record <= 48.0);
}

TEST_CASE("short logs are small, and a block is never more than a few times what it holds") {
  OpLog log;
  log.append(numbered(0));
  CHECK(log.bytes() <= 3'072);
  for (std::uint64_t i = 1; i < 5'000; ++i) {
    log.append(numbered(i));
    // The first of a block: at worst the log was just extended by four times its last block.
    REQUIRE(log.bytes() <= 3'072 + 5 * 48 * (i + 1));
  }
}

TEST_CASE("signatures are stored once each") {
  SignatureTable table;
  CHECK(table.size() == 0);
  const SignatureId pair = intern(table, {0, 2, 1, 3, 1, 3});
  const SignatureId single = intern(table, {0, 1, 2, 3, 4});
  const SignatureId scalar = intern(table, {0, 1, 0});
  CHECK(table.size() == 3);
  CHECK(intern(table, {0, 2, 1, 3, 1, 3}) == pair);
  CHECK(intern(table, {0, 1, 2, 3, 4}) == single);
  CHECK(intern(table, {0, 1, 0}) == scalar);
  CHECK(table.size() == 3);
  CHECK(words_of(table, pair) == Words{0, 2, 1, 3, 1, 3});
  CHECK(words_of(table, single) == Words{0, 1, 2, 3, 4});
  CHECK(words_of(table, scalar) == Words{0, 1, 0});
}

TEST_CASE("signatures differ in length, order and every word") {
  SignatureTable table;
  const std::vector<Words> different{{0},       {0, 0},       {0, 1},      {1, 0},    {1},
                                     {0, 0, 0}, {0, 1, 2},    {2, 1, 0},   {0, 2, 1}, {-1, 0},
                                     {0, -1},   {1LL << 32U}, {1LL << 62U}};
  std::vector<SignatureId> ids;
  for (const Words& words : different) ids.push_back(intern(table, words));
  CHECK(table.size() == different.size());
  for (std::size_t i = 0; i < different.size(); ++i) {
    CHECK(ids[i] == i);
    CHECK(intern(table, different[i]) == ids[i]);
    CHECK(words_of(table, ids[i]) == different[i]);
  }
}

TEST_CASE("many signatures are found again, whatever the table grew to") {
  constexpr std::int64_t k_count = 20'000;
  SignatureTable table;
  for (std::int64_t i = 0; i < k_count; ++i) {
    REQUIRE(intern(table, {0, 1, 2, i % 200, i / 200}) == static_cast<SignatureId>(i));
  }
  CHECK(table.size() == k_count);
  for (std::int64_t i = 0; i < k_count; i += 7) {
    REQUIRE(intern(table, {0, 1, 2, i % 200, i / 200}) == static_cast<SignatureId>(i));
    REQUIRE(words_of(table, static_cast<SignatureId>(i)) == Words{0, 1, 2, i % 200, i / 200});
  }
  CHECK(table.size() == k_count);
  CHECK(table.bytes() >= k_count * 5 * sizeof(std::int64_t));
}
