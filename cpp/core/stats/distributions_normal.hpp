// The normal distribution one value at a time, for the parts that branch: both tails as Mills'
// ratios, and the inverse of the distribution function.
#pragma once

namespace flopscope {

// phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
double normal_density(double x) noexcept;

// Q(x) / phi(x) for x >= 0, where Q(x) is the probability of exceeding x.
double mills_ratio(double x) noexcept;

// Q(x) for x >= 0.
double normal_tail(double x) noexcept;

// The probability between 0 and x >= 0.
double normal_from_centre(double x) noexcept;

// x such that Q(x) = tail, for 0 <= tail <= 0.075; at least 1.4.
double normal_quantile_of_tail(double tail) noexcept;

// x such that the probability between 0 and x is `centred` (negative: on the left), for
// |centred| <= 0.425.
double normal_quantile_of_centred(double centred) noexcept;

// The quantile of 0 < q < 1 and, as `*low`, what is missing to the exact one: a Newton step, which
// leaves the sum a relative error far below that of a double in the tails.
double normal_quantile(double q, double* low) noexcept;

}  // namespace flopscope
