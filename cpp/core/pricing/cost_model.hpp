// Price lists at run time: what every operation costs under one of them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/operations/op_table.hpp"
#include "core/pricing/facts.hpp"

namespace flopscope {

using CountFunction = Count (*)(const Facts& facts) noexcept;

// A count as an expression: its text for people, and the same compiled.
struct Formula {
  std::string_view text;
  CountFunction count;
  bool needs_result;  // refers to facts that only the result tells
  bool is_zero;
};

// One more record that a call leaves, or the operation that is billed in its stead.
struct PriceLine {
  OpId op;
  const Formula* formula;
  std::uint8_t dtype_rule;
  bool replaces;  // when the formula is not zero, `op` is billed instead
};

// What one operation costs.
struct Price {
  const Formula* formula;
  double weight;
  double factor;            // of a complex billing dtype; k_exact, k_illegal
  std::uint8_t dtype_rule;  // index among dtype_rules(); 0: none
  const PriceLine* lines;
  std::uint8_t line_count;

  bool is_free() const noexcept { return formula->is_zero && line_count == 0; }
  // Whether it can only be told when the operation has run.
  bool needs_result() const noexcept { return formula->needs_result; }
};

inline constexpr double k_exact = -1.0;    // of contractions: 6 per product, 2 per sum
inline constexpr double k_illegal = -2.0;  // complex operands are refused

// Dtypes that have a rate, in the order of `price_file.DTYPES`.
enum class BillingDtype : std::uint8_t {
  boolean,
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  float16,
  float32,
  float64,
  longdouble,
  complex64,
  complex128,
  clongdouble,
  none,  // neutral: rate and factor 1
};
inline constexpr std::size_t k_billing_dtypes = 16;

constexpr bool is_complex(BillingDtype dtype) noexcept {
  return dtype >= BillingDtype::complex64 && dtype != BillingDtype::none;
}

// What a call is billed, and how that comes about:
// bill = int(count * rate * factor * weight).
struct Quote {
  std::uint64_t count;
  double weight;
  double rate;
  double factor;
  std::uint64_t bill;
};

// An immutable price list.
class CostModel {
 public:
  // A list that ships with the library.
  explicit CostModel(std::size_t index);

  // The same under another name, with some weights (all others 1 if `replaces_all`) and rates.
  CostModel(const CostModel& base, std::string name,
            const std::unordered_map<std::string, double>& weights, bool replaces_all,
            const std::array<double, k_billing_dtypes>* rates);

  const std::string& name() const noexcept { return name_; }
  const std::string& base() const noexcept { return base_; }

  const Price& price(OpId op) const { return op < prices_.size() ? prices_[op] : price_of_new(op); }
  double weight_of(std::string_view name) const;
  // Those that the list states; other names weigh what they stand for.
  const std::unordered_map<std::string, double>& weights() const noexcept { return weights_; }
  double rate(BillingDtype dtype) const noexcept {
    return dtype == BillingDtype::none ? 1.0 : rates_[static_cast<std::size_t>(dtype)];
  }
  // Whether dtypes decide prices at all.
  bool has_rates() const noexcept { return has_rates_; }
  // Whether movement is billed that other lists do not even record: methods of arrays, `a[key]`.
  bool meters_movement() const noexcept { return meters_movement_; }

  std::string_view summary() const noexcept;
  std::string_view functions() const noexcept;  // of its formulas, one a line
  std::size_t list() const noexcept { return list_; }

 private:
  const Price& price_of_new(OpId op) const;
  Price make_price(OpId op) const;
  void fill();

  std::string name_;
  std::string base_;
  std::size_t list_;
  std::unordered_map<std::string, double> weights_;
  std::array<double, k_billing_dtypes> rates_;
  bool has_rates_;
  bool meters_movement_ = false;
  std::vector<Price> prices_;        // by OpId, of the operations known when the list was made
  mutable std::deque<Price> later_;  // of those after: calls in progress refer to prices
};

using CostModelPtr = std::shared_ptr<const CostModel>;

// Names of the lists that ship, and one of them by name; null: there is none.
std::vector<std::string_view> list_names();
CostModelPtr shipped_list(std::string_view name);

// Rules that tell a billing dtype, as price lists state them; a price refers to them by index.
std::vector<std::string_view> dtype_rules();

// The number that stands for a text in formulas; 0 for one that no formula knows.
Count code_of(std::string_view text) noexcept;
std::string_view text_of(Count code) noexcept;

// int(cost * weight), truncated towards zero. Whole weights multiply in integers; a product that
// does not fit is held at the largest count, which no budget affords.
std::uint64_t weighted_by(std::uint64_t cost, double weight) noexcept;
inline std::uint64_t weighted(std::uint64_t cost, double weight) noexcept {
  return weight == 1.0 ? cost : weighted_by(cost, weight);
}

// The bill of a call whose price does not depend on a dtype.
inline std::uint64_t plain_bill(const Price& price, const Facts& facts) noexcept {
  return weighted(price.formula->count(facts).billed(), price.weight);
}

// The bill of a call, whatever it depends on. `dtype` is that of the price's rule.
Quote quote(const CostModel& model, const Price& price, const Facts& facts, BillingDtype dtype);

// The same for a count that a program states itself.
Quote quote_count(const CostModel& model, const Price& price, std::uint64_t count,
                  BillingDtype dtype);

}  // namespace flopscope
