// FlopscopeArray: an ndarray whose operators and methods are counted.
#include <vector>

#include "bindings/array/array_ops.hpp"
#include "bindings/array/numpy_hooks.hpp"
#include "bindings/array/tags.hpp"
#include "bindings/compat.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/fastpath/array_pool.hpp"
#include "bindings/fastpath/direct_call.hpp"
#include "bindings/observe/escapes.hpp"
#include "bindings/observe/sites.hpp"
#include "bindings/observe/watch.hpp"

namespace flopscope::bindings {

void define_array_methods(PyMethodDef* table);
std::size_t array_method_count();

namespace {

// ------------------------------------------------------------------------------------ operators

// Whether the other operand wants to handle the operation itself: NumPy's rule for binary
// operators. An `__array_ufunc__` of None opts out; without one, a higher priority wins.
bool should_defer(PyObject* self, PyObject* other, bool in_place = false) {
  if (other == nullptr || is_array(other) || PyFloat_CheckExact(other) ||
      PyLong_CheckExact(other) || PyBool_Check(other) || PyComplex_CheckExact(other) ||
      PyList_CheckExact(other) || PyTuple_CheckExact(other) || PyUnicode_CheckExact(other) ||
      other == Py_None || PyArray_CheckAnyScalar(other)) {
    return false;
  }
  const Ref protocol = Ref::steal(
      PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(other)), "__array_ufunc__"));
  // In place there is nobody to defer to; NumPy then refuses the operand.
  if (protocol) return !in_place && protocol.get() == Py_None;
  PyErr_Clear();
  return PyArray_GetPriority(other, NPY_SCALAR_PRIORITY) > PyArray_GetPriority(self, 0.0);
}

// True when `other` is handled by us, given that one of the two operands is a counted array.
bool is_ours(PyObject* left, PyObject* right) {
  return is_counted_array(left) ? !should_defer(left, right) : !should_defer(right, left);
}

PyObject* operate(CountedOp& op, PyObject* left, PyObject* right) {
  PyObject* values[] = {left, right};
  return watched(op, values, 2, nullptr, [&] { return call_binary(op, left, right); });
}

// The same through another function than the ufunc itself.
PyObject* operate_by(CountedOp& op, PyObject* target, PyObject* left, PyObject* right) {
  PyObject* values[] = {left, right};
  return watched(op, values, 2, nullptr, [&] { return call_binary_by(op, target, left, right); });
}

template <Operator which>
PyObject* binary(PyObject* left, PyObject* right) {
  if (!is_ours(left, right)) Py_RETURN_NOTIMPLEMENTED;
  return operate(operator_op(which), left, right);
}

template <Operator which>
PyObject* unary(PyObject* operand) {
  CountedOp& op = operator_op(which);
  return watched(op, &operand, 1, nullptr, [&] { return call_unary(op, operand); });
}

template <Operator which>
PyObject* in_place(PyObject* self, PyObject* other) {
  if (should_defer(self, other, true)) Py_RETURN_NOTIMPLEMENTED;
  CountedOp& op = operator_op(which);
  PyObject* values[] = {self, other, self};
  return watched(op, values, 2, out_as_keyword(), [&] { return call_in_place(op, self, other); });
}

PyObject* plain_power(PyObject*, PyObject* const* args, Py_ssize_t count) {
  // ndarray's own `**` turns exponents like 2 and 0.5 into square and sqrt; the results differ in
  // bits from np.power, so the operator goes there.
  return count == 2   ? PyNumber_Power(args[0], args[1], Py_None)
         : count == 3 ? PyNumber_InPlacePower(args[2], args[1], Py_None)
                      : PyErr_Format(PyExc_TypeError, "power takes two operands");
}

PyMethodDef plain_power_method = {
    "__pow__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(plain_power)),
    METH_FASTCALL, nullptr};
PyObject* plain_power_function = nullptr;

PyObject* power(PyObject* left, PyObject* right, PyObject* modulus) {
  if (modulus != Py_None || !is_ours(left, right)) Py_RETURN_NOTIMPLEMENTED;
  return operate_by(operator_op(Operator::power), plain_power_function, left, right);
}

PyObject* in_place_power(PyObject* self, PyObject* other, PyObject* modulus) {
  if (modulus != Py_None || should_defer(self, other, true)) Py_RETURN_NOTIMPLEMENTED;
  CountedOp& op = operator_op(Operator::power);
  PyObject* values[] = {self, other, self};
  return watched(op, values, 2, out_as_keyword(),
                 [&] { return call_in_place_by(op, plain_power_function, self, other); });
}

PyObject* matmul(PyObject* left, PyObject* right) {
  if (!is_ours(left, right)) Py_RETURN_NOTIMPLEMENTED;
  PyObject* operands[] = {left, right};
  CountedOp& op = operator_op(Operator::matmul);
  return op.vectorcall(reinterpret_cast<PyObject*>(&op), operands, 2, nullptr);
}

// `a @= b` keeps the object when the result fits it, and rebinds the name otherwise.
PyObject* in_place_matmul(PyObject* self, PyObject* other) {
  if (should_defer(self, other, true)) Py_RETURN_NOTIMPLEMENTED;
  PyObject* operands[] = {self, other};
  CountedOp& op = operator_op(Operator::matmul);
  Ref result = Ref::steal(op.vectorcall(reinterpret_cast<PyObject*>(&op), operands, 2, nullptr));
  if (!result || !is_array(result.get())) return result.release();
  PyArrayObject* target = as_array(self);
  PyArrayObject* source = as_array(result.get());
  const bool fits = PyArray_SAMESHAPE(target, source);
  if (!fits) return result.release();
  if (PyArray_CanCastArrayTo(source, PyArray_DESCR(target), NPY_SAME_KIND_CASTING) == 0) {
    PyErr_Format(PyExc_TypeError,
                 "cannot cast the result of '@=' from %R to %R with same_kind casting",
                 PyArray_DESCR(source), PyArray_DESCR(target));
    return nullptr;
  }
  before_write(self);
  if (PyArray_CopyInto(target, source) < 0) return nullptr;
  Py_INCREF(self);
  return self;
}

// ndarray's own `==` and `!=`: what NumPy cannot compare is unequal, where the ufuncs raise.
template <int operation>
PyObject* plain_compare(PyObject*, PyObject* const* args, Py_ssize_t count) {
  return count == 2 ? PyObject_RichCompare(args[0], args[1], operation)
                    : PyErr_Format(PyExc_TypeError, "a comparison takes two operands");
}

PyMethodDef plain_equal_method = {
    "__eq__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(plain_compare<Py_EQ>)),
    METH_FASTCALL, nullptr};
PyMethodDef plain_not_equal_method = {
    "__ne__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(plain_compare<Py_NE>)),
    METH_FASTCALL, nullptr};
PyObject* plain_equal_function = nullptr;
PyObject* plain_not_equal_function = nullptr;

PyObject* compare(PyObject* self, PyObject* other, int operation) {
  if (should_defer(self, other)) Py_RETURN_NOTIMPLEMENTED;
  const bool may_be_incomparable = !is_array(other) && !is_plain_number(other) &&
                                   !PyArray_CheckAnyScalar(other) && !PySequence_Check(other);
  if (operation == Py_EQ && (may_be_incomparable || PyUnicode_Check(other))) {
    return operate_by(operator_op(Operator::equal), plain_equal_function, self, other);
  }
  if (operation == Py_NE && (may_be_incomparable || PyUnicode_Check(other))) {
    return operate_by(operator_op(Operator::not_equal), plain_not_equal_function, self, other);
  }
  switch (operation) {
    case Py_LT:
      return operate(operator_op(Operator::less), self, other);
    case Py_LE:
      return operate(operator_op(Operator::less_equal), self, other);
    case Py_EQ:
      return operate(operator_op(Operator::equal), self, other);
    case Py_NE:
      return operate(operator_op(Operator::not_equal), self, other);
    case Py_GT:
      return operate(operator_op(Operator::greater), self, other);
    default:
      return operate(operator_op(Operator::greater_equal), self, other);
  }
}

// ------------------------------------------------------------------------------ items and writes

int assign(PyObject* self, PyObject* key, PyObject* value) {
  // One number is a number; more of them are data, which memory outside of the meter would receive.
  if (FLOPSCOPE_UNLIKELY(!owns_memory(self)) && value != nullptr && counted_bytes(value) > 0 &&
      !(is_array(value) && PyArray_SIZE(as_array(value)) <= 1) &&
      !let_write_outside(self, "assignment")) {
    return -1;
  }
  before_write(self);
  // NumPy's own assignment, on base views of whatever is counted in key and value.
  const Ref plain_key = strip(key);
  if (!plain_key) return -1;
  const Ref plain_value = value == nullptr ? Ref{} : strip(value);
  if (value != nullptr && !plain_value) return -1;
  return PyArray_Type.tp_as_mapping->mp_ass_subscript(self, plain_key.get(), plain_value.get());
}

int assign_item(PyObject* self, Py_ssize_t index, PyObject* value) {
  const Ref key = Ref::steal(PyLong_FromSsize_t(index));
  return key ? assign(self, key.get(), value) : -1;
}

// Setting shape, dtype, strides, real, imag, flat: each changes elements or what they mean.
int tagged_setattro(PyObject* self, PyObject* name, PyObject* value) {
  before_write(self);
  return PyObject_GenericSetAttr(self, name, value);
}

// ndarray methods that write and are not billed: the tags go, then NumPy writes.
PyObject* write_with_ndarray(PyObject* self, const char* method, PyObject* args, PyObject* kwargs) {
  before_write(self);
  const Ref function =
      Ref::steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PyArray_Type), method));
  if (!function) return nullptr;
  std::vector<Ref> plain;
  // Borrowed: `resize` counts the references to its array.
  std::vector<PyObject*> values{self};
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i) {
    plain.push_back(strip(PyTuple_GET_ITEM(args, i)));
    if (!plain.back()) return nullptr;
    values.push_back(plain.back().get());
  }
  return PyObject_VectorcallDict(function.get(), values.data(), values.size(), kwargs);
}

#define FLOPSCOPE_WRITER(name)                                               \
  PyObject* write_##name(PyObject* self, PyObject* args, PyObject* kwargs) { \
    return write_with_ndarray(self, #name, args, kwargs);                    \
  }
FLOPSCOPE_WRITER(fill)
FLOPSCOPE_WRITER(put)
FLOPSCOPE_WRITER(setfield)
FLOPSCOPE_WRITER(setflags)
FLOPSCOPE_WRITER(resize)
FLOPSCOPE_WRITER(byteswap)
FLOPSCOPE_WRITER(__setstate__)
#undef FLOPSCOPE_WRITER

// `value in array`: a comparison and an `any`, both billed.
int contains(PyObject* self, PyObject* value) {
  const Ref equal = Ref::steal(compare(self, value, Py_EQ));
  if (!equal) return -1;
  if (!is_array(equal.get())) return PyObject_IsTrue(equal.get());
  CountedOp& any = method_op(Method::any);
  PyObject* operand = equal.get();
  const Ref found =
      Ref::steal(any.vectorcall(reinterpret_cast<PyObject*>(&any), &operand, 1, nullptr));
  return found ? PyObject_IsTrue(found.get()) : -1;
}

Py_hash_t refuse_hash(PyObject*) {
  PyErr_SetString(PyExc_TypeError, "unhashable type: 'FlopscopeArray'");
  return -1;
}

PyObject* get_flat(PyObject* self, void*) {
  // A flat iterator can be written through, out of our sight.
  before_write(self);
  return PyArray_IterNew(self);
}

int set_flat(PyObject* self, PyObject* value, void*) {
  if (value == nullptr) {
    PyErr_SetString(PyExc_AttributeError, "Cannot delete array flat iterator");
    return -1;
  }
  before_write(self);
  const Ref flat = Ref::steal(PyArray_IterNew(self));
  if (!flat) return -1;
  const Ref everything = Ref::steal(PySlice_New(nullptr, nullptr, nullptr));
  return everything ? PyObject_SetItem(flat.get(), everything.get(), value) : -1;
}

PyObject* get_symmetry(PyObject* self, void*) { return tag_as_python(self); }

// The text is NumPy's own, for an ndarray class of the same name that dispatches nothing.
PyObject* array_repr(PyObject* self) {
  const Ref view = base_view(self);
  const Ref module = Ref::steal(PyImport_ImportModule("flopscope._printing"));
  if (!view || !module) return nullptr;
  return PyObject_CallMethod(module.get(), "array_repr", "OO", view.get(), Py_TYPE(self));
}

PyObject* array_str(PyObject* self) {
  const Ref view = base_view(self);
  return view ? PyObject_Str(view.get()) : nullptr;
}

PyObject* array_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return PyArray_Type.tp_new(type, args, kwargs);
}

void array_dealloc(PyObject* object) {
  if (keep_for_later(object)) return;
  PyTypeObject* type = Py_TYPE(object);
  PyArray_Type.tp_dealloc(object);
  Py_DECREF(type);
}

void tagged_dealloc(PyObject* object) {
  forget(object);
  array_dealloc(object);
}

// A subclass that took ndarray's own protocols would compute unbilled: NumPy knows these two by
// their identity and then asks nobody.
PyObject* init_subclass(PyObject* cls, PyObject* args, PyObject* kwargs) {
  if (PyTuple_GET_SIZE(args) != 0 || (kwargs != nullptr && PyDict_GET_SIZE(kwargs) != 0)) {
    return PyErr_Format(PyExc_TypeError, "%.200s takes no class keywords",
                        reinterpret_cast<PyTypeObject*>(cls)->tp_name);
  }
  for (const char* name : {"__array_ufunc__", "__array_function__"}) {
    const Ref taken = Ref::steal(PyObject_GetAttrString(cls, name));
    const Ref plain =
        Ref::steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PyArray_Type), name));
    if (!taken || !plain) return nullptr;
    if (taken.get() == plain.get()) {
      return PyErr_Format(PyExc_TypeError,
                          "%.200s cannot have ndarray's %s: its arrays would compute unbilled",
                          reinterpret_cast<PyTypeObject*>(cls)->tp_name, name);
    }
  }
  Py_RETURN_NONE;
}

PyMethodDef other_methods[] = {
    {"__init_subclass__",
     reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(init_subclass)),
     METH_VARARGS | METH_KEYWORDS | METH_CLASS, "Refuses subclasses that would not be billed."},
    {"__array_ufunc__",
     reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(array_ufunc_protocol)),
     METH_VARARGS | METH_KEYWORDS,
     "__array_ufunc__($self, ufunc, method, /, *inputs, **kwargs)\n--\n\n"
     "NumPy's protocol for ufuncs: runs the counted function."},
    {"__array_function__", array_function_protocol, METH_VARARGS,
     "__array_function__($self, /, func, types, args, kwargs)\n--\n\n"
     "NumPy's protocol for functions: runs the counted function."},
    {"fill", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(write_fill)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"put", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(write_put)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"setfield", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(write_setfield)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"setflags", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(write_setflags)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"resize", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(write_resize)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"__setstate__",
     reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(write___setstate__)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"byteswap", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(write_byteswap)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
};

std::vector<PyMethodDef> method_table;

PyMethodDef tagged_methods[] = {
    {"__array_finalize__", tagged_finalize, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef array_properties[] = {
    {"flat", get_flat, set_flat, "A 1-d iterator over the array.", nullptr},
    {"symmetry", get_symmetry, nullptr, "The array's SymmetryGroup, or None.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

template <class F>
PyType_Slot slot(int id, F* function) {
  return {id, reinterpret_cast<void*>(function)};
}

// Text and signatures of methods are ndarray's own, which NumPy attaches while it is imported.
void borrow_docs(std::vector<PyMethodDef>& table) {
  for (PyMethodDef& method : table) {
    if (method.ml_name == nullptr || method.ml_doc != nullptr) continue;
    const Ref original = Ref::steal(
        PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PyArray_Type), method.ml_name));
    if (original && Py_TYPE(original.get()) == &PyMethodDescr_Type) {
      method.ml_doc = reinterpret_cast<PyMethodDescrObject*>(original.get())->d_method->ml_doc;
    }
    PyErr_Clear();  // `ptp` is a method of ours only
  }
}

PyTypeObject* make_array_type(const char* name, const char* doc) {
  method_table.resize(array_method_count());
  define_array_methods(method_table.data());
  for (const PyMethodDef& method : other_methods) method_table.push_back(method);
  method_table.push_back({nullptr, nullptr, 0, nullptr});
  borrow_docs(method_table);
  PyType_Slot slots[] = {
      slot(Py_tp_new, array_new),
      slot(Py_tp_dealloc, array_dealloc),
      {Py_tp_methods, method_table.data()},
      {Py_tp_getset, array_properties},
      slot(Py_tp_repr, array_repr),
      slot(Py_tp_str, array_str),
      slot(Py_tp_richcompare, compare),
      slot(Py_tp_iter, array_iter),
      slot(Py_bf_getbuffer, array_getbuffer),
      slot(Py_tp_hash, refuse_hash),
      slot(Py_sq_contains, contains),
      {Py_tp_doc, const_cast<char*>(doc)},
      slot(Py_mp_ass_subscript, assign),
      slot(Py_sq_ass_item, assign_item),
      slot(Py_nb_add, binary<Operator::add>),
      slot(Py_nb_subtract, binary<Operator::subtract>),
      slot(Py_nb_multiply, binary<Operator::multiply>),
      slot(Py_nb_true_divide, binary<Operator::true_divide>),
      slot(Py_nb_floor_divide, binary<Operator::floor_divide>),
      slot(Py_nb_remainder, binary<Operator::mod>),
      slot(Py_nb_divmod, binary<Operator::divmod>),
      slot(Py_nb_power, power),
      slot(Py_nb_matrix_multiply, matmul),
      slot(Py_nb_negative, unary<Operator::negative>),
      slot(Py_nb_positive, unary<Operator::positive>),
      slot(Py_nb_absolute, unary<Operator::abs>),
      slot(Py_nb_invert, unary<Operator::invert>),
      slot(Py_nb_and, binary<Operator::bitwise_and>),
      slot(Py_nb_or, binary<Operator::bitwise_or>),
      slot(Py_nb_xor, binary<Operator::bitwise_xor>),
      slot(Py_nb_lshift, binary<Operator::left_shift>),
      slot(Py_nb_rshift, binary<Operator::right_shift>),
      slot(Py_nb_inplace_add, in_place<Operator::add>),
      slot(Py_nb_inplace_subtract, in_place<Operator::subtract>),
      slot(Py_nb_inplace_multiply, in_place<Operator::multiply>),
      slot(Py_nb_inplace_true_divide, in_place<Operator::true_divide>),
      slot(Py_nb_inplace_floor_divide, in_place<Operator::floor_divide>),
      slot(Py_nb_inplace_remainder, in_place<Operator::mod>),
      slot(Py_nb_inplace_power, in_place_power),
      slot(Py_nb_inplace_matrix_multiply, in_place_matmul),
      slot(Py_nb_inplace_and, in_place<Operator::bitwise_and>),
      slot(Py_nb_inplace_or, in_place<Operator::bitwise_or>),
      slot(Py_nb_inplace_xor, in_place<Operator::bitwise_xor>),
      slot(Py_nb_inplace_lshift, in_place<Operator::left_shift>),
      slot(Py_nb_inplace_rshift, in_place<Operator::right_shift>),
      {0, nullptr},
  };
  PyType_Spec spec = {name, 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  const Ref bases = Ref::steal(PyTuple_Pack(1, &PyArray_Type));
  if (!bases) return nullptr;
  return reinterpret_cast<PyTypeObject*>(PyType_FromSpecWithBases(&spec, bases.get()));
}

PyTypeObject* make_tagged_type(const char* name, const char* doc, unsigned flags) {
  PyType_Slot slots[] = {
      slot(Py_tp_dealloc, tagged_dealloc),
      {Py_tp_methods, tagged_methods},
      slot(Py_tp_setattro, tagged_setattro),
      {Py_tp_doc, const_cast<char*>(doc)},
      {0, nullptr},
  };
  PyType_Spec spec = {name, 0, 0, static_cast<unsigned>(Py_TPFLAGS_DEFAULT | flags), slots};
  const Ref bases = Ref::steal(PyTuple_Pack(1, array_type));
  if (!bases) return nullptr;
  return reinterpret_cast<PyTypeObject*>(PyType_FromSpecWithBases(&spec, bases.get()));
}

// _seal(type): its attributes stay what they are, whatever a program assigns.
PyObject* seal(PyObject*, PyObject* type) {
  if (!PyType_Check(type)) return PyErr_Format(PyExc_TypeError, "%R is no type", type);
  auto* sealed = reinterpret_cast<PyTypeObject*>(type);
  PyType_Modified(sealed);
  sealed->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
  Py_RETURN_NONE;
}

// _set_member(type, name, value): for the library's own code, which replaces members for a while.
// Without a value the member goes.
PyObject* set_member(PyObject*, PyObject* args) {
  PyTypeObject* type = nullptr;
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  if (PyArg_ParseTuple(args, "O!U|O", &PyType_Type, &type, &name, &value) == 0) return nullptr;
  if (!require_library("_set_member")) return nullptr;
  const unsigned long sealed = type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE;
  type->tp_flags &= ~Py_TPFLAGS_IMMUTABLETYPE;
  const int status = PyObject_SetAttr(reinterpret_cast<PyObject*>(type), name, value);
  type->tp_flags |= sealed;
  if (status < 0) return nullptr;
  Py_RETURN_NONE;
}

PyMethodDef type_functions[] = {
    {"_set_member", set_member, METH_VARARGS, "Changes a member of a sealed type."},
    {"_seal", seal, METH_O, "Refuses assignments to the attributes of a type from now on."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_array_types(PyObject* module) {
  if (PyModule_AddFunctions(module, type_functions) < 0) return false;
  plain_power_function = PyCFunction_New(&plain_power_method, nullptr);
  plain_equal_function = PyCFunction_New(&plain_equal_method, nullptr);
  plain_not_equal_function = PyCFunction_New(&plain_not_equal_method, nullptr);
  array_type =
      make_array_type("flopscope.FlopscopeArray",
                      "An ndarray whose arithmetic is billed to the active budget. Make one with "
                      "``flopscope.numpy``.");
  if (plain_power_function == nullptr || plain_equal_function == nullptr ||
      plain_not_equal_function == nullptr || array_type == nullptr) {
    return false;
  }
  tensor_type = make_tagged_type(
      "flopscope.SymmetricTensor",
      "A FlopscopeArray whose elements repeat under a group of axis permutations (`symmetry`).", 0);
  follower_type = make_tagged_type("flopscope.FlopscopeArray",
                                   "A view of a SymmetricTensor without a symmetry of its own.", 0);
  if (tensor_type == nullptr || follower_type == nullptr) return false;
  // Not hashable, and `collections.abc.Hashable` is told so; the slot keeps its message.
  if (PyDict_SetItemString(array_type->tp_dict, "__hash__", Py_None) < 0) return false;
  PyType_Modified(array_type);
  if (PyModule_AddObjectRef(module, "_Follower", reinterpret_cast<PyObject*>(follower_type)) < 0) {
    return false;
  }
  return PyModule_AddObjectRef(module, "FlopscopeArray", reinterpret_cast<PyObject*>(array_type)) ==
             0 &&
         PyModule_AddObjectRef(module, "SymmetricTensor",
                               reinterpret_cast<PyObject*>(tensor_type)) == 0;
}

}  // namespace flopscope::bindings
