// Calls that somebody watches: dry runs, which put a stand-in in the place of what a kernel would
// return, and budgets that meter the bytes their operations move. Off, which is almost always, this
// costs a look at one flag.
#pragma once

#include "core/ledger/ledger.hpp"
#include "bindings/compat.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Whether any call in the process is to be watched.
extern bool watching;

// A counted call as its caller made it, on the C stack.
class WatchedCall {
 public:
  WatchedCall(const CountedOp& op, PyObject* const* args, std::size_t nargsf,
              PyObject* kwnames) noexcept;
  WatchedCall(const WatchedCall&) = delete;
  WatchedCall& operator=(const WatchedCall&) = delete;
  ~WatchedCall();

  // Sees to it that what the call allocates is counted, also in a thread other than the one that
  // opened the budget. Asks the dry run, if there is one, what the call returns. False with an
  // error set when it cannot tell.
  bool begin();

  // Books the bytes that the call read and wrote. Passes the result on.
  PyObject* end(PyObject* result);

  // Where the bytes of the call are booked; told by the charge.
  void place(Ledger& ledger, NamespaceId scope) noexcept;

  // The stand-in for the result of `op`, once; empty when the kernel has to run.
  Ref take_stand_in();

  // The innermost watched call of this thread, if it is one of `op`.
  static WatchedCall* of(const CountedOp& op) noexcept;

 private:
  void count_here() noexcept;

  const CountedOp& op_;
  PyObject* const* args_;
  std::size_t positional_;
  PyObject* kwnames_;
  WatchedCall* outer_;
  Ref stand_in_;
  Ledger* ledger_ = nullptr;
  NamespaceId scope_ = 0;
  Ref handler_before_;  // of NumPy, while the meter is in its place

  static thread_local WatchedCall* innermost;
};

// Runs a call of `op`, watched if anybody watches.
template <class F>
PyObject* watched(const CountedOp& op, PyObject* const* args, std::size_t nargsf, PyObject* kwnames,
                  F&& call) {
  if (FLOPSCOPE_LIKELY(!watching)) return call();
  WatchedCall watch{op, args, nargsf, kwnames};
  return watch.begin() ? watch.end(call()) : nullptr;
}

// A budget that meters bytes was opened or closed.
void count_byte_meter(int change) noexcept;

bool add_watch_functions(PyObject* module);

}  // namespace flopscope::bindings
