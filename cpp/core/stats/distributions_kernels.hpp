// The branch-free parts of the distributions, as loops that the compiler vectorises, in one version
// per instruction set; and the approximations they share with the scalar code.
#pragma once

#include <cstddef>
#include <cstdint>

// What a loop calls must become part of it, whatever instruction set the loop is compiled for.
#if defined(__GNUC__)
#define FLOPSCOPE_INLINE [[gnu::always_inline]] inline
#else
#define FLOPSCOPE_INLINE inline
#endif

namespace flopscope {

enum class VectorLevel : std::uint8_t { baseline, avx2, avx512 };

// One loop per function: `count` values of x to `out`, which may be the same memory.
struct VectorKernels {
  using Unary = void (*)(const double* x, double* out, std::size_t count);
  // For arguments given as a sum x + low, where low is about a rounding error of x.
  using Extended = void (*)(const double* x, const double* low, double* out, std::size_t count);

  Unary normal_density;
  Unary normal_distribution;
  Extended normal_distribution_extended;
  Unary normal_quantile_central;  // right where |q - 1/2| <= k_central
  Unary exponential_density;
  Unary exponential_distribution;
  Unary laplace_density;
  Unary laplace_distribution;
  Unary logistic_density;
  Unary logistic_distribution;
  Unary cauchy_density;
};

// The fastest version that this processor runs; chosen once.
VectorLevel best_vector_level() noexcept;
const VectorKernels& vector_kernels() noexcept;

// A given version, for tests; nullptr where the processor or the build has none.
const VectorKernels* vector_kernels(VectorLevel level) noexcept;

// ------------------------------------------------------------------------------ approximations

// ln 2 in two parts; the first has 41 bits, so that its product with a whole number below 2^12 is
// exact.
inline constexpr double k_ln2_high = 0x1.62e42fefa3000p-1;
inline constexpr double k_ln2_low = 0x1.3de6af278ece6p-42;

inline constexpr double k_inverse_sqrt_2pi = 0x1.9884533d43651p-2;

// a * b + c, in one operation where the instruction set has it. Contraction by the compiler is off
// (the standard's mode), so that the same source gives the same bits everywhere else.
template <bool has_fma>
FLOPSCOPE_INLINE double multiply_add(double a, double b, double c) noexcept {
  if constexpr (has_fma) {
    return __builtin_fma(a, b, c);
  } else {
    return a * b + c;
  }
}

// Value of a polynomial; coefficients from the constant term up, an even number of them. Odd and
// even terms are added up apart: two chains of half the length.
template <bool has_fma, std::size_t size>
FLOPSCOPE_INLINE double polynomial(const double (&coefficients)[size], double x) noexcept {
  static_assert(size % 2 == 0 && size >= 4);
  const double square = x * x;
  double even = coefficients[size - 2];
  double odd = coefficients[size - 1];
#pragma GCC unroll 16
  for (std::size_t i = size - 2; i >= 2; i -= 2) {
    even = multiply_add<has_fma>(even, square, coefficients[i - 2]);
    odd = multiply_add<has_fma>(odd, square, coefficients[i - 1]);
  }
  return multiply_add<has_fma>(odd, x, even);
}

// Mills' ratio of the normal distribution, Q(x) / phi(x), times 1 + x, as a polynomial in
// t = (x - 5) / (x + 5) on [-1, 1], which is x >= 0. The form is that of M. M. Shepherd and
// J. G. Laframboise, Math. Comp. 36 (1981) 249-253; coefficients interpolate at Chebyshev nodes,
// relative error below 6e-17.
inline constexpr double k_mills_centre = 5.0;
inline constexpr double k_mills[] = {
    1.1568486282918946,      -0.2294875382521129,    0.07778159886873764,
    0.02507217930161715,     -0.06617760077909461,   0.06150504584074597,
    -0.03802659218586716,    0.016348231274349995,   -0.0042012903289861386,
    1.9530682704042314e-05,  0.00045704392266072,    -0.00013437445842160464,
    -2.4805835828998953e-05, 2.2710081536644496e-05, -1.7633721137504215e-07,
    -3.2780889332747656e-06, 3.2054886338682205e-07, 4.92889412763629e-07,
    -6.589393318333421e-08,  -7.821049220473805e-08, 9.094218432472913e-09,
    1.1281645525139734e-08,  -7.077031841982677e-10, -9.99802240829343e-10,
};

// Inverse of the normal distribution function: M. J. Wichura, Algorithm AS 241 (PPND16), Applied
// Statistics 37 (1988) 477-484. Three ranges, each a rational function of degree 7.
inline constexpr double k_central = 0.425;
inline constexpr double k_central_square = 0.180625;
inline constexpr double k_central_over[] = {
    3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
    1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
    3.3430575583588128105e4, 2.5090809287301226727e3,
};
inline constexpr double k_central_under[] = {
    1.0,
    4.2313330701600911252e1,
    6.8718700749205790830e2,
    5.3941960214247511077e3,
    2.1213794301586595867e4,
    3.9307895800092710610e4,
    2.8729085735721942674e4,
    5.2264952788528545610e3,
};

}  // namespace flopscope
