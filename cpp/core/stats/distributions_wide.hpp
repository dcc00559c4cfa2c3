// Numbers with some bits more than a double has, for exponents: exp(x) magnifies the rounding of x
// by x, up to 700 times.
#pragma once

#include <cmath>

namespace flopscope {

// Beyond this, exp(-x) is zero and exp(x) infinite in doubles. Callers settle such exponents first:
// the arithmetic below is for finite numbers without overflow.
inline constexpr double k_last_wide_exponent = 800.0;

// The sum of two doubles, the second no larger than a rounding error of the first. The error-free
// sum is Knuth's, the error-free product T. J. Dekker's (Numer. Math. 18 (1971) 224-242), which a
// fused multiplication and addition gives in one step.
struct Wide {
  double high = 0.0;
  double low = 0.0;
};

inline Wide wide_sum(double a, double b) noexcept {
  const double sum = a + b;
  const double of_b = sum - a;
  return {sum, (a - (sum - of_b)) + (b - of_b)};
}

inline Wide wide_product(double a, double b) noexcept {
  const double product = a * b;
  return {product, std::fma(a, b, -product)};
}

inline Wide operator+(Wide a, Wide b) noexcept {
  const Wide sum = wide_sum(a.high, b.high);
  return wide_sum(sum.high, sum.low + (a.low + b.low));
}

inline Wide operator*(Wide a, Wide b) noexcept {
  const Wide product = wide_product(a.high, b.high);
  return wide_sum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

inline Wide operator/(Wide a, double b) noexcept {
  const double quotient = a.high / b;
  const double rest = std::fma(-quotient, b, a.high) + a.low;
  return wide_sum(quotient, rest / b);
}

// The product with a power of two.
inline Wide scaled(Wide a, double power_of_two) noexcept {
  return {a.high * power_of_two, a.low * power_of_two};
}

// exp(x), relative error below 3e-16.
inline double exp(Wide x) noexcept {
  const double value = std::exp(x.high);
  return std::isinf(value) ? value : value + value * x.low;
}

// log(x) for 0 < x < infinity, relative error below 1e-17.
Wide wide_log(double x) noexcept;

}  // namespace flopscope
