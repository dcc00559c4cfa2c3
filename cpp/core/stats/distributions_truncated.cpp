#include "core/stats/distributions_truncated.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/stats/distributions_kernels.hpp"
#include "core/stats/distributions_normal.hpp"
#include "core/stats/distributions_wide.hpp"

namespace flopscope {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

// Gauss and Legendre's rule with 8 points on [0, 1]. For exp(-u) over lengths up to k_short the
// error is below 1e-20.
struct Node {
  double at;
  double weight;
};
constexpr Node k_nodes[] = {
    {0.019855071751231884, 0.05061426814518813}, {0.10166676129318664, 0.11119051722668724},
    {0.2372337950418355, 0.15685332293894363},   {0.4082826787521751, 0.181341891689181},
    {0.591717321247825, 0.181341891689181},      {0.7627662049581645, 0.15685332293894363},
    {0.8983332387068134, 0.11119051722668724},   {0.9801449282487681, 0.05061426814518813},
};
constexpr double k_short = 0.7;

// log(phi(from) / phi(from + width))
double fall(double from, double width) noexcept { return width * (from + 0.5 * width); }

// The probability of (from, from + width) in units of phi(from), from >= 0:
//   integral of exp(-from t - t^2 / 2) for 0 < t < width.
// Where the integrand hardly falls, the difference of the tails would cancel.
double scaled_mass(double from, double width) noexcept {
  const double depth = fall(from, width);
  if (depth < k_short) {
    double sum = 0.0;
    for (const Node& node : k_nodes) {
      sum += node.weight * std::exp(-fall(from, node.at * width));
    }
    return width * sum;
  }
  return mills_ratio(from) - std::exp(-depth) * mills_ratio(from + width);
}

// phi(x) / phi(from) for x >= from, exact to rounding however far out.
double density_ratio(double x, double from) noexcept {
  if (fall(from, x - from) > k_last_wide_exponent) return 0.0;
  return exp(scaled(wide_sum(x, -from) * wide_sum(x, from), -0.5));
}

// The distance h > 0 at which the tail has fallen by a factor exp(-depth): Q(from + h) / Q(from).
// g(h) = -log(Q(from + h) / Q(from)) is convex, g' = 1 / mills and g'' = g' (g' - x): Halley's
// method from the root of the parabola at 0 takes two to four steps.
double distance_of_depth(double from, double depth) noexcept {
  if (!(depth > 0.0)) return 0.0;
  const double mills = mills_ratio(from);
  const double slope = 1.0 / mills;
  const double bend = slope * std::max(0.0, slope - from);
  double h = 2.0 * depth / (slope + std::sqrt(slope * slope + 2.0 * bend * depth));
  constexpr int k_most_steps = 8;
  constexpr double k_last_step = 1e-6;  // the error after a step is about its cube
  for (int step = 0; step < k_most_steps; ++step) {
    const double x = from + h;
    const double mills_there = mills_ratio(x);
    const double reached = fall(from, h) < k_short ? -std::log1p(-scaled_mass(from, h) / mills)
                                                   : fall(from, h) - std::log(mills_there / mills);
    const double newton = (reached - depth) * mills_there;
    const double bend_there = std::max(0.0, 1.0 / mills_there - x);  // g'' / g'
    const double change = newton / (1.0 - 0.5 * newton * bend_there);
    h = std::max(h - change, 0.5 * h);
    if (std::fabs(change) <= k_last_step * h) break;
  }
  return h;
}

}  // namespace

TruncatedNormal::TruncatedNormal(double a, double b) noexcept : a_{a}, b_{b}, is_valid_{a < b} {
  if (!is_valid_) return;
  is_central_ = a < 0.0 && b > 0.0;
  if (is_central_) {
    left_ = normal_from_centre(-a);
    right_ = normal_from_centre(b);
    mass_ = left_ + right_;
    return;
  }
  is_mirrored_ = b <= 0.0;
  near_ = is_mirrored_ ? -b : a;
  far_ = is_mirrored_ ? -a : b;
  scaled_mass_ = scaled_mass(near_, far_ - near_);
  inside_ = scaled_mass_ / mills_ratio(near_);
  beyond_ = density_ratio(far_, near_) * mills_ratio(far_) / mills_ratio(near_);
}

double TruncatedNormal::density(double x) const noexcept {
  if (!is_valid_ || std::isnan(x)) return k_nan;
  if (x < a_ || x > b_) return 0.0;
  if (is_central_) return normal_density(x) / mass_;
  return density_ratio(std::fabs(x), near_) / scaled_mass_;
}

double TruncatedNormal::distribution(double x) const noexcept {
  if (!is_valid_ || std::isnan(x)) return k_nan;
  if (x <= a_) return 0.0;
  if (x >= b_) return 1.0;
  double below = 0.0;
  if (!is_central_) {
    below = is_mirrored_ ? density_ratio(-x, near_) * scaled_mass(-x, far_ + x) / scaled_mass_
                         : scaled_mass(near_, x - near_) / scaled_mass_;
  } else if (x < 0.0) {
    below = normal_density(x) * scaled_mass(-x, x - a_) / mass_;
  } else {
    below = (left_ + normal_from_centre(x)) / mass_;
  }
  return std::min(below, 1.0);
}

double TruncatedNormal::quantile(double q) const noexcept {
  if (!is_valid_ || !(q >= 0.0 && q <= 1.0)) return k_nan;
  if (q == 0.0) return a_;
  if (q == 1.0) return b_;
  const double x = is_central_ ? quantile_around_centre(q) : quantile_in_tail(q);
  return std::min(std::max(x, a_), b_);
}

double TruncatedNormal::quantile_in_tail(double q) const noexcept {
  // Shares of the mass between the near end and x, and between x and the far end.
  const double nearer = is_mirrored_ ? 1.0 - q : q;
  const double farther = is_mirrored_ ? q : 1.0 - q;
  const double passed = nearer * inside_;
  constexpr double k_half = 0.5;
  const double depth =
      passed < k_half ? -std::log1p(-passed) : -std::log(farther + nearer * beyond_);
  const double distance = near_ + distance_of_depth(near_, depth);
  return is_mirrored_ ? -distance : distance;
}

double TruncatedNormal::quantile_around_centre(double q) const noexcept {
  // The probability between 0 and x, from the terms that lose least.
  double centred = 0.0;
  if (left_ <= 2.0 * right_ && right_ <= 2.0 * left_) {
    centred = (2.0 * q - 1.0) * left_ + q * (right_ - left_);
  } else {
    centred = q <= 0.5 ? q * mass_ - left_ : right_ - (1.0 - q) * mass_;
  }
  if (std::fabs(centred) <= k_central) return normal_quantile_of_centred(centred);
  if (centred < 0.0) return -normal_quantile_of_tail(normal_tail(-a_) + q * mass_);
  return normal_quantile_of_tail(normal_tail(b_) + (1.0 - q) * mass_);
}

}  // namespace flopscope
