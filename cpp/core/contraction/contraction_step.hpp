// One step of a bill: pre-reductions, and the three ways to price what is left. Private.
#pragma once

#include <cstdint>
#include <vector>

#include "core/contraction/contraction_cost.hpp"
#include "core/contraction/label_counts.hpp"
#include "core/contraction/label_group.hpp"

namespace flopscope {

// An original operand, or the result of an earlier step, which stands for several of them.
struct StepOperand {
  Labels labels;
  std::vector<int> sources;  // original operands
  bool is_original = true;
  bool is_symmetric = false;  // an intermediate whose output group is not trivial
};

// What all steps of a bill share.
class StepPricer {
 public:
  explicit StepPricer(const ContractionQuery& query);

  // Prices one step; `output` are the labels that it leaves. With `merges`, the sources of all
  // operands are also seen as one set, whose group may lower the price and is passed on.
  StepBill price(const std::vector<StepOperand>& operands, const Labels& output, bool merges);

  // Has some original operand of the set a group, or are two the same object?
  bool has_symmetry(const std::vector<int>& sources) const;
  GroupPtr group_of(int source) const;

  // The group of some original operands; labels of different colours stay apart.
  LabelGroup set_group(const std::vector<int>& sources, const std::vector<int>& colours);

  // Fills in what the group of a step's sources does to its output and to what is summed.
  void attach_groups(const LabelGroup& group, const std::vector<int>& sources,
                     StepBill& bill) const;

  std::uint64_t partition_limit() const noexcept { return partition_limit_; }
  Fallback fallback() const noexcept { return fallback_; }
  void note(Fallback reason) noexcept;

 private:
  // The operands of a step after its pre-reductions.
  struct Residual {
    std::vector<StepOperand> operands;
    std::vector<Labels> removed;   // by operand
    std::vector<GroupPtr> groups;  // of originals, on the axes that are left
    std::vector<int> kinds;        // of originals: the first operand that is the same object still
  };

  int class_of(int source) const;
  static Residual split_removed(const std::vector<StepOperand>& operands, LabelRoles& roles);
  void price_dense(const Residual& residual, const LabelRoles& roles, StepBill& bill);

  // Pre-reductions with symmetry: their cost, and what the operands still are.
  void reduce_operands(const std::vector<StepOperand>& operands, Residual& residual,
                       StepBill& bill);
  LabelCounts count_removal(const StepOperand& operand, const Labels& removed);
  void find_kinds(const std::vector<StepOperand>& operands, Residual& residual) const;

  LabelProblem step_problem(const Residual& residual) const;
  void price_residual(const Residual& residual, const LabelRoles& roles, std::uint64_t dense,
                      StepBill& bill);
  void price_merged(const Residual& residual, const std::vector<int>& sources,
                    const LabelRoles& roles, StepBill& bill);
  void fall_back(Fallback reason, std::uint64_t dense, StepBill& bill);

  const ContractionQuery& query_;
  const std::vector<std::uint64_t>& lengths_;
  std::uint64_t partition_limit_;
  bool is_dense_ = true;  // no group and no shared object in the whole expression
  SearchBudget budget_;
  Fallback fallback_ = Fallback::none;
};

}  // namespace flopscope
