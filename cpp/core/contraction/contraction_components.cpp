// The report by components: direct factors of the label group of the whole expression.
#include <algorithm>
#include <limits>
#include <utility>

#include "core/contraction/contraction_check.hpp"
#include "core/contraction/contraction_cost.hpp"
#include "core/contraction/contraction_step.hpp"
#include "core/contraction/label_counts.hpp"
#include "core/pricing/saturating.hpp"

namespace flopscope {

namespace {

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

// Each label on its own: no symmetry, or none that could be found.
LabelGroup without_symmetry(const LabelRoles& roles) {
  LabelGroup group;
  for (std::size_t label = 0; label < roles.size(); ++label) {
    if (roles[label] != LabelRole::hidden)
      group.parts.push_back({{{{static_cast<int>(label)}}}, {}, true});
  }
  return group;
}

ContractionComponent describe(const LabelPart& part, const Expression& expression,
                              const LabelRoles& roles, const LabelCounts& counts) {
  ContractionComponent component;
  component.labels = part.labels();
  for (const int label : component.labels) {
    if (roles[at(label)] == LabelRole::kept) component.kept.push_back(label);
  }
  component.elements = counts.elements;
  component.alpha = counts.alpha;
  component.omega = counts.omega;
  component.dense = counts.dense;
  component.regime = counts.regime;
  component.order = counts.is_listable ? part.order() : std::numeric_limits<std::uint64_t>::max();
  component.group =
      restricted_group({{part}}, component.labels, static_cast<int>(expression.lengths.size()));
  return component;
}

}  // namespace

ContractionComponents contraction_components(const ContractionQuery& query) {
  check_query(query);
  const Expression& expression = query.expression;
  StepPricer pricer{query};
  LabelRoles roles(expression.lengths.size(), LabelRole::hidden);
  std::vector<int> sources;
  for (std::size_t o = 0; o < expression.inputs.size(); ++o) {
    sources.push_back(static_cast<int>(o));
    for (const int label : expression.inputs[o]) roles[at(label)] = LabelRole::summed;
  }
  for (const int label : expression.output) roles[at(label)] = LabelRole::kept;
  ContractionComponents report;
  LabelGroup group = without_symmetry(roles);
  try {
    if (pricer.has_symmetry(sources)) group = pricer.set_group(sources, {});
  } catch (const GroupTooLarge&) {
    report.fallback = Fallback::elements;
  } catch (const SearchExhausted&) {
    report.fallback = Fallback::search;
  }
  for (const LabelPart& part : group.parts) {
    const LabelCounts counts =
        count_part(part, expression.lengths, roles, pricer.partition_limit());
    if (!counts.is_exact() && report.fallback == Fallback::none) {
      report.fallback = counts.is_listable ? Fallback::partitions : Fallback::elements;
    }
    report.elements = saturating_mul(report.elements, counts.elements);
    report.components.push_back(describe(part, expression, roles, counts));
  }
  std::sort(report.components.begin(), report.components.end(),
            [](const auto& a, const auto& b) { return a.labels.front() < b.labels.front(); });
  return report;
}

}  // namespace flopscope
