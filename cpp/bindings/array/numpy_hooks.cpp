#include "bindings/array/numpy_hooks.hpp"

#include <array>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "bindings/array/array_ops.hpp"
#include "bindings/compat.hpp"
#include "bindings/dispatch/guard.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/observe/escapes.hpp"

namespace flopscope::bindings {
namespace {

// What becomes of a call that has counted arrays among its arguments.
enum class Policy : std::uint8_t {
  hands_out,  // an escape, unless the result is counted
  writes,     // the same, and a strict budget is asked before anything is written
  lists,      // an escape, unless it is one number
  base,       // an escape, unless there is none
  computes,   // the counted method of that name does it, and bills it
  protocol,   // the counted array's own protocol does it
  refused,    // no counted function knows what it does
};

struct Target {
  const char* holder;  // the type or module, below numpy
  const char* name;
  Policy policy;
  const char* what;  // the name of the escape
};

constexpr const char* k_umath = "_core._multiarray_umath";

constexpr std::array k_targets{
    Target{k_umath, "array", Policy::hands_out, "np.array"},
    Target{k_umath, "asarray", Policy::hands_out, "np.asarray"},
    Target{k_umath, "ascontiguousarray", Policy::hands_out, "np.ascontiguousarray"},
    Target{k_umath, "asfortranarray", Policy::hands_out, "np.asfortranarray"},
    Target{k_umath, "nested_iters", Policy::hands_out, "np.nested_iters"},
    // The functions below NumPy's dispatch, which hides them well enough for most programs.
    Target{k_umath, "c_einsum", Policy::refused, nullptr},
    Target{k_umath, "dot", Policy::refused, nullptr},
    Target{k_umath, "inner", Policy::refused, nullptr},
    Target{k_umath, "vdot", Policy::refused, nullptr},
    Target{k_umath, "where", Policy::refused, nullptr},
    Target{k_umath, "lexsort", Policy::refused, nullptr},
    Target{k_umath, "interp", Policy::refused, nullptr},
    Target{k_umath, "interp_complex", Policy::refused, nullptr},
    Target{k_umath, "correlate", Policy::refused, nullptr},
    Target{k_umath, "correlate2", Policy::refused, nullptr},
    Target{k_umath, "bincount", Policy::refused, nullptr},
    Target{k_umath, "concatenate", Policy::refused, nullptr},
    Target{k_umath, "copyto", Policy::refused, nullptr},
    Target{k_umath, "putmask", Policy::refused, nullptr},
    Target{"ndarray", "view", Policy::hands_out, "ndarray.view"},
    Target{"ndarray", "__array__", Policy::hands_out, "__array__"},
    Target{"ndarray", "__array_wrap__", Policy::hands_out, "__array_wrap__"},
    Target{"ndarray", "tobytes", Policy::hands_out, "ndarray.tobytes"},
    Target{"ndarray", "tofile", Policy::writes, "ndarray.tofile"},
    Target{"ndarray", "dump", Policy::writes, "ndarray.dump"},
    Target{"ndarray", "dumps", Policy::hands_out, "ndarray.dumps"},
    Target{"ndarray", "tolist", Policy::lists, "ndarray.tolist"},
    Target{"ndarray", "__reduce__", Policy::hands_out, "pickle"},
    Target{"ndarray", "__reduce_ex__", Policy::hands_out, "pickle"},
    Target{"ndarray", "__dlpack__", Policy::hands_out, "dlpack"},
    Target{"ndarray", "base", Policy::base, "ndarray.base"},
    Target{"ndarray", "data", Policy::hands_out, "ndarray.data"},
    Target{"ndarray", "ctypes", Policy::hands_out, "ndarray.ctypes"},
    Target{"ndarray", "__array_interface__", Policy::hands_out, "__array_interface__"},
    Target{"ndarray", "__array_struct__", Policy::hands_out, "__array_struct__"},
    Target{"ndarray", "put", Policy::writes, "ndarray.put"},
    Target{"ndarray", "choose", Policy::hands_out, "ndarray.choose"},
    Target{"ndarray", "__array_ufunc__", Policy::protocol, nullptr},
    Target{"ndarray", "__array_function__", Policy::protocol, nullptr},
    Target{"ndarray", "argmax", Policy::computes, nullptr},
    Target{"ndarray", "argmin", Policy::computes, nullptr},
    Target{"ndarray", "argpartition", Policy::computes, nullptr},
    Target{"ndarray", "argsort", Policy::computes, nullptr},
    Target{"ndarray", "astype", Policy::computes, nullptr},
    Target{"ndarray", "clip", Policy::computes, nullptr},
    Target{"ndarray", "compress", Policy::computes, nullptr},
    Target{"ndarray", "dot", Policy::computes, nullptr},
    Target{"ndarray", "nonzero", Policy::computes, nullptr},
    Target{"ndarray", "partition", Policy::computes, nullptr},
    Target{"ndarray", "repeat", Policy::computes, nullptr},
    Target{"ndarray", "searchsorted", Policy::computes, nullptr},
    Target{"ndarray", "sort", Policy::computes, nullptr},
    Target{"ndarray", "take", Policy::computes, nullptr},
    Target{"ndarray", "trace", Policy::computes, nullptr},
    Target{"flatiter", "__array__", Policy::hands_out, "ndarray.flat"},
};

struct Hook {
  PyMethodDef method{};
  PyGetSetDef property{};
  PyCFunction original = nullptr;
  getter original_getter = nullptr;
  Ref counted;  // what does it instead
};
std::array<Hook, k_targets.size()> hooks;

// A call that is an escape may pass through other hooked functions: it is one escape.
thread_local bool is_within_escape = false;

// The arguments of a call, whatever the calling convention.
struct CallArguments {
  PyObject* self;           // null for functions
  PyObject* const* values;  // positional, then those of `names`
  Py_ssize_t positional;
  PyObject* names = nullptr;     // a tuple, or null
  PyObject* keywords = nullptr;  // a dict, or null
};

template <class F>
void for_each(const CallArguments& given, F&& see) {
  if (given.self != nullptr) see(given.self);
  const Py_ssize_t named = given.names != nullptr ? PyTuple_GET_SIZE(given.names) : 0;
  for (Py_ssize_t i = 0; i < given.positional + named; ++i) see(given.values[i]);
  if (given.keywords == nullptr) return;
  Py_ssize_t position = 0;
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  while (PyDict_Next(given.keywords, &position, &name, &value) != 0) see(value);
}

// A flat iterator stands for the array that it goes through.
PyObject* array_of(PyObject* object) {
  if (PyObject_TypeCheck(object, &PyArrayIter_Type) == 0) return object;
  return reinterpret_cast<PyObject*>(reinterpret_cast<PyArrayIterObject*>(object)->ao);
}

std::uint64_t bytes_of(const CallArguments& given) {
  std::uint64_t bytes = 0;
  for_each(given, [&](PyObject* value) { bytes += counted_bytes(array_of(value)); });
  return bytes;
}

bool has_counted(const CallArguments& given) {
  bool found = false;
  for_each(given, [&](PyObject* value) {
    value = array_of(value);
    if (Py_TYPE(value) != &PyArray_Type && !PyFloat_CheckExact(value) &&
        !PyLong_CheckExact(value)) {
      found = found || is_counted_array(value) ||
              ((PyList_Check(value) || PyTuple_Check(value)) && counted_bytes(value) > 0);
    }
  });
  return found;
}

// The same call of another function: `self`, if there is one, goes first.
PyObject* redirect(const CallArguments& given, PyObject* function) {
  std::vector<PyObject*> values;
  if (given.self != nullptr) values.push_back(given.self);
  const Py_ssize_t named = given.names != nullptr ? PyTuple_GET_SIZE(given.names) : 0;
  values.insert(values.end(), given.values, given.values + given.positional + named);
  const std::size_t positional = values.size() - static_cast<std::size_t>(named);
  return given.keywords != nullptr
             ? PyObject_VectorcallDict(function, values.data(), positional, given.keywords)
             : PyObject_Vectorcall(function, values.data(), positional, given.names);
}

template <class F>
PyObject* hand_out(const Target& target, const CallArguments& given, F&& original) {
  const std::uint64_t bytes = bytes_of(given);
  if (is_within_escape) return original();
  if (target.policy == Policy::writes && refuses_escapes() && !let_escape(target.what, bytes)) {
    return nullptr;
  }
  is_within_escape = true;
  Ref result = Ref::steal(original());
  is_within_escape = false;
  const bool is_kept = !result || is_counted_array(result.get()) ||
                       // The array owns its memory.
                       (target.policy == Policy::base && result.get() == Py_None) ||
                       (target.policy == Policy::lists && PyArray_SIZE(as_array(given.self)) <= 1);
  return is_kept || let_escape(target.what, bytes) ? result.release() : nullptr;
}

template <std::size_t index, class F>
PyObject* around(const CallArguments& given, F&& original) {
  constexpr const Target& target = k_targets[index];
  if (FLOPSCOPE_LIKELY(!has_counted(given))) return original();
  return guarded([&]() -> PyObject* {
    switch (target.policy) {
      case Policy::computes:
      case Policy::protocol:
        return redirect(given, hooks[index].counted.get());
      case Policy::refused:
        return PyErr_Format(PyExc_TypeError,
                            "numpy.%s.%s is not counted, so it takes no counted arrays; use a "
                            "function of flopscope.numpy",
                            target.holder, target.name);
      default:
        return hand_out(target, given, original);
    }
  });
}

// One function per hook and calling convention, which is how each knows its place in the table.
template <std::size_t index>
struct Entry {
  static constexpr bool is_method = std::string_view{k_targets[index].holder} != k_umath;
  static PyObject* subject(PyObject* self) { return is_method ? self : nullptr; }

  static PyObject* one(PyObject* self, PyObject* arg) {
    const CallArguments given{subject(self), &arg, arg != nullptr ? 1 : 0};
    return around<index>(given, [=] { return hooks[index].original(self, arg); });
  }

  static PyObject* tuple(PyObject* self, PyObject* args) {
    const CallArguments given{subject(self), &PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args)};
    return around<index>(given, [=] { return hooks[index].original(self, args); });
  }

  static PyObject* tuple_and_dict(PyObject* self, PyObject* args, PyObject* keywords) {
    const CallArguments given{subject(self), &PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args),
                              nullptr, keywords};
    return around<index>(given, [=] {
      return reinterpret_cast<PyCFunctionWithKeywords>(
          reinterpret_cast<void (*)()>(hooks[index].original))(self, args, keywords);
    });
  }

  using Fast = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t);
  using FastNamed = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);

  static PyObject* fast(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    const CallArguments given{subject(self), args, count};
    return around<index>(given, [=] {
      return reinterpret_cast<Fast>(reinterpret_cast<void (*)()>(hooks[index].original))(self, args,
                                                                                         count);
    });
  }

  static PyObject* fast_named(PyObject* self, PyObject* const* args, Py_ssize_t count,
                              PyObject* names) {
    const CallArguments given{subject(self), args, count, names};
    return around<index>(given, [=] {
      return reinterpret_cast<FastNamed>(reinterpret_cast<void (*)()>(hooks[index].original))(
          self, args, count, names);
    });
  }

  static PyObject* get(PyObject* self, void* closure) {
    const CallArguments given{self, nullptr, 0};
    return around<index>(given, [=] { return hooks[index].original_getter(self, closure); });
  }
};

template <class F>
PyCFunction as_c_function(F* function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

// The replacement with the calling convention of the original; null for one that is not known.
template <std::size_t index>
PyCFunction entry_for(int flags) {
  using E = Entry<index>;
  switch (flags & ~(METH_CLASS | METH_STATIC | METH_COEXIST)) {
    case METH_NOARGS:
    case METH_O:
      return as_c_function(E::one);
    case METH_VARARGS:
      return as_c_function(E::tuple);
    case METH_VARARGS | METH_KEYWORDS:
      return as_c_function(E::tuple_and_dict);
    case METH_FASTCALL:
      return as_c_function(E::fast);
    case METH_FASTCALL | METH_KEYWORDS:
      return as_c_function(E::fast_named);
    default:
      return nullptr;
  }
}

// NumPy's object of that name; empty without an error when this NumPy has none.
Ref find_target(const Target& target) {
  const bool is_module = std::string_view{target.holder} == k_umath;
  const Ref holder = is_module ? Ref::steal(PyImport_ImportModule("numpy._core._multiarray_umath"))
                     : std::string_view{target.holder} == "flatiter"
                         ? Ref::borrow(reinterpret_cast<PyObject*>(&PyArrayIter_Type))
                         : Ref::borrow(reinterpret_cast<PyObject*>(&PyArray_Type));
  Ref found;
  if (holder) {
    PyObject* names = is_module ? PyModule_GetDict(holder.get())
                                : reinterpret_cast<PyTypeObject*>(holder.get())->tp_dict;
    found = Ref::borrow(PyDict_GetItemString(names, target.name));
  }
  PyErr_Clear();
  return found;
}

template <std::size_t index>
bool install() {
  const Ref found = find_target(k_targets[index]);
  if (!found) return false;
  Hook& hook = hooks[index];
  if (Py_TYPE(found.get()) == &PyGetSetDescr_Type) {
    auto* descriptor = reinterpret_cast<PyGetSetDescrObject*>(found.get());
    hook.property = *descriptor->d_getset;
    hook.original_getter = hook.property.get;
    hook.property.get = Entry<index>::get;
    descriptor->d_getset = &hook.property;
    return true;
  }
  PyMethodDef** place = nullptr;
  if (PyCFunction_CheckExact(found.get())) {
    place = &reinterpret_cast<PyCFunctionObject*>(found.get())->m_ml;
  } else if (Py_TYPE(found.get()) == &PyMethodDescr_Type) {
    place = &reinterpret_cast<PyMethodDescrObject*>(found.get())->d_method;
  } else {
    return false;
  }
  hook.method = **place;
  hook.original = hook.method.ml_meth;
  hook.method.ml_meth = entry_for<index>(hook.method.ml_flags);
  if (hook.method.ml_meth == nullptr) return false;
  *place = &hook.method;
  return true;
}

// ---------------------------------------------------------------------------------------- slots

getbufferproc plain_getbuffer = nullptr;
getiterfunc plain_iter = nullptr;
getiterfunc flat_iter = nullptr;
objobjargproc plain_assign = nullptr;
initproc plain_nditer_init = nullptr;

// `plain[key] = counted`. One number is a number.
int assign_to_plain(PyObject* self, PyObject* key, PyObject* value) {
  if (FLOPSCOPE_UNLIKELY(value != nullptr && Py_TYPE(value) != &PyArray_Type &&
                         !is_counted_array(self))) {
    const bool is_number = is_counted_array(value) && PyArray_SIZE(as_array(value)) <= 1;
    if (!is_number && !let_escape("assignment", counted_bytes(value))) return -1;
  }
  return plain_assign(self, key, value);
}

int init_nditer(PyObject* self, PyObject* args, PyObject* keywords) {
  const CallArguments given{nullptr, &PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args), nullptr,
                            keywords};
  if (has_counted(given) && !let_escape("np.nditer", bytes_of(given))) return -1;
  return plain_nditer_init(self, args, keywords);
}

PyObject* iterate_flat(PyObject* self) {
  PyObject* array = array_of(self);
  if (is_counted_array(array) && PyArray_SIZE(as_array(array)) > 1 &&
      !let_escape("iteration", counted_bytes(array))) {
    return nullptr;
  }
  return flat_iter(self);
}

PyObject* iterate(PyObject* self) {
  return is_counted_array(self) ? array_iter(self) : plain_iter(self);
}

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  return is_counted_array(self) ? array_getbuffer(self, view, flags)
                                : plain_getbuffer(self, view, flags);
}

// What a slot is called by. Python also takes the slots of subclasses from there, and falls back to
// slow ones where the names of one slot do not agree.
template <class F>
void rewrap(PyTypeObject* type, std::initializer_list<const char*> names, F* function) {
  for (const char* name : names) {
    PyObject* wrapper = PyDict_GetItemString(type->tp_dict, name);
    if (wrapper == nullptr || Py_TYPE(wrapper) != &PyWrapperDescr_Type) continue;
    reinterpret_cast<PyWrapperDescrObject*>(wrapper)->d_wrapped = reinterpret_cast<void*>(function);
  }
}

void hook_slots() {
  PyArray_Type.tp_as_buffer->bf_getbuffer = get_buffer;
  rewrap(&PyArray_Type, {"__buffer__"}, get_buffer);
  PyArray_Type.tp_iter = iterate;
  rewrap(&PyArray_Type, {"__iter__"}, iterate);
  plain_assign = std::exchange(PyArray_Type.tp_as_mapping->mp_ass_subscript, assign_to_plain);
  rewrap(&PyArray_Type, {"__setitem__", "__delitem__"}, assign_to_plain);
  flat_iter = std::exchange(PyArrayIter_Type.tp_iter, iterate_flat);
  rewrap(&PyArrayIter_Type, {"__iter__"}, iterate_flat);
  const Ref numpy = Ref::steal(PyImport_ImportModule("numpy"));
  const Ref nditer = numpy ? Ref::steal(PyObject_GetAttrString(numpy.get(), "nditer")) : Ref{};
  if (nditer && PyType_Check(nditer.get())) {
    auto* type = reinterpret_cast<PyTypeObject*>(nditer.get());
    plain_nditer_init = std::exchange(type->tp_init, init_nditer);
    rewrap(type, {"__init__"}, init_nditer);
  }
  PyErr_Clear();
}

bool is_hooked = false;
std::vector<std::string> missing;

template <std::size_t... I>
void install_all(std::index_sequence<I...>) {
  const auto note = [](std::size_t index, bool done) {
    if (done) return;
    missing.push_back(std::string{k_targets[index].holder} + "." + k_targets[index].name);
  };
  (note(I, install<I>()), ...);
}

// Once the array type has its operations: what `computes` and `protocol` do instead.
PyObject* finish_hooks(PyObject*, PyObject*) {
  if (!is_hooked) {
    is_hooked = true;
    for (std::size_t i = 0; i < k_targets.size(); ++i) {
      const Target& target = k_targets[i];
      if (target.policy == Policy::protocol) {
        hooks[i].counted = Ref::steal(
            PyObject_GetAttrString(reinterpret_cast<PyObject*>(array_type), target.name));
      } else if (target.policy == Policy::computes) {
        hooks[i].counted = Ref::borrow(find_method_op(target.name));
      } else {
        continue;
      }
      if (!hooks[i].counted) {
        return PyErr_Format(PyExc_RuntimeError, "no counted function for ndarray.%s", target.name);
      }
    }
    install_all(std::make_index_sequence<k_targets.size()>{});
    hook_slots();
  }
  Ref names = Ref::steal(PyList_New(0));
  for (const std::string& name : missing) {
    const Ref text = Ref::steal(PyUnicode_FromString(name.c_str()));
    if (!names || !text || PyList_Append(names.get(), text.get()) < 0) return nullptr;
  }
  return names.release();
}

PyMethodDef functions[] = {
    {"_hook_numpy", finish_hooks, METH_NOARGS,
     "Hooks NumPy's functions, once; returns the names of those that this NumPy does not have."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool hook_numpy(PyObject* module) {
  // Arrays may be there before NumPy is hooked.
  plain_getbuffer = PyArray_Type.tp_as_buffer->bf_getbuffer;
  plain_iter = PyArray_Type.tp_iter;
  return PyModule_AddFunctions(module, functions) == 0;
}

int array_getbuffer(PyObject* self, Py_buffer* view, int flags) {
  const bool is_allowed = is_within_escape || let_escape("buffer", counted_bytes(self));
  if (!is_allowed) {
    if (view != nullptr) view->obj = nullptr;
    return -1;
  }
  return plain_getbuffer(self, view, flags);
}

PyObject* array_iter(PyObject* self) {
  // Rows are counted arrays; numbers are not.
  if (PyArray_NDIM(as_array(self)) == 1 && PyArray_SIZE(as_array(self)) > 1 && !is_within_escape &&
      !let_escape("iteration", counted_bytes(self))) {
    return nullptr;
  }
  return plain_iter(self);
}

}  // namespace flopscope::bindings
