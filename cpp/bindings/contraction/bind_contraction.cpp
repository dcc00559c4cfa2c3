// Contraction bills as Python sees them, and the cache of recent ones.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "core/contraction/contraction_cache.hpp"
#include "core/contraction/contraction_cost.hpp"
#include "core/contraction/subscripts.hpp"
#include "core/errors.hpp"
#include "core/paths/paths.hpp"
#include "bindings/register.hpp"

namespace py = pybind11;

namespace flopscope::bindings {

namespace {

// Objects are immutable, so Python may hold what the core shares as const.
using Holder = std::shared_ptr<SymmetryGroup>;

Holder hold(const GroupPtr& group) { return std::const_pointer_cast<SymmetryGroup>(group); }

// A priced contraction with the names of its labels, which the core does not need. Shared by the
// records that Python asks of it.
struct Bill {
  ContractionCache::Entry entry;
  std::u32string names;

  const ContractionBill& get() const { return entry->bill(); }
  const ContractionComponents& components() const { return entry->components(); }

  py::str spelled(const Labels& labels) const { return py::str{to_utf8(spell(labels, names))}; }

  py::tuple listed(const Labels& labels) const {
    py::tuple out{labels.size()};
    for (std::size_t i = 0; i < labels.size(); ++i) out[i] = spelled({labels[i]});
    return out;
  }
};
using BillPtr = std::shared_ptr<const Bill>;

template <class Record>
struct Part {
  BillPtr bill;
  const Record* record;
};
using Step = Part<StepBill>;
using Reduction = Part<PreReduction>;
using Component = Part<ContractionComponent>;

template <class Record>
py::tuple parts_of(const BillPtr& bill, const std::vector<Record>& records) {
  py::tuple out{records.size()};
  for (std::size_t i = 0; i < records.size(); ++i) {
    out[i] = py::cast(Part<Record>{bill, &records[i]});
  }
  return out;
}

const char* name_of(CostSource source) {
  switch (source) {
    case CostSource::per_input:
      return "per-input";
    case CostSource::joint_burnside:
      return "joint-burnside";
    case CostSource::output_burnside:
      break;
  }
  return "output-burnside";
}

const char* name_of(Regime regime) {
  switch (regime) {
    case Regime::trivial:
      return "trivial";
    case Regime::functional_projection:
      return "functionalProjection";
    case Regime::singleton:
      return "singleton";
    case Regime::young:
      return "young";
    case Regime::partition_count:
      return "partitionCount";
    case Regime::unavailable:
      break;
  }
  return "unavailable";
}

py::object reason_of(Fallback fallback) {
  switch (fallback) {
    case Fallback::none:
      break;
    case Fallback::partitions:
      return py::str{"typed set partitions exceed partition_budget"};
    case Fallback::elements:
      return py::str{"a symmetry group has more elements than dimino_budget"};
    case Fallback::search:
      return py::str{"the search for label symmetries exceeded its limit"};
  }
  return py::none{};
}

Fallback fallback_of(const Bill& bill) { return bill.get().fallback; }

std::uint64_t distinct_products(const Bill& bill) {
  const ContractionBill& priced = bill.get();
  return priced.num_terms > 2 ? bill.components().elements : priced.steps.front().products;
}

// S3{i,j,k}, C4{..}, D4{..}, Z2{..}; other groups by their generators in cycle form.
std::string group_name(const Bill& bill, const ContractionComponent& component) {
  if (!component.group) return "trivial";
  std::string labels;
  for (const int label : component.labels) {
    labels += (labels.empty() ? "{" : ",") + to_utf8(spell({label}, bill.names));
  }
  labels += "}";
  const SymmetryGroup& group = *component.group;
  const std::string degree = std::to_string(group.degree());
  if (group.factors().size() == 1 && group.factors().front().degree() == group.degree()) {
    const FactorKind kind = group.factors().front().kind();
    if (kind == FactorKind::symmetric) return "S" + degree + labels;
    if (kind == FactorKind::cyclic) return "C" + degree + labels;
    if (kind == FactorKind::dihedral) return "D" + degree + labels;
  }
  if (component.order == 2) return "Z2" + labels;
  std::string text;
  for (const Permutation& p : group.generators()) {
    if (!text.empty()) text += ", ";
    for (const auto& cycle : p.cycles()) {
      text += "(";
      for (std::size_t i = 0; i < cycle.size(); ++i) {
        const auto place = static_cast<std::size_t>(cycle[i]);
        text += (i == 0 ? "" : " ") + to_utf8(spell({component.labels[place]}, bill.names));
      }
      text += ")";
    }
  }
  return "<" + text + ">";
}

const char* shape_name(const ContractionComponent& component) {
  if (component.regime == Regime::trivial) return "trivial";
  if (component.kept.empty()) return "allSummed";
  return component.kept.size() == component.labels.size() ? "allVisible" : "mixed";
}

// The regimes in the order in which they are considered, up to the one that applies.
py::tuple trace_of(const ContractionComponent& component) {
  struct Rule {
    Regime regime;
    const char* fires;
    const char* refuses;
  };
  static constexpr Rule k_rules[] = {
      {Regime::trivial, "group of order 1", "the group moves labels"},
      {Regime::functional_projection, "no element mixes kept and summed labels",
       "an element carries a kept label to a summed one"},
      {Regime::singleton, "one kept label", "not exactly one kept label"},
      {Regime::young, "full symmetric group", "not the full symmetric group"},
      {Regime::partition_count, "typed set partitions within the budget",
       "more typed set partitions or group elements than the budget"},
      {Regime::unavailable, "no regime applies", ""},
  };
  py::list steps;
  for (const Rule& rule : k_rules) {
    const bool fires = rule.regime == component.regime;
    steps.append(py::make_tuple(name_of(rule.regime), fires ? "fired" : "refused",
                                fires ? rule.fires : rule.refuses));
    if (fires) break;
  }
  return py::tuple{steps};
}

std::u32string to_u32(const py::str& text) {
  std::u32string out;
  const Py_ssize_t length = PyUnicode_GetLength(text.ptr());
  for (Py_ssize_t i = 0; i < length; ++i) out += PyUnicode_ReadChar(text.ptr(), i);
  return out;
}

ContractionPath to_path(const py::object& path) {
  ContractionPath out;
  if (path.is_none()) return out;
  for (const py::handle step : py::iter(path)) out.emplace_back(py::cast<std::vector<int>>(step));
  return out;
}

BillPtr price(const py::str& subscripts, const std::vector<std::vector<std::int64_t>>& shapes,
              const py::object& groups, const std::optional<std::vector<int>>& classes,
              const py::object& path, std::optional<std::uint64_t> partition_budget) {
  Subscripts parsed = parse_subscripts(to_u32(subscripts));
  std::vector<Shape> runs;
  runs.reserve(shapes.size());
  for (const auto& shape : shapes) runs.push_back({shape.data(), static_cast<int>(shape.size())});
  ContractionQuery query;
  query.expression.lengths = label_lengths(parsed, runs);
  query.expression.inputs = std::move(parsed.inputs);
  query.expression.output = std::move(parsed.output);
  if (!groups.is_none()) {
    for (const py::handle group : py::iter(groups)) {
      query.groups.push_back(group.is_none() ? nullptr : py::cast<Holder>(group));
    }
  }
  if (classes) query.classes = *classes;
  query.path = to_path(path);
  query.partition_limit = partition_budget;
  ContractionCache::Entry entry;
  {
    const py::gil_scoped_release release;
    if (path.is_none() && query.expression.inputs.size() > 2) {
      query.path = reference_path(query.expression);
    }
    entry = contraction_cache().price(std::move(query));
  }
  return std::make_shared<const Bill>(Bill{std::move(entry), std::move(parsed.names)});
}

void bind_parts(py::module_& m) {
  py::class_<Reduction>(m, "_PreReduction", "Labels summed out of one operand of a step.")
      .def_property_readonly("operand_index",
                             [](const Reduction& r) { return r.record->operand_index; })
      .def_property_readonly("removed_labels",
                             [](const Reduction& r) { return r.bill->listed(r.record->removed); })
      .def_property_readonly(
          "surviving_subscript",
          [](const Reduction& r) { return r.bill->spelled(r.record->surviving); })
      .def_property_readonly("group", [](const Reduction& r) { return hold(r.record->group); })
      .def_property_readonly("cost", [](const Reduction& r) { return r.record->cost; });

  py::class_<Step>(m, "_StepBill", "One step of a contraction and what it bills.")
      .def_property_readonly("positions",
                             [](const Step& s) { return py::tuple{py::cast(s.record->positions)}; })
      .def_property_readonly("operands",
                             [](const Step& s) {
                               py::list terms;
                               for (const Labels& labels : s.record->operands) {
                                 terms.append(s.bill->spelled(labels));
                               }
                               return py::tuple{terms};
                             })
      .def_property_readonly("output",
                             [](const Step& s) { return s.bill->spelled(s.record->output); })
      .def_property_readonly("cost", [](const Step& s) { return s.record->cost; })
      .def_property_readonly("dense_cost", [](const Step& s) { return s.record->dense_cost; })
      .def_property_readonly("cost_source", [](const Step& s) { return name_of(s.record->source); })
      .def_property_readonly(
          "pre_reductions",
          [](const Step& s) { return parts_of(s.bill, s.record->pre_reductions); })
      .def_property_readonly("m", [](const Step& s) { return s.record->products; })
      .def_property_readonly("alpha", [](const Step& s) { return s.record->additions; })
      .def_property_readonly("num_output_orbits", [](const Step& s) { return s.record->outputs; })
      .def_property_readonly("fallback_used", [](const Step& s) { return s.record->is_fallback; })
      .def_property_readonly("output_group",
                             [](const Step& s) { return hold(s.record->output_group); })
      .def_property_readonly("inner_labels",
                             [](const Step& s) { return s.bill->listed(s.record->summed); })
      .def_property_readonly("inner_group",
                             [](const Step& s) { return hold(s.record->inner_group); });

  py::class_<Component>(m, "_ContractionComponent", "A direct factor of a contraction's symmetry.")
      .def_property_readonly("labels",
                             [](const Component& c) { return c.bill->listed(c.record->labels); })
      .def_property_readonly("va",
                             [](const Component& c) { return c.bill->listed(c.record->kept); })
      .def_property_readonly("wa",
                             [](const Component& c) {
                               Labels summed;
                               const Labels& kept = c.record->kept;
                               for (const int label : c.record->labels) {
                                 if (std::find(kept.begin(), kept.end(), label) == kept.end()) {
                                   summed.push_back(label);
                                 }
                               }
                               return c.bill->listed(summed);
                             })
      .def_property_readonly("sizes",
                             [](const Component& c) {
                               const auto& lengths = c.bill->entry->query().expression.lengths;
                               py::list out;
                               for (const int label : c.record->labels) {
                                 out.append(lengths[static_cast<std::size_t>(label)]);
                               }
                               return py::tuple{out};
                             })
      .def_property_readonly("m", [](const Component& c) { return c.record->elements; })
      .def_property_readonly("alpha",
                             [](const Component& c) -> py::object {
                               if (c.record->regime == Regime::unavailable) return py::none{};
                               return py::int_{c.record->alpha};
                             })
      .def_property_readonly("dense_count", [](const Component& c) { return c.record->dense; })
      .def_property_readonly("num_output_orbits",
                             [](const Component& c) { return c.record->omega; })
      .def_property_readonly("regime_id",
                             [](const Component& c) { return name_of(c.record->regime); })
      .def_property_readonly("shape", [](const Component& c) { return shape_name(*c.record); })
      .def_property_readonly("group_name",
                             [](const Component& c) { return group_name(*c.bill, *c.record); })
      .def_property_readonly("group_order", [](const Component& c) { return c.record->order; })
      .def_property_readonly("group", [](const Component& c) { return hold(c.record->group); })
      .def_property_readonly("regime_trace", [](const Component& c) { return trace_of(*c.record); })
      .def_property_readonly("unavailable_reason", [](const Component& c) {
        return c.record->regime == Regime::unavailable ? reason_of(c.bill->components().fallback)
                                                       : py::object{py::none{}};
      });
}

void bind_bill(py::module_& m) {
  py::class_<Bill, std::shared_ptr<Bill>>(m, "_ContractionBill", "The exact bill of a contraction.")
      .def_property_readonly("total", [](const Bill& b) { return b.get().total; })
      .def_property_readonly("multiplications",
                             [](const Bill& b) { return b.get().multiplications; })
      .def_property_readonly("additions",
                             [](const Bill& b) { return b.get().total - b.get().multiplications; })
      .def_property_readonly("mu", [](const Bill& b) { return b.get().mu; })
      .def_property_readonly("alpha", [](const Bill& b) { return b.get().alpha; })
      .def_property_readonly("m_total", &distinct_products)
      .def_property_readonly("dense_baseline", [](const Bill& b) { return b.get().dense_baseline; })
      .def_property_readonly("num_terms", [](const Bill& b) { return b.get().num_terms; })
      .def_property_readonly(
          "per_component",
          [](const std::shared_ptr<Bill>& b) { return parts_of(b, b->components().components); })
      .def_property_readonly(
          "per_step", [](const std::shared_ptr<Bill>& b) { return parts_of(b, b->get().steps); })
      .def_property_readonly("path",
                             [](const Bill& b) {
                               py::list out;
                               for (const StepBill& step : b.get().steps) {
                                 std::vector<int> positions = step.positions;
                                 std::sort(positions.begin(), positions.end());
                                 out.append(py::tuple{py::cast(positions)});
                               }
                               return py::tuple{out};
                             })
      .def_property_readonly("fallback_used",
                             [](const Bill& b) { return fallback_of(b) != Fallback::none; })
      .def_property_readonly("unavailable_reason",
                             [](const Bill& b) { return reason_of(fallback_of(b)); })
      .def_property_readonly("output_group",
                             [](const Bill& b) { return hold(b.get().output_group); });
}

}  // namespace

void bind_contraction(py::module_& m) {
  bind_parts(m);
  bind_bill(m);
  m.def(
      "_contraction_bill",
      [](const py::str& subscripts, const std::vector<std::vector<std::int64_t>>& shapes,
         const py::object& groups, const std::optional<std::vector<int>>& classes,
         const py::object& path, std::optional<std::uint64_t> partition_budget) {
        return std::const_pointer_cast<Bill>(
            price(subscripts, shapes, groups, classes, path, partition_budget));
      },
      py::arg("subscripts"), py::arg("shapes"), py::arg("groups") = py::none(),
      py::arg("identity_classes") = py::none(), py::arg("path") = py::none(),
      py::arg("partition_budget") = py::none(),
      "Price a spelled-out expression, along the path that calls are billed along or another.");
  m.def(
      "_contraction_cache_info",
      [] {
        const CacheInfo info = contraction_cache().info();
        return py::make_tuple(info.hits, info.misses, info.capacity, info.size);
      },
      "(hits, misses, maxsize, currsize) of the cache of bills.");
  m.def("_contraction_cache_clear", [] { contraction_cache().clear(); }, "Forget all bills.");
  m.def(
      "_contraction_cache_resize", [](std::size_t size) { contraction_cache().resize(size); },
      py::arg("maxsize"), "Change how many bills are kept.");
}

}  // namespace flopscope::bindings
