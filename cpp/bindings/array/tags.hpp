// Symmetry tags of arrays, and what keeps them true.
//
// A tag says that an array's elements repeat under a group. It may be believed as long as nobody
// writes to the buffer, so a tagged array and every view of it are read-only to the outside, and
// the library's own ways of writing void all tags on the buffer first. Tags live in a side table:
// arrays without one pay nothing for them.
#pragma once

#include "core/symmetry/fallback.hpp"
#include "core/symmetry/symmetry_group.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Views of tagged arrays that carry no tag themselves: FlopscopeArray to the user, but known to
// the table, so that they become writeable again when the tags are voided.
extern PyTypeObject* follower_type;

struct Tag {
  GroupPtr group;    // never null
  bool is_inferred;  // attached by a constructor, not asked for by the user
};

// What a computation of groups says; no symmetry when a group is too large for it, see
// fallback.hpp.
template <class F>
GroupPtr carried_on(F&& compute) {
  return or_fall_back(compute, [] { return GroupPtr{}; });
}

// The tag of any object, or nullptr.
const Tag* tag_of(PyObject* object) noexcept;

// Whether writing to the array needs `void_tags` first.
inline bool is_guarded(PyObject* object) noexcept {
  return Py_TYPE(object) == tensor_type || Py_TYPE(object) == follower_type;
}

// Tags a counted array that nobody else holds. When it shares its memory it is copied first, unless
// the group only moves axes whose elements are the same element: those of length 1 and broadcast
// ones. Owned; empty on failure.
Ref attach_tag(Ref array, GroupPtr group, bool is_inferred);

// The same for what a tagger returns: None, a SymmetryGroup, or (SymmetryGroup, is_inferred).
Ref attach_python_tag(Ref array, PyObject* group);

// Whether `operand` carries a group that the user asked for and a result has less: no tag (`left`
// null), or a smaller group.
bool is_loss(PyObject* operand, const GroupPtr& left);

// Warns that an operation lost the group of `operand`. False when the warning is an error.
bool warn_of_loss(PyObject* op_name, PyObject* operand);

// The group behind a Python SymmetryGroup or None; false with TypeError set for anything else.
bool group_of_python(PyObject* object, GroupPtr* group);

// Before a write through `object`: drops every tag on its buffer and makes its views writeable.
void void_tags(PyObject* object);
inline void before_write(PyObject* object) {
  if (is_guarded(object)) void_tags(object);
}

// For an in-place operation whose result has the very symmetry that `object` is tagged with: opens
// the buffer for one write while the tag stays. False when some tag would not survive.
bool open_for_write(PyObject* object, const GroupPtr& group);
void close_after_write(PyObject* object);

// Makes a counted view of a tagged buffer known to the table, and nothing of other arrays.
void follow(PyObject* counted);

// The group of an array as a Python SymmetryGroup, or None; a new reference.
PyObject* tag_as_python(PyObject* object);

// Called by the array types.
PyObject* tagged_finalize(PyObject* self, PyObject* parent);
void forget(PyObject* object) noexcept;

}  // namespace flopscope::bindings
