// SymmetryGroup and Permutation as Python sees them, and the two settings of the group code.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "core/errors.hpp"
#include "core/symmetry/orbit_count.hpp"
#include "core/symmetry/permutation.hpp"
#include "core/symmetry/symmetry_group.hpp"
#include "bindings/symmetry/symmetry_docs.hpp"

namespace py = pybind11;

namespace flopscope::bindings {

namespace {

// Objects are immutable, so Python may hold what the core shares as const.
using Holder = std::shared_ptr<SymmetryGroup>;

Holder hold(const GroupPtr& group) { return std::const_pointer_cast<SymmetryGroup>(group); }

// Any integer, NumPy's included, as Python itself asks for an index.
py::object to_index(py::handle value) {
  auto index = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!index) throw py::error_already_set();
  return index;
}

int to_int(py::handle value) {
  int overflow = 0;
  const long number = PyLong_AsLongAndOverflow(to_index(value).ptr(), &overflow);
  if (overflow != 0 || number != static_cast<int>(number)) {
    throw InvalidArgument{std::string{py::str(value)} + " is too large for an axis or position"};
  }
  return static_cast<int>(number);
}

std::uint64_t to_length(py::handle value) {
  const unsigned long long number = PyLong_AsUnsignedLongLong(to_index(value).ptr());
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    throw InvalidArgument{"a size is a non-negative 64-bit integer, not " +
                          std::string{py::str(value)}};
  }
  return number;
}

std::vector<int> to_ints(py::handle values) {
  std::vector<int> out;
  for (const py::handle value : py::iter(values)) out.push_back(to_int(value));
  return out;
}

std::vector<std::vector<int>> to_int_lists(py::handle values) {
  std::vector<std::vector<int>> out;
  for (const py::handle value : py::iter(values)) out.push_back(to_ints(value));
  return out;
}

SymmetryGroup::Axes to_axes(const py::object& axes) {
  if (axes.is_none()) return std::nullopt;
  return to_ints(axes);
}

bool is_list(py::handle value) {
  return py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value);
}

Permutation to_permutation(py::handle value) {
  if (py::isinstance<Permutation>(value)) return value.cast<Permutation>();
  return Permutation{to_ints(value)};
}

Permutation make_permutation(const py::object& form, const std::optional<int>& size) {
  Permutation p;
  if (py::isinstance<Permutation>(form)) {
    p = form.cast<Permutation>();
  } else {
    const py::list entries{form};
    const bool cycles = !entries.empty() && is_list(entries[0]);
    p = cycles ? Permutation::from_cycles(to_int_lists(entries)) : Permutation{to_ints(entries)};
  }
  if (!size) return p;
  if (*size < p.size()) {
    throw InvalidArgument{"size " + std::to_string(*size) + " is less than the " +
                          std::to_string(p.size()) + " positions given"};
  }
  return p.extended(*size);
}

std::vector<Permutation> to_permutations(py::handle values) {
  std::vector<Permutation> out;
  for (const py::handle value : py::iter(values)) out.push_back(to_permutation(value));
  return out;
}

py::tuple to_tuple(const std::vector<int>& values) { return py::tuple{py::cast(values)}; }

py::object axes_of(const SymmetryGroup& group) {
  return group.axes() ? py::object{to_tuple(*group.axes())} : py::object{py::none()};
}

py::list literals_of(const SymmetryGroup& group) {
  py::list out;
  for (const Permutation& p : group.generators()) out.append(py::cast(p.images()));
  return out;
}

// The exact order; the core holds it at 64 bits.
py::object order_of(const SymmetryGroup& group) {
  py::object order = py::int_{1};
  for (const std::uint64_t term : group.order_terms()) order = order * py::int_{term};
  return order;
}

std::uint64_t unique_count(const SymmetryGroup& group, const py::object& sizes) {
  std::vector<std::uint64_t> by_position;
  by_position.reserve(static_cast<std::size_t>(group.degree()));
  for (int i = 0; i < group.degree(); ++i) {
    by_position.push_back(to_length(py::object{sizes[py::int_{i}]}));
  }
  return group.burnside_unique_count(by_position);
}

py::dict state_of(const SymmetryGroup& group) {
  py::dict state;
  state["axes"] = group.axes() ? py::object{py::cast(*group.axes())} : py::object{py::none()};
  state["generators"] = literals_of(group);
  return state;
}

py::dict payload_of(const SymmetryGroup& group) {
  if (!group.axes()) throw InvalidArgument{"a group without axes has no payload"};
  return state_of(group);
}

Holder from_payload(const py::object& payload) {
  const py::object axes = payload.attr("get")("axes");
  const py::object generators = payload.attr("get")("generators");
  if (generators.is_none()) throw InvalidArgument{"a payload holds 'axes' and 'generators'"};
  return hold(SymmetryGroup::from_generators(to_permutations(generators), to_axes(axes)));
}

// Not interned: unpickling fills a Python object that exists already, and two Python objects over
// one group would make `is` depend on which of them pybind11 finds first.
Holder from_state(const py::dict& state) {
  return std::make_shared<SymmetryGroup>(to_permutations(state["generators"]),
                                         to_axes(state["axes"]));
}

// SymmetryGroup(p, q, axes=...) and SymmetryGroup([p, q], axes=...).
Holder make_group(const py::args& generators, const py::object& axes) {
  const bool one_list = generators.size() == 1 && is_list(generators[0]) &&
                        py::len(generators[0]) != 0 &&
                        !PyIndex_Check(py::object{generators[0][py::int_{0}]}.ptr());
  const py::object source = one_list ? py::object{generators[0]} : py::object{generators};
  return std::make_shared<SymmetryGroup>(to_permutations(source), to_axes(axes));
}

Holder make_product(const py::args& groups) {
  std::vector<GroupPtr> parts;
  for (const py::handle group : groups) {
    if (!py::isinstance<SymmetryGroup>(group)) {
      throw py::type_error("direct_product takes SymmetryGroup objects, got " +
                           std::string{py::str(py::type::of(group).attr("__name__"))});
    }
    parts.push_back(group.cast<Holder>());
  }
  return hold(SymmetryGroup::direct_product(parts));
}

std::map<std::size_t, int> cycle_structure(const Permutation& p) {
  std::map<std::size_t, int> counts;
  for (const auto& cycle : p.full_cycles()) ++counts[cycle.size()];
  return counts;
}

int image(const Permutation& p, int position) {
  if (position < 0 || position >= p.size()) {
    throw py::index_error("position " + std::to_string(position) + " is outside 0.." +
                          std::to_string(p.size() - 1));
  }
  return p(position);
}

void bind_permutation(py::module_& m) {
  py::class_<Permutation> cls{m, "Permutation", docs::k_permutation};
  cls.attr("__module__") = "flopscope.symmetry";
  cls.def(py::init(&make_permutation), py::arg("form"), py::arg("size") = py::none())
      .def_static("identity", &Permutation::identity, py::arg("n"),
                  "The identity of ``n`` positions.")
      .def_static(
          "from_cycle",
          [](int n, const py::object& cycle) {
            const Permutation p = Permutation::from_cycles({to_ints(cycle)}, n);
            if (p.size() != n) throw InvalidArgument{"the cycle names a position outside 0..n-1"};
            return p;
          },
          py::arg("n"), py::arg("cycle"), "The permutation of ``n`` positions with one cycle.")
      .def_property_readonly("array_form", &Permutation::images, "List of images.")
      .def_property_readonly("size", &Permutation::size, "Number of positions.")
      .def_property_readonly("is_identity", &Permutation::is_identity,
                             "Whether no position is moved.")
      .def_property_readonly("cyclic_form", &Permutation::cycles, "Cycles without fixed points.")
      .def_property_readonly("full_cyclic_form", &Permutation::full_cycles,
                             "Cycles, fixed points included.")
      .def_property_readonly("cycle_structure", &cycle_structure,
                             "Number of cycles of each length.")
      .def_property_readonly("order", &Permutation::order,
                             "Least n > 0 with ``p`` to the power n the identity.")
      .def("support", &Permutation::support, "List of the positions that are moved.")
      .def(
          "parity", [](const Permutation& p) { return p.is_odd() ? 1 : 0; },
          "0 for an even permutation, 1 for an odd one.")
      .def(
          "signature", [](const Permutation& p) { return p.is_odd() ? -1 : 1; },
          "1 for an even permutation, -1 for an odd one.")
      .def("transpositions", &Permutation::transpositions,
           "List of swaps whose product is the permutation, the last applied first.")
      .def("__call__", &image, py::arg("position"))
      .def(
          "__mul__", [](const Permutation& p, const Permutation& q) { return p * q; },
          py::is_operator())
      .def("__invert__", &Permutation::inverse)
      .def("__len__", &Permutation::size)
      .def(
          "__eq__", [](const Permutation& p, const Permutation& q) { return p == q; },
          py::is_operator())
      .def("__hash__", &Permutation::hash)
      .def("__repr__",
           [](const Permutation& p) {
             return "Permutation(" + std::string{py::repr(py::cast(p.images()))} + ")";
           })
      .def(py::pickle([](const Permutation& p) { return py::make_tuple(p.images()); },
                      [](const py::tuple& state) { return Permutation{to_ints(state[0])}; }));
}

void bind_group(py::module_& m) {
  py::class_<SymmetryGroup, Holder> cls{m, "SymmetryGroup", docs::k_group};
  cls.attr("__module__") = "flopscope";
  cls.def(py::init(&make_group), py::kw_only(), py::arg("axes") = py::none())
      .def_static(
          "symmetric",
          [](const py::object& axes) { return hold(SymmetryGroup::symmetric(to_ints(axes))); },
          py::arg("axes"), docs::k_symmetric)
      .def_static(
          "cyclic",
          [](const py::object& axes) { return hold(SymmetryGroup::cyclic(to_ints(axes))); },
          py::arg("axes"), docs::k_cyclic)
      .def_static(
          "dihedral",
          [](const py::object& axes) { return hold(SymmetryGroup::dihedral(to_ints(axes))); },
          py::arg("axes"), docs::k_dihedral)
      .def_static(
          "young",
          [](const py::object& blocks) { return hold(SymmetryGroup::young(to_int_lists(blocks))); },
          py::arg("blocks"), docs::k_young)
      .def_static("direct_product", &make_product, docs::k_direct_product)
      .def_static(
          "from_generators",
          [](const py::object& literals, const py::object& axes) {
            return hold(SymmetryGroup::from_generators(to_permutations(literals), to_axes(axes)));
          },
          py::arg("literals"), py::arg("axes") = py::none(), docs::k_from_generators)
      .def_static("from_payload", &from_payload, py::arg("payload"), docs::k_from_payload)
      .def_property_readonly("degree", &SymmetryGroup::degree, "Number of local positions.")
      .def_property_readonly("axes", &axes_of, "Tensor axis of each position, or None.")
      .def_property_readonly("generators", &SymmetryGroup::generators,
                             "Generators as a list of permutations.")
      .def_property_readonly("generator_literals", &literals_of,
                             "Generators as a list of lists of images.")
      .def_property_readonly(
          "identity", [](const SymmetryGroup& g) { return Permutation::identity(g.degree()); },
          "The identity permutation.")
      .def_property_readonly("is_transitive", &SymmetryGroup::is_transitive,
                             "Whether all positions are in one orbit.")
      .def_property_readonly("is_abelian", &SymmetryGroup::is_abelian,
                             "Whether all elements commute.")
      .def("order", &order_of, docs::k_order)
      .def("elements", &SymmetryGroup::elements, docs::k_elements)
      .def("is_symmetric", &SymmetryGroup::is_symmetric,
           "Whether the group holds every permutation of its positions.")
      .def(
          "orbits",
          [](const SymmetryGroup& g) {
            py::list out;
            for (const auto& orbit : g.orbits()) out.append(py::frozenset{py::cast(orbit)});
            return out;
          },
          "List of the orbits of the local positions, as frozensets.")
      .def(
          "orbit",
          [](const SymmetryGroup& g, const py::object& position) {
            return py::frozenset{py::cast(g.orbit(to_int(position)))};
          },
          py::arg("position"), "The orbit of one local position, as a frozenset.")
      .def(
          "contains",
          [](const SymmetryGroup& g, const py::object& perm) {
            return g.contains(to_permutation(perm));
          },
          py::arg("perm"), "Whether a permutation is an element; False for another size.")
      .def(
          "equals",
          [](const SymmetryGroup& g, const py::object& other) {
            return py::isinstance<SymmetryGroup>(other) &&
                   g.equals(other.cast<const SymmetryGroup&>());
          },
          py::arg("other"), "Same axes and same action, whatever the generators.")
      .def(
          "pointwise_stabilizer",
          [](const SymmetryGroup& g, const py::object& positions) {
            return hold(g.pointwise_stabilizer(to_ints(positions)));
          },
          py::arg("positions"), docs::k_pointwise)
      .def(
          "setwise_stabilizer",
          [](const SymmetryGroup& g, const py::object& positions) {
            return hold(g.setwise_stabilizer(to_ints(positions)));
          },
          py::arg("positions"), docs::k_setwise)
      .def(
          "restrict",
          [](const SymmetryGroup& g, const py::object& kept) {
            return hold(g.restrict(to_ints(kept)));
          },
          py::arg("kept"), docs::k_restrict)
      .def("burnside_unique_count", &unique_count, py::arg("sizes"), docs::k_burnside)
      .def("to_payload", &payload_of, docs::k_to_payload)
      .def(
          "__eq__", [](const SymmetryGroup& a, const SymmetryGroup& b) { return a == b; },
          py::is_operator())
      .def("__hash__", &SymmetryGroup::hash)
      .def("__repr__", &SymmetryGroup::repr)
      .def("__copy__", [](const py::object& self) { return self; })
      .def(
          "__deepcopy__", [](const py::object& self, const py::dict&) { return self; },
          py::arg("memo"))
      .def(py::pickle(&state_of, &from_state));
}

}  // namespace

void bind_symmetry(py::module_& m) {
  bind_permutation(m);
  bind_group(m);
  m.def("element_budget", &element_budget, "Most elements of a generator-given group listed.");
  m.def("set_element_budget", &set_element_budget, py::arg("budget"));
  m.def("partition_budget", &partition_budget, "Most set partitions visited by a reduction.");
  m.def("set_partition_budget", &set_partition_budget, py::arg("budget"));
}

}  // namespace flopscope::bindings
