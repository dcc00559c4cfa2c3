#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "core/ledger/session.hpp"

using flopscope::Ledger;
using flopscope::LedgerMark;
using flopscope::mark_of;
using flopscope::NamespaceId;
using flopscope::OpId;
using flopscope::OpTotals;
using flopscope::Record;
using flopscope::SessionFigures;
using flopscope::SignatureTable;
using flopscope::Ticks;

namespace {

constexpr OpId k_add = 3;
constexpr OpId k_exp = 40;

constexpr std::int64_t k_words[] = {0, 1, 1, 16};
constexpr SignatureTable::View k_no_operands{k_words, 1};

void run(Ledger& ledger, OpId op, std::uint64_t cost, Ticks backend, Ticks overhead,
         NamespaceId scope = Ledger::k_root) {
  Record& record = ledger.charge(op, cost, scope, k_no_operands, ledger.made());
  ledger.settle(record, backend, overhead);
}

OpTotals totals_of(const SessionFigures& session, const std::string& path, OpId op) {
  const auto scope = session.scopes.find(path);
  if (scope == session.scopes.end()) return {};
  for (const OpTotals& row : scope->second.rows()) {
    if (row.op == op) return row;
  }
  return {};
}

}  // namespace

TEST_CASE("a session adds up its ledgers") {
  Ledger first{100};
  Ledger second{200};
  run(first, k_add, 10, 5, 1);
  run(second, k_add, 20, 6, 2);
  run(second, k_exp, 3, 7, 4);
  second.add_overhead(50);
  SessionFigures session;
  session.add_since(first, 1'000, {});
  session.add_since(second, 500, {});
  CHECK((session.used == 33));
  CHECK(session.backend == 18);
  CHECK(session.overhead == 57);
  CHECK(session.wall == 1'500);
  REQUIRE(session.scopes.size() == 1);
  const OpTotals add = totals_of(session, "", k_add);
  CHECK(add.calls == 2);
  CHECK((add.cost == 30));
  CHECK(add.backend == 11);
  CHECK(add.overhead == 3);
  CHECK((totals_of(session, "", k_exp).cost == 3));
  // A limit counts once per budget, however often it is entered: whoever enters it adds it.
  CHECK((session.limit == 0));
}

TEST_CASE("a ledger that is entered again adds only what is new") {
  Ledger ledger{1'000};
  SessionFigures session;
  run(ledger, k_add, 10, 5, 1);
  session.add_since(ledger, 100, {});
  const LedgerMark mark = mark_of(ledger, 100);
  run(ledger, k_add, 7, 2, 1);
  run(ledger, k_exp, 16, 3, 1);
  session.add_since(ledger, 160, mark);
  CHECK((session.used == 33));
  CHECK((session.used == ledger.used()));
  CHECK(session.backend == ledger.backend());
  CHECK(session.overhead == ledger.overhead());
  CHECK(session.wall == 160);
  const OpTotals add = totals_of(session, "", k_add);
  CHECK(add.calls == 2);
  CHECK((add.cost == 17));
  CHECK(add.backend == 7);
  CHECK(totals_of(session, "", k_exp).calls == 1);
}

TEST_CASE("a ledger that did nothing since its mark adds nothing") {
  Ledger ledger{1'000};
  run(ledger, k_add, 10, 5, 1);
  const LedgerMark mark = mark_of(ledger, 100);
  SessionFigures session;
  session.add_since(ledger, 100, mark);
  CHECK((session.used == 0));
  CHECK(session.wall == 0);
  CHECK(session.backend == 0);
  CHECK(session.overhead == 0);
  CHECK(session.scopes.empty());
}

TEST_CASE("free operations show up in a session") {
  Ledger ledger{1'000};
  run(ledger, k_add, 0, 0, 0);
  SessionFigures session;
  session.add_since(ledger, 1, {});
  CHECK(totals_of(session, "", k_add).calls == 1);
}

TEST_CASE("time booked on an old record counts from the mark on") {
  Ledger ledger{1'000};
  run(ledger, k_add, 10, 5, 1);
  const LedgerMark mark = mark_of(ledger, 100);
  ledger.settle_at(0, 30, 0);
  SessionFigures session;
  session.add_since(ledger, 140, mark);
  CHECK(session.backend == 30);
  CHECK((session.used == 0));
  const OpTotals add = totals_of(session, "", k_add);
  CHECK(add.calls == 0);
  CHECK((add.cost == 0));
  CHECK(add.backend == 30);
}

TEST_CASE("namespaces of equal path are one namespace of the session") {
  Ledger first{1'000};
  Ledger second{1'000, "model"};
  // The ids differ, the path is the same.
  first.child(Ledger::k_root, "other");
  run(first, k_add, 10, 1, 1, first.child(Ledger::k_root, "model"));
  run(second, k_add, 5, 1, 1);
  run(second, k_add, 2, 1, 1, second.child(Ledger::k_root, "layer"));
  SessionFigures session;
  session.add_since(first, 10, {});
  session.add_since(second, 10, {});
  CHECK(session.scopes.size() == 2);
  CHECK((totals_of(session, "model", k_add).cost == 15));
  CHECK(totals_of(session, "model", k_add).calls == 2);
  CHECK((totals_of(session, "model.layer", k_add).cost == 2));
}

TEST_CASE("namespaces and operations that are new since the mark are counted whole") {
  Ledger ledger{1'000};
  const NamespaceId early = ledger.child(Ledger::k_root, "early");
  run(ledger, k_add, 1, 1, 1, early);
  const LedgerMark mark = mark_of(ledger, 10);
  run(ledger, k_add, 2, 1, 1, early);
  run(ledger, k_exp, 4, 1, 1, early);
  run(ledger, k_add, 8, 1, 1, ledger.child(early, "late"));
  run(ledger, k_add, 16, 1, 1);  // the root existed, without a row
  SessionFigures session;
  session.add_since(ledger, 20, mark);
  CHECK((session.used == 30));
  CHECK((totals_of(session, "early", k_add).cost == 2));
  CHECK((totals_of(session, "early", k_exp).cost == 4));
  CHECK((totals_of(session, "early.late", k_add).cost == 8));
  CHECK((totals_of(session, "", k_add).cost == 16));
}

TEST_CASE("many entries of one ledger add up to its figures") {
  Ledger ledger{1'000'000};
  SessionFigures session;
  LedgerMark mark;
  Ticks wall = 0;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto scope =
        i % 3 == 0 ? ledger.child(Ledger::k_root, "n" + std::to_string(i % 4)) : Ledger::k_root;
    run(ledger, static_cast<OpId>(i % 5), i, i + 1, 2, scope);
    if (i % 2 == 0) ledger.add_overhead(3);
    wall += 100 + i;
    session.add_since(ledger, wall, mark);
    mark = mark_of(ledger, wall);
  }
  CHECK((session.used == ledger.used()));
  CHECK(session.backend == ledger.backend());
  CHECK(session.overhead == ledger.overhead());
  CHECK(session.wall == wall);
  for (const auto& scope : ledger.scopes()) {
    for (const OpTotals& row : scope.rows()) {
      const OpTotals known = totals_of(session, scope.path(), row.op);
      CHECK(known.calls == row.calls);
      CHECK((known.cost == row.cost));
      CHECK(known.backend == row.backend);
      CHECK(known.overhead == row.overhead);
    }
  }
}
