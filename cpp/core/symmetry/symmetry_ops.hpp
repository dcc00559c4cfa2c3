// What becomes of a symmetry group when arrays are reduced, combined, indexed or relabelled.
// Every function answers null when no symmetry is left.
#pragma once

#include <vector>

#include "core/symmetry/symmetry_group.hpp"

namespace flopscope {

// The group of the result of a reduction: the elements that map the reduced axes to themselves, on
// the kept axes. Factors are treated one by one; a cyclic or dihedral factor with a reduced axis is
// dropped whole when another factor survives. Axes are renumbered unless `keepdims`.
GroupPtr reduce_symmetry(const GroupPtr& group, AxisSet reduced, bool keepdims);

// The elements common to all groups, read as permutations of tensor axes. Closed form when one
// contains the other and for products of full groups; otherwise the smaller group is listed, which
// may throw GroupTooLarge. When one group is contained in all others that object is returned.
GroupPtr intersect(const GroupPtr& a, const GroupPtr& b);
GroupPtr intersect(const std::vector<GroupPtr>& groups);

// The same action with axis i renamed to new_axis[i]. Throws MissingPosition when an axis of the
// group has no entry or a negative one.
GroupPtr relabel_axes(const GroupPtr& group, const std::vector<int>& new_axis);

// Integer indexing, and axes stretched from length 1: the elements that fix each removed axis, on
// the other axes under their own numbers.
GroupPtr fix_axes(const GroupPtr& group, AxisSet removed);

// Flipping some axes: the elements that map these axes to themselves, on all axes of the group.
GroupPtr preserve_axes(const GroupPtr& group, AxisSet axes);

// Partial slices: the factors of a direct product none of whose axes is in `dropped`.
GroupPtr drop_axes(const GroupPtr& group, AxisSet dropped);

// Product of full groups on the sets of equal lengths, as `ones` and `zeros` have it; null when all
// lengths differ.
GroupPtr symmetric_on_equal_lengths(Shape shape);

GroupPtr swap_of_two(int axis_a, int axis_b);

// Product of groups on disjoint axes, null ones skipped.
GroupPtr product(const std::vector<GroupPtr>& groups);

}  // namespace flopscope
