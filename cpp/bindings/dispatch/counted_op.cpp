#include "bindings/dispatch/counted_op.hpp"

#include <new>
#include <string_view>
#include <unordered_map>

#include "bindings/compat.hpp"
#include "bindings/dispatch/guard.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/fastpath/fast_reduction.hpp"
#include "bindings/fastpath/native_call.hpp"
#include "bindings/observe/sites.hpp"

namespace flopscope::bindings {

PyTypeObject* counted_op_type = nullptr;

namespace {

vectorcallfunc way_of(Kind kind) {
  switch (kind) {
    case Kind::ufunc:
      return guarded_vectorcall<call_ufunc>;
    case Kind::reduction:
      return guarded_vectorcall<call_reduction>;
    case Kind::contraction:
      return guarded_vectorcall<call_contraction>;
    default:
      return guarded_vectorcall<call_function>;
  }
}

CountedOp* new_op() {
  PyObject* object = counted_op_type->tp_alloc(counted_op_type, 0);
  if (object == nullptr) return nullptr;
  auto* op = reinterpret_cast<CountedOp*>(object);
  new (&op->loops) InnerLoops{};
  op->size_position = -1;
  op->native = Native::none;
  return op;
}

// Schemas are read once, when the first function of a row is made.
const std::vector<FactName>* schema_of(OpId id) {
  static auto* const k_schemas = new std::unordered_map<OpId, std::vector<FactName>>;
  const auto [found, is_new] = k_schemas->try_emplace(id);
  if (is_new) found->second = read_schema(schema_text(id));
  return &found->second;
}

PyObject* keep(PyObject* object) {
  if (object == nullptr || object == Py_None) return nullptr;
  Py_INCREF(object);
  return object;
}

// _make_op(name, target, *, pricing=None, parameters=None, reduce=None, reduce_keywords=None,
//          method=False, writes=False, tagger=None, transport=None, sees_tags=False,
//          out_position=-1, takes_counted=False, planner=None, from_result=None)
PyObject* make_op(PyObject*, PyObject* args, PyObject* kwargs) {
  static const char* keywords[] = {
      "name",          "target",  "pricing",     "parameters", "reduce",    "reduce_keywords",
      "method",        "writes",  "tagger",      "transport",  "sees_tags", "out_position",
      "takes_counted", "planner", "from_result", nullptr};
  if (!require_library("_make_op")) return nullptr;
  const char* name = nullptr;
  PyObject* target = nullptr;
  PyObject* pricing = nullptr;
  PyObject* parameters = nullptr;
  PyObject* reduce = nullptr;
  PyObject* reduce_keywords = nullptr;
  int is_method = 0;
  int writes = 0;
  PyObject* tagger = nullptr;
  PyObject* transport = nullptr;
  int sees_tags = 0;
  Py_ssize_t out_position = -1;
  int takes_counted = 0;
  PyObject* planner = nullptr;
  PyObject* from_result = nullptr;
  if (PyArg_ParseTupleAndKeywords(
          args, kwargs, "sO|$OOOOppOOpnpOO:_make_op", const_cast<char**>(keywords), &name, &target,
          &pricing, &parameters, &reduce, &reduce_keywords, &is_method, &writes, &tagger,
          &transport, &sees_tags, &out_position, &takes_counted, &planner, &from_result) == 0) {
    return nullptr;
  }
  const OpRow* row = find_row(name);
  if (row == nullptr || row->kind == Kind::blocked || row->kind == Kind::local) {
    PyErr_Format(PyExc_LookupError, "the operation table has no callable row %s", name);
    return nullptr;
  }
  if (row->collector == Collector::function && !row->facts.empty() &&
      (pricing == nullptr || pricing == Py_None)) {
    PyErr_Format(PyExc_ValueError, "a function tells the facts of %s, and none was given", name);
    return nullptr;
  }
  if (row->kind == Kind::reduction && (parameters == nullptr || !PyTuple_Check(parameters))) {
    PyErr_Format(PyExc_ValueError, "row %s needs the names of its parameters", name);
    return nullptr;
  }
  CountedOp* op = new_op();
  if (op == nullptr) return nullptr;
  Ref owner = Ref::steal(reinterpret_cast<PyObject*>(op));
  op->id = registry().id_of(*row);
  op->kind = row->kind;
  op->collector = row->collector;
  op->schema = schema_of(op->id);
  op->method = UfuncMethod::call;
  op->flags = row->flags;
  if (writes != 0) op->flags |= flag::writes_first;
  op->size_position = row->size_position;
  op->is_method = is_method != 0;
  op->name = PyUnicode_InternFromString(name);
  op->target = keep(target);
  op->pricing = keep(pricing);
  op->from_result = keep(from_result);
  op->is_mean = std::string_view{name} == "mean";
  op->parameters = keep(parameters);
  op->reduce = keep(reduce);
  op->tagger = keep(tagger);
  op->transport = keep(transport);
  op->sees_tags = sees_tags != 0;
  op->takes_counted = takes_counted != 0;
  op->planner = keep(planner);
  op->out_position = static_cast<std::size_t>(out_position);
  op->reduce_keywords = keep(reduce_keywords);
  if (op->tagger == nullptr && row->module == Module::core) op->native = native_of(name);
  op->vectorcall = way_of(row->kind);
  op->is_matrix_product = row->kind == Kind::contraction && std::string_view{name} == "matmul" &&
                          Py_TYPE(target) == &PyUFunc_Type;
  if (row->kind == Kind::reduction) op->loops = find_reduction_loops(op->reduce);
  if (row->kind == Kind::ufunc) {
    // A table row can be ahead of the installed NumPy: then it is an ordinary function.
    if (Py_TYPE(target) != &PyUFunc_Type) {
      PyErr_Format(PyExc_TypeError, "row %s wants a ufunc, got %R", name, target);
      return nullptr;
    }
    auto* ufunc = reinterpret_cast<PyUFuncObject*>(target);
    op->inputs = ufunc->nin;
    op->outputs = ufunc->nout;
    op->loops = find_inner_loops(ufunc);
  }
  return owner.release();
}

void op_dealloc(PyObject* object) {
  CountedOp& op = as_op(object);
  PyTypeObject* type = Py_TYPE(object);
  if (op.weakrefs != nullptr) PyObject_ClearWeakRefs(object);
  for (PyObject** slot :
       {&op.name, &op.target, &op.pricing, &op.parameters, &op.reduce, &op.reduce_keywords,
        &op.tagger, &op.transport, &op.planner, &op.methods, &op.from_result}) {
    Py_CLEAR(*slot);
  }
  type->tp_free(object);
  Py_DECREF(type);
}

PyObject* op_repr(PyObject* object) {
  return PyUnicode_FromFormat("<counted function '%U'>", as_op(object).name);
}

// Pickled by name: `flopscope.numpy` finds it again.
PyObject* op_reduce(PyObject* object, PyObject*) {
  const Ref module = Ref::steal(PyImport_ImportModule("flopscope.numpy._namespace"));
  if (!module) return nullptr;
  const Ref find = Ref::steal(PyObject_GetAttrString(module.get(), "find"));
  return find ? Py_BuildValue("O(O)", find.get(), as_op(object).name) : nullptr;
}

// As methods of array and generator classes, ops bind like functions.
PyObject* op_descr_get(PyObject* object, PyObject* instance, PyObject*) {
  if (instance == nullptr || !as_op(object).is_method) {
    Py_INCREF(object);
    return object;
  }
  return PyMethod_New(object, instance);
}

PyObject* module_of(const CountedOp& op) {
  const OpRow* row = registry()[op.id].row;
  switch (row != nullptr ? row->module : Module::core) {
    case Module::linalg:
      return PyUnicode_FromString("flopscope.numpy.linalg");
    case Module::fft:
      return PyUnicode_FromString("flopscope.numpy.fft");
    case Module::random:
    case Module::generator:
    case Module::random_state:
      return PyUnicode_FromString("flopscope.numpy.random");
    case Module::stats:
      return PyUnicode_FromString("flopscope.stats");
    default:
      return PyUnicode_FromString("flopscope.numpy");
  }
}

PyObject* op_ufunc_attribute(CountedOp& op, PyObject* name) {
  PyObject* method =
      guarded([&] { return reinterpret_cast<PyObject*>(ufunc_method_of(op, name)); });
  Py_XINCREF(method);
  return method;
}

PyObject* op_getattro(PyObject* object, PyObject* name) {
  // The type has a __module__ of its own; functions are asked for that of their namespace.
  if (PyUnicode_CompareWithASCIIString(name, "__module__") == 0) return module_of(as_op(object));
  PyObject* found = PyObject_GenericGetAttr(object, name);
  if (found != nullptr || PyErr_ExceptionMatches(PyExc_AttributeError) == 0) return found;
  CountedOp& op = as_op(object);
  if (Py_TYPE(op.target) != &PyUFunc_Type || op.method != UfuncMethod::call) return nullptr;
  PyErr_Clear();
  // matmul and its kin are ufuncs too, with methods that do nothing but raise.
  const bool has_core = op.kind != Kind::ufunc;
  for (const char* method : {"reduce", "accumulate", "reduceat", "outer", "at"}) {
    if (PyUnicode_CompareWithASCIIString(name, method) != 0) continue;
    return has_core ? PyObject_GetAttr(op.target, name) : op_ufunc_attribute(op, name);
  }
  // Questions about the ufunc. Anything that could compute is not handed out.
  for (const char* question :
       {"nin", "nout", "nargs", "ntypes", "types", "identity", "signature"}) {
    if (PyUnicode_CompareWithASCIIString(name, question) == 0) {
      return PyObject_GetAttr(op.target, name);
    }
  }
  PyErr_Format(PyExc_AttributeError, "counted function '%U' has no attribute '%U'", op.name, name);
  return nullptr;
}

PyObject* from_target(PyObject* object, const char* helper) {
  const Ref module = Ref::steal(PyImport_ImportModule("flopscope.numpy._documentation"));
  if (!module) return nullptr;
  return PyObject_CallMethod(module.get(), helper, "OO", as_op(object).name, as_op(object).target);
}

PyObject* get_name(PyObject* object, void*) {
  CountedOp& op = as_op(object);
  const Ref parts =
      Ref::steal(PyUnicode_RPartition(op.name, Ref::steal(PyUnicode_FromString(".")).get()));
  if (!parts) return nullptr;
  PyObject* last = PyTuple_GET_ITEM(parts.get(), 2);
  Py_INCREF(last);
  return last;
}

PyObject* get_log_name(PyObject* object, void*) {
  Py_INCREF(as_op(object).name);
  return as_op(object).name;
}

PyObject* get_doc(PyObject* object, void*) { return from_target(object, "docstring"); }
PyObject* get_signature(PyObject* object, void*) { return from_target(object, "signature"); }

PyGetSetDef op_properties[] = {
    {"__name__", get_name, nullptr, nullptr, nullptr},
    {"__qualname__", get_name, nullptr, nullptr, nullptr},
    {"__doc__", get_doc, nullptr, nullptr, nullptr},
    {"__signature__", get_signature, nullptr, nullptr, nullptr},
    {"op_name", get_log_name, nullptr, "Name in the operation log and the price table.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyMethodDef op_methods[] = {
    {"__reduce__", op_reduce, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef op_members[] = {
    {"__vectorcalloffset__", compat::k_member_ssize, offsetof(CountedOp, vectorcall),
     compat::k_member_readonly, nullptr},
    {"__weaklistoffset__", compat::k_member_ssize, offsetof(CountedOp, weakrefs),
     compat::k_member_readonly, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyType_Slot op_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(op_dealloc)},
    {Py_tp_repr, reinterpret_cast<void*>(op_repr)},
    {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
    {Py_tp_descr_get, reinterpret_cast<void*>(op_descr_get)},
    {Py_tp_getattro, reinterpret_cast<void*>(op_getattro)},
    {Py_tp_getset, op_properties},
    {Py_tp_methods, op_methods},
    {Py_tp_members, op_members},
    {0, nullptr},
};

PyType_Spec op_spec = {
    "flopscope._core.CountedFunction", sizeof(CountedOp), 0,
    // Not a METHOD_DESCRIPTOR: as attributes of a class only methods bind, and
    // the interpreter would pass `self` to all.
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | compat::k_type_no_instantiation, op_slots};

PyMethodDef make_op_method = {
    "_make_op", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(make_op)),
    METH_VARARGS | METH_KEYWORDS, "A counted function for a row of the operation table."};

}  // namespace

CountedOp* new_method_op(const CountedOp& base, OpId id, std::uint16_t flags, UfuncMethod method,
                         PyObject* target) {
  CountedOp* op = new_op();
  if (op == nullptr) return nullptr;
  op->id = id;
  op->kind = Kind::ufunc;
  op->flags = flags;
  op->schema = schema_of(id);
  op->method = method;
  op->inputs = base.inputs;
  op->outputs = base.outputs;
  const auto& name = registry()[id].name;
  op->name = PyUnicode_FromStringAndSize(name.data(), static_cast<Py_ssize_t>(name.size()));
  op->target = keep(target);
  return op;
}

bool add_counted_op_type(PyObject* module) {
  counted_op_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&op_spec));
  if (counted_op_type == nullptr) return false;
  PyObject* function = PyCFunction_New(&make_op_method, nullptr);
  if (function == nullptr || PyModule_AddObject(module, "_make_op", function) < 0) return false;
  return PyModule_AddObjectRef(module, "CountedFunction",
                               reinterpret_cast<PyObject*>(counted_op_type)) == 0;
}

}  // namespace flopscope::bindings
