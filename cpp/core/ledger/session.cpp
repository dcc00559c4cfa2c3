#include "core/ledger/session.hpp"

namespace flopscope {

void SessionFigures::add_since(const Ledger& ledger, Ticks ledger_wall, const LedgerMark& mark) {
  used += ledger.used() - mark.used;
  backend += ledger.backend() - mark.backend;
  overhead += ledger.overhead() - mark.overhead;
  wall += ledger_wall - mark.wall;
  const auto& ledger_scopes = ledger.scopes();
  for (std::size_t i = 0; i < ledger_scopes.size(); ++i) {
    const ScopeTotals& source = ledger_scopes[i];
    for (std::size_t j = 0; j < source.rows().size(); ++j) {
      OpTotals fresh = source.rows()[j];
      if (i < mark.scopes.size() && j < mark.scopes[i].size()) {
        const OpTotals& known = mark.scopes[i][j];
        fresh.calls -= known.calls;
        fresh.cost -= known.cost;
        fresh.backend -= known.backend;
        fresh.overhead -= known.overhead;
      }
      if (fresh.calls == 0 && fresh.backend == 0 && fresh.overhead == 0) continue;
      const auto target = scopes.try_emplace(source.path(), source.path()).first;
      OpTotals& totals = target->second.of(fresh.op);
      totals.calls += fresh.calls;
      totals.cost += fresh.cost;
      totals.backend += fresh.backend;
      totals.overhead += fresh.overhead;
    }
  }
}

LedgerMark mark_of(const Ledger& ledger, Ticks wall) {
  LedgerMark mark{ledger.used(), ledger.backend(), ledger.overhead(), wall, {}};
  mark.scopes.reserve(ledger.scopes().size());
  for (const ScopeTotals& scope : ledger.scopes()) mark.scopes.push_back(scope.rows());
  return mark;
}

}  // namespace flopscope
