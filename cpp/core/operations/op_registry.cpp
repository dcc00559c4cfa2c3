#include <array>

#include "core/errors.hpp"
#include "core/operations/op_table.hpp"

namespace flopscope {
namespace {

constexpr std::array<std::string_view, 5> k_ufunc_methods{"reduce", "accumulate", "outer",
                                                          "reduceat", "at"};

}  // namespace

OpRegistry::OpRegistry() {
  for (const OpRow* row = begin_rows(); row != end_rows(); ++row) {
    ids_.emplace(row->name, static_cast<OpId>(ops_.size()));
    ops_.push_back({std::string{row->name}, row});
  }
  // The methods of ufuncs are there whatever names a program may use up.
  for (const OpRow* row = begin_rows(); row != end_rows(); ++row) {
    if (row->kind != Kind::ufunc) continue;
    for (const std::string_view method : k_ufunc_methods) {
      intern(std::string{row->name} + "." + std::string{method});
    }
  }
}

OpId OpRegistry::id_of(const OpRow& row) const noexcept {
  return static_cast<OpId>(&row - begin_rows());
}

OpId OpRegistry::intern(std::string_view name) {
  const auto found = ids_.find(std::string{name});
  if (found != ids_.end()) return found->second;
  if (ops_.size() >= k_capacity) throw TooManyOperations{std::string{name}, k_capacity};
  const auto id = static_cast<OpId>(ops_.size());
  ops_.push_back({std::string{name}, find_row(name)});
  ids_.emplace(name, id);
  return id;
}

OpRegistry& registry() {
  static OpRegistry instance;
  return instance;
}

}  // namespace flopscope
