// How many elements arrays have, and what a reduction of some axes makes of them. Sizes are held at
// the largest value instead of wrapping; no budget affords that value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/pricing/facts.hpp"
#include "core/pricing/saturating.hpp"

namespace flopscope {

// A read-only run of axis lengths.
struct Shape {
  const std::int64_t* lengths = nullptr;
  int ndim = 0;
};

inline std::uint64_t element_count(Shape shape) noexcept {
  std::uint64_t elements = 1;
  for (int i = 0; i < shape.ndim; ++i) {
    if (shape.lengths[i] == 0) return 0;
    elements = saturating_mul(elements, static_cast<std::uint64_t>(shape.lengths[i]));
  }
  return elements;
}

// The axes that an operation works along, as a bit set; bit i is axis i.
using AxisSet = std::uint64_t;

// What a reduction does to an array. A counts pairs (input orbit, output orbit it contributes to),
// O output orbits, n input orbits; without symmetry these are plain element counts.
struct ReductionSize {
  std::uint64_t elements = 0;       // n
  std::uint64_t contributions = 0;  // A
  std::uint64_t outputs = 0;        // O
  std::uint64_t reduced = 1;        // product of the reduced lengths
  bool accumulates = true;          // false for 0-d operands and empty axis tuples
};

// Sizes of reducing `axes` of an array without symmetry.
ReductionSize dense_reduction(Shape shape, AxisSet axes) noexcept;

// The facts of a reduction: those that follow from sizes are filled in, all others zero.
void set_facts(const ReductionSize& size, Count* facts) noexcept;

}  // namespace flopscope
