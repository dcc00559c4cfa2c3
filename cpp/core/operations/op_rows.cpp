// The rows, one operation a line, sorted by name; see cost_models/operations.csv.
#include <algorithm>
#include <array>

#include "core/operations/op_table.hpp"

namespace flopscope {
namespace {

constexpr std::array k_rows{
#include "core/operations/generated/rows.inc"
};

constexpr bool sorted_by_name() {
  for (std::size_t i = 1; i < k_rows.size(); ++i) {
    if (!(k_rows[i - 1].name < k_rows[i].name)) return false;
  }
  return true;
}
static_assert(sorted_by_name(), "lookup uses binary search");

}  // namespace

const OpRow* begin_rows() noexcept { return k_rows.data(); }
const OpRow* end_rows() noexcept { return k_rows.data() + k_rows.size(); }

const OpRow* find_row(std::string_view name) noexcept {
  const auto* row =
      std::lower_bound(begin_rows(), end_rows(), name,
                       [](const OpRow& left, std::string_view right) { return left.name < right; });
  return row != end_rows() && row->name == name ? row : nullptr;
}

}  // namespace flopscope
