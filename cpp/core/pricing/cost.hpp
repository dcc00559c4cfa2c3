// Shapes in, FLOPs out: the closed forms of the cost model, one function per rule.
// Counts are held at the largest value instead of wrapping; no budget affords that value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/operations/op_table.hpp"
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

// The bill of a reduction rule, before the weight.
std::uint64_t reduction_cost(Rule rule, const ReductionSize& size, bool has_weights) noexcept;

// Multiplications and additions of a dense contraction of two operands: 2 M - omega, where M is
// the product of all label lengths and omega that of the output's; at least 0.
std::uint64_t dense_contraction(std::uint64_t products, std::uint64_t outputs) noexcept;

}  // namespace flopscope
