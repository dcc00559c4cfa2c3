#include "bindings/dispatch/call.hpp"

#include <string>
#include <unordered_map>

#include "bindings/budget/sub_budgets.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/errors/errors.hpp"
#include "bindings/observe/sites.hpp"
#include "bindings/observe/watch.hpp"

namespace flopscope::bindings {

Checks checks;
thread_local Call* Call::innermost = nullptr;

namespace {

std::string_view text_of(PyObject* name) {
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(name, &size);
  return text == nullptr ? std::string_view{}
                         : std::string_view{text, static_cast<std::size_t>(size)};
}

// Texts of signatures live as long as the process: programs use few different ones.
std::vector<PyObject*> texts;
std::unordered_map<std::string, std::int64_t> text_ids;

std::int64_t intern_text(PyObject* text) {
  const auto [found, is_new] =
      text_ids.emplace(std::string{text_of(text)}, static_cast<std::int64_t>(texts.size()) + 1);
  if (is_new) {
    Py_INCREF(text);
    texts.push_back(text);
  }
  return found->second;
}

}  // namespace

PyObject* signature_text(std::int64_t id) {
  return id <= 0 ? nullptr : texts[static_cast<std::size_t>(id - 1)];
}

void Signature::push_out(std::int64_t word) {
  if (!spill_) {
    spill_ = std::make_unique<std::vector<std::int64_t>>(inline_.begin(), inline_.end());
  }
  spill_->push_back(word);
  ++size_;
}

void Signature::add_text() { words()[0] = intern_text(text_); }

bool Call::refuse(std::uint64_t bill, const Facts& facts) {
  if (budget().is_dry) keep_facts(facts);
  raise_budget_exhausted(text_of(op_.name), bill, budget().ledger.remaining());
  return false;
}

bool Call::sub_budget_allows(std::uint64_t bill) {
  return limits_allow(budget(), budget().ledger.sub_budget_of(namespace_of(scope_)),
                      text_of(op_.name), bill);
}

NamespaceId Call::place() {
  BudgetState& state = budget();
  return state.ledger.placed(namespace_of(scope_), current_site(state.attribution));
}

void Call::keep_facts(const Facts& facts) {
  FirstFacts& last = budget().first_facts;
  if (last.is_told) return;
  last.op = op_.id;
  last.is_told = true;
  for (const FactName& name : *op_.schema) {
    if (name.kind != FactName::Kind::list) {
      last.values.push_back(facts.values != nullptr ? facts.values[name.place] : Count{});
    } else {
      const FactList list = facts.lists != nullptr ? facts.lists[name.place] : FactList{};
      last.lists.emplace_back(list.items, list.items + list.size);
    }
  }
}

bool Call::charge_watched(std::uint64_t bill, const Facts& facts, Signature& signature) {
  BudgetState& state = budget();
  Ledger& ledger = state.ledger;
  const NamespaceId space = namespace_of(scope_);
  if (!sub_budget_allows(bill)) return false;
  const NamespaceId place = ledger.placed(space, current_site(state.attribution));
  if (WatchedCall* call = WatchedCall::of(op_); call != nullptr && state.meters_bytes) {
    call->place(ledger, place);
  }
  record_ = &ledger.charge(op_.id, bill, place, signature.view(), start_);
  ledger.sub_budgets().charge(ledger.sub_budget_of(space), bill);
  if (state.is_dry) keep_facts(facts);
  if (!books_also_) book_also(facts, [](const Price&) { return true; });
  return state.deadline == 0 || check_deadline();
}

Ref Call::take_stand_in() {
  WatchedCall* call = checks.stand_ins ? WatchedCall::of(op_) : nullptr;
  return call != nullptr ? call->take_stand_in() : Ref{};
}

bool Call::report_non_finite(const Ref& result) {
  const Ref module = Ref::steal(PyImport_ImportModule("flopscope._settings"));
  if (!module) return false;
  const Ref plain = strip(result.get());
  if (!plain) return false;
  return static_cast<bool>(Ref::steal(
      PyObject_CallMethod(module.get(), "report_nonfinite", "OO", op_.name, plain.get())));
}

bool Call::check_deadline() {
  BudgetState& state = budget();
  const Ticks time = now();
  if (time <= state.deadline || state.deadline == 0) return true;
  raise_time_exhausted(text_of(op_.name), seconds(time - state.deadline) + state.time_limit_s,
                       state.time_limit_s);
  return false;
}

void Call::close() noexcept {
  *slot_ = outer_;
  const Ticks span = now() - start_;
  const Ticks taken = backend_ + elsewhere_;
  const Ticks overhead = span > taken ? span - taken : 0;
  if (scope_) {
    Ledger& ledger = state_of(scope_).ledger;
    if (FLOPSCOPE_LIKELY(record_ != nullptr)) {
      ledger.settle(*record_, backend_, overhead);
    } else {
      ledger.add_backend(backend_);
      ledger.add_overhead(overhead);
    }
  }
  if (outer_ != nullptr) outer_->elsewhere_ += span;
}

}  // namespace flopscope::bindings
