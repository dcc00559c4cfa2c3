#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/stats/distributions.hpp"
#include "core/stats/distributions_kernels.hpp"
#include "core/stats/distributions_normal.hpp"
#include "core/stats/distributions_truncated.hpp"

using namespace flopscope;

namespace {

constexpr double k_infinity = std::numeric_limits<double>::infinity();
constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

const DistributionFunction& function(std::string_view distribution, DistributionMethod method) {
  const DistributionFunction* at = begin_distribution_functions();
  while (at->distribution != distribution || at->method != method) ++at;
  return *at;
}

double at(std::string_view distribution, DistributionMethod method, double x,
          std::vector<double> shapes = {}, double loc = 0.0, double scale = 1.0) {
  DistributionArguments arguments;
  arguments.x = {&x, true};
  for (std::size_t i = 0; i < shapes.size(); ++i) arguments.shapes[i] = {&shapes[i], true};
  arguments.loc = {&loc, true};
  arguments.scale = {&scale, true};
  double out = 0.0;
  evaluate(function(distribution, method), arguments, &out, 1);
  return out;
}

double cdf(std::string_view name, double x, std::vector<double> shapes = {}) {
  return at(name, DistributionMethod::cdf, x, std::move(shapes));
}
double pdf(std::string_view name, double x, std::vector<double> shapes = {}) {
  return at(name, DistributionMethod::pdf, x, std::move(shapes));
}
double ppf(std::string_view name, double q, std::vector<double> shapes = {}) {
  return at(name, DistributionMethod::ppf, q, std::move(shapes));
}

doctest::Approx about(double value) { return doctest::Approx(value).epsilon(1e-14).scale(0.0); }

// The first n points of a sequence that fills (low, high) evenly.
std::vector<double> spread(double low, double high, std::size_t count) {
  constexpr double k_golden = 0.6180339887498949;
  std::vector<double> points(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double part = static_cast<double>(i + 1) * k_golden;
    points[i] = low + (high - low) * (part - std::floor(part));
  }
  return points;
}

}  // namespace

TEST_CASE("values known to more digits than a double has") {
  CHECK(pdf("norm", -37.0) == about(2.1200065515246056e-298));
  CHECK(cdf("norm", -37.5) == about(4.605353009581955e-308));
  CHECK(cdf("norm", -10.1) == about(2.762109471764517e-24));
  CHECK(cdf("norm", 0.3) == about(0.6179114221889527));
  CHECK(ppf("norm", 1e-300) == about(-37.0470962993612));
  CHECK(ppf("norm", 0.3) == about(-0.5244005127080408));
  CHECK(cdf("expon", 1e-300) == 1e-300);
  CHECK(ppf("cauchy", 1e-300) == about(-3.1830988618379066e+299));
  CHECK(pdf("lognorm", 1e-310, {18.0}) == about(7.355003342152643e-34));
  CHECK(cdf("lognorm", 2.0, {0.9}) == about(0.7793985539169291));
  CHECK(pdf("truncnorm", 40.3, {40.0, k_infinity}) == about(0.0002351007248067719));
  CHECK(cdf("truncnorm", -30.9, {-31.0, -30.0}) == about(1.1622368286371668e-12));
  CHECK(ppf("truncnorm", 0.5, {30.0, 31.0}) == about(30.02307046782731));
}

TEST_CASE("values outside of the domain") {
  CHECK(cdf("norm", -k_infinity) == 0.0);
  CHECK(cdf("norm", k_infinity) == 1.0);
  CHECK(cdf("norm", 0.0) == 0.5);
  CHECK(std::isnan(cdf("norm", k_nan)));
  CHECK(ppf("norm", 0.0) == -k_infinity);
  CHECK(ppf("norm", 1.0) == k_infinity);
  CHECK(std::isnan(ppf("norm", 1.5)));
  CHECK(pdf("expon", -1.0) == 0.0);
  CHECK(pdf("uniform", 1.0) == 1.0);
  CHECK(cdf("lognorm", 0.0, {1.0}) == 0.0);
  CHECK(cdf("lognorm", k_infinity, {1.0}) == 1.0);
  CHECK(std::isnan(pdf("lognorm", 1.0, {0.0})));
  CHECK(std::isnan(pdf("truncnorm", 1.0, {1.0, 1.0})));
  CHECK(cdf("truncnorm", 9.0, {-1.0, 2.0}) == 1.0);
  CHECK(ppf("truncnorm", 0.0, {-k_infinity, 2.0}) == -k_infinity);
  CHECK(std::isnan(at("norm", DistributionMethod::pdf, 0.0, {}, 0.0, 0.0)));
  CHECK(std::isnan(at("norm", DistributionMethod::cdf, 0.0, {}, 0.0, -1.0)));
  CHECK(std::isnan(at("norm", DistributionMethod::ppf, 0.5, {}, k_nan, 1.0)));
}

TEST_CASE("location and scale") {
  CHECK(at("norm", DistributionMethod::pdf, 3.0, {}, 1.0, 2.0) == pdf("norm", 1.0) / 2.0);
  CHECK(at("norm", DistributionMethod::cdf, 3.0, {}, 1.0, 2.0) == cdf("norm", 1.0));
  CHECK(at("norm", DistributionMethod::ppf, 0.9, {}, 1.0, 2.0) == ppf("norm", 0.9) * 2.0 + 1.0);
}

TEST_CASE("every instruction set gives the same values to rounding") {
  const VectorKernels& baseline = *vector_kernels(VectorLevel::baseline);
  using Unary = VectorKernels::Unary VectorKernels::*;
  const std::vector<double> x = spread(-38.0, 38.0, 1003);
  std::vector<double> expected(x.size());
  std::vector<double> found(x.size());
  for (const VectorLevel level : {VectorLevel::avx2, VectorLevel::avx512}) {
    const VectorKernels* kernels = vector_kernels(level);
    if (kernels == nullptr) continue;
    for (const Unary kernel :
         {&VectorKernels::normal_density, &VectorKernels::normal_distribution,
          &VectorKernels::exponential_density, &VectorKernels::exponential_distribution,
          &VectorKernels::laplace_density, &VectorKernels::laplace_distribution,
          &VectorKernels::logistic_density, &VectorKernels::logistic_distribution,
          &VectorKernels::cauchy_density}) {
      (baseline.*kernel)(x.data(), expected.data(), x.size());
      (kernels->*kernel)(x.data(), found.data(), x.size());
      for (std::size_t i = 0; i < x.size(); ++i) {
        CAPTURE(x[i]);
        CHECK(std::fabs(found[i] - expected[i]) <= 1e-15 * expected[i]);
      }
    }
  }
}

TEST_CASE("a vectorised element equals the scalar functions") {
  for (const double x : spread(0.0, 37.0, 500)) {
    CAPTURE(x);
    CHECK(cdf("norm", -x) == doctest::Approx(normal_tail(x)).epsilon(2e-15).scale(0.0));
    CHECK(pdf("norm", x) == doctest::Approx(normal_density(x)).epsilon(1e-15).scale(0.0));
  }
}

TEST_CASE("Mills' ratio far out is that of its asymptotic series") {
  for (const double x : {1e5, 1e8, 1e100, 1e300}) {
    CHECK(mills_ratio(x) == about((1.0 - 1.0 / x / x) / x));
  }
  CHECK(mills_ratio(k_infinity) == 0.0);
}

TEST_CASE("quantiles and what they miss") {
  for (const double q : {1e-300, 1e-100, 1e-10, 0.01, 0.3, 0.7, 0.99}) {
    double low = 0.0;
    const double x = normal_quantile(q, &low);
    CAPTURE(q);
    CHECK(std::fabs(low) <= 1e-15 * std::fabs(x));
  }
}

TEST_CASE("truncated normals mirror each other") {
  const TruncatedNormal right{3.0, 5.0};
  const TruncatedNormal left{-5.0, -3.0};
  for (const double x : spread(3.0, 5.0, 50)) {
    CHECK(right.density(x) == left.density(-x));
    CHECK(right.distribution(x) == about(1.0 - left.distribution(-x)).epsilon(1e-13));
  }
  for (const double q : {0.25, 0.5, 0.75}) CHECK(right.quantile(q) == -left.quantile(1.0 - q));
}

TEST_CASE("one function for every distribution and method, in order") {
  const DistributionFunction* last = nullptr;
  for (const DistributionFunction* row = begin_distribution_functions();
       row != end_distribution_functions(); ++row) {
    if (last != nullptr) {
      const auto name = [](const DistributionFunction& f) {
        return std::string{f.distribution} + "." + std::string{name_of(f.method)};
      };
      CHECK(name(*last) < name(*row));
    }
    last = row;
  }
  CHECK(end_distribution_functions() - begin_distribution_functions() == 24);
}

TEST_CASE("columns and constants agree across blocks") {
  const std::vector<double> x = spread(0.01, 3.0, 1300);
  const std::vector<double> s(x.size(), 0.9);
  const double one_s = 0.9;
  const double loc = -0.5;
  const double scale = 2.0;
  std::vector<double> from_constants(x.size());
  std::vector<double> from_columns(x.size());
  for (const DistributionMethod method : {DistributionMethod::pdf, DistributionMethod::cdf}) {
    const DistributionFunction& lognorm = function("lognorm", method);
    evaluate(lognorm, {{x.data(), false}, {{{&one_s, true}}}, {&loc, true}, {&scale, true}},
             from_constants.data(), x.size());
    evaluate(lognorm, {{x.data(), false}, {{{s.data(), false}}}, {&loc, true}, {&scale, true}},
             from_columns.data(), x.size());
    CHECK(from_constants == from_columns);
  }
}
