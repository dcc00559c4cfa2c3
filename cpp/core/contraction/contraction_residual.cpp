// Pre-reductions: the labels that a step sums out of single operands, and what is left of these.
#include <algorithm>
#include <utility>

#include "core/contraction/contraction_step.hpp"
#include "core/contraction/word_form.hpp"
#include "core/pricing/saturating.hpp"
#include "core/symmetry/symmetry_ops.hpp"

namespace flopscope {

namespace {

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

bool contains(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

// The elements of a declared group that keep lengths. An axis of length 1 that a contraction
// stretches may otherwise be carried to one that it does not.
GroupPtr keeping_lengths(const GroupPtr& group, Shape shape) {
  if (!group) return nullptr;
  for (const auto& orbit : group->orbits()) {
    for (const int position : orbit) {
      if (shape.lengths[group->axis_of(position)] == shape.lengths[group->axis_of(orbit.front())]) {
        continue;
      }
      return intersect(group, symmetric_on_equal_lengths(shape));
    }
  }
  return group;
}

// The elements that map the removed axes to themselves, on the others, which are renumbered.
GroupPtr residual_group(const GroupPtr& group, const Labels& labels, const Labels& removed) {
  if (!group) return nullptr;
  std::vector<int> gone;
  std::vector<int> kept;
  std::vector<int> new_axis;
  int next = 0;
  for (const int label : labels) new_axis.push_back(contains(removed, label) ? -1 : next++);
  for (int position = 0; position < group->degree(); ++position) {
    (new_axis[at(group->axis_of(position))] < 0 ? gone : kept).push_back(position);
  }
  if (kept.empty()) return nullptr;
  const GroupPtr left = group->setwise_stabilizer(gone)->restrict(kept);
  if (left->is_trivial()) return nullptr;
  std::vector<int> axes;
  axes.reserve(kept.size());
  for (const int position : kept) axes.push_back(new_axis[at(group->axis_of(position))]);
  return SymmetryGroup::from_generators(left->generators(), std::move(axes));
}

// A word that two reduced operands share exactly when an element of the group carries the removed
// axes of one onto those of the other and keeps the remaining axes in order: remaining axes are
// numbered, removed ones all alike, except that a label summed along a diagonal is one of its own.
// Such labels can be named in several ways, of which the least counts.
Labels removal_form(const WordForm& form, const Labels& labels, const Labels& removed) {
  constexpr std::size_t k_most_diagonals = 5;
  Labels diagonals;
  for (const int label : removed) {
    if (std::count(labels.begin(), labels.end(), label) > 1) diagonals.push_back(label);
  }
  const int plain = static_cast<int>(labels.size());
  std::vector<int> names;
  names.reserve(diagonals.size());
  for (std::size_t i = 0; i < diagonals.size(); ++i) names.push_back(static_cast<int>(i));
  Labels least;
  do {
    Labels word;
    int next = 0;
    for (const int label : labels) {
      const auto diagonal = std::find(diagonals.begin(), diagonals.end(), label);
      if (diagonal != diagonals.end()) {
        word.push_back(plain + 1 + names[static_cast<std::size_t>(diagonal - diagonals.begin())]);
      } else {
        word.push_back(contains(removed, label) ? plain : next++);
      }
    }
    form.reduce(word);
    if (least.empty() || word < least) least = std::move(word);
  } while (diagonals.size() <= k_most_diagonals &&
           std::next_permutation(names.begin(), names.end()));
  return least;
}

}  // namespace

StepPricer::Residual StepPricer::split_removed(const std::vector<StepOperand>& operands,
                                               LabelRoles& roles) {
  Residual residual{operands, std::vector<Labels>(operands.size()), {}, {}};
  if (operands.size() < 2) return residual;
  for (std::size_t o = 0; o < operands.size(); ++o) {
    for (const int label : operands[o].labels) {
      if (roles[at(label)] != LabelRole::summed || contains(residual.removed[o], label)) continue;
      bool is_shared = false;
      for (std::size_t p = 0; p < operands.size() && !is_shared; ++p) {
        is_shared = p != o && contains(operands[p].labels, label);
      }
      if (!is_shared) residual.removed[o].push_back(label);
    }
  }
  for (std::size_t o = 0; o < operands.size(); ++o) {
    if (residual.removed[o].empty()) continue;
    Labels& labels = residual.operands[o].labels;
    labels.erase(std::remove_if(labels.begin(), labels.end(),
                                [&](int label) { return contains(residual.removed[o], label); }),
                 labels.end());
    for (const int label : residual.removed[o]) roles[at(label)] = LabelRole::hidden;
  }
  return residual;
}

// The counts of summing labels out of one operand, its axes as they stand.
LabelCounts StepPricer::count_removal(const StepOperand& operand, const Labels& removed) {
  if (!operand.is_original) {
    LabelRoles roles(lengths_.size(), LabelRole::hidden);
    std::vector<int> colours(lengths_.size(), 0);
    for (const int label : operand.labels) {
      roles[at(label)] = contains(removed, label) ? LabelRole::summed : LabelRole::kept;
      colours[at(label)] = 1;
    }
    const LabelGroup group = set_group(operand.sources, colours);
    return count_labels(group, lengths_, roles, partition_limit_);
  }
  std::vector<std::int64_t> lengths;
  AxisSet reduced = 0;
  for (const int label : operand.labels) {
    if (contains(removed, label)) reduced |= AxisSet{1} << lengths.size();
    lengths.push_back(static_cast<std::int64_t>(lengths_[at(label)]));
  }
  const Shape shape{lengths.data(), static_cast<int>(lengths.size())};
  const GroupPtr group = keeping_lengths(group_of(operand.sources.front()), shape);
  return count_reduction(group.get(), shape, reduced, partition_limit_);
}

void StepPricer::reduce_operands(const std::vector<StepOperand>& operands, Residual& residual,
                                 StepBill& bill) {
  residual.groups.resize(operands.size());
  for (std::size_t o = 0; o < operands.size(); ++o) {
    if (!operands[o].is_original) continue;
    const GroupPtr group = group_of(operands[o].sources.front());
    residual.groups[o] = residual.removed[o].empty()
                             ? group
                             : residual_group(group, operands[o].labels, residual.removed[o]);
  }
  for (PreReduction& reduction : bill.pre_reductions) {
    const StepOperand& operand = operands[at(reduction.operand_index)];
    reduction.group = residual.groups[at(reduction.operand_index)];
    const bool is_plain =
        operand.is_original ? !group_of(operand.sources.front()) : !operand.is_symmetric;
    if (is_plain) continue;
    const LabelCounts counts = count_removal(operand, reduction.removed);
    reduction.cost = saturating_sub(counts.alpha, counts.omega);
    reduction.is_exact = counts.is_exact();
  }
  find_kinds(operands, residual);
}

void StepPricer::find_kinds(const std::vector<StepOperand>& operands, Residual& residual) const {
  std::vector<Labels> forms(operands.size());
  residual.kinds.assign(operands.size(), -1);
  for (std::size_t o = 0; o < operands.size(); ++o) {
    residual.kinds[o] = static_cast<int>(o);
    if (!operands[o].is_original) continue;
    const int source = operands[o].sources.front();
    const bool is_reduced = !residual.removed[o].empty();
    if (is_reduced) {
      const WordForm form{group_of(source), operands[o].labels.size()};
      forms[o] = removal_form(form, operands[o].labels, residual.removed[o]);
    }
    for (std::size_t p = 0; p < o; ++p) {
      if (!operands[p].is_original || class_of(operands[p].sources.front()) != class_of(source) ||
          residual.removed[p].empty() == is_reduced || forms[p] != forms[o]) {
        continue;
      }
      residual.kinds[o] = residual.kinds[p];
      break;
    }
  }
}

}  // namespace flopscope
