#include <string>

#include <doctest/doctest.h>

#include "core/errors.hpp"
#include "core/operations/op_table.hpp"

using flopscope::begin_rows;
using flopscope::Collector;
using flopscope::end_rows;
using flopscope::find_row;
using flopscope::Kind;
using flopscope::Module;
using flopscope::OpId;
using flopscope::OpRegistry;
using flopscope::OpRow;
using flopscope::TooManyOperations;

namespace {

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
  for (const OpRow* row = begin_rows(); row != end_rows(); ++row) {
    CAPTURE(row->name);
    CHECK(row->name.substr(0, prefix(row->module).size()) == prefix(row->module));
    const bool is_called = row->kind != Kind::blocked && row->kind != Kind::local;
    if (!is_called) CHECK(row->collector == Collector::none);
    if (row->kind == Kind::ufunc) CHECK(row->collector == Collector::elementwise);
    if (row->kind == Kind::reduction) CHECK(row->collector == Collector::reduction);
    if (row->kind == Kind::contraction) CHECK(row->collector == Collector::contraction);
    if (row->collector == Collector::drawn) CHECK(row->kind == Kind::sampler);
    if (row->size_position >= 0) CHECK(row->kind == Kind::sampler);
  }
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
  }
  const OpId method = ops.intern("power.outer");
  CHECK(method >= row_count());
  CHECK(ops[method].row == nullptr);
  CHECK(ops.size() == known);
  const OpId mine = ops.intern("my operation");
  CHECK(mine == known);
  CHECK(ops.intern("my operation") == mine);
  CHECK(ops.intern("my other operation") == mine + 1);
  CHECK(ops[mine].row == nullptr);
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
