#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include "core/pricing/cost_model.hpp"

using flopscope::BillingDtype;
using flopscope::CostModel;
using flopscope::Count;
using flopscope::Facts;
using flopscope::Price;
using flopscope::quote;
using flopscope::quote_count;
using flopscope::weighted;

namespace contraction_facts = flopscope::contraction_facts;

namespace {

constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();

CostModel with_rates() {
  std::array<double, flopscope::k_billing_dtypes> rates{};
  rates.fill(1.0);
  rates[static_cast<std::size_t>(BillingDtype::float32)] = 0.5;
  rates[static_cast<std::size_t>(BillingDtype::complex128)] = 2.0;
  return {*flopscope::shipped_list("0.8"), "with rates", {}, false, &rates};
}

Price price_of(const CostModel& model, const char* op, double factor) {
  Price price = model.price(flopscope::registry().intern(op));
  price.factor = factor;
  return price;
}

}  // namespace

TEST_CASE("a quote is count, rate, factor and weight, truncated once") {
  const CostModel model = with_rates();
  const Price exp = price_of(model, "exp", 3.0);
  CHECK(quote_count(model, exp, 5, BillingDtype::none).bill == 80);
  CHECK(quote_count(model, exp, 5, BillingDtype::float64).bill == 80);
  CHECK(quote_count(model, exp, 5, BillingDtype::float32).bill == 40);
  CHECK(quote_count(model, exp, 5, BillingDtype::complex128).bill == 5 * 2 * 3 * 16);
  const Price add = price_of(model, "add", 1.0);
  CHECK(quote_count(model, add, 5, BillingDtype::float32).bill == 2);  // 2.5
  CHECK(quote_count(model, add, 1, BillingDtype::float32).bill == 0);
  CHECK(quote_count(model, add, k_top, BillingDtype::float32).bill == k_top);
}

TEST_CASE("complex contractions cost 6 per product and 2 per sum") {
  const CostModel model = with_rates();
  const Price matmul = price_of(model, "matmul", flopscope::k_exact);
  Count facts[contraction_facts::count];
  facts[contraction_facts::multiplications] = 24;
  facts[contraction_facts::additions] = 16;
  const auto told = quote(model, matmul, Facts{facts, nullptr}, BillingDtype::complex128);
  CHECK(told.count == 40);
  CHECK(told.factor == 176.0 / 40.0);
  CHECK(told.bill == 352);
  CHECK(quote(model, matmul, Facts{facts, nullptr}, BillingDtype::float64).bill == 40);
  facts[contraction_facts::multiplications] = 0;
  facts[contraction_facts::additions] = 0;
  CHECK(quote(model, matmul, Facts{facts, nullptr}, BillingDtype::complex128).bill == 0);
}

TEST_CASE("bills are truncated towards zero") {
  CHECK(weighted(100, 1.0) == 100);
  CHECK(weighted(100, 16.0) == 1'600);
  CHECK(weighted(100, 0.0) == 0);
  CHECK(weighted(0, 16.0) == 0);
  CHECK(weighted(3, 0.5) == 1);
  CHECK(weighted(1, 0.99) == 0);
  CHECK(weighted(7, 1.5) == 10);
  CHECK(weighted(10, 0.1) == 1);
  // As Python's int(cost * weight): the product is rounded to a float first.
  CHECK(weighted(3, 0.1) == static_cast<std::uint64_t>(3 * 0.1));
  CHECK(weighted(1'000'000'007, 2.25) == 2'250'000'015);
}

TEST_CASE("whole weights multiply in integers") {
  constexpr std::uint64_t k_odd = (1ULL << 53U) + 1;  // no float has this value
  CHECK(weighted(k_odd, 1.0) == k_odd);
  CHECK(weighted(k_odd, 3.0) == 3 * k_odd);
  CHECK(weighted(k_odd, 16.0) == 16 * k_odd);
}

TEST_CASE("bills that do not fit are held at the top") {
  CHECK(weighted(k_top, 1.0) == k_top);
  CHECK(weighted(k_top, 2.0) == k_top);
  CHECK(weighted(k_top / 16, 16.0) == k_top / 16 * 16);
  CHECK(weighted(k_top / 16 + 1, 16.0) == k_top);
  CHECK(weighted(k_top, 1.5) == k_top);
  CHECK(weighted(1ULL << 63U, 2.5) == k_top);
  CHECK(weighted(1, 1e300) == k_top);
  CHECK(weighted(1, std::numeric_limits<double>::infinity()) == k_top);
  CHECK(weighted(1, std::nan("")) == k_top);
  CHECK(weighted(0, std::numeric_limits<double>::infinity()) == 0);
}
