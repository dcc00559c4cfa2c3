#include "bindings/observe/watch.hpp"

#include <array>
#include <vector>

#include "bindings/budget/budget_type.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/fastpath/inner_loop.hpp"
#include "bindings/observe/memory_meter.hpp"

namespace flopscope::bindings {

bool watching = false;
thread_local WatchedCall* WatchedCall::innermost = nullptr;

namespace {

PyObject* dry_hook = nullptr;  // hook(op, args, kwargs) -> result or NotImplemented
int byte_meters = 0;
bool had_inner_loops = true;

// Inner loops write into a result that they have made; what a dry run hands out takes the place of
// what a kernel returns.
void switch_inner_loops(bool is_dry) noexcept {
  if (is_dry == checks.stand_ins) return;
  if (is_dry) had_inner_loops = inner_loops_enabled;
  inner_loops_enabled = !is_dry && had_inner_loops;
}

void look() noexcept {
  switch_inner_loops(dry_hook != nullptr);
  watching = dry_hook != nullptr || byte_meters > 0;
  checks.set_stand_ins(dry_hook != nullptr);
}

std::uint64_t bytes_of(PyObject* object) noexcept {
  return static_cast<std::uint64_t>(PyArray_NBYTES(as_array(object)));
}

// The arrays of a call: each once, and looked for in lists and tuples too.
class Arrays {
 public:
  Arrays() noexcept {}  // leaves the places as they are, on purpose

  void add(PyObject* object, int depth = 2) {
    if (is_array(object)) {
      if (!has(object)) push(object);
      return;
    }
    if (depth == 0 || (!PyList_CheckExact(object) && !PyTuple_CheckExact(object))) return;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i) {
      add(PySequence_Fast_GET_ITEM(object, i), depth - 1);
    }
  }

  std::uint64_t bytes() const noexcept {
    std::uint64_t total = 0;
    for (PyObject* array : *this) total += bytes_of(array);
    return total;
  }

  bool has(PyObject* object) const noexcept {
    for (PyObject* known : *this) {
      if (known == object) return true;
    }
    return false;
  }

  // Whether the array is a view of one of these.
  bool is_base_of(PyObject* array) const noexcept {
    for (PyObject* base = PyArray_BASE(as_array(array)); base != nullptr && is_array(base);
         base = PyArray_BASE(as_array(base))) {
      if (has(base)) return true;
      for (PyObject* known : *this) {
        if (PyArray_BASE(as_array(known)) == base) return true;
      }
    }
    return false;
  }

  PyObject* const* begin() const noexcept { return many_.empty() ? few_.data() : many_.data(); }
  PyObject* const* end() const noexcept { return begin() + size_; }

 private:
  void push(PyObject* object) {
    if (size_ < few_.size()) {
      few_[size_] = object;
    } else {
      if (many_.empty()) many_.assign(few_.begin(), few_.end());
      many_.push_back(object);
    }
    ++size_;
  }

  std::array<PyObject*, 6> few_;  // the first `size_` of them mean something
  std::vector<PyObject*> many_;   // all of them, once they are too many
  std::size_t size_ = 0;
};

}  // namespace

WatchedCall::WatchedCall(const CountedOp& op, PyObject* const* args, std::size_t nargsf,
                         PyObject* kwnames) noexcept
    : op_{op},
      args_{args},
      positional_{static_cast<std::size_t>(PyVectorcall_NARGS(nargsf))},
      kwnames_{kwnames},
      outer_{innermost} {
  innermost = this;
}

WatchedCall::~WatchedCall() {
  innermost = outer_;
  if (!handler_before_) return;
  // An error of the call is on its way out and stays.
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  if (!restore_memory_handler(handler_before_)) PyErr_Clear();
  PyErr_Restore(type, value, traceback);
}

bool WatchedCall::begin() {
  if (byte_meters > 0) count_here();
  if (dry_hook == nullptr) return true;
  const Ref hook = Ref::borrow(dry_hook);
  const Ref positional = Ref::steal(PyTuple_New(static_cast<Py_ssize_t>(positional_)));
  if (!positional) return false;
  for (std::size_t i = 0; i < positional_; ++i) {
    PyTuple_SET_ITEM(positional.get(), static_cast<Py_ssize_t>(i), Ref::borrow(args_[i]).release());
  }
  const Ref keywords = Ref::steal(PyDict_New());
  if (!keywords) return false;
  const Py_ssize_t count = kwnames_ != nullptr ? PyTuple_GET_SIZE(kwnames_) : 0;
  for (Py_ssize_t i = 0; i < count; ++i) {
    if (PyDict_SetItem(keywords.get(), PyTuple_GET_ITEM(kwnames_, i),
                       args_[positional_ + static_cast<std::size_t>(i)]) < 0) {
      return false;
    }
  }
  PyObject* op = reinterpret_cast<PyObject*>(const_cast<CountedOp*>(&op_));
  stand_in_ = Ref::steal(
      PyObject_CallFunctionObjArgs(hook.get(), op, positional.get(), keywords.get(), nullptr));
  if (!stand_in_) return false;
  if (stand_in_.get() == Py_NotImplemented) stand_in_.reset();
  return true;
}

Ref WatchedCall::take_stand_in() { return std::move(stand_in_); }

WatchedCall* WatchedCall::of(const CountedOp& op) noexcept {
  return innermost != nullptr && &innermost->op_ == &op ? innermost : nullptr;
}

void WatchedCall::place(Ledger& ledger, NamespaceId scope) noexcept {
  ledger_ = &ledger;
  scope_ = scope;
}

void WatchedCall::count_here() noexcept {
  const Ref scope = explicit_scope();
  if (!scope) return;
  const BudgetState& state = state_of(scope);
  if (!state.memory || state.thread == PyThread_get_thread_ident()) return;
  const Ref current = Ref::steal(PyDataMem_GetHandler());
  if (current && current.get() != state.memory.get()) {
    handler_before_ = install_memory_meter(state.memory);
  }
  if (PyErr_Occurred() != nullptr) PyErr_Clear();  // live bytes lack those of this call
}

PyObject* WatchedCall::end(PyObject* result) {
  if (result == nullptr || ledger_ == nullptr) return result;
  Arrays read;
  Arrays written;
  const std::size_t count =
      positional_ +
      (kwnames_ != nullptr ? static_cast<std::size_t>(PyTuple_GET_SIZE(kwnames_)) : 0);
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_out =
        i >= positional_ &&
        PyTuple_GET_ITEM(kwnames_, static_cast<Py_ssize_t>(i - positional_)) == names.out;
    (is_out ? written : read).add(args_[i]);
  }
  Arrays results;
  results.add(result);
  std::uint64_t bytes_written = written.bytes();
  for (PyObject* array : results) {
    // Views and operands handed back are no new bytes.
    if (written.has(array) || read.has(array) || read.is_base_of(array)) continue;
    bytes_written += bytes_of(array);
  }
  if (op_.has(flag::writes_first) && positional_ > 0 && is_array(args_[0])) {
    bytes_written += bytes_of(args_[0]);
  }
  // What only looks at shapes, or hands out a view, moves nothing.
  const bool moves = bytes_written > 0 || !op_.has(flag::moves);
  if (moves) ledger_->add_moved(scope_, op_.id, read.bytes(), bytes_written);
  return result;
}

void count_byte_meter(int change) noexcept {
  byte_meters += change;
  look();
}

namespace {

PyObject* set_dry_hook(PyObject*, PyObject* hook) {
  PyObject* old = dry_hook;
  dry_hook = hook == Py_None ? nullptr : Ref::borrow(hook).release();
  Py_XDECREF(old);
  look();
  Py_RETURN_NONE;
}

PyObject* target_of(PyObject*, PyObject* op) {
  if (!is_counted_op(op)) {
    return PyErr_Format(PyExc_TypeError, "expected a counted function, got %R", op);
  }
  return Ref::borrow(as_op(op).target).release();
}

PyMethodDef functions[] = {
    {"_target_of", target_of, METH_O, "The NumPy callable behind a counted function."},
    {"_set_dry_hook", set_dry_hook, METH_O,
     "Sets what dry runs ask for the result of a call; None: calls run."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_watch_functions(PyObject* module) { return PyModule_AddFunctions(module, functions) == 0; }

}  // namespace flopscope::bindings
