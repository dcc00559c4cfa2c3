#include "core/contraction/contraction_check.hpp"

#include <algorithm>
#include <utility>

#include "core/errors.hpp"

namespace flopscope {

namespace {

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

}  // namespace

void require(bool holds, const char* what) {
  if (!holds) throw InvalidArgument{what};
}

void check_query(const ContractionQuery& query) {
  const Expression& expression = query.expression;
  const std::size_t count = expression.inputs.size();
  const auto is_known = [&](const Labels& labels) {
    return std::all_of(labels.begin(), labels.end(), [&](int label) {
      return label >= 0 && at(label) < expression.lengths.size();
    });
  };
  require(count > 0, "a contraction needs an operand");
  require(std::all_of(expression.inputs.begin(), expression.inputs.end(), is_known) &&
              is_known(expression.output),
          "every label needs a length");
  std::vector<char> occurs(expression.lengths.size(), 0);
  for (const Labels& labels : expression.inputs) {
    for (const int label : labels) occurs[at(label)] = 1;
  }
  for (const int label : expression.output) {
    require(std::exchange(occurs[at(label)], 0) != 0,
            "the output repeats no label and has none that no input has");
  }
  require(query.groups.empty() || query.groups.size() == count, "one group per operand, or none");
  require(query.classes.empty() || query.classes.size() == count,
          "one identity class per operand, or none");
  for (std::size_t o = 0; o < query.groups.size(); ++o) {
    const GroupPtr& group = query.groups[o];
    if (!group) continue;
    require(expression.inputs[o].size() <= 64, "an operand has at most 64 axes");
    for (int position = 0; position < group->degree(); ++position) {
      require(at(group->axis_of(position)) < expression.inputs[o].size(),
              "a symmetry axis is out of range for its operand");
    }
  }
}

}  // namespace flopscope
