// The parts of the path search that have rules of their own.
#include <cstdint>
#include <random>

#include <doctest/doctest.h>

#include "core/paths/path_count.hpp"
#include "core/paths/path_hash_order.hpp"
#include "core/paths/path_label_set.hpp"
#include "core/paths/path_size_table.hpp"

namespace {

using namespace flopscope;

std::vector<int> listed(const HashOrder& order) {
  std::vector<int> out;
  order.list(out);
  return out;
}

TEST_CASE("small integers come in the order of CPython's sets") {
  CHECK(listed(HashOrder::range(6)) == std::vector<int>{0, 1, 2, 3, 4, 5});
  // list({0, 1, 2, 3, 4, 5} - {4, 5} | {8}): rebuilt with eight slots, copied into sixteen.
  HashOrder four;
  four.replace(HashOrder::range(6), 4, 5, 8);
  CHECK(listed(four) == std::vector<int>{0, 1, 2, 3, 8});
  // list(... - {0, 1} | {9}): eight slots, where 8 takes that of 0 and 9 that of 1.
  HashOrder three;
  three.replace(four, 0, 1, 9);
  CHECK(listed(three) == std::vector<int>{8, 9, 2, 3});
}

TEST_CASE("large counts agree with 128-bit arithmetic on small ones") {
  std::mt19937_64 random{5};
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t a = random() >> (33 + random() % 31);
    const std::uint64_t b = random() >> (33 + random() % 31);
    const std::uint64_t c = random() >> 34;
    const auto value = [](std::uint64_t v) { return LargeCount{v}; };
    LargeCount product = value(a);
    product *= c;
    CHECK(product == value(a * c));
    CHECK(value(a) + value(b) == value(a + b));
    CHECK((value(a) < value(b)) == (a < b));
    // Differences may be negative.
    const LargeCount difference = value(a) - value(b);
    CHECK(difference + value(b) == value(a));
    CHECK((difference < LargeCount{}) == (a < b));
    LargeCount scaled = difference;
    scaled *= c;
    CHECK(scaled + value(b * c) == value(a * c));
  }
}

TEST_CASE("large counts go beyond 64 bits") {
  LargeCount big{~std::uint64_t{0}};
  for (int i = 0; i < 4; ++i) big *= ~std::uint64_t{0};
  CHECK(big - big == LargeCount{});
  CHECK(LargeCount{} - big < LargeCount{1});
  LargeCount none = big;
  none *= 0;
  CHECK(none == LargeCount{});
}

TEST_CASE("small counts refuse to overflow") {
  SmallCount count{std::uint64_t{1} << 40};
  CHECK_THROWS_AS(count *= std::uint64_t{1} << 30, CountOverflow);
  CHECK_THROWS_AS(SmallCount{~std::uint64_t{0}}, CountOverflow);
  CHECK(SmallCount{2} - SmallCount{3} < SmallCount{});
}

TEST_CASE_TEMPLATE("label sets of any width", Set, FixedLabelSet<2>, FixedLabelSet<4>,
                   LongLabelSet) {
  Set a{100};
  Set b{100};
  CHECK(a.is_empty());
  for (const int label : {1, 63, 64, 99}) a.add(label);
  for (const int label : {63, 98}) b.add(label);
  std::vector<int> both;
  (a & b).each([&](int label) { both.push_back(label); });
  CHECK(both == std::vector<int>{63});
  CHECK((a - b).has(99));
  CHECK(!(a - b).has(63));
  CHECK((a | b).has(98));
  CHECK(!a.is_disjoint(b));
  a.remove(63);
  CHECK(a.is_disjoint(b));
  CHECK(a.hash() != b.hash());

  std::vector<std::uint64_t> sizes(100, 3);
  sizes[99] = 5;
  const SizeTable size{sizes};
  CHECK(size(a) == 45.0);
  CHECK(size(Set{100}) == 1.0);
}

}  // namespace
