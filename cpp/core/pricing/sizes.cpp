#include "core/pricing/sizes.hpp"

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

void set_facts(const ReductionSize& size, Count* facts) noexcept {
  facts[reduction_facts::unique] = size.elements;
  // Where no axis is reduced nothing is accumulated: every output is an input.
  facts[reduction_facts::A] = size.accumulates ? size.contributions : size.outputs;
  facts[reduction_facts::O] = size.outputs;
  facts[reduction_facts::K] = size.reduced;
  for (std::size_t i = reduction_facts::weighted; i < reduction_facts::count; ++i) facts[i] = 0;
}

}  // namespace flopscope
