// Tags to and from Python.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "core/symmetry/orbit_count.hpp"
#include "core/symmetry/symmetry_ops.hpp"
#include "bindings/array/tags.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/observe/sites.hpp"
#include "bindings/register.hpp"

namespace py = pybind11;

namespace flopscope::bindings {

PyObject* tag_as_python(PyObject* object) {
  const Tag* tag = tag_of(object);
  if (tag == nullptr) Py_RETURN_NONE;
  return py::cast(std::const_pointer_cast<SymmetryGroup>(tag->group)).release().ptr();
}

bool group_of_python(PyObject* object, GroupPtr* group) {
  if (object == Py_None) return true;
  try {
    *group = py::cast<std::shared_ptr<SymmetryGroup>>(py::handle{object});
    return true;
  } catch (const py::cast_error&) {
    PyErr_SetString(PyExc_TypeError, "a tagger must return a SymmetryGroup or None");
    return false;
  }
}

Ref attach_python_tag(Ref array, PyObject* group) {
  // A group alone is inferred; (group, False) says that the user asked for it.
  const bool is_pair = PyTuple_Check(group) && PyTuple_GET_SIZE(group) == 2;
  const bool is_inferred = !is_pair || PyTuple_GET_ITEM(group, 1) == Py_True;
  PyObject* alone = is_pair ? PyTuple_GET_ITEM(group, 0) : group;
  if (alone == Py_None) {
    follow(array.get());
    return array;
  }
  GroupPtr found;
  if (!group_of_python(alone, &found)) return {};
  return attach_tag(std::move(array), std::move(found), is_inferred);
}

void bind_tags(py::module_& module) {
  // Used by the facade's constructors: `_tag(array, group, inferred)` takes the caller's only
  // reference to a fresh array or copies it.
  module.def(
      "_tag",
      [](py::object array, const std::shared_ptr<SymmetryGroup>& group, bool inferred) {
        if (!is_counted_array(array.ptr())) throw py::type_error("_tag wants a FlopscopeArray");
        if (!require_library("_tag")) throw py::error_already_set();
        Ref tagged = attach_tag(Ref::steal(array.release().ptr()), group, inferred);
        if (!tagged) throw py::error_already_set();
        return py::reinterpret_steal<py::object>(tagged.release());
      },
      py::arg("array"), py::arg("group"), py::arg("inferred"));
  module.def("_before_write", [](const py::object& array) { before_write(array.ptr()); });
  // For arrays whose elements are all one element: a tagged view, without a copy.
  module.def(
      "_tag_view",
      [](const py::object& array, const std::shared_ptr<SymmetryGroup>& group, bool inferred) {
        if (!is_counted_array(array.ptr()))
          throw py::type_error("_tag_view wants a FlopscopeArray");
        if (!require_library("_tag_view")) throw py::error_already_set();
        Ref view = base_view(array.ptr());
        Ref tagged = view ? attach_tag(as_counted(std::move(view)), group, inferred) : Ref{};
        if (!tagged) throw py::error_already_set();
        return py::reinterpret_steal<py::object>(tagged.release());
      },
      py::arg("array"), py::arg("group"), py::arg("inferred"));
  module.def(
      "_warn_of_loss",
      [](const py::str& op_name, const py::object& operand, const py::object& result) {
        const Tag* tag = tag_of(result.ptr());
        if (is_loss(operand.ptr(), tag != nullptr ? tag->group : nullptr) &&
            !warn_of_loss(op_name.ptr(), operand.ptr())) {
          throw py::error_already_set();
        }
      },
      py::arg("op_name"), py::arg("operand"), py::arg("result"));
  // What becomes of groups; see symmetry_ops.hpp.
  using Axes = std::vector<int>;
  const auto to_set = [](const Axes& axes) {
    AxisSet set = 0;
    for (const int axis : axes) set |= AxisSet{1} << static_cast<unsigned>(axis);
    return set;
  };
  using Held = std::shared_ptr<SymmetryGroup>;
  const auto hold = [](const GroupPtr& group) {
    return std::const_pointer_cast<SymmetryGroup>(group);
  };
  module.def(
      "_relabel_axes",
      [hold](const Held& group, const Axes& new_axis) {
        return hold(relabel_axes(group, new_axis));
      },
      py::arg("group"), py::arg("new_axis"));
  module.def(
      "_fix_axes",
      [hold, to_set](const Held& group, const Axes& axes) {
        return hold(carried_on([&] { return fix_axes(group, to_set(axes)); }));
      },
      py::arg("group"), py::arg("axes"));
  module.def(
      "_preserve_axes",
      [hold, to_set](const Held& group, const Axes& axes) {
        return hold(carried_on([&] { return preserve_axes(group, to_set(axes)); }));
      },
      py::arg("group"), py::arg("axes"));
  module.def(
      "_intersect",
      [hold](const Held& a, const Held& b) {
        return hold(carried_on([&] { return intersect(a, b); }));
      },
      py::arg("a"), py::arg("b"));
  module.def(
      "_product",
      [hold](const std::vector<Held>& groups) {
        return hold(product(std::vector<GroupPtr>(groups.begin(), groups.end())));
      },
      py::arg("groups"));
  module.def(
      "_unique_elements",
      [](const SymmetryGroup& group, const std::vector<std::int64_t>& shape) {
        return billed_elements(group, {shape.data(), static_cast<int>(shape.size())});
      },
      py::arg("group"), py::arg("shape"));
  module.def(
      "_reduction_facts",
      [](const std::vector<std::int64_t>& lengths, const std::vector<int>& axes,
         const SymmetryGroup* group) {
        AxisSet reduced = 0;
        for (const int axis : axes) reduced |= AxisSet{1} << static_cast<unsigned>(axis);
        const Shape shape{lengths.data(), static_cast<int>(lengths.size())};
        Count facts[reduction_facts::count];
        set_facts(reduction_size(group, shape, reduced), facts);
        py::tuple told{static_cast<std::size_t>(reduction_facts::count)};
        for (std::size_t i = 0; i < reduction_facts::count; ++i) told[i] = facts[i].billed();
        return told;
      },
      py::arg("shape"), py::arg("axes"), py::arg("group"),
      "Facts of a reduction, in the order of its schema.");
  module.def("_is_inferred", [](const py::object& array) {
    const Tag* tag = tag_of(array.ptr());
    return tag != nullptr && tag->is_inferred;
  });
}

}  // namespace flopscope::bindings
