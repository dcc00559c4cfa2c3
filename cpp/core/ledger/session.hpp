// Totals over all budgets of a session: what `budget_summary` reports. A budget's ledger is
// absorbed when its context is left; a mark remembers how much of it has been counted already, so
// that a context that is entered again contributes only what is new.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/ledger/ledger.hpp"

namespace flopscope {

// How much of a ledger a session has counted.
struct LedgerMark {
  Flops used = 0;
  Ticks backend = 0;
  Ticks overhead = 0;
  Ticks wall = 0;
  std::vector<std::vector<OpTotals>> scopes;
};

struct SessionFigures {
  Flops limit = 0;
  Flops used = 0;
  Ticks wall = 0;
  Ticks backend = 0;
  Ticks overhead = 0;
  bool has_wall = false;
  std::map<std::string, ScopeTotals> scopes;

  // Adds what the ledger has gathered since `mark`. `wall` is the ledger's wall time so far.
  void add_since(const Ledger& ledger, Ticks wall, const LedgerMark& mark);
};

// A mark at the ledger's present state.
LedgerMark mark_of(const Ledger& ledger, Ticks wall);

}  // namespace flopscope
