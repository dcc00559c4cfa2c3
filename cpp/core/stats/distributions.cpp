#include "core/stats/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/stats/distributions_kernels.hpp"
#include "core/stats/distributions_normal.hpp"
#include "core/stats/distributions_truncated.hpp"
#include "core/stats/distributions_wide.hpp"

namespace flopscope {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
constexpr double k_infinity = std::numeric_limits<double>::infinity();
constexpr double k_pi = 0x1.921fb54442d18p+1;

// Elements that are worked on at a time, so that what lies between two loops stays in the cache.
constexpr std::size_t k_block = 512;

// A standard form that is one loop of the vectorised kernels.
template <VectorKernels::Unary VectorKernels::* kernel>
void vectorised(const StandardRun& run) {
  (vector_kernels().*kernel)(run.x, run.out, run.count);
}

// A standard form computed element by element from x alone.
template <double (*function)(double)>
void each(const StandardRun& run) {
  for (std::size_t i = 0; i < run.count; ++i) run.out[i] = function(run.x[i]);
}

// The same for an inverse: its ends, and NaN outside of [0, 1].
template <double (*function)(double)>
double inverse(double q, double at_zero, double at_one) {
  if (q > 0.0 && q < 1.0) return function(q);
  if (q == 0.0) return at_zero;
  return q == 1.0 ? at_one : k_nan;
}

// -------------------------------------------------------------------------------------- normal

double normal_ppf_outside(double q) {
  if (!(q >= 0.0 && q <= 1.0)) return k_nan;
  return q < 0.5 ? -normal_quantile_of_tail(q) : normal_quantile_of_tail(1.0 - q);
}

void normal_ppf(const StandardRun& run) {
  vector_kernels().normal_quantile_central(run.x, run.out, run.count);
  for (std::size_t i = 0; i < run.count; ++i) {
    const double q = run.x[i];
    if (!(std::fabs(q - 0.5) <= k_central)) run.out[i] = normal_ppf_outside(q);
  }
}

// ------------------------------------------------------------------------------------- uniform

double uniform_pdf(double x) {
  if (std::isnan(x)) return x;
  return x >= 0.0 && x <= 1.0 ? 1.0 : 0.0;
}
double uniform_cdf(double x) {
  if (x <= 0.0) return 0.0;
  return x >= 1.0 ? 1.0 : x;
}
double uniform_ppf(double q) { return q >= 0.0 && q <= 1.0 ? q : k_nan; }

// -------------------------------------------------- exponential, Cauchy, logistic and Laplace

double expon_quantile(double q) { return -std::log1p(-q); }
double expon_ppf(double q) { return inverse<expon_quantile>(q, 0.0, k_infinity); }

double cauchy_cdf(double x) { return std::atan2(1.0, -x) / k_pi; }

double cauchy_quantile(double q) {
  constexpr double k_quarter = 0.25;
  if (q < k_quarter) return -1.0 / std::tan(k_pi * q);
  if (q > 1.0 - k_quarter) return 1.0 / std::tan(k_pi * (1.0 - q));
  return std::tan(k_pi * (q - 0.5));
}
double cauchy_ppf(double q) { return inverse<cauchy_quantile>(q, -k_infinity, k_infinity); }

double logistic_quantile(double q) {
  constexpr double k_low = 0.3;
  constexpr double k_high = 0.65;
  if (q < k_low || q > k_high) return std::log(q / (1.0 - q));
  const double centred = 2.0 * (q - 0.5);
  return std::log1p(centred) - std::log1p(-centred);
}
double logistic_ppf(double q) { return inverse<logistic_quantile>(q, -k_infinity, k_infinity); }

double laplace_quantile(double q) {
  return q > 0.5 ? -std::log(2.0 * (1.0 - q)) : std::log(2.0 * q);
}
double laplace_ppf(double q) { return inverse<laplace_quantile>(q, -k_infinity, k_infinity); }

// ---------------------------------------------------------------------------------- log-normal

// Where the exponent is small, doubles are good enough for it.
constexpr double k_small_exponent = 8.0;

// exp(-log(x)^2 / (2 s^2)) / (s x sqrt(2 pi)), with the factor 1 / x in the exponent: it keeps the
// rest from underflowing.
double lognorm_pdf_at(double x, double s) {
  if (!(s > 0.0) || std::isnan(x)) return k_nan;
  if (!(x > 0.0 && x < k_infinity)) return 0.0;
  if (std::isinf(s)) return 0.0;
  const double rough_log = std::log(x);
  const double rough_z = rough_log / s;
  const double rough = -0.5 * rough_z * rough_z - rough_log;
  if (std::fabs(rough) + std::fabs(rough_log) < k_small_exponent) {
    return std::exp(rough) * k_inverse_sqrt_2pi / s;
  }
  if (rough < -k_last_wide_exponent) return 0.0;
  const Wide log_x = wide_log(x);
  const Wide z = log_x / s;
  return exp(scaled(z * z, -0.5) + scaled(log_x, -1.0)) * k_inverse_sqrt_2pi / s;
}

void lognorm_pdf(const StandardRun& run) {
  for (std::size_t i = 0; i < run.count; ++i) {
    run.out[i] = lognorm_pdf_at(run.x[i], run.shapes[0][i]);
  }
}

// z = log(x) / s as z + low; values outside of the domain become those that the normal distribution
// has the same answer for.
void lognorm_argument(double x, double s, double* z, double* low) {
  *low = 0.0;
  if (!(s > 0.0)) {
    *z = k_nan;
  } else if (!(x > 0.0 && x < k_infinity)) {
    *z = x <= 0.0 ? -k_infinity : x;
  } else {
    // In between, z^2 / 2 magnifies the rounding of z; beyond, the result is 0 or 1.
    constexpr double k_moderate = 4.0;
    constexpr double k_last = 40.0;
    *z = std::log(x) / s;
    if (!(std::fabs(*z) > k_moderate && std::fabs(*z) < k_last)) return;
    const Wide exact = wide_log(x) / s;
    *z = exact.high;
    *low = exact.low;
  }
}

void lognorm_cdf(const StandardRun& run) {
  double z[k_block];
  double low[k_block];
  for (std::size_t start = 0; start < run.count; start += k_block) {
    const std::size_t count = std::min(k_block, run.count - start);
    for (std::size_t i = 0; i < count; ++i) {
      lognorm_argument(run.x[start + i], run.shapes[0][start + i], &z[i], &low[i]);
    }
    vector_kernels().normal_distribution_extended(z, low, run.out + start, count);
  }
}

double lognorm_ppf_at(double q, double s) {
  if (!(s > 0.0) || !(q >= 0.0 && q <= 1.0)) return k_nan;
  if (q == 0.0) return 0.0;
  if (q == 1.0) return k_infinity;
  const double centred = q - 0.5;
  const double z =
      std::fabs(centred) <= k_central ? normal_quantile_of_centred(centred) : normal_ppf_outside(q);
  const double exponent = s * z;
  const double size = std::fabs(exponent);
  if (!(size > k_small_exponent && size < k_last_wide_exponent)) return std::exp(exponent);
  Wide quantile;
  quantile.high = normal_quantile(q, &quantile.low);
  return exp(quantile * Wide{s, 0.0});
}

void lognorm_ppf(const StandardRun& run) {
  for (std::size_t i = 0; i < run.count; ++i) {
    run.out[i] = lognorm_ppf_at(run.x[i], run.shapes[0][i]);
  }
}

// ---------------------------------------------------------------------------- truncated normal

// Most calls have one pair of bounds for all elements: what depends on them alone is kept.
template <double (TruncatedNormal::*function)(double) const noexcept>
void truncated(const StandardRun& run) {
  TruncatedNormal distribution;
  for (std::size_t i = 0; i < run.count; ++i) {
    const double a = run.shapes[0][i];
    const double b = run.shapes[1][i];
    if (!distribution.is_for(a, b)) distribution = TruncatedNormal{a, b};
    run.out[i] = (distribution.*function)(run.x[i]);
  }
}

// --------------------------------------------------------------------------------------- table

using Method = DistributionMethod;

constexpr DistributionFunction k_functions[] = {
    {"cauchy", Method::cdf, {}, 0, each<cauchy_cdf>},
    {"cauchy", Method::pdf, {}, 0, vectorised<&VectorKernels::cauchy_density>},
    {"cauchy", Method::ppf, {}, 0, each<cauchy_ppf>},
    {"expon", Method::cdf, {}, 0, vectorised<&VectorKernels::exponential_distribution>},
    {"expon", Method::pdf, {}, 0, vectorised<&VectorKernels::exponential_density>},
    {"expon", Method::ppf, {}, 0, each<expon_ppf>},
    {"laplace", Method::cdf, {}, 0, vectorised<&VectorKernels::laplace_distribution>},
    {"laplace", Method::pdf, {}, 0, vectorised<&VectorKernels::laplace_density>},
    {"laplace", Method::ppf, {}, 0, each<laplace_ppf>},
    {"logistic", Method::cdf, {}, 0, vectorised<&VectorKernels::logistic_distribution>},
    {"logistic", Method::pdf, {}, 0, vectorised<&VectorKernels::logistic_density>},
    {"logistic", Method::ppf, {}, 0, each<logistic_ppf>},
    {"lognorm", Method::cdf, {"s"}, 1, lognorm_cdf},
    {"lognorm", Method::pdf, {"s"}, 1, lognorm_pdf},
    {"lognorm", Method::ppf, {"s"}, 1, lognorm_ppf},
    {"norm", Method::cdf, {}, 0, vectorised<&VectorKernels::normal_distribution>},
    {"norm", Method::pdf, {}, 0, vectorised<&VectorKernels::normal_density>},
    {"norm", Method::ppf, {}, 0, normal_ppf},
    {"truncnorm", Method::cdf, {"a", "b"}, 2, truncated<&TruncatedNormal::distribution>},
    {"truncnorm", Method::pdf, {"a", "b"}, 2, truncated<&TruncatedNormal::density>},
    {"truncnorm", Method::ppf, {"a", "b"}, 2, truncated<&TruncatedNormal::quantile>},
    {"uniform", Method::cdf, {}, 0, each<uniform_cdf>},
    {"uniform", Method::pdf, {}, 0, each<uniform_pdf>},
    {"uniform", Method::ppf, {}, 0, each<uniform_ppf>},
};

// A column as an array of the block's length: the caller's own memory, or a buffer.
class Feed {
 public:
  Feed(const Column& column, std::size_t count) noexcept
      : values_{column.is_constant ? nullptr : column.values} {
    if (column.is_constant) std::fill_n(buffer_, std::min(count, k_block), *column.values);
  }
  const double* at(std::size_t start) const noexcept {
    return values_ == nullptr ? buffer_ : values_ + start;
  }

 private:
  const double* values_;
  double buffer_[k_block];
};

bool is_always(const Column& column, double value) noexcept {
  return column.is_constant && *column.values == value;
}

// Location and scale around a block of the standard form, as SciPy applies them.
void finish_block(DistributionMethod method, const double* loc, const double* scale, double* out,
                  std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    double value = out[i];
    if (method == DistributionMethod::pdf) value = value / scale[i];
    if (method == DistributionMethod::ppf) value = value * scale[i] + loc[i];
    out[i] = scale[i] > 0.0 ? value : k_nan;
  }
}

}  // namespace

const DistributionFunction* begin_distribution_functions() noexcept {
  return std::begin(k_functions);
}
const DistributionFunction* end_distribution_functions() noexcept { return std::end(k_functions); }

std::string_view name_of(DistributionMethod method) noexcept {
  switch (method) {
    case DistributionMethod::pdf:
      return "pdf";
    case DistributionMethod::cdf:
      return "cdf";
    case DistributionMethod::ppf:
      return "ppf";
  }
  return {};
}

void evaluate(const DistributionFunction& function, const DistributionArguments& arguments,
              double* out, std::size_t count) {
  // x as it is, in one run, when there is nothing around the standard form.
  const bool is_standard = is_always(arguments.loc, 0.0) && is_always(arguments.scale, 1.0);
  if (is_standard && function.shape_count == 0 && !arguments.x.is_constant) {
    function.standard({arguments.x.values, {}, out, count});
    return;
  }
  const Feed x{arguments.x, count};
  const Feed first{arguments.shapes[0], count};
  const Feed second{arguments.shapes[1], count};
  const Feed loc{arguments.loc, count};
  const Feed scale{arguments.scale, count};
  double z[k_block];
  for (std::size_t start = 0; start < count; start += k_block) {
    const std::size_t block = std::min(k_block, count - start);
    const double* from = x.at(start);
    const double* locs = loc.at(start);
    const double* scales = scale.at(start);
    if (!is_standard && function.method != DistributionMethod::ppf) {
      for (std::size_t i = 0; i < block; ++i) z[i] = (from[i] - locs[i]) / scales[i];
      from = z;
    }
    function.standard({from, {first.at(start), second.at(start)}, out + start, block});
    if (!is_standard) finish_block(function.method, locs, scales, out + start, block);
  }
}

}  // namespace flopscope
