// One counted call from entry to booking: who pays, whether it may, what it took.
#pragma once

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "core/ledger/clock.hpp"
#include "core/pricing/cost_model.hpp"
#include "bindings/budget/budget_type.hpp"
#include "bindings/compat.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// What `configure` switches.
struct Checks {
  bool non_finite = false;  // look for NaN and infinity in results
  bool callbacks = true;    // warn about operations that call back
  bool losses = true;       // warn about operations that lose symmetry
  bool stand_ins = false;   // a dry run may know the results of kernels
  bool special = false;     // kernels are not simply run: non_finite or stand_ins

  void set_stand_ins(bool on) noexcept {
    stand_ins = on;
    special = non_finite || stand_ins;
  }
};
extern Checks checks;

// The operand shapes (and subscripts) of a call, encoded for the ledger's signature table.
class Signature {
 public:
  Signature() noexcept { inline_[0] = inline_[1] = 0; }

  void add(const npy_intp* lengths, int ndim) {
    push(ndim);
    for (int i = 0; i < ndim; ++i) push(lengths[i]);
    ++words()[1];
  }

  // Text that belongs to the record, e.g. the subscripts of a contraction.
  void set_text(PyObject* text) noexcept { text_ = text; }

  // The words, as long as this object is left as it is.
  SignatureTable::View view() {
    if (FLOPSCOPE_UNLIKELY(text_ != nullptr)) add_text();
    return {words(), size_};
  }

 private:
  static constexpr std::size_t k_inline = 32;

  std::int64_t* words() noexcept { return spill_ ? spill_->data() : inline_.data(); }

  void push(std::int64_t word) {
    if (FLOPSCOPE_LIKELY(size_ < k_inline)) {
      inline_[size_++] = word;
    } else {
      push_out(word);
    }
  }
  void push_out(std::int64_t word);
  void add_text();

  // Only the first `size_` words mean anything; clearing the rest would cost more than filling it.
  std::array<std::int64_t, k_inline> inline_;
  std::size_t size_ = 2;
  std::unique_ptr<std::vector<std::int64_t>> spill_;  // all words, once they are too many
  PyObject* text_ = nullptr;
};

// The life of one counted call on the C stack. Its destructor books the time: kernels as backend,
// our own work as overhead, and what other code took in between (nested counted calls, callbacks)
// as neither, since nested calls book themselves and callbacks are the user's.
class Call {
 public:
  explicit Call(const CountedOp& op) noexcept
      : op_{op}, slot_{&innermost}, outer_{innermost}, start_{now()} {
    *slot_ = this;
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { close(); }

  // Finds who pays. False with an error set on failure.
  bool enter() {
    scope_ = active_scope();
    return static_cast<bool>(scope_);
  }

  // Quotes the call under its budget's price list and charges it, or raises BudgetExhaustedError
  // and changes nothing. After a passed deadline the charge stands and TimeExhaustedError is
  // raised.
  bool charge(const Facts& facts, Signature& signature) {
    BudgetState& budget = state_of(scope_);
    const Price& price = budget.model->price(op_.id);
    const std::uint64_t bill = plain_bill(price, facts);
    if (FLOPSCOPE_UNLIKELY(!budget.ledger.affords(bill))) return refuse(bill, facts);
    if (FLOPSCOPE_UNLIKELY(budget.is_watched)) return charge_watched(bill, facts, signature);
    record_ = &budget.ledger.charge(op_.id, bill, namespace_of(scope_), signature.view(), start_);
    return FLOPSCOPE_LIKELY(budget.deadline == 0) || check_deadline();
  }

  // Whether the call could be charged now. Raises BudgetExhaustedError otherwise.
  bool affords(const Facts& facts) {
    const std::uint64_t bill = plain_bill(price(), facts);
    if (!budget().ledger.affords(bill)) return refuse(bill, facts);
    return FLOPSCOPE_LIKELY(!budget().is_watched) || sub_budget_allows(bill);
  }

  // What the call costs under its budget's price list.
  const Price& price() { return budget().model->price(op_.id); }

  // Books the call under the other price lists that its budget keeps, as far as tells(price).
  template <class F>
  void book_also(const Facts& facts, F&& tells) {
    if (FLOPSCOPE_LIKELY(budget().also.empty())) return;
    const NamespaceId where = place();
    for (ParallelBills& bills : budget().also) {
      const Price& price = bills.model()->price(op_.id);
      if (!tells(price) || (price.is_free() && op_.has(flag::unlogged))) continue;
      bills.add(where, op_.id, plain_bill(price, facts));
    }
  }

  // Whoever calls this books the call under other price lists; `charge` does not.
  void set_books_also() noexcept { books_also_ = true; }

  // Runs a kernel and times it.
  template <class F>
  Ref run(F&& kernel) {
    const bool is_special = checks.special;
    if (FLOPSCOPE_UNLIKELY(is_special)) {
      if (Ref stand_in = take_stand_in(); stand_in) return stand_in;
    }
    const Ticks elsewhere = elsewhere_;
    const Ticks begin = now();
    Ref result = Ref::steal(kernel());
    const Ticks end = now();
    backend_ += (end - begin) - (elsewhere_ - elsewhere);
    if (FLOPSCOPE_UNLIKELY(result && scope_ && state_of(scope_).deadline != 0)) {
      if (!check_deadline()) result.reset();
    }
    if (FLOPSCOPE_UNLIKELY(is_special) && checks.non_finite && result &&
        !report_non_finite(result)) {
      result.reset();
    }
    return result;
  }

  // Whether other code than NumPy's and ours runs within the call; returns what was so before.
  bool set_foreign(bool is_foreign) noexcept { return std::exchange(is_foreign_, is_foreign); }
  bool is_foreign() const noexcept { return is_foreign_; }

  // Time that belongs to other code.
  void leave_out(Ticks span) noexcept { elsewhere_ += span; }
  Ticks left_out() const noexcept { return elsewhere_; }

  BudgetState& budget() { return state_of(scope_); }

  const CountedOp& op() const noexcept { return op_; }

  // The call that this thread is in, or nullptr.
  static Call* current() noexcept { return innermost; }

 private:
  bool charge_watched(std::uint64_t bill, const Facts& facts, Signature& signature);
  void keep_facts(const Facts& facts);
  NamespaceId place();
  bool sub_budget_allows(std::uint64_t bill);
  Ref take_stand_in();
  bool refuse(std::uint64_t bill, const Facts& facts);
  bool check_deadline();
  bool report_non_finite(const Ref& result);
  void close() noexcept;

  static thread_local Call* innermost;

  const CountedOp& op_;
  Call** slot_;  // this thread's `innermost`: looking it up again would cost a function call
  Call* outer_;
  Ref scope_;
  Record* record_ = nullptr;
  Ticks start_;
  Ticks backend_ = 0;
  Ticks elsewhere_ = 0;
  bool is_foreign_ = false;
  bool books_also_ = false;
};

// Time spent in code that is neither NumPy's nor ours, within the current call: it ends up in the
// residual. Counted calls made by that code book themselves.
class ForeignCode {
 public:
  ForeignCode() noexcept
      : call_{Call::current()}, before_{call_ != nullptr ? call_->left_out() : 0}, start_{now()} {
    if (call_ != nullptr) was_foreign_ = call_->set_foreign(true);
  }
  ForeignCode(const ForeignCode&) = delete;
  ForeignCode& operator=(const ForeignCode&) = delete;
  ~ForeignCode() {
    if (call_ == nullptr) return;
    call_->set_foreign(was_foreign_);
    const Ticks nested = call_->left_out() - before_;
    call_->leave_out((now() - start_) - nested);
  }

 private:
  Call* call_;
  Ticks before_;
  Ticks start_;
  bool was_foreign_ = false;
};

// The text of a signature, or nullptr; borrowed. See Signature::set_text.
PyObject* signature_text(std::int64_t id);

}  // namespace flopscope::bindings
