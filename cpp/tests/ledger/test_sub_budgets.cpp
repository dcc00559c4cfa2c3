// SubBudgets of a budget: limits, sums, and what they leave alone.
#include <doctest/doctest.h>

#include "core/ledger/ledger.hpp"

using flopscope::Ledger;
using flopscope::SubBudgetLimits;
using flopscope::SubBudgets;

namespace {

const std::int64_t k_words[] = {0, 0};
const flopscope::SignatureTable::View k_nothing{k_words, 2};

void charge(Ledger& ledger, flopscope::NamespaceId scope, std::uint64_t cost) {
  ledger.charge(1, cost, scope, k_nothing, ledger.made());
  ledger.sub_budgets().charge(ledger.sub_budget_of(scope), cost);
}

SubBudgetLimits of_flops(flopscope::Flops flops, bool is_soft = false) {
  SubBudgetLimits limits;
  limits.flops = flops;
  limits.is_soft = is_soft;
  return limits;
}

}  // namespace

TEST_CASE("a sub_budget refuses what passes its limit, and one around it what passes that") {
  Ledger ledger{1'000};
  const auto outer = ledger.open_sub_budget(Ledger::k_root, "outer", of_flops(100));
  const auto inner = ledger.open_sub_budget(outer, "inner", of_flops(200));
  CHECK(ledger.scopes()[inner].path() == "outer.inner");
  const auto sub_budget = ledger.sub_budget_of(inner);
  CHECK(ledger.sub_budgets().refusal(sub_budget, 100, 0).kind == SubBudgets::Kind::none);
  const auto passed = ledger.sub_budgets().refusal(sub_budget, 101, 0);
  CHECK(passed.sub_budget == ledger.sub_budget_of(outer));
  CHECK(passed.kind == SubBudgets::Kind::flops);
  CHECK(ledger.sub_budgets().refusal(sub_budget, 201, 0).sub_budget == sub_budget);
}

TEST_CASE("sums of sub_budgets are those of what is within them") {
  Ledger ledger{1'000};
  const auto outer = ledger.open_sub_budget(Ledger::k_root, "outer", of_flops(100));
  const auto inner = ledger.open_sub_budget(outer, "inner", {});
  charge(ledger, inner, 30);
  charge(ledger, outer, 20);
  charge(ledger, Ledger::k_root, 500);
  CHECK(ledger.sub_budgets()[ledger.sub_budget_of(inner)].used == 30);
  CHECK(ledger.sub_budgets()[ledger.sub_budget_of(outer)].used == 50);
  CHECK(ledger.used() == 550);
  CHECK(ledger.remaining() == 450);  // what a sub-budget leaves is there for all
}

TEST_CASE("sub_budgets of one name have totals of their own, namespaces within them too") {
  Ledger ledger{1'000};
  const auto first = ledger.open_sub_budget(Ledger::k_root, "a", of_flops(10));
  const auto second = ledger.open_sub_budget(Ledger::k_root, "a", of_flops(10));
  CHECK(first != second);
  CHECK(ledger.scopes()[first].path() == ledger.scopes()[second].path());
  const auto below = ledger.child(first, "b");
  CHECK(below != ledger.child(second, "b"));
  CHECK(below == ledger.child(first, "b"));
  CHECK(ledger.sub_budget_of(below) == ledger.sub_budget_of(first));
  CHECK(ledger.sub_budget_of(ledger.placed(below, 7)) == ledger.sub_budget_of(first));
  CHECK(ledger.sub_budget_of(ledger.child(Ledger::k_root, "a")) == SubBudgets::k_whole);
}

TEST_CASE("a soft limit is told once and refuses nothing") {
  Ledger ledger{1'000};
  const auto scope = ledger.open_sub_budget(Ledger::k_root, "soft", of_flops(10, true));
  const auto sub_budget = ledger.sub_budget_of(scope);
  CHECK(ledger.sub_budgets().refusal(sub_budget, 11, 0).kind == SubBudgets::Kind::none);
  const auto passed = ledger.sub_budgets().notice(sub_budget, 11, 0);
  CHECK(passed.sub_budget == sub_budget);
  ledger.sub_budgets().set_told(passed);
  CHECK(ledger.sub_budgets().notice(sub_budget, 11, 0).kind == SubBudgets::Kind::none);
}

TEST_CASE("time counts only while a sub_budget is open") {
  Ledger ledger{1'000};
  SubBudgetLimits limits;
  limits.time = 100;
  const auto sub_budget =
      ledger.sub_budget_of(ledger.open_sub_budget(Ledger::k_root, "timed", limits));
  auto& timed = ledger.sub_budgets()[sub_budget];
  timed.is_open = true;
  timed.entered = 1'000;
  CHECK(ledger.sub_budgets().refusal(sub_budget, 0, 1'100).kind == SubBudgets::Kind::none);
  CHECK(ledger.sub_budgets().refusal(sub_budget, 0, 1'101).kind == SubBudgets::Kind::time);
  timed.is_open = false;
  timed.spent = 50;
  CHECK(ledger.sub_budgets().refusal(sub_budget, 0, 9'999).kind == SubBudgets::Kind::none);
}
