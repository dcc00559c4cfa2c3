#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/ledger/ledger.hpp"
#include "tests/ledger/fake_clock.hpp"

using flopscope::Flops;
using flopscope::Ledger;
using flopscope::NamespaceId;
using flopscope::OpId;
using flopscope::OpTotals;
using flopscope::Record;
using flopscope::ScopeTotals;
using flopscope::SignatureTable;
using flopscope::Ticks;

namespace {

constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();
constexpr OpId k_add = 3;
constexpr OpId k_exp = 40;

constexpr std::int64_t k_words[] = {0, 1, 1, 16};
constexpr SignatureTable::View k_no_operands{k_words, 1};
constexpr SignatureTable::View k_one_vector{k_words, 4};

// The running figures of an operation, or zeros when the namespace has not seen it.
OpTotals totals_of(const Ledger& ledger, NamespaceId scope, OpId op) {
  for (const OpTotals& row : ledger.scopes()[scope].rows()) {
    if (row.op == op) return row;
  }
  return {};
}

}  // namespace

TEST_CASE("a new ledger has its whole limit left") {
  const Ledger ledger{100};
  CHECK((ledger.limit() == 100));
  CHECK((ledger.used() == 0));
  CHECK((ledger.remaining() == 100));
  CHECK(ledger.backend() == 0);
  CHECK(ledger.overhead() == 0);
  CHECK(ledger.log().size() == 0);
  REQUIRE(ledger.scopes().size() == 1);
  CHECK(ledger.scopes()[Ledger::k_root].path().empty());
  CHECK(ledger.scopes()[Ledger::k_root].rows().empty());
}

TEST_CASE("a budget may be spent to the last FLOP, and no further") {
  Ledger ledger{100};
  CHECK(ledger.affords(0));
  CHECK(ledger.affords(100));
  CHECK_FALSE(ledger.affords(101));
  ledger.charge(k_add, 60, Ledger::k_root, k_no_operands, 0);
  CHECK((ledger.remaining() == 40));
  CHECK(ledger.affords(40));
  CHECK_FALSE(ledger.affords(41));
  ledger.charge(k_add, 40, Ledger::k_root, k_no_operands, 0);
  CHECK((ledger.remaining() == 0));
  CHECK(ledger.affords(0));
  CHECK_FALSE(ledger.affords(1));
}

TEST_CASE("a cost held at the top is never affordable, whatever the limit") {
  CHECK_FALSE(Ledger{1'000'000'000'000'000ULL}.affords(k_top));
  CHECK_FALSE(Ledger{Flops{1} << 100U}.affords(k_top));
}

TEST_CASE("a limit and a total may exceed 64 bits") {
  const Flops limit = Flops{1} << 100U;
  Ledger ledger{limit};
  ledger.charge(k_add, k_top, Ledger::k_root, k_no_operands, 0);
  ledger.charge(k_add, k_top, Ledger::k_root, k_no_operands, 0);
  CHECK((ledger.used() == 2 * Flops{k_top}));
  CHECK((ledger.remaining() == limit - 2 * Flops{k_top}));
  CHECK((totals_of(ledger, Ledger::k_root, k_add).cost == 2 * Flops{k_top}));
  CHECK(ledger.affords(k_top - 1));
}

TEST_CASE("a charge is in the total, in the operation's row and in the log") {
  FakeClock clock{1'000};
  Ledger ledger{1'000};
  CHECK(ledger.made() == 1'000);
  clock.advance(50);
  const Record& record = ledger.charge(k_add, 16, Ledger::k_root, k_one_vector, flopscope::now());
  CHECK(record.cost == 16);
  CHECK(record.start == 50);
  CHECK(record.backend == 0);
  CHECK(record.overhead == 0.0F);
  CHECK(ledger.signatures().is(record.signature, k_one_vector));
  CHECK(record.scope == Ledger::k_root);
  CHECK(record.op == k_add);
  ledger.charge(k_exp, 256, Ledger::k_root, k_no_operands, flopscope::now());
  ledger.charge(k_add, 4, Ledger::k_root, k_no_operands, flopscope::now());
  CHECK((ledger.used() == 276));
  CHECK(ledger.log().size() == 3);
  CHECK(ledger.log()[2].cost == 4);
  CHECK(totals_of(ledger, Ledger::k_root, k_add).calls == 2);
  CHECK((totals_of(ledger, Ledger::k_root, k_add).cost == 20));
  CHECK(totals_of(ledger, Ledger::k_root, k_exp).calls == 1);
  CHECK((totals_of(ledger, Ledger::k_root, k_exp).cost == 256));
}

TEST_CASE("free operations are counted and logged too") {
  Ledger ledger{1};
  ledger.charge(k_add, 0, Ledger::k_root, k_no_operands, 0);
  CHECK((ledger.used() == 0));
  CHECK(ledger.log().size() == 1);
  CHECK(totals_of(ledger, Ledger::k_root, k_add).calls == 1);
}

TEST_CASE("settling books times on the record, the operation and the ledger") {
  Ledger ledger{1'000};
  Record& first = ledger.charge(k_add, 1, Ledger::k_root, k_no_operands, ledger.made());
  ledger.settle(first, 100, 20);
  ledger.charge(k_exp, 1, Ledger::k_root, k_no_operands, ledger.made());
  ledger.settle_at(1, 7, 3);
  CHECK(ledger.log()[0].backend == 100);
  CHECK(ledger.log()[0].overhead == 20.0F);
  CHECK(ledger.log()[1].backend == 7);
  CHECK(totals_of(ledger, Ledger::k_root, k_add).backend == 100);
  CHECK(totals_of(ledger, Ledger::k_root, k_add).overhead == 20);
  CHECK(totals_of(ledger, Ledger::k_root, k_exp).backend == 7);
  CHECK(ledger.backend() == 107);
  CHECK(ledger.overhead() == 23);
  SUBCASE("in sub_budgets") {
    ledger.settle_at(0, 11, 1);
    CHECK(ledger.log()[0].backend == 111);
    CHECK(ledger.log()[0].overhead == 21.0F);
    CHECK(totals_of(ledger, Ledger::k_root, k_add).backend == 111);
    CHECK(ledger.backend() == 118);
    CHECK(ledger.overhead() == 24);
  }
  SUBCASE("or on no record at all") {
    ledger.add_backend(1'000);
    ledger.add_overhead(500);
    CHECK(ledger.backend() == 1'107);
    CHECK(ledger.overhead() == 523);
    CHECK(totals_of(ledger, Ledger::k_root, k_add).backend == 100);
  }
}

TEST_CASE("a reference to a record outlives later charges") {
  Ledger ledger{1'000'000};
  Record& early = ledger.charge(k_add, 1, Ledger::k_root, k_no_operands, ledger.made());
  for (int i = 0; i < 10'000; ++i)
    ledger.charge(k_exp, 1, Ledger::k_root, k_no_operands, ledger.made());
  ledger.settle(early, 5, 0);
  CHECK(ledger.log()[0].backend == 5);
  CHECK(totals_of(ledger, Ledger::k_root, k_add).backend == 5);
}

TEST_CASE("namespaces are paths, one id each") {
  Ledger ledger{1'000};
  const NamespaceId model = ledger.child(Ledger::k_root, "model");
  const NamespaceId layer = ledger.child(model, "layer");
  const NamespaceId other = ledger.child(Ledger::k_root, "layer");
  CHECK(model != Ledger::k_root);
  CHECK(layer != other);
  CHECK(ledger.child(Ledger::k_root, "model") == model);
  CHECK(ledger.child(model, "layer") == layer);
  CHECK(ledger.scopes().size() == 4);
  CHECK(ledger.scopes()[model].path() == "model");
  CHECK(ledger.scopes()[layer].path() == "model.layer");
  CHECK(ledger.scopes()[other].path() == "layer");
}

TEST_CASE("the namespace of the budget heads every path") {
  Ledger ledger{1'000, "run"};
  CHECK(ledger.scopes()[Ledger::k_root].path() == "run");
  const NamespaceId model = ledger.child(Ledger::k_root, "model");
  CHECK(ledger.scopes()[model].path() == "run.model");
  CHECK(ledger.scopes()[ledger.child(model, "layer")].path() == "run.model.layer");
  // A segment of the root's own name is a namespace inside it, not the root.
  CHECK(ledger.scopes()[ledger.child(Ledger::k_root, "run")].path() == "run.run");
}

TEST_CASE("totals are kept per namespace") {
  Ledger ledger{1'000};
  const NamespaceId model = ledger.child(Ledger::k_root, "model");
  ledger.charge(k_add, 1, Ledger::k_root, k_no_operands, ledger.made());
  Record& record = ledger.charge(k_add, 10, model, k_no_operands, ledger.made());
  ledger.settle(record, 4, 2);
  CHECK(record.scope == model);
  CHECK((ledger.used() == 11));
  CHECK((totals_of(ledger, Ledger::k_root, k_add).cost == 1));
  CHECK(totals_of(ledger, Ledger::k_root, k_add).backend == 0);
  CHECK((totals_of(ledger, model, k_add).cost == 10));
  CHECK(totals_of(ledger, model, k_add).backend == 4);
  CHECK(ledger.backend() == 4);
}

TEST_CASE("namespaces made between charge and settle disturb neither") {
  Ledger ledger{1'000};
  Record& record = ledger.charge(k_add, 10, Ledger::k_root, k_no_operands, ledger.made());
  for (int i = 0; i < 1'000; ++i) {
    const NamespaceId id = ledger.child(Ledger::k_root, "n" + std::to_string(i));
    ledger.charge(k_exp, 0, id, k_no_operands, ledger.made());
  }
  ledger.settle(record, 9, 1);
  CHECK(totals_of(ledger, Ledger::k_root, k_add).backend == 9);
  CHECK(ledger.scopes().size() == 1'001);
}

TEST_CASE("sums of the rows, of the log and of the ledger agree") {
  Ledger ledger{k_top};
  const NamespaceId scopes[] = {Ledger::k_root, ledger.child(Ledger::k_root, "a"),
                                ledger.child(Ledger::k_root, "b")};
  std::uint64_t state = 12'345;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    const std::uint64_t draw = state >> 33U;
    Record& record = ledger.charge(static_cast<OpId>(draw % 700), draw % 1'000, scopes[draw % 3],
                                   k_no_operands, ledger.made());
    ledger.settle(record, draw % 100, draw % 10);
  }
  Flops in_rows = 0;
  Ticks backend = 0;
  Ticks overhead = 0;
  std::uint64_t calls = 0;
  for (const ScopeTotals& scope : ledger.scopes()) {
    for (const OpTotals& row : scope.rows()) {
      in_rows += row.cost;
      backend += row.backend;
      overhead += row.overhead;
      calls += row.calls;
    }
  }
  Flops in_log = 0;
  ledger.log().for_each([&in_log](const Record& record) { in_log += record.cost; });
  CHECK((in_rows == ledger.used()));
  CHECK((in_log == ledger.used()));
  CHECK((ledger.remaining() == ledger.limit() - ledger.used()));
  CHECK(backend == ledger.backend());
  CHECK(overhead == ledger.overhead());
  CHECK(calls == ledger.log().size());
}

TEST_CASE("a namespace has a row for every id there can be") {
  ScopeTotals scope{"all"};
  for (std::size_t i = 0; i < flopscope::OpRegistry::k_capacity; ++i) {
    scope.of(static_cast<OpId>(i)).calls = i + 1;
  }
  CHECK(scope.rows().size() == flopscope::OpRegistry::k_capacity);
  for (std::size_t i = 0; i < flopscope::OpRegistry::k_capacity; ++i) {
    REQUIRE(scope.of(static_cast<OpId>(i)).calls == i + 1);
  }
  CHECK(scope.rows().size() == flopscope::OpRegistry::k_capacity);
}

TEST_CASE("each call keeps its own signature, whatever the same operation met before") {
  Ledger ledger{1'000};
  const auto signature_of = [&ledger](SignatureTable::View signature) {
    return ledger.charge(k_add, 1, Ledger::k_root, signature, ledger.made()).signature;
  };
  const auto first = signature_of(k_one_vector);
  const auto second = signature_of(k_no_operands);
  CHECK(signature_of(k_one_vector) == first);
  CHECK(signature_of(k_no_operands) == second);
  CHECK(signature_of(k_no_operands) == second);
  CHECK(first != second);
  CHECK(ledger.signatures().is(first, k_one_vector));
  CHECK_FALSE(ledger.signatures().is(first, k_no_operands));
  CHECK_FALSE(ledger.signatures().is(second + 1, k_no_operands));
  CHECK(ledger.signatures().size() == 2);
}

TEST_CASE("a site within a namespace has totals of its own, under the namespace's path") {
  Ledger ledger{1'000, "root"};
  const auto space = ledger.child(Ledger::k_root, "a");
  CHECK(ledger.placed(space, 0) == space);
  const auto here = ledger.placed(space, 7);
  CHECK(here != space);
  CHECK(ledger.placed(space, 7) == here);
  CHECK(ledger.placed(Ledger::k_root, 7) != here);
  CHECK(ledger.placed(space, 8) != here);
  CHECK(ledger.scopes()[here].path() == "root.a");
  CHECK(ledger.scopes()[here].site() == 7);
  // More places than are remembered as recent.
  std::vector<flopscope::NamespaceId> places;
  for (flopscope::SiteId site = 1; site <= 500; ++site) {
    places.push_back(ledger.placed(space, site));
  }
  for (flopscope::SiteId site = 1; site <= 500; ++site) {
    CHECK(ledger.placed(space, site) == places[site - 1]);
  }
  CHECK(places[6] == here);
  // Segments go on from the namespace, not from the place.
  CHECK(ledger.scopes()[ledger.child(space, "b")].path() == "root.a.b");
}

TEST_CASE("bytes are kept beside the totals") {
  Ledger ledger{1'000};
  ledger.charge(k_add, 3, Ledger::k_root, k_no_operands, ledger.made());
  CHECK(ledger.scopes()[0].moved(0).read == 0);
  ledger.add_moved(Ledger::k_root, k_add, 24, 8);
  ledger.add_moved(Ledger::k_root, k_add, 24, 8);
  CHECK(ledger.scopes()[0].moved(0).read == 48);
  CHECK(ledger.scopes()[0].moved(0).written == 16);
  CHECK((ledger.used() == 3));
}
