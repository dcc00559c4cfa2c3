#include "bindings/fastpath/inner_loop.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

bool inner_loops_enabled = true;

namespace detail {
std::array<KnownType, k_type_numbers> known_types{};
}

namespace {

void load_descriptors() {
  if (detail::known_types[NPY_BOOL].descr != nullptr) return;
  for (std::size_t i = 0; i < k_loop_types.size(); ++i) {
    // NumPy keeps these for the life of the process.
    detail::known_types[static_cast<std::size_t>(k_loop_types[i])] = {
        PyArray_DescrFromType(k_loop_types[i]), static_cast<Source>(i)};
  }
}

// What stands for a source in a question to NumPy; borrowed.
PyObject* question_of(Source source) noexcept {
  if (source == Source::python_int) return reinterpret_cast<PyObject*>(&PyLong_Type);
  if (source == Source::python_float) return reinterpret_cast<PyObject*>(&PyFloat_Type);
  const auto type = static_cast<std::size_t>(k_loop_types[static_cast<std::size_t>(source)]);
  return reinterpret_cast<PyObject*>(detail::known_types[type].descr);
}

// The loop whose types are these, or k_none: all inputs alike, and the outputs as we know them.
int matching_loop(const InnerLoops& loops, PyObject* types, int inputs) noexcept {
  const auto descr = [types](int i) {
    return reinterpret_cast<PyArray_Descr*>(PyTuple_GET_ITEM(types, i));
  };
  const int at = own_loop(source_of(descr(0)));
  if (at == InnerLoops::k_none || (inputs == 2 && descr(1) != descr(0))) return InnerLoops::k_none;
  const InnerLoop& loop = loops.by_type[static_cast<std::size_t>(at)];
  bool is_known = loop.function != nullptr;
  for (int i = 0; is_known && i < loops.outputs; ++i) {
    is_known = descr(inputs + i) == loop.results[static_cast<std::size_t>(i)];
  }
  return is_known ? at : InnerLoops::k_none;
}

constexpr std::string_view k_exact[] = {
    "absolute",     "add",        "bitwise_and", "bitwise_or",  "bitwise_xor", "ceil",
    "conjugate",    "copysign",   "divide",      "equal",       "fabs",        "floor",
    "floor_divide", "fmax",       "fmin",        "gcd",         "greater",     "greater_equal",
    "invert",       "isfinite",   "isinf",       "isnan",       "lcm",         "left_shift",
    "less",         "less_equal", "logical_and", "logical_not", "logical_or",  "logical_xor",
    "maximum",      "minimum",    "multiply",    "negative",    "nextafter",   "not_equal",
    "positive",     "reciprocal", "right_shift", "rint",        "sign",        "signbit",
    "sqrt",         "square",     "subtract",    "trunc",
};

// A byte that says true or false: any but 0 is true.
struct BoolByte {
  std::uint8_t byte;
  template <class To>
  explicit operator To() const noexcept {
    return static_cast<To>(byte != 0 ? 1 : 0);
  }
};

template <class To, class From>
void cast_elements(const char* from, char* to, npy_intp count) {
  for (npy_intp i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from + i * static_cast<npy_intp>(sizeof(From)), sizeof(From));
    const To converted{static_cast<To>(value)};
    std::memcpy(to + i * static_cast<npy_intp>(sizeof(To)), &converted, sizeof(To));
  }
}

// Complex numbers are cast to by way of their real part.
template <class Part>
struct ComplexElement {
  template <class From>
  explicit ComplexElement(From value) noexcept : real{static_cast<Part>(value)} {}
  Part real;
  Part imag = 0;
};

// Casts to bool, and between half precision and anything, are left to NumPy.
template <class From>
Cast cast_from(int loop_type) noexcept {
  switch (k_loop_types[static_cast<std::size_t>(loop_type)]) {
    case NPY_FLOAT64:
      return cast_elements<double, From>;
    case NPY_FLOAT32:
      return cast_elements<float, From>;
    case NPY_INT64:
      return cast_elements<std::int64_t, From>;
    case NPY_INT32:
      return cast_elements<std::int32_t, From>;
    case NPY_INT16:
      return cast_elements<std::int16_t, From>;
    case NPY_INT8:
      return cast_elements<std::int8_t, From>;
    case NPY_UINT64:
      return cast_elements<std::uint64_t, From>;
    case NPY_UINT32:
      return cast_elements<std::uint32_t, From>;
    case NPY_UINT16:
      return cast_elements<std::uint16_t, From>;
    case NPY_UINT8:
      return cast_elements<std::uint8_t, From>;
    case NPY_COMPLEX128:
      return cast_elements<ComplexElement<double>, From>;
    case NPY_COMPLEX64:
      return cast_elements<ComplexElement<float>, From>;
    default:
      return nullptr;
  }
}

}  // namespace

npy_intp loop_item(int loop_type) noexcept {
  const int type = k_loop_types[static_cast<std::size_t>(loop_type)];
  return PyDataType_ELSIZE(detail::known_types[static_cast<std::size_t>(type)].descr);
}

Cast cast_between(Source from, int loop_type) noexcept {
  switch (from) {
    case Source::float64:
      return cast_from<double>(loop_type);
    case Source::float32:
      return cast_from<float>(loop_type);
    case Source::int64:
      return cast_from<std::int64_t>(loop_type);
    case Source::boolean:
      return cast_from<BoolByte>(loop_type);
    case Source::uint8:
      return cast_from<std::uint8_t>(loop_type);
    case Source::int8:
      return cast_from<std::int8_t>(loop_type);
    case Source::int16:
      return cast_from<std::int16_t>(loop_type);
    case Source::int32:
      return cast_from<std::int32_t>(loop_type);
    case Source::uint16:
      return cast_from<std::uint16_t>(loop_type);
    case Source::uint32:
      return cast_from<std::uint32_t>(loop_type);
    case Source::uint64:
      return cast_from<std::uint64_t>(loop_type);
    default:
      return nullptr;
  }
}

int InnerLoops::resolve(PyObject* ufunc, Source left, Source right) noexcept {
  const int inputs = reinterpret_cast<PyUFuncObject*>(ufunc)->nin;
  // The outputs' types are what is asked: None.
  const Ref types =
      Ref::steal(inputs == 1 ? PyTuple_Pack(1 + outputs, question_of(left), Py_None, Py_None)
                             : PyTuple_Pack(2 + outputs, question_of(left), question_of(right),
                                            Py_None, Py_None));
  const Ref answer =
      types ? Ref::steal(PyObject_CallMethod(ufunc, "resolve_dtypes", "(O)", types.get())) : Ref{};
  // NumPy refuses the types, or two Python numbers: it will say so itself.
  if (!answer) PyErr_Clear();
  const int found = answer ? matching_loop(*this, answer.get(), inputs) : k_none;
  resolved[index(left, right)] = static_cast<std::int8_t>(found - k_none + 1);
  return found;
}

InnerLoops find_inner_loops(PyUFuncObject* ufunc) {
  load_descriptors();
  InnerLoops loops;
  // Generalised ufuncs have core dimensions; user loops and objects are left to NumPy.
  if (ufunc->core_enabled != 0 || ufunc->nin < 1 || ufunc->nin > 2 || ufunc->nout < 1 ||
      ufunc->nout > 2) {
    return loops;
  }
  loops.outputs = ufunc->nout;
  loops.is_exact = std::find(std::begin(k_exact), std::end(k_exact),
                             std::string_view{ufunc->name}) != std::end(k_exact);
  for (std::size_t i = 0; i < k_loop_types.size(); ++i) {
    const int wanted = k_loop_types[i];
    // Half precision has vector loops of its own, which NumPy leaves for single elements.
    if (wanted == NPY_FLOAT16 && !loops.is_exact) continue;
    for (int entry = 0; entry < ufunc->ntypes; ++entry) {
      const char* types = ufunc->types + entry * ufunc->nargs;
      const auto same = [wanted](int type) {
        // `long` and `long long` are one type on the platforms where both have 64 bits.
        return type == wanted || (wanted == NPY_INT64 && type == NPY_LONGLONG) ||
               (wanted == NPY_UINT64 && type == NPY_ULONGLONG);
      };
      bool matches = same(types[0]) && (ufunc->nin == 1 || same(types[1]));
      if (!matches || ufunc->functions == nullptr || ufunc->functions[entry] == nullptr) continue;
      InnerLoop loop{
          ufunc->functions[entry], ufunc->data != nullptr ? ufunc->data[entry] : nullptr, {}};
      for (int out = 0; matches && out < ufunc->nout; ++out) {
        const int result = types[ufunc->nin + out];
        matches = PyTypeNum_ISBOOL(result) || PyTypeNum_ISNUMBER(result);
        loop.results[static_cast<std::size_t>(out)] =
            PyArray_DescrFromType(same(result) ? wanted : result);
      }
      if (!matches) continue;
      loops.by_type[i] = loop;
      loops.any = true;
      break;
    }
  }
  return loops;
}

}  // namespace flopscope::bindings
