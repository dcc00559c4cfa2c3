#include "core/symmetry/orbit_count.hpp"

#include <algorithm>

#include "core/errors.hpp"
#include "core/pricing/saturating.hpp"
#include "core/symmetry/factor_counts.hpp"
#include "core/symmetry/fallback.hpp"
#include "core/symmetry/partition_count.hpp"

namespace flopscope {

namespace {

std::size_t at(int position) noexcept { return static_cast<std::size_t>(position); }

std::uint64_t length_of(Shape shape, int axis) noexcept {
  return axis < shape.ndim ? static_cast<std::uint64_t>(shape.lengths[axis]) : 1;
}

bool holds(AxisSet set, int axis) noexcept { return axis < 64 && ((set >> axis) & 1U) != 0; }

// The axes that some factor moves.
AxisSet moved_axes(const SymmetryGroup& group) noexcept {
  AxisSet moved = 0;
  for (const Factor& factor : group.factors()) {
    for (const int point : factor.points()) {
      const int axis = group.axis_of(point);
      if (axis < 64) moved |= AxisSet{1} << axis;
    }
  }
  return moved;
}

struct Counts {
  std::uint64_t elements = 0;
  std::uint64_t alpha = 0;
  std::uint64_t omega = 0;
  Regime regime = Regime::trivial;
};

std::uint64_t dense_elements(const std::vector<std::uint64_t>& sizes) noexcept {
  std::uint64_t product = 1;
  for (const std::uint64_t size : sizes) product = saturating_mul(product, size);
  return product;
}

// Orbits of the kept points' assignments: Burnside over the elements that map the kept points to
// themselves. Several of them may act alike there; an average does not mind.
std::uint64_t kept_orbits(const ListedFactor& factor) {
  wide::Count sum = 0;
  std::uint64_t preserving = 0;
  for (const Permutation& p : factor.list.all()) {
    bool preserves = true;
    for (int i = 0; i < p.size() && preserves; ++i) {
      preserves = factor.kept[at(i)] == factor.kept[at(p(i))];
    }
    if (!preserves) continue;
    ++preserving;
    wide::Count fixed = 1;
    for (const auto& cycle : p.full_cycles()) {
      const auto first = at(cycle.front());
      if (factor.kept[first] != 0) fixed = wide::mul(fixed, factor.sizes[first]);
    }
    sum = wide::add(sum, fixed);
  }
  return wide::narrow(sum / preserving);
}

// One kept point with n values and orbit Om: by symmetry in the values, n times the orbits of
// elements that have a fixed value somewhere on Om.
//   n/|G| * sum over g of P_R(g) * (n^c - (n-1)^c),   c = cycles of g on Om
std::uint64_t alpha_of_one_kept(const ListedFactor& factor, int kept) {
  const auto& orbits = factor.list.orbits();
  std::size_t own = 0;
  while (!std::binary_search(orbits[own].begin(), orbits[own].end(), kept)) ++own;
  const std::uint64_t n = factor.sizes[at(kept)];
  if (n == 0) return 0;
  wide::Count sum = 0;
  for (const auto& type : factor.list.cycle_types()) {
    wide::Count term =
        wide::power(n, type.cycles[own]) - wide::power(wide::Count{n} - 1, type.cycles[own]);
    for (std::size_t o = 0; o < orbits.size(); ++o) {
      if (o == own) continue;
      term = wide::mul(term, wide::power(factor.sizes[at(orbits[o].front())], type.cycles[o]));
    }
    sum = wide::add(sum, wide::mul(term, type.count));
  }
  return wide::narrow(wide::mul(sum / factor.list.size(), n));
}

// Does no element carry a kept point to a reduced one?
bool separates(const ElementList& list, const std::vector<char>& kept) {
  for (const auto& orbit : list.orbits()) {
    for (const int point : orbit) {
      if (kept[at(point)] != kept[at(orbit.front())]) return false;
    }
  }
  return true;
}

Counts count_full(std::uint64_t n, int kept, int reduced) {
  Counts counts;
  counts.elements = wide::multisets(n, kept + reduced);
  // A multiset on all axes and its kept part are a multiset on each side.
  counts.alpha = saturating_mul(wide::multisets(n, kept), wide::multisets(n, reduced));
  counts.omega = wide::multisets(n, kept);
  counts.regime = kept == 0 || reduced == 0 ? Regime::functional_projection
                  : kept == 1               ? Regime::singleton
                                            : Regime::young;
  return counts;
}

Counts count_listed(const Factor& factor, const ListedFactor& listed, int kept) {
  Counts counts;
  counts.elements = count_factor_orbits(factor, [&](int point) { return listed.sizes[at(point)]; });
  counts.omega = kept_orbits(listed);
  if (separates(listed.list, listed.kept)) {
    counts.regime = Regime::functional_projection;
    counts.alpha = counts.elements;
  } else if (kept == 1) {
    counts.regime = Regime::singleton;
    const auto only = std::find(listed.kept.begin(), listed.kept.end(), 1) - listed.kept.begin();
    counts.alpha = alpha_of_one_kept(listed, static_cast<int>(only));
  } else if (typed_partitions(listed.sizes) <= partition_budget()) {
    counts.regime = Regime::partition_count;
    counts.alpha = alpha_by_partitions(listed);
  } else {
    counts.regime = Regime::unavailable;
    counts.alpha = dense_elements(listed.sizes);
  }
  return counts;
}

Counts count_factor(const SymmetryGroup& group, const Factor& factor, Shape shape,
                    AxisSet reduced) {
  int kept = 0;
  for (const int point : factor.points()) kept += holds(reduced, group.axis_of(point)) ? 0 : 1;
  const int gone = factor.degree() - kept;
  if (factor.kind() == FactorKind::symmetric) {
    return count_full(length_of(shape, group.axis_of(factor.points().front())), kept, gone);
  }
  if (kept == 0 || gone == 0) {
    Counts counts;
    counts.regime = Regime::functional_projection;
    counts.elements = counts.alpha = count_factor_orbits(factor, [&](int point) {
      return length_of(shape, group.axis_of(factor.points()[at(point)]));
    });
    counts.omega = kept == 0 ? 1 : counts.elements;
    return counts;
  }
  ListedFactor listed{factor.elements(), {}, {}};
  for (const int point : factor.points()) {
    const int axis = group.axis_of(point);
    listed.sizes.push_back(length_of(shape, axis));
    listed.kept.push_back(holds(reduced, axis) ? 0 : 1);
  }
  const bool full = listed.list.size() == Factor{FactorKind::symmetric, factor.points()}.order();
  return full ? count_full(listed.sizes.front(), kept, gone) : count_listed(factor, listed, kept);
}

}  // namespace

std::uint64_t unique_elements(const SymmetryGroup& group, Shape shape) {
  std::uint64_t elements = 1;
  for (const Factor& factor : group.factors()) {
    const auto& points = factor.points();
    elements = saturating_mul(elements, count_factor_orbits(factor, [&](int point) {
                                return length_of(shape, group.axis_of(points[at(point)]));
                              }));
  }
  const AxisSet moved = moved_axes(group);
  for (int axis = 0; axis < shape.ndim; ++axis) {
    if (!holds(moved, axis)) elements = saturating_mul(elements, length_of(shape, axis));
  }
  return elements;
}

std::uint64_t SymmetryGroup::burnside_unique_count(const std::vector<std::uint64_t>& sizes) const {
  if (sizes.size() < at(degree_)) {
    throw InvalidArgument{"burnside_unique_count needs a size for each of the " +
                          std::to_string(degree_) + " positions"};
  }
  std::uint64_t count = 1;
  for (const auto& orbit : orbits_) {
    const std::uint64_t size = sizes[at(orbit.front())];
    for (const int position : orbit) {
      if (sizes[at(position)] != size) {
        throw InvalidArgument{"positions " + std::to_string(orbit.front()) + " and " +
                              std::to_string(position) + " are in one orbit but have sizes " +
                              std::to_string(size) + " and " + std::to_string(sizes[at(position)])};
      }
    }
    if (orbit.size() == 1) count = saturating_mul(count, size);
  }
  for (const Factor& factor : factors_) {
    const auto& points = factor.points();
    count = saturating_mul(count, count_factor_orbits(factor, [&](int point) {
                             return sizes[at(points[at(point)])];
                           }));
  }
  return count;
}

std::vector<ComponentCount> reduction_components(const SymmetryGroup& group, Shape shape,
                                                 AxisSet reduced) {
  std::vector<ComponentCount> components;
  for (const Factor& factor : group.factors()) {
    const Counts counts = count_factor(group, factor, shape, reduced);
    ComponentCount component;
    component.dense = 1;
    for (const int point : factor.points()) {
      component.axes.push_back(group.axis_of(point));
      component.dense = saturating_mul(component.dense, length_of(shape, component.axes.back()));
    }
    std::sort(component.axes.begin(), component.axes.end());
    component.elements = counts.elements;
    component.alpha = counts.alpha;
    component.omega = counts.omega;
    component.regime = counts.regime;
    components.push_back(std::move(component));
  }
  const AxisSet moved = moved_axes(group);
  for (int axis = 0; axis < shape.ndim; ++axis) {
    if (holds(moved, axis)) continue;
    const std::uint64_t length = length_of(shape, axis);
    components.push_back(
        {{axis}, length, length, holds(reduced, axis) ? 1 : length, length, Regime::trivial});
  }
  std::sort(components.begin(), components.end(),
            [](const auto& a, const auto& b) { return a.axes.front() < b.axes.front(); });
  return components;
}

ReductionCounts reduction_counts(const SymmetryGroup& group, Shape shape, AxisSet reduced) {
  ReductionCounts total{1, 1, 1, true};
  for (const Factor& factor : group.factors()) {
    const Counts counts = count_factor(group, factor, shape, reduced);
    total.alpha = saturating_mul(total.alpha, counts.alpha);
    total.omega = saturating_mul(total.omega, counts.omega);
    total.elements = saturating_mul(total.elements, counts.elements);
    total.exact = total.exact && counts.regime != Regime::unavailable;
  }
  const AxisSet moved = moved_axes(group);
  for (int axis = 0; axis < shape.ndim; ++axis) {
    if (holds(moved, axis)) continue;
    const std::uint64_t length = length_of(shape, axis);
    total.alpha = saturating_mul(total.alpha, length);
    total.elements = saturating_mul(total.elements, length);
    if (!holds(reduced, axis)) total.omega = saturating_mul(total.omega, length);
  }
  // One component that cannot be counted makes the whole bill dense.
  if (!total.exact) total.alpha = element_count(shape);
  return total;
}

ReductionSize reduction_size(const SymmetryGroup* group, Shape shape, AxisSet axes) {
  ReductionSize size = dense_reduction(shape, axes);
  if (group == nullptr) return size;
  const auto exact = [&] {
    ReductionSize counted = size;
    const ReductionCounts counts = reduction_counts(*group, shape, axes);
    counted.elements = unique_elements(*group, shape);
    counted.contributions = counts.alpha;
    counted.outputs = counts.omega;
    if (!counts.exact) note_fallback("more set partitions of its axes than partition_budget");
    return counted;
  };
  return or_fall_back(exact, [&] { return size; });
}

std::uint64_t billed_elements(const SymmetryGroup& group, Shape shape) {
  return or_fall_back([&] { return unique_elements(group, shape); },
                      [&] { return element_count(shape); });
}

}  // namespace flopscope
