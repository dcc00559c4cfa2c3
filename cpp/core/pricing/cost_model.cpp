#include "core/pricing/cost_model.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/pricing/saturating.hpp"

namespace flopscope {
namespace {

struct PriceRow {
  std::uint16_t formula;
  double weight;
  std::uint8_t dtype_rule;
  double factor;
  std::uint16_t first_line;
  std::uint8_t line_count;
};

struct LineRow {
  std::string_view op;
  std::uint16_t formula;
  std::uint8_t dtype_rule;
  bool replaces;
};

struct ListRow {
  std::string_view name;
  std::string_view summary;
  std::string_view extends;
  std::string_view functions;
  const PriceRow* prices;  // of the table's rows, then of the methods of ufuncs
  std::array<double, k_billing_dtypes> rates;
  bool has_rates;
};

// ------------------------------------------------------------------- what formulas are made of

template <class Term>
Count sum_over(std::size_t size, Term&& term) noexcept {
  Count total;
  for (std::size_t i = 0; i < size; ++i) total = total + term(i);
  return total;
}

[[maybe_unused]] Count product(const FactList& list) noexcept {
  Count total = 1;
  for (std::size_t i = 0; i < list.size; ++i) total = total * Count{list[i]};
  return total;
}

// The cheapest order of a chain of products of sizes[i] x sizes[i + 1] matrices.
[[maybe_unused]] Count cheapest_chain(const FactList& sizes, Count (*step)(Count, Count, Count)) {
  if (sizes.size < 3) return 0;
  const std::size_t count = sizes.size - 1;
  std::vector<Count> best(count * count);
  for (std::size_t span = 1; span < count; ++span) {
    for (std::size_t i = 0; i + span < count; ++i) {
      const std::size_t j = i + span;
      Count least_yet = Count{Count::k_top};
      for (std::size_t k = i; k < j; ++k) {
        least_yet =
            least(least_yet, best[i * count + k] + best[(k + 1) * count + j] +
                                 step(Count{sizes[i]}, Count{sizes[k + 1]}, Count{sizes[j + 1]}));
      }
      best[i * count + j] = least_yet;
    }
  }
  return best[count - 1];
}

#include "core/pricing/generated/price_lists.inc"

constexpr std::array<std::string_view, 5> k_ufunc_methods{"reduce", "accumulate", "outer",
                                                          "reduceat", "at"};

using Alias = std::pair<std::string_view, std::string_view>;

// Names that weigh like another operation when a list of weights does not mention them.
constexpr std::array k_aliases{
    Alias{"acos", "arccos"},   Alias{"acosh", "arccosh"}, Alias{"asin", "arcsin"},
    Alias{"asinh", "arcsinh"}, Alias{"atan", "arctan"},   Alias{"atan2", "arctan2"},
    Alias{"atanh", "arctanh"}, Alias{"pow", "power"},     Alias{"divmod", "floor_divide"},
};

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

// `power.outer` -> `power` and the place of `outer`: a ufunc's methods do the ufunc's work.
const OpRow* base_ufunc(std::string_view name, std::size_t* method) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  for (std::size_t i = 0; i < k_ufunc_methods.size(); ++i) {
    if (name.substr(dot + 1) != k_ufunc_methods[i]) continue;
    const OpRow* row = find_row(name.substr(0, dot));
    *method = i;
    return row != nullptr && row->kind == Kind::ufunc ? row : nullptr;
  }
  return nullptr;
}

std::size_t row_count() noexcept { return static_cast<std::size_t>(end_rows() - begin_rows()); }

const PriceRow& price_row(std::size_t list, const OpRow& row) noexcept {
  return k_lists[list].prices[&row - begin_rows()];
}

}  // namespace

Count integer_root(Count n) noexcept {
  if (n.is_negative()) return 0;
  // The root of the largest count has 32 bits; the float's may be one too many.
  constexpr std::uint64_t k_largest_root = 0xFFFFFFFF;
  auto root = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(n.magnitude())));
  root = std::min(root, k_largest_root);
  while (root * root > n.magnitude()) --root;
  while (root < k_largest_root && (root + 1) * (root + 1) <= n.magnitude()) ++root;
  return root;
}

// --------------------------------------------------------------------------------------- lists

std::vector<std::string_view> list_names() {
  std::vector<std::string_view> names;
  for (const ListRow& list : k_lists) names.push_back(list.name);
  return names;
}

CostModelPtr shipped_list(std::string_view name) {
  static const auto k_models = [] {
    std::vector<CostModelPtr> models;
    for (std::size_t i = 0; i < std::size(k_lists); ++i) {
      models.push_back(std::make_shared<const CostModel>(i));
    }
    return models;
  }();
  for (const CostModelPtr& model : k_models) {
    if (model->name() == name) return model;
  }
  return nullptr;
}

std::vector<std::string_view> dtype_rules() { return {std::begin(k_rules), std::end(k_rules)}; }

Count code_of(std::string_view text) noexcept {
  const auto* found = std::find(std::begin(k_texts), std::end(k_texts), text);
  // A text that no formula compares with is none of those it does.
  return found == std::end(k_texts) ? Count{-1} : Count{static_cast<std::int64_t>(found - k_texts)};
}

std::string_view text_of(Count code) noexcept {
  const std::uint64_t at = code.magnitude();
  // What no formula compares with is none of the texts that they do.
  return code.is_negative() || at >= std::size(k_texts) ? std::string_view{"other"} : k_texts[at];
}

CostModel::CostModel(std::size_t index)
    : name_{k_lists[index].name},
      list_{index},
      rates_{k_lists[index].rates},
      has_rates_{k_lists[index].has_rates} {
  if (!has_rates_) rates_.fill(1.0);
  for (const OpRow* row = begin_rows(); row != end_rows(); ++row) {
    weights_.emplace(row->name, price_row(index, *row).weight);
  }
  fill();
}

CostModel::CostModel(const CostModel& base, std::string name,
                     const std::unordered_map<std::string, double>& weights, bool replaces_all,
                     const std::array<double, k_billing_dtypes>* rates)
    : name_{std::move(name)},
      base_{base.name_},
      list_{base.list_},
      weights_{replaces_all ? std::unordered_map<std::string, double>{} : base.weights_},
      rates_{rates != nullptr ? *rates : base.rates_},
      has_rates_{base.has_rates_} {
  for (const auto& [op, weight] : weights) weights_[op] = weight;
  fill();
}

void CostModel::fill() {
  const std::size_t known = registry().size();
  prices_.reserve(known);
  for (std::size_t id = 0; id < known; ++id) prices_.push_back(make_price(static_cast<OpId>(id)));
  const OpRow* indexing = find_row("getitem");
  meters_movement_ = indexing != nullptr && !price(registry().id_of(*indexing)).is_free();
}

double CostModel::weight_of(std::string_view name) const {
  const auto known = [this](std::string_view key) {
    const auto found = weights_.find(std::string{key});
    return found == weights_.end() ? std::nan("") : found->second;
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
  std::size_t method = 0;
  if (const OpRow* base = base_ufunc(name, &method)) return weight_of(base->name);
  return 1.0;
}

Price CostModel::make_price(OpId op) const {
  static constexpr PriceRow k_none{0, 1.0, 0, 1.0, 0, 0};
  const Op& known = registry()[op];
  const PriceRow* row = &k_none;
  const PriceRow* base = nullptr;  // the ufunc's, for its methods
  std::size_t method = 0;
  if (known.row != nullptr) {
    row = base = &price_row(list_, *known.row);
  } else if (const OpRow* ufunc = base_ufunc(known.name, &method)) {
    row = &k_lists[list_].prices[row_count() + method];
    base = &price_row(list_, *ufunc);
  } else {
    base = row;
  }
  return {&k_formulas[row->formula],
          weight_of(known.name),
          base->factor,
          base->dtype_rule,
          nullptr,
          row->line_count};
}

const Price& CostModel::price_of_new(OpId op) const {
  // Names that programs charge themselves turn up while lists are in use.
  const std::size_t at = op - prices_.size();
  while (later_.size() <= at) {
    later_.push_back(make_price(static_cast<OpId>(prices_.size() + later_.size())));
  }
  return later_[at];
}

std::string_view CostModel::summary() const noexcept { return k_lists[list_].summary; }
std::string_view CostModel::functions() const noexcept { return k_lists[list_].functions; }

// -------------------------------------------------------------------------------------- quotes

std::uint64_t weighted_by(std::uint64_t cost, double weight) noexcept {
  constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();
  if (!(weight < 0x1p53)) return cost == 0 ? 0 : k_top;
  const auto whole = static_cast<std::uint64_t>(weight);
  if (static_cast<double>(whole) == weight) return saturating_mul(cost, whole);
  const double product = static_cast<double>(cost) * weight;
  return product >= 0x1p64 ? k_top : static_cast<std::uint64_t>(product);
}

}  // namespace flopscope
