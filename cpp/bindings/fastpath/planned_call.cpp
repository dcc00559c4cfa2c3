#include "bindings/fastpath/planned_call.hpp"

#include <algorithm>
#include <array>
#include <list>
#include <unordered_map>
#include <vector>

#include "bindings/array/tags.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/dispatch/refusal.hpp"
#include "bindings/fastpath/plain_arrays.hpp"

namespace flopscope::bindings {
namespace {

constexpr std::size_t k_most_operands = PlainArrays::k_most;

// What a plan depends on, as words: the expression's hash, the optimizer, and for every operand the
// first one that is the same object, its group, its rank and lengths.
class Key {
 public:
  Key() noexcept {}  // leaves the words as they are, on purpose

  void add(std::uint64_t word) noexcept {
    if (size_ < k_room) words_[size_] = word;
    ++size_;
  }
  bool fits() const noexcept { return size_ <= k_room; }

  std::uint64_t hash() const noexcept {
    std::uint64_t hash = size_;
    for (std::size_t i = 0; i < size_; ++i) {
      hash = (hash ^ words_[i]) * 0xff51afd7ed558ccdULL;
      hash ^= hash >> 32U;
    }
    return hash;
  }

  std::vector<std::uint64_t> copy() const { return {words_.begin(), words_.begin() + size_}; }
  bool is(const std::vector<std::uint64_t>& other) const noexcept {
    return other.size() == size_ && std::equal(other.begin(), other.end(), words_.begin());
  }

 private:
  static constexpr std::size_t k_room = 120;
  std::array<std::uint64_t, k_room> words_;
  std::size_t size_ = 0;
};

std::uint64_t word_of(const void* pointer) noexcept {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

struct Plan {
  std::vector<std::uint64_t> key;
  Ref expression;                // as given
  Ref optimize;                  // or empty
  std::vector<GroupPtr> groups;  // of operands: their addresses are sub-budget of the key
  Count facts[3];                // multiplications, additions, elements of the result
  Ref text;                      // for the log
  Ref runner;                    // called with `first`, if there is one, and the arrays
  Ref first;
  GroupPtr group;  // of the result
};

// The plans used last. Guarded by the interpreter's lock.
class Plans {
 public:
  const Plan* find(std::uint64_t hash, const Key& key, PyObject* expression) {
    const auto found = index_.find(hash);
    if (found == index_.end() || !key.is(found->second->key) ||
        !is_same(found->second->expression.get(), expression)) {
      ++misses;
      return nullptr;
    }
    ++hits;
    recent_.splice(recent_.begin(), recent_, found->second);
    return &recent_.front();
  }

  const Plan* add(std::uint64_t hash, Plan plan) {
    forget(hash);
    recent_.push_front(std::move(plan));
    index_[hash] = recent_.begin();
    hashes_[&recent_.front()] = hash;
    if (recent_.size() > std::max<std::size_t>(capacity, 1)) {
      forget(hashes_.at(&recent_.back()));
    }
    return &recent_.front();
  }

  void clear() {
    index_.clear();
    hashes_.clear();
    recent_.clear();
    hits = misses = 0;
  }

  std::size_t size() const noexcept { return recent_.size(); }

  std::size_t capacity = 4096;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;

 private:
  static bool is_same(PyObject* known, PyObject* expression) {
    return known == expression || PyUnicode_Compare(known, expression) == 0;
  }

  void forget(std::uint64_t hash) {
    const auto found = index_.find(hash);
    if (found == index_.end()) return;
    hashes_.erase(&*found->second);
    recent_.erase(found->second);
    index_.erase(found);
  }

  std::list<Plan> recent_;
  std::unordered_map<std::uint64_t, std::list<Plan>::iterator> index_;
  std::unordered_map<const Plan*, std::uint64_t> hashes_;
};

Plans& plans() {
  static auto* const instance = new Plans;  // outlives the interpreter's objects
  return *instance;
}

// The value of `optimize=`, when that is the only keyword and one that can be told by its address.
// False for other calls.
bool read_keywords(PyObject* const* values, PyObject* kwnames, PyObject** optimize) {
  *optimize = nullptr;
  if (kwnames == nullptr || PyTuple_GET_SIZE(kwnames) == 0) return true;
  if (PyTuple_GET_SIZE(kwnames) != 1 ||
      PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, 0), "optimize") != 0) {
    return false;
  }
  *optimize = values[0];
  return values[0] == Py_None || PyBool_Check(values[0]) || PyUnicode_CheckExact(values[0]);
}

// Adds the operands to the key. False for anything but numeric arrays.
bool read_operands(PyObject* const* operands, std::size_t count, Key* key) {
  for (std::size_t i = 0; i < count; ++i) {
    PyObject* operand = operands[i];
    if (!is_counted_array(operand) && Py_TYPE(operand) != &PyArray_Type) return false;
    PyArrayObject* array = as_array(operand);
    const int type = PyArray_TYPE(array);
    if (!PyTypeNum_ISNUMBER(type) && !PyTypeNum_ISBOOL(type)) return false;
    key->add(static_cast<std::uint64_t>(std::find(operands, operands + i, operand) - operands));
    const Tag* tag = tag_of(operand);
    key->add(tag != nullptr ? word_of(tag->group.get()) : 0);
    const int ndim = PyArray_NDIM(array);
    key->add(static_cast<std::uint64_t>(ndim));
    for (int a = 0; a < ndim; ++a) key->add(static_cast<std::uint64_t>(PyArray_DIM(array, a)));
  }
  return key->fits();
}

// Asks the planner: None, or (facts, text, runner, first, group). Null, with or without an error,
// when there is no plan.
const Plan* make_plan(const CountedOp& op, PyObject* const* args, std::size_t count,
                      PyObject* optimize, std::uint64_t hash, const Key& key) {
  std::vector<PyObject*> values{optimize != nullptr ? optimize : Py_None};
  values.insert(values.end(), args, args + count);
  const Ref answer =
      Ref::steal(PyObject_Vectorcall(op.planner, values.data(), values.size(), nullptr));
  if (!answer || answer.get() == Py_None) return nullptr;
  const auto item = [&answer](Py_ssize_t i) { return PyTuple_GET_ITEM(answer.get(), i); };
  Plan plan;
  for (Py_ssize_t i = 0; i < 3; ++i) {
    if (!to_count(PyTuple_GET_ITEM(item(0), i), &plan.facts[i])) return nullptr;
  }
  plan.key = key.copy();
  plan.expression = Ref::borrow(args[0]);
  if (optimize != nullptr) plan.optimize = Ref::borrow(optimize);
  plan.text = Ref::borrow(item(1));
  plan.runner = Ref::borrow(item(2));
  if (item(3) != Py_None) plan.first = Ref::borrow(item(3));
  if (!group_of_python(item(4), &plan.group)) return nullptr;
  for (std::size_t i = 1; i < count; ++i) {
    if (const Tag* tag = tag_of(args[i])) plan.groups.push_back(tag->group);
  }
  return plans().add(hash, std::move(plan));
}

// All tags that went into the result were inferred.
bool is_inferred(PyObject* const* operands, std::size_t count) {
  return std::all_of(operands, operands + count, [](PyObject* operand) {
    const Tag* tag = tag_of(operand);
    return tag == nullptr || tag->is_inferred;
  });
}

Ref run(Call& call, const Plan& plan, PyObject* const* operands, std::size_t count) {
  std::array<PyObject*, k_most_operands + 2> slots;
  std::size_t used = 1;
  // The plan may be forgotten while its call runs.
  const Ref runner = Ref::borrow(plan.runner.get());
  const Ref first = plan.first ? Ref::borrow(plan.first.get()) : Ref{};
  const GroupPtr group = plan.group;
  if (first) slots[used++] = first.get();
  PlainArrays plain;
  for (std::size_t i = 0; i < count; ++i) {
    slots[used] = plain.add(operands[i]);
    if (slots[used++] == nullptr) return {};
  }
  Ref result = call.run([&] {
    return PyObject_Vectorcall(runner.get(), slots.data() + 1,
                               (used - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
  });
  plain.give_back();
  if (!result) return {};
  result = wrap(std::move(result));
  if (!result || !is_counted_array(result.get())) return result;
  if (group) return attach_tag(std::move(result), group, is_inferred(operands, count));
  follow(result.get());
  return result;
}

}  // namespace

bool try_planned(Call& call, const CountedOp& op, PyObject* const* args, std::size_t nargsf,
                 PyObject* kwnames, Ref* result) {
  const auto count = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf));
  PyObject* optimize = nullptr;
  if (count < 2 || count > k_most_operands + 1 || !PyUnicode_CheckExact(args[0]) ||
      !read_keywords(args + count, kwnames, &optimize)) {
    return false;
  }
  Key key;
  key.add(static_cast<std::uint64_t>(PyObject_Hash(args[0])));
  key.add(word_of(optimize));
  if (!read_operands(args + 1, count - 1, &key)) return false;
  const std::uint64_t hash = key.hash();
  const Plan* plan = plans().find(hash, key, args[0]);
  if (plan == nullptr) plan = make_plan(op, args, count, optimize, hash, key);
  if (plan == nullptr) {
    // The general route says what is wrong.
    PyErr_Clear();
    return false;
  }
  Signature signature;
  for (std::size_t i = 1; i < count; ++i) {
    signature.add(PyArray_DIMS(as_array(args[i])), PyArray_NDIM(as_array(args[i])));
  }
  signature.set_text(plan->text.get());
  if (call.charge({plan->facts, nullptr}, signature))
    *result = run(call, *plan, args + 1, count - 1);
  return true;
}

namespace {

PyObject* plan_cache_info(PyObject*, PyObject*) {
  const Plans& all = plans();
  return Py_BuildValue("KKnn", static_cast<unsigned long long>(all.hits),
                       static_cast<unsigned long long>(all.misses),
                       static_cast<Py_ssize_t>(all.capacity), static_cast<Py_ssize_t>(all.size()));
}

PyObject* plan_cache_clear(PyObject*, PyObject*) {
  plans().clear();
  Py_RETURN_NONE;
}

PyObject* plan_cache_resize(PyObject*, PyObject* size) {
  const Py_ssize_t capacity = PyLong_AsSsize_t(size);
  if (capacity < 0) return nullptr;
  plans().clear();
  plans().capacity = static_cast<std::size_t>(capacity);
  Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"_plan_cache_info", plan_cache_info, METH_NOARGS,
     "(hits, misses, maxsize, currsize) of the plans of einsum."},
    {"_plan_cache_clear", plan_cache_clear, METH_NOARGS, "Forget the plans of einsum."},
    {"_plan_cache_resize", plan_cache_resize, METH_O,
     "Forget the plans of einsum and keep at most this many from now on."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool add_plan_functions(PyObject* module) { return PyModule_AddFunctions(module, functions) == 0; }

}  // namespace flopscope::bindings
