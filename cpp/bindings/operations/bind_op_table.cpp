// The operation table as Python data.
#include <string>
#include <unordered_map>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "core/ledger/clock.hpp"
#include "core/operations/op_table.hpp"
#include "bindings/fastpath/inner_loop.hpp"
#include "bindings/register.hpp"

namespace py = pybind11;

namespace flopscope::bindings {
namespace {

const char* text(Module module) {
  switch (module) {
    case Module::core:
      return "core";
    case Module::linalg:
      return "linalg";
    case Module::fft:
      return "fft";
    case Module::random:
      return "random";
    case Module::generator:
      return "random.Generator";
    case Module::random_state:
      return "random.RandomState";
    case Module::stats:
      return "stats";
    case Module::symmetry:
      return "symmetry";
  }
  return "";
}

const char* text(Kind kind) {
  switch (kind) {
    case Kind::ufunc:
      return "ufunc";
    case Kind::elementwise:
      return "elementwise";
    case Kind::reduction:
      return "reduction";
    case Kind::contraction:
      return "contraction";
    case Kind::function:
      return "function";
    case Kind::sampler:
      return "sampler";
    case Kind::local:
      return "local";
    case Kind::indexing:
      return "indexing";
    case Kind::blocked:
      return "blocked";
  }
  return "";
}

const char* text(Collector collector) {
  switch (collector) {
    case Collector::none:
      return "none";
    case Collector::elementwise:
      return "elementwise";
    case Collector::reduction:
      return "reduction";
    case Collector::contraction:
      return "contraction";
    case Collector::movement:
      return "movement";
    case Collector::drawn:
      return "drawn";
    case Collector::cast:
      return "cast";
    case Collector::function:
      return "function";
  }
  return "";
}

py::list rows() {
  py::list table;
  for (const OpRow* row = begin_rows(); row != end_rows(); ++row) {
    table.append(py::make_tuple(std::string{row->name}, text(row->module), text(row->kind),
                                text(row->collector), row->flags, std::string{row->facts}));
  }
  return table;
}

const char* text(ClockSource source) {
  switch (source) {
    case ClockSource::monotonic:
      return "monotonic";
    case ClockSource::cycle_counter:
      return "cycle_counter";
    case ClockSource::injected:
      return "injected";
  }
  return "";
}

}  // namespace

void bind_op_table(py::module_& module) {
  module.def("_op_rows", rows,
             "Rows of the operation table: (name, module, kind, collector, flags, facts).");
  module.def("_clock_source", [] { return text(clock_source()); });
  // Both routes give the same results and bills; tests compare them.
  module.def("_use_inner_loops", [](bool enabled) {
    const bool before = inner_loops_enabled;
    inner_loops_enabled = enabled;
    return before;
  });
  module.attr("FLAG_DEFERRED") = flag::deferred;
  module.attr("FLAG_UNLOGGED") = flag::unlogged;
  module.attr("FLAG_WRITES_FIRST") = flag::writes_first;
  module.attr("FLAG_CALLBACK") = flag::callback;
  module.attr("FLAG_TEXTS") = flag::texts;
}

}  // namespace flopscope::bindings
