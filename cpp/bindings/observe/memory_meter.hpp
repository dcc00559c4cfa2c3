// Counts the bytes of array data that live: NumPy asks a handler of ours for memory (NEP 49).
#pragma once

#include <cstdint>

#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// A handler for NumPy, as the capsule that `PyDataMem_SetHandler` takes. Empty on failure.
Ref make_memory_meter();

struct LiveBytes {
  std::uint64_t now = 0;
  std::uint64_t peak = 0;
};
LiveBytes live_bytes(const Ref& meter) noexcept;

// Makes the meter count what this thread or task allocates. The handler before it, which takes its
// place again afterwards; empty with an error set on failure.
Ref install_memory_meter(const Ref& meter);
bool restore_memory_handler(const Ref& handler);

}  // namespace flopscope::bindings
