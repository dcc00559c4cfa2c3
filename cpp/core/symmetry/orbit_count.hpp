// Orbits of array elements under a symmetry group: what an elementwise operation or a reduction
// bills.
//
// Shapes belong to the whole array. The group acts on its axes, the others contribute their length.
// Lengths are equal along each orbit of axes; that is the caller's promise.
#pragma once

#include <cstdint>
#include <vector>

#include "core/symmetry/symmetry_group.hpp"

namespace flopscope {

// Number of orbits of elements; 0 when a length is 0.
//   full group on k axes of length n    C(n + k - 1, k)
//   cyclic                              (1/k) sum over i of n^gcd(i, k)
//   dihedral                            the same with the k reflections, over 2 k
//   generated                           Burnside over the listed elements
// Throws GroupTooLarge only for a generated factor above the element budget.
std::uint64_t unique_elements(const SymmetryGroup& group, Shape shape);

// The same for a bill: every element when the group is too large, see fallback.hpp.
std::uint64_t billed_elements(const SymmetryGroup& group, Shape shape);

// The way a component was counted, by the names of the cost reports.
enum class Regime : std::uint8_t {
  trivial,
  functional_projection,  // no element mixes kept and reduced axes: alpha = M
  singleton,              // one kept axis
  young,                  // full group: C(n+v-1, v) * C(n+w-1, w)
  partition_count,        // typed set partitions of the axes
  unavailable,            // more partitions than the budget
};

struct ComponentCount {
  std::vector<int> axes;       // ascending; one axis alone when the group does not move it
  std::uint64_t elements = 0;  // M: orbits of elements
  std::uint64_t alpha = 0;  // pairs (orbit of elements, orbit of kept elements it contributes to)
  std::uint64_t omega = 0;  // orbits of kept elements
  std::uint64_t dense = 0;  // product of the lengths
  Regime regime = Regime::trivial;
};

// One entry per factor of the group and per axis that it does not move, by least axis.
std::vector<ComponentCount> reduction_components(const SymmetryGroup& group, Shape shape,
                                                 AxisSet reduced);

struct ReductionCounts {
  std::uint64_t alpha = 0;
  std::uint64_t omega = 0;
  std::uint64_t elements = 0;  // M
  // False when a component was unavailable: alpha is then the dense element count of the whole
  // array, and the caller warns.
  bool exact = true;
};

// Counts of reducing `reduced` axes: with V the kept axes and H_V the elements preserving V, cut
// down to V,
//   alpha = sum over orbits of elements of the number of H_V-orbits among their V-parts,
//   omega = number of H_V-orbits of V-assignments.
// Both are products over the factors of the group. Throws GroupTooLarge as unique_elements does.
ReductionCounts reduction_counts(const SymmetryGroup& group, Shape shape, AxisSet reduced);

// Sizes of reducing `axes` of an array with a symmetry, for a bill; null: without. Dense when the
// group is too large or its components have too many partitions, see fallback.hpp.
ReductionSize reduction_size(const SymmetryGroup* group, Shape shape, AxisSet axes);

}  // namespace flopscope
