#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "core/errors.hpp"
#include "core/operations/op_table.hpp"
#include "core/pricing/saturating.hpp"

namespace flopscope {
namespace {

using Alias = std::pair<std::string_view, std::string_view>;

// Names that are priced like another operation when they have no row of their own in the weights.
constexpr std::array k_aliases{
    Alias{"acos", "arccos"},   Alias{"acosh", "arccosh"}, Alias{"asin", "arcsin"},
    Alias{"asinh", "arcsinh"}, Alias{"atan", "arctan"},   Alias{"atan2", "arctan2"},
    Alias{"atanh", "arctanh"}, Alias{"pow", "power"},     Alias{"divmod", "floor_divide"},
};

constexpr std::array<std::string_view, 5> k_ufunc_methods{"reduce", "accumulate", "outer",
                                                          "reduceat", "at"};

bool starts_with(std::string_view text, std::string_view prefix) noexcept {
  return text.substr(0, prefix.size()) == prefix;
}

// `random.Generator.normal` -> `random.normal`; two methods have other names at module level.
std::string module_sampler(std::string_view name) {
  for (std::string_view prefix : {"random.Generator.", "random.RandomState."}) {
    if (!starts_with(name, prefix)) continue;
    const auto method = name.substr(prefix.size());
    if (method == "integers") return "random.randint";
    if (method == "random") return "random.random_sample";
    return "random." + std::string{method};
  }
  return {};
}

// `power.outer` -> `power`: a ufunc's methods do the ufunc's work.
std::string base_ufunc(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  const auto method = name.substr(dot + 1);
  for (const std::string_view known : k_ufunc_methods) {
    if (method != known) continue;
    const auto base = name.substr(0, dot);
    const OpRow* row = find_row(base);
    if (row != nullptr && row->kind == Kind::ufunc) return std::string{base};
  }
  return {};
}

}  // namespace

OpRegistry::OpRegistry() {
  for (const OpRow* row = begin_rows(); row != end_rows(); ++row) {
    weights_.emplace(row->name, row->weight);
    ids_.emplace(row->name, static_cast<OpId>(ops_.size()));
    ops_.push_back({std::string{row->name}, row->weight, row});
  }
  // The methods of ufuncs are there whatever names a program may use up.
  for (const OpRow* row = begin_rows(); row != end_rows(); ++row) {
    if (row->kind != Kind::ufunc) continue;
    for (const std::string_view method : k_ufunc_methods) {
      intern(std::string{row->name} + "." + std::string{method});
    }
  }
}

OpId OpRegistry::id_of(const OpRow& row) const noexcept {
  return static_cast<OpId>(&row - begin_rows());
}

OpId OpRegistry::intern(std::string_view name) {
  const auto found = ids_.find(std::string{name});
  if (found != ids_.end()) return found->second;
  if (ops_.size() >= k_capacity) throw TooManyOperations{std::string{name}, k_capacity};
  const auto id = static_cast<OpId>(ops_.size());
  ops_.push_back({std::string{name}, weight_of(name), find_row(name)});
  ids_.emplace(name, id);
  return id;
}

void OpRegistry::replace_weights(const std::unordered_map<std::string, double>& weights) {
  weights_ = weights;
  for (Op& op : ops_) op.weight = weight_of(op.name);
}

double OpRegistry::weight_of(std::string_view name) const {
  const auto known = [this](std::string_view key) {
    const auto found = weights_.find(std::string{key});
    return found == weights_.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
  };
  const double exact = known(name);
  if (!std::isnan(exact)) return exact;
  if (const auto sampler = module_sampler(name); !sampler.empty()) {
    const double weight = known(sampler);
    if (!std::isnan(weight)) return weight;
  }
  for (const auto& [alias, canonical] : k_aliases) {
    if (name != alias) continue;
    const double weight = known(canonical);
    if (!std::isnan(weight)) return weight;
  }
  if (const auto base = base_ufunc(name); !base.empty()) return weight_of(base);
  return 1.0;
}

OpRegistry& registry() {
  static OpRegistry instance;
  return instance;
}

std::uint64_t weighted_by(std::uint64_t cost, double weight) noexcept {
  constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();
  if (!(weight < 0x1p53)) return cost == 0 ? 0 : k_top;
  const auto whole = static_cast<std::uint64_t>(weight);
  if (static_cast<double>(whole) == weight) return saturating_mul(cost, whole);
  const double product = static_cast<double>(cost) * weight;
  return product >= 0x1p64 ? k_top : static_cast<std::uint64_t>(product);
}

}  // namespace flopscope
