// Price lists as Python sees them.
#include <string>
#include <unordered_map>
#include <vector>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "core/pricing/cost_model.hpp"
#include "bindings/budget/budget_type.hpp"
#include "bindings/dispatch/fact_values.hpp"
#include "bindings/observe/sites.hpp"
#include "bindings/pricing/model_argument.hpp"
#include "bindings/register.hpp"

namespace py = pybind11;

namespace flopscope::bindings {
namespace {

using Weights = std::unordered_map<std::string, double>;
using Rates = std::array<double, k_billing_dtypes>;

// Programs read price lists; only the library itself makes them.
std::shared_ptr<CostModel> derive(const CostModel& base, const std::string& name,
                                  const Weights& weights, bool replaces_all,
                                  const std::optional<Rates>& rates) {
  if (!require_library("_CostModel.derive")) throw py::error_already_set();
  return std::make_shared<CostModel>(base, name, weights, replaces_all, rates ? &*rates : nullptr);
}

// (formula, weight, dtype rule, complex factor, needs the result, lines) of an operation.
py::tuple price_of(const CostModel& model, const std::string& name) {
  const Price& price = model.price(registry().intern(name));
  const std::vector<std::string_view> rules = dtype_rules();
  py::list lines;
  for (std::size_t i = 0; i < price.line_count; ++i) {
    const PriceLine& line = price.lines[i];
    lines.append(py::make_tuple(registry()[line.op].name, std::string{line.formula->text},
                                std::string{rules[line.dtype_rule]}, line.replaces));
  }
  const py::object factor = price.factor == k_exact     ? py::object{py::str("exact")}
                            : price.factor == k_illegal ? py::object{py::str("illegal")}
                                                        : py::object{py::float_(price.factor)};
  return py::make_tuple(std::string{price.formula->text}, price.weight,
                        std::string{rules[price.dtype_rule]}, factor, price.needs_result(), lines);
}

// (count, weight, rate, factor, bill) for facts in the order of the operation's schema.
py::tuple quote_of(const CostModel& model, const std::string& name, const py::tuple& facts,
                   int dtype) {
  const OpId op = registry().intern(name);
  FactValues values;
  if (!values.take(read_schema(schema_text(op)), facts.ptr(), false)) {
    throw py::error_already_set();
  }
  const auto of = dtype < 0 ? BillingDtype::none : static_cast<BillingDtype>(dtype);
  const Quote quoted = quote(model, model.price(op), values.view(), of);
  return py::make_tuple(quoted.count, quoted.weight, quoted.rate, quoted.factor, quoted.bill);
}

// The same for a count that the operation's formula does not give.
py::tuple quote_of_count(const CostModel& model, const std::string& name, std::uint64_t count,
                         int dtype) {
  const auto of = dtype < 0 ? BillingDtype::none : static_cast<BillingDtype>(dtype);
  const Quote quoted = quote_count(model, model.price(registry().intern(name)), count, of);
  return py::make_tuple(quoted.count, quoted.weight, quoted.rate, quoted.factor, quoted.bill);
}

py::list names_of_lists() {
  py::list names;
  for (const std::string_view name : list_names()) names.append(std::string{name});
  return names;
}

CostModelPtr list_of(const std::string& name) {
  CostModelPtr found = shipped_list(name);
  if (!found) throw py::key_error(name);
  return found;
}

}  // namespace

bool model_from(PyObject* object, CostModelPtr* model) {
  if (object == nullptr || object == Py_None) {
    *model = default_model();
    return true;
  }
  const Ref module = Ref::steal(PyImport_ImportModule("flopscope.pricing.cost_model"));
  if (!module) return false;
  const Ref resolved = Ref::steal(PyObject_CallMethod(module.get(), "resolve", "O", object));
  if (!resolved) return false;
  const Ref core = Ref::steal(PyObject_GetAttrString(resolved.get(), "_core"));
  if (!core) return false;
  try {
    *model = py::handle{core.get()}.cast<std::shared_ptr<CostModel>>();
  } catch (const py::cast_error&) {
    PyErr_SetString(PyExc_TypeError, "this CostModel was never initialised");
    return false;
  }
  return true;
}

void bind_pricing(py::module_& module) {
  py::class_<CostModel, std::shared_ptr<CostModel>>(module, "_CostModel",
                                                    "A price list; immutable.")
      .def_property_readonly("name", &CostModel::name)
      .def_property_readonly("base", &CostModel::base)
      .def_property_readonly("summary", [](const CostModel& m) { return std::string{m.summary()}; })
      .def_property_readonly("functions",
                             [](const CostModel& m) { return std::string{m.functions()}; })
      .def_property_readonly("shipped",
                             [](const CostModel& m) { return std::string{list_names()[m.list()]}; })
      .def_property_readonly("weights", &CostModel::weights)
      .def_property_readonly("has_rates", &CostModel::has_rates)
      .def("rate",
           [](const CostModel& m, int dtype) { return m.rate(static_cast<BillingDtype>(dtype)); })
      .def("weight_of", &CostModel::weight_of)
      .def("price", &price_of)
      .def("quote", &quote_of, py::arg("name"), py::arg("facts"), py::arg("dtype") = -1)
      .def("quote_count", &quote_of_count, py::arg("name"), py::arg("count"), py::arg("dtype") = -1)
      .def("derive", &derive, py::arg("name"), py::arg("weights"), py::arg("replaces_all"),
           py::arg("rates"));
  module.attr("_DTYPES_WITH_RATES") = k_billing_dtypes;
  module.def("_cost_models", &names_of_lists, "Names of the price lists that ship.");
  module.def("_cost_model", [](const std::string& name) {
    return std::const_pointer_cast<CostModel>(list_of(name));
  });
  module.def("_default_cost_model",
             [] { return std::const_pointer_cast<CostModel>(default_model()); });
  module.def("_cost_model_of", [](const py::handle& budget) {
    const BudgetState* state = budget_state(budget.ptr());
    if (state == nullptr) throw py::error_already_set();
    return std::const_pointer_cast<CostModel>(state->model);
  });
  // (price list, FLOPs, [(operation, site, FLOPs, calls), ...]) of each list beside the budget's.
  module.def("_also", [](const py::handle& budget) {
    const BudgetState* state = budget_state(budget.ptr());
    if (state == nullptr) throw py::error_already_set();
    py::list found;
    for (const ParallelBills& bills : state->also) {
      py::list totals;
      for (const auto& [key, total] : bills.totals()) {
        const SiteId site = state->ledger.scopes()[key.first].site();
        totals.append(py::make_tuple(registry()[key.second].name, site, total.cost, total.calls));
      }
      found.append(
          py::make_tuple(std::const_pointer_cast<CostModel>(bills.model()), bills.used(), totals));
    }
    return found;
  });
  module.def("_schema_of", [](const std::string& name) {
    return std::string{schema_text(registry().intern(name))};
  });
  // (operation, facts in the order of its schema) of a dry run's first call; None before any.
  module.def("_first_facts", [](const py::handle& budget) -> py::object {
    const BudgetState* state = budget_state(budget.ptr());
    if (state == nullptr) throw py::error_already_set();
    const FirstFacts& first = state->first_facts;
    if (!first.is_told) return py::none();
    py::list facts;
    std::size_t value = 0;
    std::size_t list = 0;
    for (const FactName& name : read_schema(schema_text(first.op))) {
      if (name.kind == FactName::Kind::list) {
        facts.append(py::cast(first.lists[list++]));
        continue;
      }
      const Count count = first.values[value++];
      if (name.kind == FactName::Kind::text) {
        facts.append(std::string{text_of(count)});
      } else {
        const py::object magnitude = py::int_(count.magnitude());
        facts.append(count.is_negative() ? -magnitude : magnitude);
      }
    }
    return py::make_tuple(registry()[first.op].name, py::tuple(facts));
  });
  module.def("_set_default_cost_model", [](const std::shared_ptr<CostModel>& model) {
    if (!require_library("_set_default_cost_model")) throw py::error_already_set();
    set_default_model(model);
  });
}

}  // namespace flopscope::bindings
