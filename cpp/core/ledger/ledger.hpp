// The ledger of one budget: limit, totals per operation and namespace, the log, the time buckets.
// It is the only place where a figure changes; Python sees read-only views of it.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ledger/clock.hpp"
#include "core/ledger/op_log.hpp"
#include "core/ledger/sub_budgets.hpp"
#include "core/operations/op_table.hpp"

namespace flopscope {

// Running figures of one operation within one namespace.
struct OpTotals {
  OpId op = 0;
  SignatureId signature = 0;  // of the latest call: the next one often has the same
  std::uint64_t calls = 0;
  Flops cost = 0;
  Ticks backend = 0;
  Ticks overhead = 0;
};

// A place in a program's source; what it means is known to whoever made it. 0: not told.
using SiteId = std::uint32_t;

// Bytes that the calls of one operation read and wrote.
struct MovedBytes {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
};

// The operations of one namespace, found by id without a hash. Where calls are attributed to their
// source, every site within a namespace has one of these.
class ScopeTotals {
 public:
  explicit ScopeTotals(std::string path, SiteId site = 0,
                       SubBudgetId sub_budget = SubBudgets::k_whole)
      : path_{std::move(path)}, site_{site}, part_{sub_budget} {}

  OpTotals& of(OpId op) {
    if (op >= slot_of_.size()) slot_of_.resize(static_cast<std::size_t>(op) + 1, 0);
    auto& slot = slot_of_[op];
    if (slot == 0) {
      rows_.push_back({op});
      slot = static_cast<std::uint16_t>(rows_.size());
    }
    return rows_[slot - 1U];
  }

  const std::vector<OpTotals>& rows() const noexcept { return rows_; }
  const std::string& path() const noexcept { return path_; }
  SiteId site() const noexcept { return site_; }
  SubBudgetId sub_budget() const noexcept { return part_; }

  void add_moved(OpId op, MovedBytes bytes) {
    OpTotals& row = of(op);
    if (moved_.size() < rows_.size()) moved_.resize(rows_.size());
    MovedBytes& total = moved_[static_cast<std::size_t>(&row - rows_.data())];
    total.read += bytes.read;
    total.written += bytes.written;
  }
  // Of the row at that index.
  MovedBytes moved(std::size_t row) const noexcept {
    return row < moved_.size() ? moved_[row] : MovedBytes{};
  }

 private:
  std::string path_;
  SiteId site_;
  SubBudgetId part_;
  std::vector<MovedBytes> moved_;       // parallel to rows_; shorter while nobody meters bytes
  std::vector<std::uint16_t> slot_of_;  // row + 1, 0: not seen yet
  std::vector<OpTotals> rows_;
};

class Ledger {
 public:
  static constexpr NamespaceId k_root = 0;

  // `root` is the namespace of the budget itself; empty means none.
  explicit Ledger(Flops limit, std::string_view root = {});

  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  Flops limit() const noexcept { return limit_; }
  Flops used() const noexcept { return used_; }
  Flops remaining() const noexcept { return limit_ - used_; }

  // A count held at the largest value stands for one that did not fit: no budget affords it.
  bool affords(std::uint64_t cost) const noexcept {
    return cost <= limit_ - used_ && cost != std::numeric_limits<std::uint64_t>::max();
  }

  // Books `cost` (which must be affordable): total, per-operation totals, log. Returns the record,
  // whose times are filled in by `settle` when the operation has run.
  Record& charge(OpId op, std::uint64_t cost, NamespaceId scope, SignatureTable::View signature,
                 Ticks start) {
    // What may run out of memory comes first: a charge happens whole or not at all.
    OpTotals& totals = scopes_[scope].of(op);
    if (!signatures_.is(totals.signature, signature)) {
      totals.signature = signatures_.intern(signature);
    }
    Record& record = log_.append({cost, start - made_, 0, 0.0F, totals.signature, scope, op});
    used_ += cost;
    ++totals.calls;
    totals.cost += cost;
    return record;
  }

  void settle(Record& record, Ticks backend, Ticks overhead) noexcept {
    record.backend += backend;
    record.overhead += static_cast<float>(overhead);
    OpTotals& totals = scopes_[record.scope].of(record.op);
    totals.backend += backend;
    totals.overhead += overhead;
    backend_ += backend;
    overhead_ += overhead;
  }

  // `settle` for the record at `index`, for callers that cannot keep a reference.
  void settle_at(std::size_t index, Ticks backend, Ticks overhead) noexcept {
    settle(log_.at(index), backend, overhead);
  }

  // Time that belongs to no record: refused calls, unlogged questions, entering and leaving.
  void add_backend(Ticks span) noexcept { backend_ += span; }
  void add_overhead(Ticks span) noexcept { overhead_ += span; }

  Ticks made() const noexcept { return made_; }
  Ticks backend() const noexcept { return backend_; }
  Ticks overhead() const noexcept { return overhead_; }

  // The id of `parent`'s child of that name. Names are path segments without dots.
  NamespaceId child(NamespaceId parent, std::string_view segment);

  // Opens a sub-budget of the budget below `parent`: a namespace of its own, whatever others of the
  // same path there are.
  NamespaceId open_sub_budget(NamespaceId parent, std::string_view name,
                              const SubBudgetLimits& limits);
  SubBudgetId sub_budget_of(NamespaceId scope) const noexcept {
    return scopes_[scope].sub_budget();
  }
  SubBudgets& sub_budgets() noexcept { return sub_budgets_; }
  const SubBudgets& sub_budgets() const noexcept { return sub_budgets_; }

  // The scope of a site within a namespace: totals and records keep the two as one.
  NamespaceId placed(NamespaceId space, SiteId site) {
    if (site == 0) return space;
    const std::uint64_t key = (std::uint64_t{site} << 32U) | space;
    RecentPlace& recent = recent_places_[(site ^ (space * 31U)) % k_recent_places];
    if (recent.key != key) recent = {key, find_place(key)};
    return recent.scope;
  }

  // Adds bytes to an operation that has been charged in this scope.
  void add_moved(NamespaceId scope, OpId op, std::uint64_t read, std::uint64_t written) {
    scopes_[scope].add_moved(op, {read, written});
  }

  const std::vector<ScopeTotals>& scopes() const noexcept { return scopes_; }
  const OpLog& log() const noexcept { return log_; }
  const SignatureTable& signatures() const noexcept { return signatures_; }

 private:
  struct RecentPlace {
    std::uint64_t key = 0;  // no site: never looked for
    NamespaceId scope = 0;
  };
  static constexpr std::size_t k_recent_places = 64;

  NamespaceId find_place(std::uint64_t key);

  Flops limit_;
  Flops used_ = 0;
  Ticks made_;
  Ticks backend_ = 0;
  Ticks overhead_ = 0;
  std::vector<ScopeTotals> scopes_;
  std::unordered_map<std::string, NamespaceId> scope_ids_;
  std::unordered_map<std::uint64_t, NamespaceId> places_;
  std::array<RecentPlace, k_recent_places> recent_places_{};
  OpLog log_;
  SignatureTable signatures_;
  SubBudgets sub_budgets_;
};

}  // namespace flopscope
