// What happens when a group has more elements than may be listed: a count is dense instead, or a
// symmetry is not carried on, and the program is told.
#pragma once

#include "core/errors.hpp"

namespace flopscope {

// Tells the program; what it throws reaches the caller of the function that fell back. May be
// called wherever groups are counted or combined, so with the interpreter's lock held.
using FallbackHandler = void (*)(const char* reason);
void set_fallback_handler(FallbackHandler handler) noexcept;

// Calls the handler, if there is one.
void note_fallback(const char* reason);

// The value of `exact`, or that of `instead` when a group cannot be listed.
template <class Exact, class Instead>
auto or_fall_back(Exact&& exact, Instead&& instead) -> decltype(exact()) {
  try {
    return exact();
  } catch (const GroupTooLarge& error) {
    note_fallback(error.what());
  }
  return instead();
}

}  // namespace flopscope
