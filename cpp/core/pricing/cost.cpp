#include "core/pricing/cost.hpp"

#include <algorithm>

#include "core/pricing/saturating.hpp"

namespace flopscope {

ReductionSize dense_reduction(Shape shape, AxisSet axes) noexcept {
  ReductionSize size;
  size.elements = element_count(shape);
  size.contributions = size.elements;
  size.outputs = 1;
  for (int i = 0; i < shape.ndim; ++i) {
    const auto length = static_cast<std::uint64_t>(shape.lengths[i]);
    auto& product = ((axes >> static_cast<unsigned>(i)) & 1U) != 0 ? size.reduced : size.outputs;
    product = saturating_mul(product, length);
  }
  size.accumulates = axes != 0;
  return size;
}

std::uint64_t reduction_cost(Rule rule, const ReductionSize& size, bool has_weights) noexcept {
  constexpr std::uint64_t k_one = 1;
  const std::uint64_t outputs = size.outputs;
  // Nothing is accumulated where no axis is reduced, and an empty operand accumulates nothing.
  const std::uint64_t additions =
      size.accumulates ? saturating_sub(size.contributions, outputs) : 0;
  // (A - O) + O: adding up, then one division per output.
  const std::uint64_t sums = size.accumulates ? size.contributions : outputs;
  const auto twice = [](std::uint64_t value) { return saturating_mul(value, 2); };
  switch (rule) {
    case Rule::accumulate:
    case Rule::scan:
      return std::max(k_one, additions);
    case Rule::mean:
      return sums;
    case Rule::variance:
    case Rule::deviation: {
      const std::uint64_t variance =
          saturating_add(twice(std::max(k_one, size.elements)), twice(sums));
      return rule == Rule::variance ? variance : saturating_add(variance, outputs);
    }
    case Rule::range:
      return saturating_add(twice(std::max(k_one, additions)), outputs);
    case Rule::average: {
      const std::uint64_t plain = saturating_add(std::max(k_one, additions), outputs);
      if (!has_weights) return plain;
      return saturating_add(
          plain, saturating_add(std::max(k_one, size.elements), std::max(k_one, additions)));
    }
    case Rule::tested:
      return std::max(k_one, size.elements);
    case Rule::selection:
      return saturating_mul(outputs, size.reduced);
    default:
      return 0;
  }
}

std::uint64_t dense_contraction(std::uint64_t products, std::uint64_t outputs) noexcept {
  return saturating_sub(saturating_mul(products, 2), outputs);
}

}  // namespace flopscope
