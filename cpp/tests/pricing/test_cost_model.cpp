#include <string>

#include <doctest/doctest.h>

#include "core/pricing/cost_model.hpp"

using flopscope::begin_rows;
using flopscope::CostModel;
using flopscope::end_rows;
using flopscope::Kind;
using flopscope::OpRow;
using flopscope::Price;
using flopscope::registry;
using flopscope::shipped_list;

TEST_CASE("the table of weights") {
  const auto ops = shipped_list("0.8");
  for (const char* name : {"add", "subtract", "multiply", "divide", "square", "sqrt", "negative",
                           "maximum", "less", "bitwise_and", "sum", "mean", "matmul"}) {
    CAPTURE(name);
    CHECK(ops->weight_of(name) == 1.0);
  }
  for (const char* name :
       {"exp",    "exp2",    "expm1",     "log",       "log2",         "log10",   "log1p",
        "cbrt",   "sin",     "cos",       "tan",       "sinh",         "cosh",    "tanh",
        "arcsin", "arccos",  "arctan",    "arcsinh",   "arccosh",      "arctanh", "asin",
        "acos",   "atan",    "asinh",     "acosh",     "atanh",        "sinc",    "i0",
        "angle",  "power",   "pow",       "mod",       "floor_divide", "fmod",    "float_power",
        "divmod", "arctan2", "remainder", "logaddexp", "logaddexp2",   "atan2",   "hypot",
        "gcd",    "lcm"}) {
    CAPTURE(name);
    CHECK(ops->weight_of(name) == 16.0);
  }
  CHECK(ops->weight_of("hamming") == 8.0);
  CHECK(ops->weight_of("hanning") == 8.0);
  CHECK(ops->weight_of("piecewise") == 4.0);
  CHECK(ops->weight_of("apply_along_axis") == 4.0);
  CHECK(ops->weight_of("apply_over_axes") == 1.0);
  CHECK(ops->weight_of("reshape") == 0.0);
}

TEST_CASE("a weight is looked up by name, then as what the name stands for, then as 1") {
  const CostModel ops{*shipped_list("0.8"),
                      "mine",
                      {{"power", 3},
                       {"pow", 5},
                       {"arccos", 7},
                       {"floor_divide", 11},
                       {"random.normal", 13},
                       {"random.Generator.normal", 17},
                       {"random.randint", 19},
                       {"random.random_sample", 23},
                       {"add.outer", 29},
                       {"add", 31}},
                      true,
                      nullptr};
  SUBCASE("the exact name comes first") {
    CHECK(ops.weight_of("pow") == 5.0);
    CHECK(ops.weight_of("random.Generator.normal") == 17.0);
    CHECK(ops.weight_of("add.outer") == 29.0);
  }
  SUBCASE("methods of generators weigh what the module's sampler does") {
    CHECK(ops.weight_of("random.RandomState.normal") == 13.0);
    CHECK(ops.weight_of("random.Generator.integers") == 19.0);
    CHECK(ops.weight_of("random.Generator.random") == 23.0);
    CHECK(ops.weight_of("random.RandomState.random") == 23.0);
    CHECK(ops.weight_of("random.RandomState.randint") == 19.0);
    CHECK(ops.weight_of("random.Generator.gamma") == 1.0);
  }
  SUBCASE("aliases weigh what their twin does") {
    CHECK(ops.weight_of("acos") == 7.0);
    CHECK(ops.weight_of("divmod") == 11.0);
    CHECK(ops.weight_of("acosh") == 1.0);
    CHECK(ops.weight_of("remainder") == 1.0);  // not an alias: has a row of its own
  }
  SUBCASE("a ufunc's methods weigh what the ufunc does") {
    CHECK(ops.weight_of("power.outer") == 3.0);
    CHECK(ops.weight_of("add.reduce") == 31.0);
    CHECK(ops.weight_of("divmod.outer") == 11.0);
    CHECK(ops.weight_of("pow.at") == 5.0);
    CHECK(ops.weight_of("power.inner") == 1.0);  // no such method
    CHECK(ops.weight_of("matmul.reduce") == 1.0);
    CHECK(ops.weight_of("reshape.outer") == 1.0);  // not a ufunc
    CHECK(ops.weight_of("outer") == 1.0);
  }
  SUBCASE("everything else weighs 1") {
    CHECK(ops.weight_of("exp") == 1.0);
    CHECK(ops.weight_of("no such operation") == 1.0);
    CHECK(ops.weight_of("") == 1.0);
    CHECK(ops.weight_of(".reduce") == 1.0);
  }
}

TEST_CASE("the packaged weights reach the dotted names") {
  const auto ops = shipped_list("0.8");
  for (const char* method : {"reduce", "accumulate", "outer", "reduceat", "at"}) {
    CAPTURE(method);
    CHECK(ops->weight_of(std::string{"power."} + method) == 16.0);
    CHECK(ops->weight_of(std::string{"hypot."} + method) == 16.0);
    CHECK(ops->weight_of(std::string{"add."} + method) == 1.0);
  }
}

TEST_CASE("no weights at all: everything weighs 1") {
  const CostModel ops{*shipped_list("0.8"), "plain", {}, true, nullptr};
  for (const char* name : {"power.outer", "exp", "reshape", "hypot.reduce"}) {
    CHECK(ops.weight_of(name) == 1.0);
    CHECK(ops.price(registry().intern(name)).weight == 1.0);
  }
  CHECK(ops.name() == "plain");
  CHECK(ops.base() == "0.8");
}

TEST_CASE("a derived list keeps what it does not replace") {
  const CostModel ops{*shipped_list("0.8"), "mine", {{"exp", 2.5}}, false, nullptr};
  CHECK(ops.weight_of("exp") == 2.5);
  CHECK(ops.weight_of("exp.outer") == 2.5);
  CHECK(ops.weight_of("log") == 16.0);
  CHECK(shipped_list("0.8")->weight_of("exp") == 16.0);
}

TEST_CASE("every row of every list has a price that fits it") {
  for (const auto name : flopscope::list_names()) {
    const auto model = shipped_list(name);
    for (const OpRow* row = begin_rows(); row != end_rows(); ++row) {
      CAPTURE(name);
      CAPTURE(row->name);
      const Price& price = model->price(registry().id_of(*row));
      CHECK(price.weight >= 0.0);
      if (row->kind == Kind::blocked || row->kind == Kind::local) CHECK(price.is_free());
      // What only the result tells is billed after the call.
      if (price.needs_result()) CHECK(row->facts.find('@') != std::string_view::npos);
    }
  }
  CHECK_FALSE(static_cast<bool>(shipped_list("no such list")));
}

TEST_CASE("names that turn up while a list is in use have a price") {
  const auto model = shipped_list("0.8");
  const auto mine = registry().intern("an operation of my own");
  CHECK(model->price(mine).weight == 1.0);
  CHECK(model->price(registry().intern("hypot.reduceat")).weight == 16.0);
  // A call may intern names while it refers to a price of its own.
  const Price& first = model->price(mine);
  const Price& known = model->price(registry().intern("exp"));
  for (int i = 0; i < 1'000; ++i) {
    CHECK(model->price(registry().intern("mine " + std::to_string(i))).weight == 1.0);
  }
  CHECK(&first == &model->price(mine));
  CHECK(&known == &model->price(registry().intern("exp")));
}
