#include "core/symmetry/fallback.hpp"

namespace flopscope {
namespace {

FallbackHandler current = nullptr;

}  // namespace

void set_fallback_handler(FallbackHandler handler) noexcept { current = handler; }

void note_fallback(const char* reason) {
  if (current != nullptr) current(reason);
}

}  // namespace flopscope
