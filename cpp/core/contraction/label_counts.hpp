// Orbits of label assignments under a label group: the M, alpha and omega of a bill. Private.
#pragma once

#include <cstdint>
#include <vector>

#include "core/contraction/label_group.hpp"
#include "core/symmetry/orbit_count.hpp"

namespace flopscope {

// What a count needs to know of a label. Hidden labels take part in the group but are not counted;
// the group never mixes them with others.
enum class LabelRole : std::uint8_t { hidden, summed, kept };
using LabelRoles = std::vector<LabelRole>;

struct LabelCounts {
  std::uint64_t elements = 1;  // M
  std::uint64_t alpha = 1;
  std::uint64_t omega = 1;
  std::uint64_t dense = 1;
  Regime regime = Regime::trivial;  // of several parts: the last in the order of the enumeration

  bool is_listable = true;  // false: unavailable because of the size of a group

  bool is_exact() const noexcept { return regime != Regime::unavailable; }
};

// Regime::unavailable, with every figure dense, where a group cannot be listed or typed partitions
// exceed the budget. The counts of a group are the products over its parts.
LabelCounts count_part(const LabelPart& part, const std::vector<std::uint64_t>& lengths,
                       const LabelRoles& roles, std::uint64_t partition_limit);
LabelCounts count_labels(const LabelGroup& group, const std::vector<std::uint64_t>& lengths,
                         const LabelRoles& roles, std::uint64_t partition_limit);

// Does every element of the part carry each label to one of the same role?
bool preserves_roles(const LabelPart& part, const LabelRoles& roles);

// The same figures for reducing axes of one array with a group, within a limit of its own.
LabelCounts count_reduction(const SymmetryGroup* group, Shape shape, AxisSet reduced,
                            std::uint64_t partition_limit);

// The group on some of its labels, numbered by their position in the list; null when it moves none
// of them. Elements must carry the list to itself.
GroupPtr restricted_group(const LabelGroup& group, const Labels& labels, int label_count);

}  // namespace flopscope
