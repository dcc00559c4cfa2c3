#include <cmath>
#include <initializer_list>
#include <limits>
#include <set>
#include <string>
#include <unordered_map>

#include <doctest/doctest.h>

#include "core/errors.hpp"
#include "core/operations/op_table.hpp"

using flopscope::begin_rows;
using flopscope::end_rows;
using flopscope::find_row;
using flopscope::Kind;
using flopscope::Module;
using flopscope::OpId;
using flopscope::OpRegistry;
using flopscope::OpRow;
using flopscope::Rule;
using flopscope::TooManyOperations;
using flopscope::weighted;

namespace flag = flopscope::flag;

namespace {

constexpr auto k_top = std::numeric_limits<std::uint64_t>::max();

std::size_t row_count() { return static_cast<std::size_t>(end_rows() - begin_rows()); }

std::string prefix(Module module) {
  switch (module) {
    case Module::linalg:
      return "linalg.";
    case Module::fft:
      return "fft.";
    case Module::random:
      return "random.";
    case Module::generator:
      return "random.Generator.";
    case Module::random_state:
      return "random.RandomState.";
    default:
      return "";
  }
}

}  // namespace

TEST_CASE("rows are sorted by name and found by name") {
  REQUIRE(row_count() > 300);
  for (const OpRow* row = begin_rows(); row != end_rows(); ++row) {
    CAPTURE(row->name);
    if (row != begin_rows()) CHECK((row - 1)->name < row->name);
    CHECK(find_row(row->name) == row);
  }
  for (const char* stranger : {"", "ad", "addd", "Add", "zzz", "power.outer", "random."}) {
    CAPTURE(stranger);
    CHECK(find_row(stranger) == nullptr);
  }
}

TEST_CASE("every row is consistent") {
  // 1, 8 and 16 are the weights of the cost model, 0 those of what is free, and 4 stands for the
  // functions that call back once per line.
  const std::set<double> weights{0, 1, 4, 8, 16};
  for (const OpRow* row = begin_rows(); row != end_rows(); ++row) {
    CAPTURE(row->name);
    CHECK(weights.count(row->weight) == 1);
    CHECK(row->name.substr(0, prefix(row->module).size()) == prefix(row->module));
    // A weight of 0 would hide a rule that counts something, and the other way round.
    if (row->weight == 0) CHECK(row->rule == Rule::none);
    if (row->kind == Kind::blocked || row->kind == Kind::local) CHECK(row->rule == Rule::none);
    if (row->kind != Kind::blocked) CHECK_FALSE(row->formula.empty());
    // Only what is free may stay out of the log.
    if ((row->flags & flag::unlogged) != 0) CHECK(row->rule == Rule::none);
    if (row->rule == Rule::result || row->rule == Rule::result_twice) {
      CHECK((row->flags & flag::deferred) != 0);
    }
    if (row->size_position >= 0) CHECK(row->kind == Kind::sampler);
  }
}

TEST_CASE("the table of weights") {
  const OpRegistry ops;
  for (const char* name : {"add", "subtract", "multiply", "divide", "square", "sqrt", "negative",
                           "maximum", "less", "bitwise_and", "sum", "mean", "matmul"}) {
    CAPTURE(name);
    CHECK(ops.weight_of(name) == 1.0);
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
    CHECK(ops.weight_of(name) == 16.0);
  }
  CHECK(ops.weight_of("hamming") == 8.0);
  CHECK(ops.weight_of("hanning") == 8.0);
  CHECK(ops.weight_of("piecewise") == 4.0);
  CHECK(ops.weight_of("apply_along_axis") == 4.0);
  CHECK(ops.weight_of("apply_over_axes") == 1.0);
  CHECK(ops.weight_of("reshape") == 0.0);
}

TEST_CASE("a weight is looked up by name, then as what the name stands for, then as 1") {
  OpRegistry ops;
  ops.replace_weights({{"power", 3},
                       {"pow", 5},
                       {"arccos", 7},
                       {"floor_divide", 11},
                       {"random.normal", 13},
                       {"random.Generator.normal", 17},
                       {"random.randint", 19},
                       {"random.random_sample", 23},
                       {"add.outer", 29},
                       {"add", 31}});
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
  const OpRegistry ops;
  for (const char* method : {"reduce", "accumulate", "outer", "reduceat", "at"}) {
    CAPTURE(method);
    CHECK(ops.weight_of(std::string{"power."} + method) == 16.0);
    CHECK(ops.weight_of(std::string{"hypot."} + method) == 16.0);
    CHECK(ops.weight_of(std::string{"add."} + method) == 1.0);
  }
}

TEST_CASE("no weights at all: everything weighs 1, ids known before included") {
  OpRegistry ops;
  const OpId outer = ops.intern("power.outer");
  CHECK(ops[outer].weight == 16.0);
  ops.replace_weights({});
  CHECK(ops[outer].weight == 1.0);
  CHECK(ops[ops.intern("exp")].weight == 1.0);
  CHECK(ops[ops.intern("reshape")].weight == 1.0);
  CHECK(ops[ops.intern("hypot.reduce")].weight == 1.0);
}

TEST_CASE("ids are the rows' first, then the ufunc methods', then names as they turn up") {
  OpRegistry ops;
  const std::size_t known = ops.size();
  CHECK(known > row_count());
  for (const OpRow* row = begin_rows(); row != end_rows(); ++row) {
    const OpId id = ops.id_of(*row);
    CHECK(id == row - begin_rows());
    CHECK(ops.intern(row->name) == id);
    CHECK(ops[id].row == row);
    CHECK(ops[id].name == row->name);
    CHECK(ops[id].weight == row->weight);
  }
  const OpId method = ops.intern("power.outer");
  CHECK(method >= row_count());
  CHECK(ops[method].row == nullptr);
  CHECK(ops[method].weight == 16.0);
  CHECK(ops.size() == known);
  const OpId mine = ops.intern("my operation");
  CHECK(mine == known);
  CHECK(ops.intern("my operation") == mine);
  CHECK(ops.intern("my other operation") == mine + 1);
  CHECK(ops[mine].row == nullptr);
  CHECK(ops[mine].weight == 1.0);
}

TEST_CASE("the last id is given out, and the name after it refused") {
  OpRegistry ops;
  for (std::size_t i = ops.size(); i < OpRegistry::k_capacity; ++i) {
    REQUIRE(ops.intern("name " + std::to_string(i)) == i);
  }
  CHECK(ops.size() == OpRegistry::k_capacity);
  CHECK_THROWS_AS(ops.intern("one too many"), TooManyOperations);
  try {
    ops.intern("one too many");
  } catch (const TooManyOperations& error) {
    CHECK(error.name() == "one too many");
    CHECK(error.capacity() == OpRegistry::k_capacity);
  }
  // What is known keeps working.
  CHECK(ops.size() == OpRegistry::k_capacity);
  CHECK(ops.intern("add") == ops.id_of(*find_row("add")));
  CHECK(ops.intern("name 65534") == 65'534);
}

TEST_CASE("the registry of the process is one object") {
  CHECK(&flopscope::registry() == &flopscope::registry());
  CHECK(flopscope::registry().size() >= row_count());
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
