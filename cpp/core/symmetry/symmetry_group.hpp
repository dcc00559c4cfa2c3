// A finite permutation group acting on tensor axes, given by generators.
//
// A group acts on its local positions 0..degree-1; `axes` says which tensor axis a position is.
// Without axes, position i stands for axis i. Objects are immutable, shared, and interned: the same
// generators on the same axes give the same object while one is alive.
//
// The generators are split into factors with disjoint supports. A factor that is recognised as the
// full, cyclic or dihedral group of its points is counted in closed form whatever its order; any
// other is listed by closure, up to element_budget() elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/pricing/sizes.hpp"
#include "core/symmetry/permutation.hpp"

namespace flopscope {

class SymmetryGroup;
using GroupPtr = std::shared_ptr<const SymmetryGroup>;  // null: no symmetry

// Most elements of a generator-given group that may be listed, and most typed set partitions that
// a reduction count may visit. Process-wide settings.
std::size_t element_budget() noexcept;
void set_element_budget(std::size_t budget) noexcept;
std::uint64_t partition_budget() noexcept;
void set_partition_budget(std::uint64_t budget) noexcept;

enum class FactorKind : std::uint8_t { symmetric, cyclic, dihedral, generated };

class ElementList;

// One factor of a group. `points` are local positions of the group; for the cyclic and dihedral
// kinds their order is that of the rotation points[i] -> points[i + 1]. Every factor moves at least
// two points.
class Factor {
 public:
  Factor(FactorKind kind, std::vector<int> points, std::vector<Permutation> generators = {});

  FactorKind kind() const noexcept { return kind_; }
  const std::vector<int>& points() const noexcept { return points_; }
  int degree() const noexcept { return static_cast<int>(points_.size()); }

  // Generators on the indices of `points`, in the convention of the kind.
  std::vector<Permutation> generators() const;

  // Is this permutation of the indices of `points` an element?
  bool contains(const Permutation& p) const;

  std::uint64_t order() const;

  // All elements on the indices of `points`, in lexicographic order, the identity first. Throws
  // GroupTooLarge for generated (and full) groups above the budget.
  const ElementList& elements() const;

 private:
  FactorKind kind_;
  std::vector<int> points_;
  std::vector<Permutation> generators_;  // generated kind only

  struct Cache;
  std::shared_ptr<Cache> cache_;  // shared by copies; guarded inside
};

class SymmetryGroup {
 public:
  using Axes = std::optional<std::vector<int>>;

  static GroupPtr symmetric(const std::vector<int>& axes);
  static GroupPtr cyclic(const std::vector<int>& axes);
  static GroupPtr dihedral(const std::vector<int>& axes);  // full group on one or two axes
  static GroupPtr young(const std::vector<std::vector<int>>& blocks);
  static GroupPtr direct_product(const std::vector<GroupPtr>& groups);
  static GroupPtr from_generators(std::vector<Permutation> generators, Axes axes = std::nullopt);

  // Not interned; prefer from_generators. All constructors throw InvalidArgument.
  explicit SymmetryGroup(std::vector<Permutation> generators, Axes axes = std::nullopt);

  int degree() const noexcept { return degree_; }
  const Axes& axes() const noexcept { return axes_; }
  int axis_of(int position) const noexcept {
    return axes_ ? (*axes_)[static_cast<std::size_t>(position)] : position;
  }
  int position_of(int axis) const noexcept;  // -1: not an axis of this group

  const std::vector<Permutation>& generators() const noexcept { return generators_; }
  const std::vector<Factor>& factors() const noexcept { return factors_; }

  // Orbits of the local positions by least element, each ascending.
  const std::vector<std::vector<int>>& orbits() const noexcept { return orbits_; }
  const std::vector<int>& orbit(int position) const;  // throws MissingPosition

  std::uint64_t order() const;                     // held at the largest value
  std::vector<std::uint64_t> order_terms() const;  // their product is the exact order

  // Every element in lexicographic order; throws GroupTooLarge above the element budget.
  std::vector<Permutation> elements() const;

  bool contains(const Permutation& p) const;  // false when the sizes differ
  bool equals(const SymmetryGroup& other) const;
  std::size_t hash() const noexcept;

  // Is each element of `other`, read as a permutation of tensor axes, one of this group? And one
  // permutation alone, whose position i is tensor axis axes[i]?
  bool contains_action(const SymmetryGroup& other) const;
  bool contains_action(const Permutation& p, const std::vector<int>& axes) const;

  bool is_trivial() const noexcept { return factors_.empty(); }
  bool is_transitive() const noexcept { return orbits_.size() == 1; }
  bool is_abelian() const;
  bool is_symmetric() const;  // order = degree!

  // Subgroups on the same positions and axes. Positions the group does not have are ignored.
  GroupPtr pointwise_stabilizer(const std::vector<int>& positions) const;
  GroupPtr setwise_stabilizer(const std::vector<int>& positions) const;

  // The group on `kept`, in that order. Throws MissingPosition when an element moves a kept
  // position out of the set, InvalidArgument when `kept` is empty or repeats.
  GroupPtr restrict(const std::vector<int>& kept) const;

  // Number of orbits of the elements of an array whose length along position i is sizes[i]. Throws
  // InvalidArgument when an orbit mixes lengths.
  std::uint64_t burnside_unique_count(const std::vector<std::uint64_t>& sizes) const;

  // SymmetryGroup([1, 0], axes=(0, 1))
  std::string repr() const;

 private:
  void check() const;
  std::vector<int> labels() const;  // axis of each position

  int degree_ = 0;
  std::vector<Permutation> generators_;
  Axes axes_;
  std::vector<Factor> factors_;
  std::vector<std::vector<int>> orbits_;
  std::vector<int> orbit_of_;
};

bool operator==(const SymmetryGroup& a, const SymmetryGroup& b);
inline bool operator!=(const SymmetryGroup& a, const SymmetryGroup& b) { return !(a == b); }

}  // namespace flopscope
