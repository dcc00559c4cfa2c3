// The normal distribution cut off at both ends.
#pragma once

namespace flopscope {

// The normal distribution restricted to a < x < b; either bound may be infinite. All values come
// from sums of positive terms, so that nothing cancels however far out or narrow the interval is.
class TruncatedNormal {
 public:
  TruncatedNormal() noexcept = default;
  TruncatedNormal(double a, double b) noexcept;

  bool is_for(double a, double b) const noexcept { return a == a_ && b == b_; }

  // NaN everywhere unless a < b.
  double density(double x) const noexcept;
  double distribution(double x) const noexcept;
  double quantile(double q) const noexcept;

 private:
  double quantile_in_tail(double q) const noexcept;
  double quantile_around_centre(double q) const noexcept;

  double a_ = 0.0;
  double b_ = 0.0;
  bool is_valid_ = false;
  bool is_central_ = false;   // a < 0 < b
  bool is_mirrored_ = false;  // b <= 0: computed for -x between -b and -a
  // Central: the probabilities of (a, 0), (0, b) and (a, b).
  double left_ = 0.0;
  double right_ = 0.0;
  double mass_ = 0.0;
  // Otherwise: the ends by distance from 0, the probability between them in units of phi(near), and
  // the shares in Q(near) of what is inside and what is beyond the far end.
  double near_ = 0.0;
  double far_ = 0.0;
  double scaled_mass_ = 0.0;
  double inside_ = 0.0;
  double beyond_ = 0.0;
};

}  // namespace flopscope
