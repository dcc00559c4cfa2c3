#include "core/contraction/contraction_cost.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "core/contraction/contraction_check.hpp"
#include "core/contraction/contraction_step.hpp"
#include "core/contraction/label_counts.hpp"
#include "core/errors.hpp"
#include "core/pricing/saturating.hpp"
#include "core/symmetry/symmetry_ops.hpp"

namespace flopscope {

namespace {

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

std::uint64_t dense_baseline(const Expression& expression) {
  std::vector<char> occurs(expression.lengths.size(), 0);
  for (const Labels& labels : expression.inputs) {
    for (const int label : labels) occurs[at(label)] = 1;
  }
  std::uint64_t product = 1;
  for (std::size_t l = 0; l < occurs.size(); ++l) {
    if (occurs[l] != 0) product = saturating_mul(product, expression.lengths[l]);
  }
  return product;
}

void add_step(StepBill step, ContractionBill& bill) {
  const std::uint64_t multiplies = step.operands.size() - 1;
  bill.total = saturating_add(bill.total, step.cost);
  bill.multiplications = saturating_add(bill.multiplications, step.multiplications);
  bill.mu = saturating_add(bill.mu, saturating_mul(multiplies, step.products));
  bill.alpha = saturating_add(bill.alpha, step.additions);
  bill.steps.push_back(std::move(step));
}

// The same group with its axes in ascending order.
GroupPtr sorted_axes(const GroupPtr& group) {
  if (!group || !group->axes()) return group;
  const std::vector<int>& axes = *group->axes();
  std::vector<int> order = Permutation::identity(group->degree()).images();
  std::sort(order.begin(), order.end(), [&](int i, int j) { return axes[at(i)] < axes[at(j)]; });
  std::vector<int> place(order.size());
  std::vector<int> sorted;
  for (std::size_t i = 0; i < order.size(); ++i) {
    place[at(order[i])] = static_cast<int>(i);
    sorted.push_back(axes[at(order[i])]);
  }
  std::vector<Permutation> generators;
  for (const Permutation& p : group->generators()) {
    std::vector<int> images;
    images.reserve(order.size());
    for (const int position : order) images.push_back(place[at(p(position))]);
    generators.push_back(Permutation::trusted(std::move(images)));
  }
  return SymmetryGroup::from_generators(std::move(generators), std::move(sorted));
}

// The symmetry of the result of one operand: its own, reduced over the summed axes. A diagonal may
// have more to offer, so repeated labels go the way of several operands.
GroupPtr group_of_one(const Labels& input, const Labels& output, const GroupPtr& group) {
  AxisSet reduced = 0;
  std::vector<int> place;  // of each remaining axis, in the output
  for (std::size_t a = 0; a < input.size(); ++a) {
    const auto found = std::find(output.begin(), output.end(), input[a]);
    if (found == output.end()) {
      reduced |= AxisSet{1} << a;
    } else {
      place.push_back(static_cast<int>(found - output.begin()));
    }
  }
  if (place.empty()) return nullptr;
  return sorted_axes(relabel_axes(reduce_symmetry(group, reduced, false), place));
}

bool repeats(Labels labels) {
  std::sort(labels.begin(), labels.end());
  return std::adjacent_find(labels.begin(), labels.end()) != labels.end();
}

// The groups of one step that is the whole expression.
void attach_groups(const ContractionQuery& query, StepPricer& pricer, StepBill& step) {
  const Expression& expression = query.expression;
  std::vector<int> sources;
  sources.reserve(expression.inputs.size());
  for (std::size_t o = 0; o < expression.inputs.size(); ++o) {
    sources.push_back(static_cast<int>(o));
  }
  if (!pricer.has_symmetry(sources)) return;
  try {
    if (sources.size() == 1 && !repeats(expression.inputs.front())) {
      step.output_group =
          group_of_one(expression.inputs.front(), expression.output, pricer.group_of(0));
      return;
    }
    std::vector<int> colours(expression.lengths.size(), 0);
    for (const int label : expression.output) colours[at(label)] = 1;
    pricer.attach_groups(pricer.set_group(sources, colours), sources, step);
  } catch (const GroupTooLarge&) {
    pricer.note(Fallback::elements);
  } catch (const SearchExhausted&) {
    pricer.note(Fallback::search);
  }
}

// Takes the operands of a step out of the list, the last position first.
std::vector<StepOperand> take(std::vector<int>& positions, std::vector<StepOperand>& operands) {
  std::sort(positions.begin(), positions.end(), std::greater<>{});
  require(!positions.empty() &&
              std::adjacent_find(positions.begin(), positions.end()) == positions.end(),
          "a path step names different operands");
  std::vector<StepOperand> taken;
  for (const int position : positions) {
    require(position >= 0 && at(position) < operands.size(),
            "a path step names an operand that is not there");
    taken.push_back(std::move(operands[at(position)]));
    operands.erase(operands.begin() + position);
  }
  return taken;
}

// What an intermediate keeps: labels of the output and of the operands still to come, the short
// ones first, as opt_einsum spells them.
Labels labels_needed(const std::vector<StepOperand>& taken, const std::vector<StepOperand>& others,
                     const Expression& expression) {
  std::vector<char> is_needed(expression.lengths.size(), 0);
  for (const int label : expression.output) is_needed[at(label)] = 1;
  for (const StepOperand& operand : others) {
    for (const int label : operand.labels) is_needed[at(label)] = 1;
  }
  Labels kept;
  for (const StepOperand& operand : taken) {
    for (const int label : operand.labels) {
      if (std::exchange(is_needed[at(label)], 0) != 0) kept.push_back(label);
    }
  }
  std::sort(kept.begin(), kept.end(), [&expression](int i, int j) {
    const auto& lengths = expression.lengths;
    return std::pair{lengths[at(i)], i} < std::pair{lengths[at(j)], j};
  });
  return kept;
}

void walk(const ContractionQuery& query, std::vector<StepOperand> operands, StepPricer& pricer,
          ContractionBill& bill) {
  for (const PathStep& operands_of_step : query.path) {
    std::vector<int> positions{operands_of_step.begin(), operands_of_step.end()};
    const std::vector<StepOperand> taken = take(positions, operands);
    const bool is_last = operands.empty();
    const Labels output =
        is_last ? query.expression.output : labels_needed(taken, operands, query.expression);
    StepBill step = pricer.price(taken, output, true);
    step.positions = std::move(positions);
    StepOperand result;
    result.labels = output;
    result.is_original = false;
    result.is_symmetric = step.output_group != nullptr;
    for (const StepOperand& operand : taken) {
      result.sources.insert(result.sources.end(), operand.sources.begin(), operand.sources.end());
    }
    std::sort(result.sources.begin(), result.sources.end());
    add_step(std::move(step), bill);
    operands.push_back(std::move(result));
  }
  require(operands.size() == 1, "the path does not contract all operands");
  bill.output_group = bill.steps.back().output_group;
}

}  // namespace

ContractionBill price_contraction(const ContractionQuery& query) {
  check_query(query);
  const Expression& expression = query.expression;
  ContractionBill bill;
  bill.num_terms = static_cast<int>(expression.inputs.size());
  bill.dense_baseline = dense_baseline(expression);
  std::vector<StepOperand> operands;
  operands.reserve(expression.inputs.size());
  for (std::size_t o = 0; o < expression.inputs.size(); ++o) {
    operands.push_back({expression.inputs[o], {static_cast<int>(o)}, true, false});
  }
  StepPricer pricer{query};
  if (operands.size() > 2) {
    walk(query, std::move(operands), pricer, bill);
  } else {
    StepBill step = pricer.price(operands, expression.output, false);
    for (std::size_t o = operands.size(); o-- > 0;) step.positions.push_back(static_cast<int>(o));
    attach_groups(query, pricer, step);
    bill.output_group = step.output_group;
    add_step(std::move(step), bill);
  }
  bill.fallback = pricer.fallback();
  return bill;
}

}  // namespace flopscope
