#include "bindings/dispatch/fact_values.hpp"

#include "core/pricing/cost_model.hpp"

namespace flopscope::bindings {

std::vector<FactName> read_schema(std::string_view facts) {
  std::vector<FactName> names;
  std::uint8_t values = 0;
  std::uint8_t lists = 0;
  while (!facts.empty()) {
    const std::size_t end = facts.find(' ');
    std::string_view word = facts.substr(0, end);
    facts = end == std::string_view::npos ? std::string_view{} : facts.substr(end + 1);
    const auto ends_with = [&word](std::string_view tail) {
      if (word.size() < tail.size() || word.substr(word.size() - tail.size()) != tail) return false;
      word.remove_suffix(tail.size());
      return true;
    };
    const bool from_result = ends_with("@");
    if (ends_with("[]")) {
      names.push_back({word, FactName::Kind::list, from_result, lists++});
    } else {
      const bool is_text = ends_with(":");
      names.push_back(
          {word, is_text ? FactName::Kind::text : FactName::Kind::value, from_result, values++});
    }
  }
  return names;
}

std::string_view schema_text(OpId op) {
  const Op& known = registry()[op];
  if (known.row != nullptr) return known.row->facts;
  const std::string_view name = known.name;
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  const OpRow* ufunc = find_row(name.substr(0, dot));
  if (ufunc == nullptr || ufunc->kind != Kind::ufunc) return {};
  const std::string_view method = name.substr(dot + 1);
  const bool reduces = method == "reduce" || method == "accumulate";
  return reduces ? find_row("sum")->facts : ufunc->facts;
}

bool to_count(PyObject* object, Count* count) {
  const Ref whole = Ref::steal(PyNumber_Index(object));
  if (!whole) return false;
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(whole.get(), &overflow);
  if (overflow == 0) {
    if (value == -1 && PyErr_Occurred() != nullptr) return false;
    *count = static_cast<std::int64_t>(value);
    return true;
  }
  if (overflow < 0) {
    *count = -Count{Count::k_top};
    return true;
  }
  const unsigned long long wide = PyLong_AsUnsignedLongLong(whole.get());
  if (wide == static_cast<unsigned long long>(-1) && PyErr_Occurred() != nullptr) {
    if (PyErr_ExceptionMatches(PyExc_OverflowError) == 0) return false;
    PyErr_Clear();
  }
  *count = static_cast<std::uint64_t>(wide);
  return true;
}

namespace {

bool take_list(PyObject* object, std::vector<std::int64_t>* items) {
  const Ref sequence = Ref::steal(PySequence_Fast(object, "a list of numbers was expected"));
  if (!sequence) return false;
  items->clear();
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence.get()); ++i) {
    const long long value = PyLong_AsLongLong(PySequence_Fast_GET_ITEM(sequence.get(), i));
    if (value == -1 && PyErr_Occurred() != nullptr) return false;
    items->push_back(value);
  }
  return true;
}

bool take_text(PyObject* object, Count* count) {
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(object, &size);
  if (text == nullptr) return false;
  *count = code_of({text, static_cast<std::size_t>(size)});
  return true;
}

}  // namespace

bool FactValues::take(const std::vector<FactName>& schema, PyObject* tuple, bool from_result) {
  if (!PyTuple_Check(tuple)) {
    PyErr_Format(PyExc_TypeError, "facts come as a tuple, not %R", tuple);
    return false;
  }
  Py_ssize_t next = 0;
  // All facts at once: nothing is left for the result to tell.
  const bool is_complete =
      !from_result && static_cast<std::size_t>(PyTuple_GET_SIZE(tuple)) == schema.size();
  for (const FactName& name : schema) {
    if (!is_complete && name.from_result != from_result) continue;
    if (next >= PyTuple_GET_SIZE(tuple)) {
      PyErr_Format(PyExc_TypeError, "too few facts: %R", tuple);
      return false;
    }
    PyObject* item = PyTuple_GET_ITEM(tuple, next++);
    const bool taken = name.kind == FactName::Kind::list   ? take_list(item, &items_[name.place])
                       : name.kind == FactName::Kind::text ? take_text(item, &values_[name.place])
                                                           : to_count(item, &values_[name.place]);
    if (!taken) return false;
  }
  if (next != PyTuple_GET_SIZE(tuple)) {
    PyErr_Format(PyExc_TypeError, "too many facts: %R", tuple);
    return false;
  }
  return true;
}

}  // namespace flopscope::bindings
