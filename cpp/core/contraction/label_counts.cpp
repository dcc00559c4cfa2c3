#include "core/contraction/label_counts.hpp"

#include <algorithm>
#include <utility>

#include "core/pricing/saturating.hpp"
#include "core/symmetry/factor_counts.hpp"
#include "core/symmetry/partition_count.hpp"
#include "core/symmetry/wide_count.hpp"

namespace flopscope {

namespace {

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

void multiply(LabelCounts& total, const LabelCounts& factor) {
  total.elements = saturating_mul(total.elements, factor.elements);
  total.alpha = saturating_mul(total.alpha, factor.alpha);
  total.omega = saturating_mul(total.omega, factor.omega);
  total.dense = saturating_mul(total.dense, factor.dense);
  total.regime = std::max(total.regime, factor.regime);
  total.is_listable = total.is_listable && factor.is_listable;
}

LabelCounts dense_counts(const Labels& labels, const std::vector<std::uint64_t>& lengths,
                         const LabelRoles& roles) {
  LabelCounts counts;
  for (const int label : labels) {
    if (roles[at(label)] == LabelRole::hidden) continue;
    counts.dense = saturating_mul(counts.dense, lengths[at(label)]);
    if (roles[at(label)] == LabelRole::kept) {
      counts.omega = saturating_mul(counts.omega, lengths[at(label)]);
    }
  }
  counts.elements = counts.alpha = counts.dense;
  return counts;
}

// Orbits on the labels of some roles, for a part that mixes no roles: a unit of s labels of length
// n has C(n + s - 1, s) multisets as its values, the factors permute units, and m copies are a
// multiset again.
template <class Counted>
std::uint64_t separated_orbits(const LabelPart& part, const std::vector<std::uint64_t>& lengths,
                               const LabelRoles& roles, Counted counted) {
  const auto& units = part.copies.front();
  const auto values = [&](int index) -> std::uint64_t {
    const LabelUnit& unit = units[at(index)];
    if (!counted(roles[at(unit.front())])) return 1;
    return wide::multisets(lengths[at(unit.front())], static_cast<int>(unit.size()));
  };
  std::vector<char> is_moved(units.size(), 0);
  std::uint64_t orbits = 1;
  for (const Factor& factor : part.factors) {
    for (const int point : factor.points()) is_moved[at(point)] = 1;
    orbits = saturating_mul(orbits, count_factor_orbits(factor, [&](int point) {
                              return values(factor.points()[at(point)]);
                            }));
  }
  for (std::size_t u = 0; u < units.size(); ++u) {
    if (is_moved[u] == 0) orbits = saturating_mul(orbits, values(static_cast<int>(u)));
  }
  return wide::multisets(orbits, static_cast<int>(part.copies.size()));
}

LabelCounts count_separated(const LabelPart& part, const std::vector<std::uint64_t>& lengths,
                            const LabelRoles& roles) {
  LabelCounts counts;
  counts.elements = separated_orbits(part, lengths, roles,
                                     [](LabelRole role) { return role != LabelRole::hidden; });
  counts.alpha = counts.elements;
  counts.omega = separated_orbits(part, lengths, roles,
                                  [](LabelRole role) { return role == LabelRole::kept; });
  counts.regime = part.is_trivial() ? Regime::trivial : Regime::functional_projection;
  return counts;
}

// One unit, some of its labels kept: multisets on each side.
LabelCounts count_unit(const LabelUnit& unit, const std::vector<std::uint64_t>& lengths,
                       const LabelRoles& roles) {
  const std::uint64_t n = lengths[at(unit.front())];
  const auto kept = static_cast<int>(std::count_if(
      unit.begin(), unit.end(), [&](int label) { return roles[at(label)] == LabelRole::kept; }));
  const int summed = static_cast<int>(unit.size()) - kept;
  LabelCounts counts;
  counts.elements = wide::multisets(n, kept + summed);
  counts.omega = wide::multisets(n, kept);
  counts.alpha = saturating_mul(counts.omega, wide::multisets(n, summed));
  counts.regime = kept == 1 ? Regime::singleton : Regime::young;
  return counts;
}

// Elements mix kept and summed labels in a way without a closed form: the group is listed.
LabelCounts count_mixed(const LabelPart& part, const std::vector<std::uint64_t>& lengths,
                        const LabelRoles& roles, std::uint64_t partition_limit) {
  Labels counted;
  for (const int label : part.labels()) {
    if (roles[at(label)] != LabelRole::hidden) counted.push_back(label);
  }
  LabelCounts unknown;
  unknown.regime = Regime::unavailable;
  if (counted.size() > 64) return unknown;  // an AxisSet has no more
  std::vector<std::int64_t> shape;
  AxisSet reduced = 0;
  for (const int label : counted) {
    if (roles[at(label)] == LabelRole::summed) reduced |= AxisSet{1} << shape.size();
    shape.push_back(static_cast<std::int64_t>(lengths[at(label)]));
  }
  const GroupPtr group = restricted_group({{part}}, counted, static_cast<int>(lengths.size()));
  return count_reduction(group.get(), {shape.data(), static_cast<int>(shape.size())}, reduced,
                         partition_limit);
}

// The one factor of a group whose axes, ascending, are these.
const Factor& factor_on(const SymmetryGroup& group, const std::vector<int>& axes) {
  return *std::find_if(group.factors().begin(), group.factors().end(), [&](const Factor& factor) {
    return std::any_of(factor.points().begin(), factor.points().end(),
                       [&](int point) { return group.axis_of(point) == axes.front(); });
  });
}

}  // namespace

bool preserves_roles(const LabelPart& part, const LabelRoles& roles) {
  const auto& units = part.copies.front();
  const auto role = [&](int unit) { return roles[at(units[at(unit)].front())]; };
  for (const auto& copy : part.copies) {
    for (std::size_t u = 0; u < copy.size(); ++u) {
      for (const int label : copy[u]) {
        if (roles[at(label)] != role(static_cast<int>(u))) return false;
      }
    }
  }
  for (const Factor& factor : part.factors) {
    for (const Permutation& p : factor.generators()) {
      for (int i = 0; i < p.size(); ++i) {
        if (role(factor.points()[at(i)]) != role(factor.points()[at(p(i))])) return false;
      }
    }
  }
  return true;
}

LabelCounts count_part(const LabelPart& part, const std::vector<std::uint64_t>& lengths,
                       const LabelRoles& roles, std::uint64_t partition_limit) {
  LabelCounts counts = dense_counts(part.labels(), lengths, roles);
  if (part.is_trivial()) return counts;
  LabelCounts found;
  try {
    if (!part.is_listable) throw GroupTooLarge{element_budget()};
    if (preserves_roles(part, roles)) {
      found = count_separated(part, lengths, roles);
    } else if (part.copies.size() == 1 && part.copies.front().size() == 1) {
      found = count_unit(part.copies.front().front(), lengths, roles);
    } else {
      found = count_mixed(part, lengths, roles, partition_limit);
    }
  } catch (const GroupTooLarge&) {
    found.regime = Regime::unavailable;
    found.is_listable = false;
  }
  if (found.is_exact()) {
    found.dense = counts.dense;
    return found;
  }
  counts.regime = Regime::unavailable;
  counts.is_listable = found.is_listable;
  return counts;
}

LabelCounts count_labels(const LabelGroup& group, const std::vector<std::uint64_t>& lengths,
                         const LabelRoles& roles, std::uint64_t partition_limit) {
  LabelCounts total;
  for (const LabelPart& part : group.parts) {
    multiply(total, count_part(part, lengths, roles, partition_limit));
  }
  return total;
}

LabelCounts count_reduction(const SymmetryGroup* group, Shape shape, AxisSet reduced,
                            std::uint64_t partition_limit) {
  LabelCounts total;
  total.dense = element_count(shape);
  const ReductionSize plain = dense_reduction(shape, reduced);
  total.elements = total.alpha = total.dense;
  total.omega = plain.outputs;
  if (group == nullptr || group->is_trivial()) return total;
  LabelCounts found;
  for (const ComponentCount& component : reduction_components(*group, shape, reduced)) {
    LabelCounts part{component.elements, component.alpha,  component.omega,
                     component.dense,    component.regime, true};
    if (part.regime == Regime::partition_count || part.regime == Regime::unavailable) {
      const Factor& factor = factor_on(*group, component.axes);
      ListedFactor listed{factor.elements(), {}, {}};
      for (const int point : factor.points()) {
        const int axis = group->axis_of(point);
        listed.sizes.push_back(static_cast<std::uint64_t>(shape.lengths[axis]));
        listed.kept.push_back(((reduced >> axis) & 1U) == 0 ? 1 : 0);
      }
      const bool fits = typed_partitions(listed.sizes) <= partition_limit;
      if (fits && part.regime == Regime::unavailable) part.alpha = alpha_by_partitions(listed);
      part.regime = fits ? Regime::partition_count : Regime::unavailable;
    }
    multiply(found, part);
  }
  found.dense = total.dense;
  // One component that cannot be counted makes the whole dense; its outputs are known.
  if (!found.is_exact()) found.alpha = total.dense;
  return found;
}

GroupPtr restricted_group(const LabelGroup& group, const Labels& labels, int label_count) {
  if (labels.empty()) return nullptr;
  std::vector<int> position(at(label_count), -1);
  for (std::size_t i = 0; i < labels.size(); ++i) position[at(labels[i])] = static_cast<int>(i);
  std::vector<Permutation> generators;
  for (const LabelPart& part : group.parts) {
    if (part.is_trivial()) continue;
    for (const Permutation& p : part.generators(label_count)) {
      std::vector<int> images;
      images.reserve(labels.size());
      for (const int label : labels) images.push_back(position[at(p(label))]);
      Permutation local = Permutation::trusted(std::move(images));
      if (!local.is_identity()) generators.push_back(std::move(local));
    }
  }
  if (generators.empty()) return nullptr;
  std::vector<int> axes = Permutation::identity(static_cast<int>(labels.size())).images();
  return SymmetryGroup::from_generators(std::move(generators), std::move(axes));
}

}  // namespace flopscope
