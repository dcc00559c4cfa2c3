#include "core/stats/distributions_kernels.hpp"

#include <cmath>
#include <cstring>
#include <initializer_list>

#include "core/stats/distributions.hpp"

#if defined(__GNUC__) && defined(__x86_64__)
#define FLOPSCOPE_HAS_LEVELS 1
#else
#define FLOPSCOPE_HAS_LEVELS 0
#endif

namespace flopscope {
namespace {

FLOPSCOPE_INLINE std::uint64_t bits_of(double x) noexcept {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

FLOPSCOPE_INLINE double from_bits(std::uint64_t bits) noexcept {
  double x = 0;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// Comparisons are written so that NaN passes through.
FLOPSCOPE_INLINE double at_most(double x, double top) noexcept { return x > top ? top : x; }

// ------------------------------------------------------------------------- exponential function

// Adding this to a double of moderate size rounds it to a whole number, which is then found in the
// low bits of the sum.
constexpr double k_rounder = 0x1.8p52;
constexpr double k_log2_e = 0x1.71547652b82fep+0;

// (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2, relative error of the sum below 2e-17.
constexpr double k_exp[] = {
    0.5000000000000001,     0.16666666666666669,    0.04166666666662399,   0.008333333333330051,
    0.0013888888917281794,  0.00019841269863105968, 2.480152119021773e-05, 2.7557268378684192e-06,
    2.7620138719733994e-07, 2.5100424157005067e-08,
};

// 2^power for a whole number as a double, -1022 <= power <= 1023.
FLOPSCOPE_INLINE double power_of_two(double power) noexcept {
  constexpr double k_bias = 1023.0;
  return from_bits(bits_of(power + (k_rounder + k_bias)) << 52U);
}

// exp(r + low) - 1 = r + `rest`, where the argument was r + power * ln 2.
struct Reduced {
  double power;
  double r;
  double rest;
};

template <bool has_fma>
FLOPSCOPE_INLINE Reduced reduce(double high, double low) noexcept {
  const double power = multiply_add<has_fma>(high, k_log2_e, k_rounder) - k_rounder;
  const double exact = multiply_add<has_fma>(power, -k_ln2_high, high);
  const double r = multiply_add<has_fma>(power, -k_ln2_low, exact) + low;
  return {power, r, r * r * polynomial<has_fma>(k_exp, r)};
}

// A number as value * scale * scale2, so that what is multiplied to the value first is not lost to
// underflow. Powers of two: only the last product rounds.
struct Scaled {
  double value;
  double scale;
  double scale2;
  FLOPSCOPE_INLINE double times(double factor) const noexcept {
    return value * factor * scale * scale2;
  }
};

// exp(high + low) for -1400 < high < 700.
template <bool has_fma>
FLOPSCOPE_INLINE Scaled exponential(double high, double low = 0.0) noexcept {
  const Reduced reduced = reduce<has_fma>(high, low);
  const double half = (reduced.power * 0.5 + k_rounder) - k_rounder;
  return {1.0 + (reduced.r + reduced.rest), power_of_two(half), power_of_two(reduced.power - half)};
}

// Beyond it, exp(-x) is zero, and exp(-x^2/2) beyond the second.
constexpr double k_last_exponent = 760.0;
constexpr double k_last_normal = 39.0;

// exp(-x) for x >= 0.
template <bool has_fma>
FLOPSCOPE_INLINE Scaled decay(double x) noexcept {
  return exponential<has_fma>(-at_most(x, k_last_exponent));
}

// exp(-(x + low)^2 / 2) for 0 <= x <= k_last_normal. With the square rounded, the relative error
// would be that of x^2/2 in units of 1, up to 1e-13. Instead x is cut into a head of 26 bits, whose
// square is exact, and a tail.
template <bool has_fma>
FLOPSCOPE_INLINE Scaled bell(double x, double low = 0.0) noexcept {
  const double head = from_bits(bits_of(x) & ~std::uint64_t{0x7FFFFFF});
  const double rest = -0.5 * (x - head) * (x + head) - x * low;
  return exponential<has_fma>(-0.5 * head * head, rest);
}

// ------------------------------------------------------------------------------- distributions

struct NormalDensity {
  template <bool has_fma>
  FLOPSCOPE_INLINE static double at(double x) noexcept {
    return bell<has_fma>(at_most(std::fabs(x), k_last_normal)).times(k_inverse_sqrt_2pi);
  }
};

// The tail of |x| from Mills' ratio; no canelementation on the left, and a complement on the right.
template <bool has_fma>
FLOPSCOPE_INLINE double normal_distribution(double x, double low) noexcept {
  const double size = at_most(std::fabs(x), k_last_normal);
  const double above = size + k_mills_centre;
  const double normed = size + 1.0;
  const double inverse = 1.0 / (above * normed);
  const double t = (size - k_mills_centre) * normed * inverse;
  const double mills = polynomial<has_fma>(k_mills, t) * (above * inverse);
  const double tail = bell<has_fma>(size, x < 0.0 ? -low : low).times(mills * k_inverse_sqrt_2pi);
  const double right = x > 0.0 ? 1.0 - tail : 0.5 + x;  // exactly one half at 0; NaN for NaN
  return x < 0.0 ? tail : right;
}

struct NormalDistribution {
  template <bool has_fma>
  FLOPSCOPE_INLINE static double at(double x) noexcept {
    return normal_distribution<has_fma>(x, 0.0);
  }
};

struct NormalQuantileCentral {
  template <bool has_fma>
  FLOPSCOPE_INLINE static double at(double q) noexcept {
    const double centred = q - 0.5;
    const double r = k_central_square - centred * centred;
    return centred * polynomial<has_fma>(k_central_over, r) /
           polynomial<has_fma>(k_central_under, r);
  }
};

struct ExponentialDensity {
  template <bool has_fma>
  FLOPSCOPE_INLINE static double at(double x) noexcept {
    const double inside = decay<has_fma>(std::fabs(x)).times(1.0);
    return x < 0.0 ? 0.0 : inside;
  }
};

struct ExponentialDistribution {
  template <bool has_fma>
  FLOPSCOPE_INLINE static double at(double x) noexcept {
    // 1 - exp(-x) = (1 - 2^k) - 2^k (exp(r) - 1), which for small x is -(exp(r) - 1) alone.
    constexpr double k_where_it_is_one = 60.0;
    const double size = at_most(std::fabs(x), k_where_it_is_one);
    const Reduced reduced = reduce<has_fma>(-size, 0.0);
    const double scale = power_of_two(reduced.power);
    const double inside = (1.0 - scale) - scale * (reduced.r + reduced.rest);
    return x < 0.0 ? 0.0 : inside;
  }
};

struct LaplaceDensity {
  template <bool has_fma>
  FLOPSCOPE_INLINE static double at(double x) noexcept {
    return decay<has_fma>(std::fabs(x)).times(0.5);
  }
};

struct LaplaceDistribution {
  template <bool has_fma>
  FLOPSCOPE_INLINE static double at(double x) noexcept {
    const double tail = decay<has_fma>(std::fabs(x)).times(0.5);
    return x > 0.0 ? 1.0 - tail : tail;
  }
};

struct LogisticDensity {
  template <bool has_fma>
  FLOPSCOPE_INLINE static double at(double x) noexcept {
    const double e = decay<has_fma>(std::fabs(x)).times(1.0);
    return e / ((1.0 + e) * (1.0 + e));
  }
};

struct LogisticDistribution {
  template <bool has_fma>
  FLOPSCOPE_INLINE static double at(double x) noexcept {
    const double e = decay<has_fma>(std::fabs(x)).times(1.0);
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
  }
};

struct CauchyDensity {
  template <bool has_fma>
  FLOPSCOPE_INLINE static double at(double x) noexcept {
    constexpr double k_inverse_pi = 0x1.45f306dc9c883p-2;
    return k_inverse_pi / (1.0 + x * x);
  }
};

// ---------------------------------------------------------------------- one version per processor

template <class Function, bool has_fma>
FLOPSCOPE_INLINE void loop(const double* x, double* out, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) out[i] = Function::template at<has_fma>(x[i]);
}

template <bool has_fma>
FLOPSCOPE_INLINE void extended_loop(const double* x, const double* low, double* out,
                                    std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) out[i] = normal_distribution<has_fma>(x[i], low[i]);
}

#if defined(__FP_FAST_FMA)
constexpr bool k_baseline_fma = true;
#else
constexpr bool k_baseline_fma = false;
#endif

struct Baseline {
  template <class Function>
  static void unary(const double* x, double* out, std::size_t count) {
    loop<Function, k_baseline_fma>(x, out, count);
  }
  static void extended(const double* x, const double* low, double* out, std::size_t count) {
    extended_loop<k_baseline_fma>(x, low, out, count);
  }
};

#if FLOPSCOPE_HAS_LEVELS

struct Avx2 {
  template <class Function>
  [[gnu::target("avx2,fma")]] static void unary(const double* x, double* out, std::size_t count) {
    loop<Function, true>(x, out, count);
  }
  [[gnu::target("avx2,fma")]] static void extended(const double* x, const double* low, double* out,
                                                   std::size_t count) {
    extended_loop<true>(x, low, out, count);
  }
};

struct Avx512 {
  template <class Function>
  [[gnu::target("avx512f,avx512dq,avx512vl,avx2,fma")]] static void unary(const double* x,
                                                                          double* out,
                                                                          std::size_t count) {
    loop<Function, true>(x, out, count);
  }
  [[gnu::target("avx512f,avx512dq,avx512vl,avx2,fma")]] static void extended(const double* x,
                                                                             const double* low,
                                                                             double* out,
                                                                             std::size_t count) {
    extended_loop<true>(x, low, out, count);
  }
};

#endif

template <class Level>
constexpr VectorKernels make_kernels() {
  return {
      Level::template unary<NormalDensity>,
      Level::template unary<NormalDistribution>,
      Level::extended,
      Level::template unary<NormalQuantileCentral>,
      Level::template unary<ExponentialDensity>,
      Level::template unary<ExponentialDistribution>,
      Level::template unary<LaplaceDensity>,
      Level::template unary<LaplaceDistribution>,
      Level::template unary<LogisticDensity>,
      Level::template unary<LogisticDistribution>,
      Level::template unary<CauchyDensity>,
  };
}

}  // namespace

const VectorKernels* vector_kernels(VectorLevel level) noexcept {
  static constexpr VectorKernels baseline = make_kernels<Baseline>();
#if FLOPSCOPE_HAS_LEVELS
  static constexpr VectorKernels avx2 = make_kernels<Avx2>();
  static constexpr VectorKernels avx512 = make_kernels<Avx512>();
  if (level == VectorLevel::avx512) {
    const bool runs = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
    return runs ? &avx512 : nullptr;
  }
  if (level == VectorLevel::avx2) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2 : nullptr;
  }
#endif
  return level == VectorLevel::baseline ? &baseline : nullptr;
}

VectorLevel best_vector_level() noexcept {
  static const VectorLevel best = [] {
    for (const VectorLevel level : {VectorLevel::avx512, VectorLevel::avx2}) {
      if (vector_kernels(level) != nullptr) return level;
    }
    return VectorLevel::baseline;
  }();
  return best;
}

const VectorKernels& vector_kernels() noexcept {
  static const VectorKernels& best = *vector_kernels(best_vector_level());
  return best;
}

std::string_view instruction_set() noexcept {
  switch (best_vector_level()) {
    case VectorLevel::avx512:
      return "avx512";
    case VectorLevel::avx2:
      return "avx2";
    case VectorLevel::baseline:
      break;
  }
  return "baseline";
}

}  // namespace flopscope
