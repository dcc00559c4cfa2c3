#include "inner_loop.hpp"

namespace flopscope::bindings {

bool inner_loops_enabled = true;

namespace {

std::array<PyArray_Descr*, k_loop_types.size()> builtin_descriptors{};

void load_descriptors() {
  if (builtin_descriptors[0] != nullptr) return;
  for (std::size_t i = 0; i < k_loop_types.size(); ++i) {
    // NumPy keeps these for the life of the process.
    builtin_descriptors[i] = PyArray_DescrFromType(k_loop_types[i]);
  }
}

}  // namespace

int loop_type_of(PyArray_Descr* descr) noexcept {
  for (std::size_t i = 0; i < builtin_descriptors.size(); ++i) {
    if (descr == builtin_descriptors[i]) return static_cast<int>(i);
  }
  return -1;
}

InnerLoops find_inner_loops(PyUFuncObject* ufunc) {
  load_descriptors();
  InnerLoops loops;
  // Generalised ufuncs have core dimensions; user loops and objects are left to NumPy.
  if (ufunc->core_enabled != 0 || ufunc->nout != 1 || ufunc->nin < 1 || ufunc->nin > 2)
    return loops;
  for (std::size_t i = 0; i < k_loop_types.size(); ++i) {
    const int wanted = k_loop_types[i];
    for (int entry = 0; entry < ufunc->ntypes; ++entry) {
      const char* types = ufunc->types + entry * ufunc->nargs;
      const auto same = [wanted](int type) {
        // `long` and `long long` are one type on the platforms where both have 64 bits.
        return type == wanted || (wanted == NPY_INT64 && type == NPY_LONGLONG &&
                                  sizeof(npy_longlong) == sizeof(npy_int64));
      };
      bool matches = same(types[0]) && (ufunc->nin == 1 || same(types[1]));
      if (!matches || ufunc->functions == nullptr || ufunc->functions[entry] == nullptr) continue;
      const int result = types[ufunc->nin];
      if (!PyTypeNum_ISBOOL(result) && !PyTypeNum_ISNUMBER(result)) continue;
      loops.by_type[i] = {ufunc->functions[entry],
                          ufunc->data != nullptr ? ufunc->data[entry] : nullptr,
                          PyArray_DescrFromType(same(result) ? wanted : result)};
      loops.any = true;
      break;
    }
  }
  return loops;
}

}  // namespace flopscope::bindings
