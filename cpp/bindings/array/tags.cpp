#include "bindings/array/tags.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "bindings/compat.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/errors/errors.hpp"

namespace flopscope::bindings {

PyTypeObject* follower_type = nullptr;

namespace {

struct Member {
  PyObject* root;  // the tagged array that owns the buffer
  Tag tag;         // group is null for followers
};

// The arrays that share one tagged buffer.
struct Buffer {
  bool is_locked = true;  // false: the tag holds whatever is written
  std::vector<PyObject*> arrays;
};

std::unordered_map<PyObject*, Member> members;
std::unordered_map<PyObject*, Buffer> buffers;  // by root

void set_type(PyObject* object, PyTypeObject* type) {
  PyTypeObject* old = Py_TYPE(object);
  if (old == type) return;
  Py_INCREF(type);
  Py_SET_TYPE(object, type);
  if ((old->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0) Py_DECREF(old);
}

void add_member(PyObject* object, PyObject* root, Tag tag) {
  members[object] = {root, std::move(tag)};
  buffers[root].arrays.push_back(object);
}

// The owner of the memory behind an array, following views.
PyObject* root_of(PyObject* object) {
  for (;;) {
    const auto known = members.find(object);
    if (known != members.end()) return known->second.root;
    PyObject* base = PyArray_BASE(as_array(object));
    if (base == nullptr || !PyArray_Check(base)) return object;
    object = base;
  }
}

// Several elements of a broadcast view share memory; NumPy keeps such views read-only by itself.
bool overlaps_itself(PyArrayObject* array) {
  if (PyArray_SIZE(array) == 0) return false;
  for (int i = 0; i < PyArray_NDIM(array); ++i) {
    if (PyArray_DIM(array, i) > 1 && PyArray_STRIDE(array, i) == 0) return true;
  }
  return false;
}

// Whether every axis that the group moves has one element, or one element in memory.
bool holds_for_any_data(const SymmetryGroup& group, PyArrayObject* array) {
  for (const auto& orbit : group.orbits()) {
    if (orbit.size() < 2) continue;
    for (const int position : orbit) {
      const int axis = group.axis_of(position);
      if (axis < 0 || axis >= PyArray_NDIM(array)) return false;
      if (PyArray_DIM(array, axis) > 1 && PyArray_STRIDE(array, axis) != 0) return false;
    }
  }
  return true;
}

}  // namespace

const Tag* tag_of(PyObject* object) noexcept {
  if (Py_TYPE(object) != tensor_type) return nullptr;
  const auto found = members.find(object);
  if (found == members.end() || !found->second.tag.group) return nullptr;
  // A protected buffer that has become writeable was opened behind our back.
  const bool is_open = PyArray_ISWRITEABLE(as_array(object));
  if (FLOPSCOPE_UNLIKELY(is_open) && buffers.at(found->second.root).is_locked) return nullptr;
  return &found->second.tag;
}

Ref attach_tag(Ref array, GroupPtr group, bool is_inferred) {
  if (!group || !array) return array;
  // A view of a tagged buffer shares its protection.
  follow(array.get());
  if (Py_TYPE(array.get()) == follower_type) {
    members.at(array.get()).tag = {std::move(group), is_inferred};
    set_type(array.get(), tensor_type);
    return array;
  }
  const bool is_owner = (PyArray_FLAGS(as_array(array.get())) & NPY_ARRAY_OWNDATA) != 0;
  const bool is_free = !is_owner && Py_TYPE(array.get()) == array_type &&
                       compat::is_unshared(array.get()) &&
                       holds_for_any_data(*group, as_array(array.get()));
  if (is_free) {
    PyObject* object = array.get();
    set_type(object, tensor_type);
    add_member(object, object, {std::move(group), is_inferred});
    // In a dry run every array is of this kind, and tags go as they do when elements are written.
    buffers[object].is_locked = checks.stand_ins;
    return array;
  }
  if (!is_owner || !compat::is_unshared(array.get()) || Py_TYPE(array.get()) != array_type) {
    const Ref view = base_view(array.get());
    if (!view) return {};
    array = as_counted(Ref::steal(PyArray_NewCopy(as_array(view.get()), NPY_KEEPORDER)));
    if (!array) return {};
  }
  PyObject* object = array.get();
  set_type(object, tensor_type);
  PyArray_CLEARFLAGS(as_array(object), NPY_ARRAY_WRITEABLE);
  add_member(object, object, {std::move(group), is_inferred});
  return array;
}

bool is_loss(PyObject* operand, const GroupPtr& left) {
  const Tag* tag = tag_of(operand);
  if (tag == nullptr || tag->is_inferred || left == tag->group) return false;
  if (!left) return true;
  try {
    return left->order() < tag->group->order();
  } catch (const GroupTooLarge&) {
    return false;  // the calls that count it have warned
  }
}

bool warn_of_loss(PyObject* op_name, PyObject* operand) {
  if (!checks.losses) return true;
  const SymmetryGroup& group = *tag_of(operand)->group;
  std::string axes;
  for (const auto& orbit : group.orbits()) {
    if (orbit.size() < 2) continue;
    for (const int position : orbit) {
      axes += (axes.empty() ? "(" : ", ") + std::to_string(group.axis_of(position));
    }
  }
  return warn_symmetry_loss(op_name, axes + ")");
}

void void_tags(PyObject* object) {
  const auto known = members.find(object);
  if (known == members.end()) return;
  const auto buffer = buffers.find(known->second.root);
  const Buffer voided = std::move(buffer->second);
  buffers.erase(buffer);
  for (PyObject* member : voided.arrays) {
    members.erase(member);
    set_type(member, array_type);
    if (voided.is_locked && !overlaps_itself(as_array(member))) {
      PyArray_ENABLEFLAGS(as_array(member), NPY_ARRAY_WRITEABLE);
    }
  }
}

bool open_for_write(PyObject* object, const GroupPtr& group) {
  const auto known = members.find(object);
  if (known == members.end() || !group || known->second.root != object) return false;
  const Tag& tag = known->second.tag;
  if (!tag.group || !tag.group->equals(*group)) return false;
  const Buffer& buffer = buffers.at(object);
  if (!buffer.is_locked) return false;
  // Another tag on the same buffer need not hold for the new values.
  for (PyObject* member : buffer.arrays) {
    if (member != object && members.at(member).tag.group) return false;
  }
  PyArray_ENABLEFLAGS(as_array(object), NPY_ARRAY_WRITEABLE);
  return true;
}

void close_after_write(PyObject* object) {
  if (members.find(object) != members.end()) {
    PyArray_CLEARFLAGS(as_array(object), NPY_ARRAY_WRITEABLE);
  }
}

void follow(PyObject* counted) {
  if (members.empty() || Py_TYPE(counted) != array_type) return;
  PyArrayObject* array = as_array(counted);
  if ((PyArray_FLAGS(array) & (NPY_ARRAY_WRITEABLE | NPY_ARRAY_OWNDATA)) != 0) return;
  PyObject* root = root_of(counted);
  if (buffers.find(root) == buffers.end()) return;
  set_type(counted, follower_type);
  add_member(counted, root, {});
}

PyObject* tagged_finalize(PyObject* self, PyObject* parent) {
  // A new array made like a tagged one. Its own memory: plain. A view: it follows its parent.
  const auto known = parent == Py_None ? members.end() : members.find(parent);
  const bool is_view = (PyArray_FLAGS(as_array(self)) & NPY_ARRAY_OWNDATA) == 0;
  if (!is_guarded(self)) Py_RETURN_NONE;
  if (!is_view || known == members.end()) {
    set_type(self, array_type);
  } else {
    PyObject* root = known->second.root;
    set_type(self, follower_type);
    add_member(self, root, {});
  }
  Py_RETURN_NONE;
}

void forget(PyObject* object) noexcept {
  const auto known = members.find(object);
  if (known == members.end()) return;
  const auto buffer = buffers.find(known->second.root);
  if (buffer != buffers.end()) {
    auto& list = buffer->second.arrays;
    list.erase(std::remove(list.begin(), list.end(), object), list.end());
    if (list.empty()) buffers.erase(buffer);
  }
  members.erase(known);
}

}  // namespace flopscope::bindings
