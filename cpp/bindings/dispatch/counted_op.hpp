// The callable that every counted name is an instance of: a NumPy callable, its row of the
// operation table, who collects the facts of its price, and how to run it.
#pragma once

#include <vector>

#include "core/operations/op_table.hpp"
#include "bindings/dispatch/fact_values.hpp"
#include "bindings/fastpath/inner_loop.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// What part of a ufunc is called.
enum class UfuncMethod : std::uint8_t { call, reduce, accumulate, reduceat, outer, at };

// Functions with a direct route to NumPy's C function, see native_call.hpp.
enum class Native : std::uint8_t {
  none,
  zeros,
  ones,
  empty,
  where,
  concatenate,
  stack,
  reshape,
  ravel,
  transpose,
  astype
};

// `_core.CountedOp`.
struct CountedOp {
  PyObject_HEAD vectorcallfunc vectorcall;
  OpId id;
  Kind kind;
  Collector collector;
  UfuncMethod method;
  Native native;
  std::uint16_t flags;
  std::int8_t size_position;  // of a sampler's `size` argument; -1: it has none
  std::size_t out_position;   // of `out` among the positional arguments; ~0: never there
  bool is_method;             // an ndarray or generator method: the first argument is `self`
  bool sees_tags;             // `pricing` wants operands with their tags
  bool takes_counted;         // the target only asks about its arguments: it gets them as they are
  bool keeps_views;           // learned: NumPy's result refers to the operand
  bool is_matrix_product;     // the target is NumPy's matmul
  bool is_mean;               // a mean by way of `reduce`, see mean_call.hpp
  int inputs;                 // of a ufunc
  int outputs;
  PyObject* name;    // as in the log
  PyObject* target;  // the NumPy callable it stands for, and runs unless `reduce` is set
  const std::vector<FactName>* schema;  // names of its facts
  PyObject* pricing;                    // Python function that tells the facts, or null
  PyObject* from_result;  // the same for those that only the result tells; null: `out` at most
  PyObject* parameters;   // reductions: names of the parameters after the operand, a tuple
  PyObject* reduce;       // reductions: the ufunc's own `reduce`, if the target ends there; or null
  PyObject* reduce_keywords;  // what the target adds when it calls `reduce`, a dict; or null
  PyObject* tagger;           // tells the symmetry group of a result, or null
  PyObject* transport;        // tells the group of a result when an operand is tagged, or null
  PyObject* planner;          // prices a call and says how to run it, see planned_call.hpp; or null
  PyObject* methods;          // dict: ufunc method name -> CountedOp, made on demand
  PyObject* weakrefs;
  InnerLoops loops;

  bool has(std::uint16_t bit) const noexcept { return (flags & bit) != 0; }
};

extern PyTypeObject* counted_op_type;

inline bool is_counted_op(PyObject* object) { return Py_TYPE(object) == counted_op_type; }
inline CountedOp& as_op(PyObject* object) { return *reinterpret_cast<CountedOp*>(object); }

// The ways of a call, chosen once per operation. They may throw; see guard.hpp.
PyObject* call_ufunc(PyObject*, PyObject* const*, std::size_t, PyObject*);
PyObject* call_ufunc_method(PyObject*, PyObject* const*, std::size_t, PyObject*);
PyObject* call_reduction(PyObject*, PyObject* const*, std::size_t, PyObject*);
PyObject* call_contraction(PyObject*, PyObject* const*, std::size_t, PyObject*);
PyObject* call_function(PyObject*, PyObject* const*, std::size_t, PyObject*);

// Short cuts for the operators of the array type: no argument parsing.
PyObject* call_unary(CountedOp& op, PyObject* operand) noexcept;
PyObject* call_binary(CountedOp& op, PyObject* left, PyObject* right) noexcept;

// The counted form of a ufunc's method, e.g. `add.reduce`; borrowed from the op's cache.
CountedOp* ufunc_method_of(CountedOp& op, PyObject* method_name);

bool add_counted_op_type(PyObject* module);

}  // namespace flopscope::bindings
