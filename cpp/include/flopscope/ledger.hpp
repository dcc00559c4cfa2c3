// The ledger of one budget: limit, totals per operation and namespace, the log, the time buckets.
// It is the only place where a figure changes; Python sees read-only views of it.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flopscope/clock.hpp"
#include "flopscope/op_log.hpp"
#include "flopscope/op_table.hpp"

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

// The operations of one namespace, found by id without a hash.
class ScopeTotals {
 public:
  explicit ScopeTotals(std::string path) : path_{std::move(path)} {}

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

 private:
  std::string path_;
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

  const std::vector<ScopeTotals>& scopes() const noexcept { return scopes_; }
  const OpLog& log() const noexcept { return log_; }
  const SignatureTable& signatures() const noexcept { return signatures_; }

 private:
  Flops limit_;
  Flops used_ = 0;
  Ticks made_;
  Ticks backend_ = 0;
  Ticks overhead_ = 0;
  std::vector<ScopeTotals> scopes_;
  std::unordered_map<std::string, NamespaceId> scope_ids_;
  OpLog log_;
  SignatureTable signatures_;
};

}  // namespace flopscope
