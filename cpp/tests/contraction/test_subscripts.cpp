#include <doctest/doctest.h>

#include "core/contraction/subscripts.hpp"
#include "core/errors.hpp"

using flopscope::InvalidArgument;
using flopscope::label_lengths;
using flopscope::Labels;
using flopscope::parse_subscripts;
using flopscope::Shape;

TEST_CASE("labels are numbered by first appearance") {
  const auto parsed = parse_subscripts(U"zy,yx->zx");
  CHECK(parsed.inputs == std::vector<Labels>{{0, 1}, {1, 2}});
  CHECK(parsed.output == Labels{0, 2});
  CHECK(parsed.names == U"zyx");
  CHECK(parse_subscripts(U"ij,jk->ik").inputs == parsed.inputs);
  CHECK(parse_subscripts(U",->").inputs == std::vector<Labels>{{}, {}});
}

TEST_CASE("only spelled-out expressions are read") {
  for (const auto* text : {U"ij,jk", U"i...->i", U"i j->i", U"ij->ii", U"ij->k"}) {
    CHECK_THROWS_AS(parse_subscripts(text), InvalidArgument);
  }
}

TEST_CASE("lengths of one stretch") {
  const std::int64_t left[] = {2, 3, 1};
  const std::int64_t right[] = {1, 4};
  const auto parsed = parse_subscripts(U"bij,bj->bi");
  CHECK(label_lengths(parsed, {{left, 3}, {right, 2}}) == std::vector<std::uint64_t>{2, 3, 4});
  CHECK_THROWS_AS(label_lengths(parsed, {{left, 3}}), InvalidArgument);
  CHECK_THROWS_AS(label_lengths(parsed, {{left, 3}, {right, 1}}), InvalidArgument);
  const std::int64_t other[] = {3, 4};
  CHECK_THROWS_AS(label_lengths(parsed, {{left, 3}, {other, 2}}), InvalidArgument);
}

TEST_CASE("names beyond ASCII survive the way out") {
  CHECK(flopscope::to_utf8(U"i\u00e9\u2200\U0001F600") == "i\xc3\xa9\xe2\x88\x80\xf0\x9f\x98\x80");
  CHECK(flopscope::spell({1, 0}, U"ab") == U"ba");
}
