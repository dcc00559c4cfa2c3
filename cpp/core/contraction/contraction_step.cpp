#include "core/contraction/contraction_step.hpp"

#include <algorithm>
#include <utility>

#include "core/pricing/saturating.hpp"

namespace flopscope {

namespace {

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

bool contains(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

std::uint64_t elements_of(const Labels& labels, const std::vector<std::uint64_t>& lengths) {
  std::uint64_t product = 1;
  for (const int label : labels) product = saturating_mul(product, lengths[at(label)]);
  return product;
}

// (k - 1) * M + alpha - omega
std::uint64_t step_cost(std::size_t k, std::uint64_t products, std::uint64_t additions,
                        std::uint64_t outputs) {
  return saturating_sub(saturating_add(saturating_mul(k - 1, products), additions), outputs);
}

// Of a step's cost, the products of `elements` label values.
void set_multiplications(std::uint64_t elements, StepBill& bill) {
  bill.multiplications = std::min(bill.cost, saturating_mul(bill.operands.size() - 1, elements));
}

}  // namespace

StepPricer::StepPricer(const ContractionQuery& query)
    : query_{query},
      lengths_{query.expression.lengths},
      partition_limit_{query.partition_limit.value_or(flopscope::partition_budget())} {
  std::vector<int> all(query.expression.inputs.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  is_dense_ = false;
  is_dense_ = !has_symmetry(all);
}

int StepPricer::class_of(int source) const {
  return query_.classes.empty() ? source : query_.classes[at(source)];
}

GroupPtr StepPricer::group_of(int source) const {
  if (query_.groups.empty()) return nullptr;
  const GroupPtr& group = query_.groups[at(source)];
  return group && !group->is_trivial() ? group : nullptr;
}

bool StepPricer::has_symmetry(const std::vector<int>& sources) const {
  if (is_dense_) return false;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (group_of(sources[i])) return true;
    for (std::size_t j = 0; j < i && !query_.classes.empty(); ++j) {
      if (class_of(sources[i]) == class_of(sources[j])) return true;
    }
  }
  return false;
}

void StepPricer::note(Fallback reason) noexcept {
  if (fallback_ == Fallback::none) fallback_ = reason;
}

LabelGroup StepPricer::set_group(const std::vector<int>& sources, const std::vector<int>& colours) {
  LabelProblem problem{{}, {}, lengths_, colours};
  std::vector<int> kinds;
  for (const int source : sources) {
    const auto known = std::find(kinds.begin(), kinds.end(), class_of(source));
    const int kind = static_cast<int>(known - kinds.begin());
    if (known == kinds.end()) {
      kinds.push_back(class_of(source));
      problem.kinds.push_back(group_of(source));
    }
    problem.words.push_back({query_.expression.inputs[at(source)], kind});
  }
  return find_label_group(problem, budget_);
}

// Prices the step as if nothing were symmetric, pre-reductions included; this is the answer where
// nothing is.
void StepPricer::price_dense(const Residual& residual, const LabelRoles& roles, StepBill& bill) {
  bill.products = bill.outputs = 1;
  for (std::size_t l = 0; l < roles.size(); ++l) {
    if (roles[l] == LabelRole::hidden) continue;
    bill.products = saturating_mul(bill.products, lengths_[l]);
    if (roles[l] == LabelRole::kept) bill.outputs = saturating_mul(bill.outputs, lengths_[l]);
  }
  bill.additions = bill.products;
  bill.cost = step_cost(bill.operands.size(), bill.products, bill.additions, bill.outputs);
  for (std::size_t o = 0; o < bill.operands.size(); ++o) {
    if (residual.removed[o].empty()) continue;
    const std::uint64_t cost = saturating_sub(elements_of(bill.operands[o], lengths_),
                                              elements_of(residual.operands[o].labels, lengths_));
    bill.pre_reductions.push_back(
        {static_cast<int>(o), residual.removed[o], residual.operands[o].labels, cost});
    bill.cost = saturating_add(bill.cost, cost);
  }
  bill.dense_cost = bill.cost;
  set_multiplications(bill.products, bill);
}

StepBill StepPricer::price(const std::vector<StepOperand>& operands, const Labels& output,
                           bool merges) {
  StepBill bill;
  bill.output = output;
  LabelRoles roles(lengths_.size(), LabelRole::hidden);
  for (const StepOperand& operand : operands) {
    bill.operands.push_back(operand.labels);
    for (const int label : operand.labels) roles[at(label)] = LabelRole::summed;
  }
  for (const int label : output) roles[at(label)] = LabelRole::kept;
  std::uint64_t dense = 1;
  for (std::size_t l = 0; l < roles.size(); ++l) {
    if (roles[l] != LabelRole::hidden) dense = saturating_mul(dense, lengths_[l]);
  }
  Residual residual = split_removed(operands, roles);
  price_dense(residual, roles, bill);
  std::vector<int> sources;
  for (const StepOperand& operand : operands) {
    sources.insert(sources.end(), operand.sources.begin(), operand.sources.end());
  }
  if (!has_symmetry(sources)) return bill;
  try {
    reduce_operands(operands, residual, bill);
    price_residual(residual, roles, dense, bill);
  } catch (const GroupTooLarge&) {
    fall_back(Fallback::elements, dense, bill);
  } catch (const SearchExhausted&) {
    fall_back(Fallback::search, dense, bill);
  }
  if (!merges) return bill;
  // The price so far stands where the group of the set is out of reach.
  try {
    price_merged(residual, sources, roles, bill);
  } catch (const GroupTooLarge&) {
    note(Fallback::elements);
    bill.is_fallback = true;
  } catch (const SearchExhausted&) {
    note(Fallback::search);
    bill.is_fallback = true;
  }
  return bill;
}

void StepPricer::fall_back(Fallback reason, std::uint64_t dense, StepBill& bill) {
  // Never below the price without symmetry, which repeated labels can raise above k * dense.
  bill.cost = std::max(saturating_mul(bill.operands.size(), dense), bill.dense_cost);
  set_multiplications(dense, bill);
  bill.is_fallback = true;
  note(reason);
}

// Original operands keep their declared group and what they share. An intermediate is seen through
// its sources: a permutation of its labels is one of its own when it extends to theirs.
LabelProblem StepPricer::step_problem(const Residual& residual) const {
  LabelProblem problem{{}, {}, lengths_, std::vector<int>(lengths_.size(), 0)};
  const auto new_kind = [&](GroupPtr group) {
    problem.kinds.push_back(std::move(group));
    return static_cast<int>(problem.kinds.size()) - 1;
  };
  std::vector<int> kind_of(residual.operands.size(), -1);
  for (std::size_t o = 0; o < residual.operands.size(); ++o) {
    const StepOperand& operand = residual.operands[o];
    if (operand.is_original) {
      int& kind = kind_of[at(residual.kinds[o])];
      if (kind < 0) kind = new_kind(residual.groups[o]);
      problem.words.push_back({operand.labels, kind});
      continue;
    }
    if (!operand.is_symmetric) {
      problem.words.push_back({operand.labels, new_kind(nullptr)});
      continue;
    }
    const int hidden = 1 + 2 * static_cast<int>(o);
    std::vector<std::pair<int, int>> kinds;  // class and kind
    for (const int source : operand.sources) {
      const auto known = std::find_if(kinds.begin(), kinds.end(), [&](const auto& entry) {
        return entry.first == class_of(source);
      });
      int kind = 0;
      if (known != kinds.end()) {
        kind = known->second;
      } else {
        kind = new_kind(group_of(source));
        kinds.emplace_back(class_of(source), kind);
      }
      const Labels& labels = query_.expression.inputs[at(source)];
      problem.words.push_back({labels, kind});
      for (const int label : labels) {
        if (!contains(operand.labels, label)) problem.colours[at(label)] = hidden;
      }
    }
    for (const int label : residual.removed[o]) problem.colours[at(label)] = hidden + 1;
  }
  return problem;
}

void StepPricer::price_residual(const Residual& residual, const LabelRoles& roles,
                                std::uint64_t dense, StepBill& bill) {
  const LabelGroup group = find_label_group(step_problem(residual), budget_);
  const LabelCounts counts = count_labels(group, lengths_, roles, partition_limit_);
  if (!counts.is_exact()) {
    return fall_back(counts.is_listable ? Fallback::partitions : Fallback::elements, dense, bill);
  }
  bill.products = counts.elements;
  bill.additions = counts.alpha;
  bill.outputs = counts.omega;
  bill.cost = step_cost(bill.operands.size(), counts.elements, counts.alpha, counts.omega);
  for (const PreReduction& reduction : bill.pre_reductions) {
    bill.cost = saturating_add(bill.cost, reduction.cost);
    if (reduction.is_exact) continue;
    bill.is_fallback = true;
    note(Fallback::partitions);
  }
  set_multiplications(counts.elements, bill);
}

void StepPricer::attach_groups(const LabelGroup& group, const std::vector<int>& sources,
                               StepBill& bill) const {
  if (group.is_trivial()) return;
  for (const int source : sources) {
    for (const int label : query_.expression.inputs[at(source)]) {
      if (!contains(bill.output, label) && !contains(bill.summed, label)) {
        bill.summed.push_back(label);
      }
    }
  }
  const int label_count = static_cast<int>(lengths_.size());
  bill.output_group = restricted_group(group, bill.output, label_count);
  bill.inner_group = restricted_group(group, bill.summed, label_count);
}

// The whole set of sources as one: its group on the step's labels, when no other label hides in it,
// and its group on the output.
void StepPricer::price_merged(const Residual& residual, const std::vector<int>& sources,
                              const LabelRoles& roles, StepBill& bill) {
  std::vector<int> colours(lengths_.size(), 0);
  LabelRoles output_roles(lengths_.size(), LabelRole::hidden);
  for (const int label : bill.output) {
    colours[at(label)] = 1;
    output_roles[at(label)] = LabelRole::kept;
  }
  LabelGroup group = set_group(sources, colours);
  attach_groups(group, sources, bill);
  if (group.is_trivial()) return;

  std::uint64_t extra = 0;
  for (const PreReduction& reduction : bill.pre_reductions) {
    extra = saturating_add(extra, reduction.cost);
  }
  const auto offer = [&](std::uint64_t cost, std::uint64_t elements, CostSource source) {
    cost = saturating_add(cost, extra);
    if (cost >= bill.cost) return;
    bill.cost = cost;
    bill.source = source;
    set_multiplications(elements, bill);
  };
  const std::size_t k = bill.operands.size();

  // A discount that cannot be counted is not given, and the caller says so.
  const auto check = [&](const LabelCounts& counts) {
    if (counts.is_exact()) return true;
    note(counts.is_listable ? Fallback::partitions : Fallback::elements);
    bill.is_fallback = true;
    return false;
  };
  const LabelCounts on_output = count_labels(group, lengths_, output_roles, partition_limit_);
  bool is_whole = true;
  for (const int source : sources) {
    for (const int label : query_.expression.inputs[at(source)]) {
      is_whole =
          is_whole && std::any_of(bill.operands.begin(), bill.operands.end(),
                                  [&](const Labels& labels) { return contains(labels, label); });
    }
  }
  if (is_whole) {
    bool removes = false;
    for (const Labels& removed : residual.removed) {
      for (const int label : removed) {
        colours[at(label)] = 2;
        removes = true;
      }
    }
    if (removes) group = set_group(sources, colours);
    const LabelCounts joint = count_labels(group, lengths_, roles, partition_limit_);
    if (check(joint)) {
      offer(saturating_sub(saturating_mul(k, joint.elements), joint.omega), joint.elements,
            CostSource::joint_burnside);
    }
  }
  if (check(on_output) && on_output.elements < elements_of(bill.output, lengths_)) {
    std::uint64_t summed = 1;
    for (std::size_t l = 0; l < roles.size(); ++l) {
      if (roles[l] == LabelRole::summed) summed = saturating_mul(summed, lengths_[l]);
    }
    offer(saturating_mul(on_output.elements, saturating_sub(saturating_mul(k, summed), 1)),
          saturating_mul(on_output.elements, summed), CostSource::output_burnside);
  }
}

}  // namespace flopscope
