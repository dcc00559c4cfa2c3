#include "core/stats/distributions_normal.hpp"

#include <cmath>
#include <limits>

#include "core/stats/distributions_kernels.hpp"
#include "core/stats/distributions_wide.hpp"

namespace flopscope {
namespace {

constexpr double k_inverse_sqrt_2 = 0x1.6a09e667f3bcdp-1;

// AS 241, sqrt(-log(tail)) <= 5 and beyond; see distributions_kernels.hpp.
constexpr double k_near_over[] = {
    1.42343711074968357734e0,  4.63033784615654529590e0,  5.76949722146069140550e0,
    3.64784832476320460504e0,  1.27045825245236838258e0,  2.41780725177450611770e-1,
    2.27238449892691845833e-2, 7.74545014278341407640e-4,
};
constexpr double k_near_under[] = {
    1.0,
    2.05319162663775882187e0,
    1.67638483018380384940e0,
    6.89767334985100004550e-1,
    1.48103976427480074590e-1,
    1.51986665636164571966e-2,
    5.47593808499534494600e-4,
    1.05075007164441684324e-9,
};
constexpr double k_far_over[] = {
    6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
    2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
    2.71155556874348757815e-5, 2.01033439929228813265e-7,
};
constexpr double k_far_under[] = {
    1.0,
    5.99832206555887937690e-1,
    1.36929880922735805310e-1,
    1.48753612908506148525e-2,
    7.86869131145613259100e-4,
    1.84631831751005468180e-5,
    1.42151175831644588870e-7,
    2.04426310338993978564e-15,
};

}  // namespace

Wide wide_log(double x) noexcept {
  // x = 2^power * m with m around 1, and log(m) = 2 artanh(f), f = (m - 1) / (m + 1), |f| < 0.172.
  // Only 2 f and power * ln(2) need more than a double: the rest of the series is below f / 100.
  constexpr double k_sqrt_half = 0x1.6a09e667f3bcdp-1;
  constexpr double k_series[] = {1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11, 1.0 / 13,
                                 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23, 1.0 / 25};
  int power = 0;
  double m = std::frexp(x, &power);
  if (m < k_sqrt_half) {
    m *= 2.0;
    --power;
  }
  const Wide below = wide_sum(m, 1.0);
  const double f = (m - 1.0) / below.high;
  const double rest = (std::fma(-f, below.high, m - 1.0) - f * below.low) / below.high;
  const double square = f * f;
  const double series = f * square * polynomial<false>(k_series, square);
  const Wide whole{power * k_ln2_high, power * k_ln2_low};
  return whole + Wide{2.0 * f, 2.0 * (rest + series)};
}

double normal_density(double x) noexcept {
  constexpr double k_last = 40.0;
  if (std::fabs(x) > k_last) return 0.0;
  return exp(scaled(wide_product(x, x), -0.5)) * k_inverse_sqrt_2pi;
}

double mills_ratio(double x) noexcept {
  if (!(x < std::numeric_limits<double>::max())) return x > 0.0 ? 0.0 : x;
  const double t = (x - k_mills_centre) / (x + k_mills_centre);
  return polynomial<false>(k_mills, t) / (x + 1.0);
}

double normal_tail(double x) noexcept {
  return std::isinf(x) ? 0.0 : normal_density(x) * mills_ratio(x);
}

double normal_from_centre(double x) noexcept { return 0.5 * std::erf(x * k_inverse_sqrt_2); }

double normal_quantile_of_tail(double tail) noexcept {
  constexpr double k_near_centre = 1.6;
  constexpr double k_far_from = 5.0;
  const double root = std::sqrt(-std::log(tail));
  if (root <= k_far_from) {
    const double r = root - k_near_centre;
    return polynomial<false>(k_near_over, r) / polynomial<false>(k_near_under, r);
  }
  if (std::isinf(root)) return root;
  const double r = root - k_far_from;
  return polynomial<false>(k_far_over, r) / polynomial<false>(k_far_under, r);
}

double normal_quantile_of_centred(double centred) noexcept {
  const double r = k_central_square - centred * centred;
  return centred * polynomial<false>(k_central_over, r) / polynomial<false>(k_central_under, r);
}

double normal_quantile(double q, double* low) noexcept {
  const double centred = q - 0.5;
  if (std::fabs(centred) <= k_central) {
    const double x = normal_quantile_of_centred(centred);
    const double reached = std::copysign(normal_from_centre(std::fabs(x)), x);
    *low = (centred - reached) / normal_density(x);
    return x;
  }
  const double tail = centred < 0.0 ? q : 1.0 - q;
  const double x = normal_quantile_of_tail(tail);
  // (Q(x) - tail) / phi(x), without the underflow of phi.
  const double step = mills_ratio(x) * (1.0 - tail / normal_tail(x));
  *low = centred < 0.0 ? -step : step;
  return centred < 0.0 ? -x : x;
}

}  // namespace flopscope
