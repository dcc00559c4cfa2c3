// The exact bill of a contraction of any number of operands, symmetry and repeated operands
// included.
//
// For a step of k operands let G be the label group of its expression (label_group.hpp), V the
// output labels and H_V the elements that keep V, on V. With
//
//   M     = orbits of G on assignments of all labels
//   omega = orbits of H_V on assignments of V
//   alpha = sum over orbits of G of the number of H_V-orbits among their V-parts
//
// the step bills (k - 1) * M + alpha - omega: M products, and alpha additions of which the first
// into each output element is a copy. One or two operands are one step; three or more are billed
// step by step along a path that the caller provides.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/contraction/contraction_path.hpp"
#include "core/contraction/subscripts.hpp"
#include "core/symmetry/orbit_count.hpp"
#include "core/symmetry/symmetry_group.hpp"

namespace flopscope {

struct ContractionQuery {
  Expression expression;
  std::vector<GroupPtr> groups;  // declared, on the axes of each operand; empty: none has one
  std::vector<int> classes;      // operands that are the same object share one; empty: none do
  ContractionPath path;          // for three or more operands
  std::optional<std::uint64_t> partition_limit;  // instead of partition_budget()
};

enum class CostSource : std::uint8_t { per_input, joint_burnside, output_burnside };

// Summed labels that occur in one operand of a step only are summed out of it first.
struct PreReduction {
  int operand_index = 0;  // in the order of the step
  Labels removed;
  Labels surviving;  // of the operand's axes, in order
  std::uint64_t cost = 0;
  bool is_exact = true;      // false: priced without symmetry, for want of a count
  GroupPtr group = nullptr;  // left to an original operand, on positions in `surviving`
};

// `operands` are in descending order of position, except that an expression of one or two is given
// as written.
struct StepBill {
  std::vector<int> positions;
  std::vector<Labels> operands;
  Labels output;
  std::uint64_t cost = 0;             // pre-reductions included
  std::uint64_t multiplications = 0;  // of the cost; all else is additions
  std::uint64_t dense_cost = 0;
  CostSource source = CostSource::per_input;
  std::vector<PreReduction> pre_reductions;
  // Of the residual expression, by source per_input.
  std::uint64_t products = 0;   // M
  std::uint64_t additions = 0;  // alpha
  std::uint64_t outputs = 0;    // omega
  bool is_fallback = false;
  GroupPtr output_group;  // on positions of `output`
  Labels summed;          // by now, of the labels of the operands' sources; with a group only
  GroupPtr inner_group;   // on positions of `summed`
};

enum class Fallback : std::uint8_t {
  none,
  partitions,  // a component has more typed partitions than the limit
  elements,    // a group has more elements than element_budget()
  search,      // the search for label symmetries gave up
};

struct ContractionBill {
  std::uint64_t total = 0;
  std::uint64_t multiplications = 0;  // of the total; all else is additions
  std::uint64_t mu = 0;               // (k - 1) * M, over the steps
  std::uint64_t alpha = 0;            // over the steps
  std::uint64_t dense_baseline = 0;   // product of all label lengths
  int num_terms = 0;
  std::vector<StepBill> steps;
  Fallback fallback = Fallback::none;  // the first met; the caller warns
  GroupPtr output_group;               // of the result, on output axes; null: none
};

// Never throws for legal queries: what cannot be counted bills k * dense and says so. Throws
// InvalidArgument when the query does not fit together.
ContractionBill price_contraction(const ContractionQuery& query);

// A direct factor of the label group of the whole expression, for reports.
struct ContractionComponent {
  Labels labels;  // ascending
  Labels kept;    // of these, the output's
  std::uint64_t elements = 0;
  std::uint64_t alpha = 0;
  std::uint64_t omega = 0;
  std::uint64_t dense = 0;
  std::uint64_t order = 1;
  Regime regime = Regime::trivial;
  GroupPtr group;  // on positions in `labels`; null: trivial
};

struct ContractionComponents {
  std::vector<ContractionComponent> components;  // by least label
  std::uint64_t elements = 1;                    // M of the whole expression
  Fallback fallback = Fallback::none;
};

ContractionComponents contraction_components(const ContractionQuery& query);

}  // namespace flopscope
