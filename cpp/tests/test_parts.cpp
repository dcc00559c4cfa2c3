// Parts of a budget: limits, sums, and what they leave alone.
#include <doctest/doctest.h>

#include "flopscope/ledger.hpp"

using flopscope::Ledger;
using flopscope::PartLimits;
using flopscope::Parts;

namespace {

const std::int64_t k_words[] = {0, 0};
const flopscope::SignatureTable::View k_nothing{k_words, 2};

void charge(Ledger& ledger, flopscope::NamespaceId scope, std::uint64_t cost) {
  ledger.charge(1, cost, scope, k_nothing, ledger.made());
  ledger.parts().charge(ledger.part_of(scope), cost);
}

PartLimits of_flops(flopscope::Flops flops, bool is_soft = false) {
  PartLimits limits;
  limits.flops = flops;
  limits.is_soft = is_soft;
  return limits;
}

}  // namespace

TEST_CASE("a part refuses what passes its limit, and one around it what passes that") {
  Ledger ledger{1'000};
  const auto outer = ledger.open_part(Ledger::k_root, "outer", of_flops(100));
  const auto inner = ledger.open_part(outer, "inner", of_flops(200));
  CHECK(ledger.scopes()[inner].path() == "outer.inner");
  const auto part = ledger.part_of(inner);
  CHECK(ledger.parts().refusal(part, 100, 0).kind == Parts::Kind::none);
  const auto passed = ledger.parts().refusal(part, 101, 0);
  CHECK(passed.part == ledger.part_of(outer));
  CHECK(passed.kind == Parts::Kind::flops);
  CHECK(ledger.parts().refusal(part, 201, 0).part == part);
}

TEST_CASE("sums of parts are those of what is within them") {
  Ledger ledger{1'000};
  const auto outer = ledger.open_part(Ledger::k_root, "outer", of_flops(100));
  const auto inner = ledger.open_part(outer, "inner", {});
  charge(ledger, inner, 30);
  charge(ledger, outer, 20);
  charge(ledger, Ledger::k_root, 500);
  CHECK(ledger.parts()[ledger.part_of(inner)].used == 30);
  CHECK(ledger.parts()[ledger.part_of(outer)].used == 50);
  CHECK(ledger.used() == 550);
  CHECK(ledger.remaining() == 450);  // what a part leaves is there for all
}

TEST_CASE("parts of one name have totals of their own, namespaces within them too") {
  Ledger ledger{1'000};
  const auto first = ledger.open_part(Ledger::k_root, "a", of_flops(10));
  const auto second = ledger.open_part(Ledger::k_root, "a", of_flops(10));
  CHECK(first != second);
  CHECK(ledger.scopes()[first].path() == ledger.scopes()[second].path());
  const auto below = ledger.child(first, "b");
  CHECK(below != ledger.child(second, "b"));
  CHECK(below == ledger.child(first, "b"));
  CHECK(ledger.part_of(below) == ledger.part_of(first));
  CHECK(ledger.part_of(ledger.placed(below, 7)) == ledger.part_of(first));
  CHECK(ledger.part_of(ledger.child(Ledger::k_root, "a")) == Parts::k_whole);
}

TEST_CASE("a soft limit is told once and refuses nothing") {
  Ledger ledger{1'000};
  const auto scope = ledger.open_part(Ledger::k_root, "soft", of_flops(10, true));
  const auto part = ledger.part_of(scope);
  CHECK(ledger.parts().refusal(part, 11, 0).kind == Parts::Kind::none);
  const auto passed = ledger.parts().notice(part, 11, 0);
  CHECK(passed.part == part);
  ledger.parts().set_told(passed);
  CHECK(ledger.parts().notice(part, 11, 0).kind == Parts::Kind::none);
}

TEST_CASE("time counts only while a part is open") {
  Ledger ledger{1'000};
  PartLimits limits;
  limits.time = 100;
  const auto part = ledger.part_of(ledger.open_part(Ledger::k_root, "timed", limits));
  auto& timed = ledger.parts()[part];
  timed.is_open = true;
  timed.entered = 1'000;
  CHECK(ledger.parts().refusal(part, 0, 1'100).kind == Parts::Kind::none);
  CHECK(ledger.parts().refusal(part, 0, 1'101).kind == Parts::Kind::time);
  timed.is_open = false;
  timed.spent = 50;
  CHECK(ledger.parts().refusal(part, 0, 9'999).kind == Parts::Kind::none);
}
