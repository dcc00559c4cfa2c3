// Continuous probability distributions: density (pdf), distribution function (cdf) and its inverse
// (ppf) over runs of doubles. Values outside the domain give what SciPy gives, mostly NaN.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flopscope {

// One argument of a call: `count` values, or one value that stands for all of them.
struct Column {
  const double* values = nullptr;
  bool is_constant = false;
};

inline constexpr std::size_t k_most_shapes = 2;

// The arguments of a call: where to evaluate, shape parameters (as many as the function takes),
// location and scale.
struct DistributionArguments {
  Column x;
  std::array<Column, k_most_shapes> shapes;
  Column loc;
  Column scale;
};

enum class DistributionMethod : std::uint8_t { pdf, cdf, ppf };

// A run of the standard form of a distribution (location 0, scale 1).
struct StandardRun {
  const double* x;
  std::array<const double*, k_most_shapes> shapes;
  double* out;
  std::size_t count;
};

struct DistributionFunction {
  std::string_view distribution;
  DistributionMethod method;
  std::array<std::string_view, k_most_shapes> shape_names;  // in the order of the arguments
  std::size_t shape_count;
  void (*standard)(const StandardRun& run);
};

// All functions, sorted by distribution, then cdf, pdf, ppf.
const DistributionFunction* begin_distribution_functions() noexcept;
const DistributionFunction* end_distribution_functions() noexcept;

std::string_view name_of(DistributionMethod method) noexcept;

// What the loops were compiled for that this processor runs: "avx512", "avx2" or "baseline".
std::string_view instruction_set() noexcept;

// Evaluates the function in `count` elements; `out` must not overlap any column. Constants are read
// once, columns of shape parameters that the function does not take never.
void evaluate(const DistributionFunction& function, const DistributionArguments& arguments,
              double* out, std::size_t count);

}  // namespace flopscope
