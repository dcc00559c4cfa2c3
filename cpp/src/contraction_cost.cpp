#include "flopscope/contraction_cost.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "flopscope/errors.hpp"
#include "flopscope/saturating.hpp"
#include "flopscope/symmetry_ops.hpp"
#include "contraction_step.hpp"
#include "label_counts.hpp"

namespace flopscope {

namespace {

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

void require(bool holds, const char* what) {
  if (!holds) throw InvalidArgument{what};
}

void check(const ContractionQuery& query) {
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
  require(query.groups.empty() || query.groups.size() == count, "one group per operand, or none");
  require(query.classes.empty() || query.classes.size() == count,
          "one identity class per operand, or none");
  for (std::size_t o = 0; o < query.groups.size(); ++o) {
    const GroupPtr& group = query.groups[o];
    if (!group) continue;
    for (int position = 0; position < group->degree(); ++position) {
      require(at(group->axis_of(position)) < expression.inputs[o].size(),
              "a symmetry axis is out of range for its operand");
    }
  }
}

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

GroupPtr output_group(const ContractionQuery& query, StepPricer& pricer) {
  const Expression& expression = query.expression;
  std::vector<int> sources;
  for (std::size_t o = 0; o < expression.inputs.size(); ++o) {
    sources.push_back(static_cast<int>(o));
  }
  if (expression.output.empty() || !pricer.has_symmetry(sources)) return nullptr;
  try {
    if (sources.size() == 1 && !repeats(expression.inputs.front())) {
      return group_of_one(expression.inputs.front(), expression.output, pricer.group_of(0));
    }
    std::vector<int> colours(expression.lengths.size(), 0);
    for (const int label : expression.output) colours[at(label)] = 1;
    return restricted_group(pricer.set_group(sources, colours), expression.output,
                            static_cast<int>(expression.lengths.size()));
  } catch (const GroupTooLarge&) {
    pricer.note(Fallback::elements);
  } catch (const SearchExhausted&) {
    pricer.note(Fallback::search);
  }
  return nullptr;
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

// What an intermediate keeps: labels of the output and of the operands still to come.
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
  return kept;
}

void walk(const ContractionQuery& query, std::vector<StepOperand> operands, StepPricer& pricer,
          ContractionBill& bill) {
  for (std::vector<int> positions : query.path) {
    const std::vector<StepOperand> taken = take(positions, operands);
    const bool is_last = operands.empty();
    const Labels output = is_last ? query.expression.output
                                  : labels_needed(taken, operands, query.expression);
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
  check(query);
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
    bill.output_group = step.output_group = output_group(query, pricer);
    add_step(std::move(step), bill);
  }
  bill.fallback = pricer.fallback();
  return bill;
}

ContractionComponents contraction_components(const ContractionQuery& query) {
  check(query);
  const Expression& expression = query.expression;
  const int label_count = static_cast<int>(expression.lengths.size());
  StepPricer pricer{query};
  LabelRoles roles(expression.lengths.size(), LabelRole::hidden);
  std::vector<int> sources;
  for (std::size_t o = 0; o < expression.inputs.size(); ++o) {
    sources.push_back(static_cast<int>(o));
    for (const int label : expression.inputs[o]) roles[at(label)] = LabelRole::summed;
  }
  for (const int label : expression.output) roles[at(label)] = LabelRole::kept;
  ContractionComponents report;
  LabelGroup group;
  try {
    if (pricer.has_symmetry(sources)) group = pricer.set_group(sources, {});
  } catch (const GroupTooLarge&) {
    report.fallback = Fallback::elements;
  } catch (const SearchExhausted&) {
    report.fallback = Fallback::search;
  }
  if (group.parts.empty()) {
    for (int label = 0; label < label_count; ++label) {
      if (roles[at(label)] != LabelRole::hidden) group.parts.push_back({{{{label}}}, {}});
    }
  }
  for (const LabelPart& part : group.parts) {
    const LabelCounts counts =
        count_part(part, expression.lengths, roles, pricer.partition_limit());
    ContractionComponent component;
    component.labels = part.labels();
    for (const int label : component.labels) {
      if (roles[at(label)] == LabelRole::kept) component.kept.push_back(label);
    }
    component.cells = counts.cells;
    component.alpha = counts.alpha;
    component.omega = counts.omega;
    component.dense = counts.dense;
    component.regime = counts.regime;
    component.order = counts.is_listable ? part.order() : ~std::uint64_t{0};
    component.group = restricted_group({{part}}, component.labels, label_count);
    if (!counts.is_exact() && report.fallback == Fallback::none) {
      report.fallback = counts.is_listable ? Fallback::partitions : Fallback::elements;
    }
    report.cells = saturating_mul(report.cells, counts.cells);
    report.components.push_back(std::move(component));
  }
  std::sort(report.components.begin(), report.components.end(),
            [](const auto& a, const auto& b) { return a.labels.front() < b.labels.front(); });
  return report;
}

}  // namespace flopscope
