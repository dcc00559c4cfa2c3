// Splitting generators into factors. Private to the group code.
#pragma once

#include <vector>

#include "core/symmetry/symmetry_group.hpp"

namespace flopscope {

// Factors with disjoint supports, by least point; fixed points are in none.
std::vector<Factor> split_into_factors(const std::vector<Permutation>& generators, int degree);

// Generators of a named kind: adjacent swaps; the rotation i -> i + 1; and the reflection i -> -i.
// The kinds agree on one and two points.
std::vector<Permutation> known_generators(FactorKind kind, int degree);

Permutation swap(int degree, int i, int j);

// A permutation of the indices of `points` as one of 0..degree-1.
Permutation embed(const Permutation& local, const std::vector<int>& points, int degree);

}  // namespace flopscope
