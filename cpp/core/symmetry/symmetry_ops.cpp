#include "core/symmetry/symmetry_ops.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "core/symmetry/element_list.hpp"

namespace flopscope {

namespace {

std::size_t at(int position) noexcept { return static_cast<std::size_t>(position); }

bool holds(AxisSet set, int axis) noexcept { return axis < 64 && ((set >> axis) & 1U) != 0; }

GroupPtr unless_trivial(GroupPtr group) {
  return group && group->is_trivial() ? GroupPtr{} : std::move(group);
}

std::vector<int> axes_of(const SymmetryGroup& group, const std::vector<int>& points) {
  std::vector<int> axes;
  axes.reserve(points.size());
  for (const int point : points) axes.push_back(group.axis_of(point));
  return axes;
}

std::vector<int> all_axes(const SymmetryGroup& group) {
  return group.axes() ? *group.axes() : Permutation::identity(group.degree()).images();
}

// One factor as a group of its own.
GroupPtr alone(const SymmetryGroup& group, const Factor& factor) {
  return SymmetryGroup::from_generators(factor.generators(), axes_of(group, factor.points()));
}

std::vector<int> positions_in(const SymmetryGroup& group, AxisSet axes, bool inside) {
  std::vector<int> positions;
  for (int i = 0; i < group.degree(); ++i) {
    if (holds(axes, group.axis_of(i)) == inside) positions.push_back(i);
  }
  return positions;
}

bool touches(const SymmetryGroup& group, const Factor& factor, AxisSet axes) {
  return std::any_of(factor.points().begin(), factor.points().end(),
                     [&](int point) { return holds(axes, group.axis_of(point)); });
}

bool touches(const SymmetryGroup& group, AxisSet axes) {
  for (int i = 0; i < group.degree(); ++i) {
    if (holds(axes, group.axis_of(i))) return true;
  }
  return false;
}

// Axis numbers after a reduction: unchanged, or with the gaps of the removed axes closed.
class Renumbering {
 public:
  Renumbering(AxisSet removed, bool keepdims) : removed_{keepdims ? 0 : removed} {}

  int operator()(int axis) const noexcept {
    int below = 0;
    for (int i = 0; i < axis; ++i) below += holds(removed_, i) ? 1 : 0;
    return axis - below;
  }

  std::vector<int> operator()(std::vector<int> axes) const {
    for (int& axis : axes) axis = (*this)(axis);
    return axes;
  }

 private:
  AxisSet removed_;
};

// What a reduction leaves of one factor; null when it is trivial.
GroupPtr surviving_part(const SymmetryGroup& group, const Factor& factor, AxisSet reduced,
                        const Renumbering& renumbered) {
  const std::vector<int> axes = axes_of(group, factor.points());
  std::vector<int> kept;
  std::vector<int> gone;
  for (int i = 0; i < factor.degree(); ++i) {
    (holds(reduced, axes[at(i)]) ? gone : kept).push_back(i);
  }
  if (kept.size() < 2) return nullptr;
  if (gone.empty()) return SymmetryGroup::from_generators(factor.generators(), renumbered(axes));
  if (factor.kind() == FactorKind::symmetric) {
    std::vector<int> kept_axes;
    for (const int i : kept) kept_axes.push_back(renumbered(axes[at(i)]));
    return SymmetryGroup::symmetric(kept_axes);
  }
  const GroupPtr left = alone(group, factor)->setwise_stabilizer(gone)->restrict(kept);
  if (left->is_trivial()) return nullptr;
  return SymmetryGroup::from_generators(left->generators(), renumbered(all_axes(*left)));
}

// Splits the full factors of a group along the orbits of another: an element of both groups cannot
// leave them. Null stands for the trivial group here as well.
GroupPtr split_along(const GroupPtr& group, const SymmetryGroup& other) {
  std::vector<GroupPtr> parts;
  for (const Factor& factor : group->factors()) {
    if (factor.kind() != FactorKind::symmetric) {
      parts.push_back(alone(*group, factor));
      continue;
    }
    std::vector<std::vector<int>> blocks(other.orbits().size());
    for (const int axis : axes_of(*group, factor.points())) {
      const int there = other.position_of(axis);
      if (there < 0) continue;
      for (std::size_t o = 0; o < blocks.size(); ++o) {
        const auto& orbit = other.orbits()[o];
        if (std::binary_search(orbit.begin(), orbit.end(), there)) blocks[o].push_back(axis);
      }
    }
    for (const auto& block : blocks) {
      if (block.size() > 1) parts.push_back(SymmetryGroup::symmetric(block));
    }
  }
  return product(parts);
}

// Common elements of two groups that no longer share a smaller problem.
GroupPtr common_elements(const GroupPtr& a, const GroupPtr& b) {
  if (b->contains_action(*a)) return a;
  if (a->contains_action(*b)) return b;
  const bool a_smaller = a->order() <= b->order();
  const SymmetryGroup& listed = a_smaller ? *a : *b;
  const SymmetryGroup& tester = a_smaller ? *b : *a;
  const std::vector<int> axes = all_axes(listed);
  std::vector<Permutation> common;
  for (Permutation& p : listed.elements()) {
    if (tester.contains_action(p, axes)) common.push_back(std::move(p));
  }
  return unless_trivial(
      SymmetryGroup::from_generators(generating_subset(common, listed.degree()), axes));
}

// Factors of both groups that share axes, directly or through others, gathered into pairs of
// groups whose intersections multiply.
std::vector<std::pair<GroupPtr, GroupPtr>> linked_parts(const SymmetryGroup& a,
                                                        const SymmetryGroup& b) {
  struct Part {
    std::vector<int> axes;
    std::array<std::vector<GroupPtr>, 2> groups;
  };
  std::vector<Part> parts;
  const std::array<const SymmetryGroup*, 2> sides{&a, &b};
  for (std::size_t side = 0; side < 2; ++side) {
    for (const Factor& factor : sides[side]->factors()) {
      Part joined{axes_of(*sides[side], factor.points()), {}};
      joined.groups[side].push_back(alone(*sides[side], factor));
      for (auto part = parts.begin(); part != parts.end();) {
        const bool shares = std::any_of(part->axes.begin(), part->axes.end(), [&](int axis) {
          return std::find(joined.axes.begin(), joined.axes.end(), axis) != joined.axes.end();
        });
        if (!shares) {
          ++part;
          continue;
        }
        joined.axes.insert(joined.axes.end(), part->axes.begin(), part->axes.end());
        for (std::size_t s = 0; s < 2; ++s) {
          joined.groups[s].insert(joined.groups[s].end(), part->groups[s].begin(),
                                  part->groups[s].end());
        }
        part = parts.erase(part);
      }
      parts.push_back(std::move(joined));
    }
  }
  std::vector<std::pair<GroupPtr, GroupPtr>> pairs;
  for (const Part& part : parts) {
    pairs.emplace_back(product(part.groups[0]), product(part.groups[1]));
  }
  return pairs;
}

GroupPtr equal_length_blocks(Shape shape) {
  std::vector<std::vector<int>> blocks;
  for (int axis = 0; axis < shape.ndim; ++axis) {
    const auto same = std::find_if(blocks.begin(), blocks.end(), [&](const auto& block) {
      return shape.lengths[block.front()] == shape.lengths[axis];
    });
    if (same == blocks.end()) {
      blocks.push_back({axis});
    } else {
      same->push_back(axis);
    }
  }
  blocks.erase(std::remove_if(blocks.begin(), blocks.end(),
                              [](const auto& block) { return block.size() < 2; }),
               blocks.end());
  return blocks.empty() ? nullptr : SymmetryGroup::young(blocks);
}

}  // namespace

GroupPtr product(const std::vector<GroupPtr>& groups) {
  std::vector<GroupPtr> present;
  std::copy_if(groups.begin(), groups.end(), std::back_inserter(present),
               [](const GroupPtr& group) { return group != nullptr; });
  return present.empty() ? nullptr : unless_trivial(SymmetryGroup::direct_product(present));
}

GroupPtr relabel_axes(const GroupPtr& group, const std::vector<int>& new_axis) {
  if (!group) return nullptr;
  std::vector<int> axes = all_axes(*group);
  for (int& axis : axes) {
    if (at(axis) >= new_axis.size() || new_axis[at(axis)] < 0) {
      throw MissingPosition{"axis " + std::to_string(axis) + " has no new number", axis};
    }
    axis = new_axis[at(axis)];
  }
  return unless_trivial(SymmetryGroup::from_generators(group->generators(), std::move(axes)));
}

GroupPtr reduce_symmetry(const GroupPtr& group, AxisSet reduced, bool keepdims) {
  if (!group || group->is_trivial()) return nullptr;
  const Renumbering renumbered{reduced, keepdims};
  if (!touches(*group, reduced)) {
    // The whole group, positions that it does not move included.
    if (keepdims || reduced == 0) return group;
    return SymmetryGroup::from_generators(group->generators(), renumbered(all_axes(*group)));
  }
  std::vector<GroupPtr> survivors;
  std::vector<GroupPtr> turned;  // of touched cyclic and dihedral factors, a last resort
  for (const Factor& factor : group->factors()) {
    GroupPtr part = surviving_part(*group, factor, reduced, renumbered);
    if (!part) continue;
    const bool turns = factor.kind() == FactorKind::cyclic || factor.kind() == FactorKind::dihedral;
    (turns && touches(*group, factor, reduced) ? turned : survivors).push_back(std::move(part));
  }
  return product(survivors.empty() ? turned : survivors);
}

GroupPtr fix_axes(const GroupPtr& group, AxisSet removed) {
  if (!group || !touches(*group, removed)) return unless_trivial(group);
  const std::vector<int> kept = positions_in(*group, removed, false);
  if (kept.empty()) return nullptr;
  const GroupPtr fixed = group->pointwise_stabilizer(positions_in(*group, removed, true));
  const GroupPtr left = fixed->restrict(kept);
  if (left->is_trivial()) return nullptr;
  // A group on all axes does not name them: what is left of it has to.
  return group->axes() ? left : SymmetryGroup::from_generators(left->generators(), kept);
}

GroupPtr preserve_axes(const GroupPtr& group, AxisSet axes) {
  if (!group || !touches(*group, axes)) return unless_trivial(group);
  return unless_trivial(group->setwise_stabilizer(positions_in(*group, axes, true)));
}

GroupPtr drop_axes(const GroupPtr& group, AxisSet dropped) {
  if (!group || !touches(*group, dropped)) return unless_trivial(group);
  std::vector<GroupPtr> left;
  for (const Factor& factor : group->factors()) {
    if (!touches(*group, factor, dropped)) left.push_back(alone(*group, factor));
  }
  return product(left);
}

GroupPtr intersect(const GroupPtr& a, const GroupPtr& b) {
  if (!a || !b) return nullptr;
  if (a == b || b->contains_action(*a)) return unless_trivial(a);
  if (a->contains_action(*b)) return unless_trivial(b);
  // Each split can expose smaller orbits to the other side. Groups are interned, so a round that
  // changes nothing gives the same objects.
  GroupPtr left = a;
  GroupPtr right = b;
  for (GroupPtr old_left, old_right; left != old_left || right != old_right;) {
    old_left = left;
    old_right = right;
    left = split_along(left, *right);
    right = left ? split_along(right, *left) : nullptr;
    if (!left || !right) return nullptr;
  }
  std::vector<GroupPtr> common;
  for (const auto& [part_a, part_b] : linked_parts(*left, *right)) {
    if (part_a && part_b) common.push_back(common_elements(part_a, part_b));
  }
  return product(common);
}

GroupPtr intersect(const std::vector<GroupPtr>& groups) {
  if (groups.empty()) return nullptr;
  GroupPtr common = unless_trivial(groups.front());
  for (std::size_t i = 1; i < groups.size() && common; ++i) common = intersect(common, groups[i]);
  return common;
}

GroupPtr symmetric_on_equal_lengths(Shape shape) {
  // Which axes have equal lengths is all that matters, and few such patterns occur: constructors
  // are called often, and building the blocks takes some hundred nanoseconds.
  using Pattern = std::array<std::int8_t, 8>;
  struct Known {
    Pattern first{};  // the first axis of the same length, -1 beyond the last axis
    GroupPtr group;
  };
  thread_local std::array<Known, 16> recent;
  Pattern first;
  first.fill(-1);
  const bool is_small = shape.ndim <= static_cast<int>(first.size());
  bool repeats = !is_small;
  std::size_t slot = 0;
  for (int axis = 0; is_small && axis < shape.ndim; ++axis) {
    int same = 0;
    while (shape.lengths[same] != shape.lengths[axis]) ++same;
    first[at(axis)] = static_cast<std::int8_t>(same);
    repeats = repeats || same != axis;
    slot = (slot * 7 + at(same) + 1) % recent.size();
  }
  if (!repeats) return nullptr;
  if (is_small && recent[slot].group && recent[slot].first == first) return recent[slot].group;
  GroupPtr group = equal_length_blocks(shape);
  if (is_small) recent[slot] = {first, group};
  return group;
}

GroupPtr swap_of_two(int axis_a, int axis_b) { return SymmetryGroup::symmetric({axis_a, axis_b}); }

}  // namespace flopscope
