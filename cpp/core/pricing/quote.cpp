#include <cmath>

#include "core/pricing/cost_model.hpp"

namespace flopscope {
namespace {

// Factor of a complex billing dtype. A contraction's is the quotient of what its products and sums
// cost as real arithmetic and of its count, both as floats, rounding included.
double complex_factor(const Price& price, const Facts& facts, std::uint64_t count) {
  if (price.factor != k_exact) return price.factor;
  if (count == 0) return 1.0;
  const Count total = Count{6} * facts.values[contraction_facts::multiplications] +
                      Count{2} * facts.values[contraction_facts::additions];
  return static_cast<double>(total.billed()) / static_cast<double>(count);
}

bool is_whole(double value) noexcept { return value == std::floor(value) && value < 0x1p53; }

std::uint64_t truncated(double value) noexcept {
  return value >= 0x1p64 ? Count::k_top : static_cast<std::uint64_t>(value);
}

// int(count * rate * factor * weight), multiplied as floats from left to right and truncated once.
// Where all factors are whole, integers give the same and lose nothing beyond 2^53.
Quote multiplied(std::uint64_t count, double rate, double factor, double weight) {
  Quote quote{count, weight, rate, factor, 0};
  if (count == Count::k_top) {
    quote.bill = weight == 0.0 ? 0 : Count::k_top;
  } else if (is_whole(rate) && is_whole(factor)) {
    quote.bill = weighted(weighted(weighted(count, rate), factor), weight);
  } else {
    quote.bill = truncated(static_cast<double>(count) * rate * factor * weight);
  }
  return quote;
}

}  // namespace

Quote quote(const CostModel& model, const Price& price, const Facts& facts, BillingDtype dtype) {
  const std::uint64_t count = price.formula->count(facts).billed();
  const double factor = is_complex(dtype) ? complex_factor(price, facts, count) : 1.0;
  return multiplied(count, model.rate(dtype), factor, price.weight);
}

Quote quote_count(const CostModel& model, const Price& price, std::uint64_t count,
                  BillingDtype dtype) {
  const double factor = is_complex(dtype) && price.factor > 0.0 ? price.factor : 1.0;
  return multiplied(count, model.rate(dtype), factor, price.weight);
}

}  // namespace flopscope
