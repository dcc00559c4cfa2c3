// Places in the user's source: where the call that is being charged stands.
#pragma once

#include <cstdint>

#include "core/ledger/ledger.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// What a budget keeps of the place of every operation.
enum class Attribution : std::uint8_t {
  none,
  line,   // the innermost line outside of the library
  stack,  // that line, and the lines that called it
};

// The place of the current call; 0 when it is not asked for, or when no code of the user's runs.
// Takes a look at the frame and in a table, 20 ns for a line; a stack, 10 ns more for every caller.
SiteId find_site(Attribution attribution);
inline SiteId current_site(Attribution attribution) {
  return attribution == Attribution::none ? 0 : find_site(attribution);
}

// Who runs: the innermost Python code that is not NumPy's.
struct Caller {
  bool is_library;
  SiteId site;  // of the program's line; 0 when there is none
};
Caller find_caller();

// For functions that the library's own Python code is to call: false with TypeError set for others.
bool require_library(const char* what);

// None, "line" or "stack"; false with ValueError set for anything else.
bool parse_attribution(PyObject* object, Attribution* attribution);
const char* name_of(Attribution attribution) noexcept;  // nullptr for none

bool add_site_functions(PyObject* module);

}  // namespace flopscope::bindings
