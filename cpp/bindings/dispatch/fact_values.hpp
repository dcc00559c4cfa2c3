// Facts as Python functions tell them: a tuple in the order of an operation's schema.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "core/operations/op_table.hpp"
#include "core/pricing/facts.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// What an operation's schema asks for, in order.
struct FactName {
  enum class Kind : std::uint8_t { value, text, list };

  std::string_view name;
  Kind kind;
  bool from_result;
  std::uint8_t place;  // among the values, or among the lists
};
std::vector<FactName> read_schema(std::string_view facts);

// The schema of an operation: its row's, or that of what a ufunc's method does.
std::string_view schema_text(OpId op);

// The facts of one call, owned.
class FactValues {
 public:
  FactValues() noexcept = default;
  FactValues(const FactValues&) = delete;
  FactValues& operator=(const FactValues&) = delete;

  // Takes what a function told of the facts that are known before (or after) the operation runs.
  // False with an error set when it does not fit the schema.
  bool take(const std::vector<FactName>& schema, PyObject* tuple, bool from_result);

  Count& operator[](std::size_t place) noexcept { return values_[place]; }

  Facts view() noexcept {
    for (std::size_t i = 0; i < k_most_fact_lists; ++i) {
      if (!items_[i].empty()) lists_[i] = {items_[i].data(), items_[i].size()};
    }
    return {values_.data(), lists_.data()};
  }

 private:
  std::array<Count, k_most_facts> values_{};
  std::array<FactList, k_most_fact_lists> lists_{};
  std::array<std::vector<std::int64_t>, k_most_fact_lists> items_;
};

// A whole number of any size; one that does not fit is held at the end of the range. False with an
// error set for anything else.
bool to_count(PyObject* object, Count* count);

}  // namespace flopscope::bindings
