// Orbit counts of one factor. Private to the group code.
#pragma once

#include <numeric>

#include "core/symmetry/element_list.hpp"
#include "core/symmetry/symmetry_group.hpp"
#include "core/symmetry/wide_count.hpp"

namespace flopscope {

// Orbits of the elements that a factor acts on; length(i) is the length along its i-th point, equal
// along each orbit of the factor.
template <class Length>
std::uint64_t count_factor_orbits(const Factor& factor, Length length) {
  const int k = factor.degree();
  const auto degree = static_cast<wide::Count>(k);
  switch (factor.kind()) {
    case FactorKind::symmetric:
      return wide::multisets(length(0), k);
    case FactorKind::cyclic:
    case FactorKind::dihedral: {
      const wide::Count n = length(0);
      wide::Count sum = 0;
      for (int i = 0; i < k; ++i) sum = wide::add(sum, wide::power(n, std::gcd(i, k)));
      if (factor.kind() == FactorKind::cyclic) return wide::narrow(sum / degree);
      // Reflections of an odd polygon fix one point; of an even one, half fix two and half none.
      const wide::Count odd = wide::mul(degree, wide::power(n, (k + 1) / 2));
      const wide::Count even =
          wide::mul(degree / 2, wide::add(wide::power(n, k / 2), wide::power(n, k / 2 + 1)));
      return wide::narrow(wide::add(sum, k % 2 == 1 ? odd : even) / (2 * degree));
    }
    case FactorKind::generated:
      break;
  }
  const ElementList& list = factor.elements();
  wide::Count sum = 0;
  for (const auto& type : list.cycle_types()) {
    wide::Count fixed = type.count;
    for (std::size_t o = 0; o < list.orbits().size(); ++o) {
      fixed = wide::mul(fixed, wide::power(length(list.orbits()[o].front()), type.cycles[o]));
    }
    sum = wide::add(sum, fixed);
  }
  return wide::narrow(sum / list.size());
}

}  // namespace flopscope
