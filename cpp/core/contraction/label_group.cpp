#include "core/contraction/label_group.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/contraction/label_match.hpp"
#include "core/contraction/label_words.hpp"
#include "core/pricing/saturating.hpp"
#include "core/symmetry/factor.hpp"

namespace flopscope {

namespace {

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

std::uint64_t factorial(std::size_t n) {
  std::uint64_t product = 1;
  for (std::size_t i = 2; i <= n; ++i) product = saturating_mul(product, i);
  return product;
}

// Labels that may trade places in pairs form units: trading is transitive. A unit is carried to a
// unit by every accepted permutation, and exchanges inside units aside, in ascending order.
UnitTable find_units(const WordTable& words) {
  UnitTable table;
  std::vector<std::vector<int>> units_of_colour(at(words.colour_count()));
  for (int label = 0; label < words.label_count(); ++label) {
    if (words.words_of(label).empty()) continue;
    const int colour = words.colours()[at(label)];
    auto& known = units_of_colour[at(colour)];
    const auto home = std::find_if(known.begin(), known.end(), [&](int unit) {
      return words.accepts_swap(table.units[at(unit)].front(), label);
    });
    if (home != known.end()) {
      table.units[at(*home)].push_back(label);
      continue;
    }
    known.push_back(static_cast<int>(table.units.size()));
    table.units.push_back({label});
    table.colours.push_back(colour);
  }
  for (std::size_t u = 0; u < table.units.size(); ++u) {
    const auto& alike = units_of_colour[at(table.colours[u])];
    const auto same_size = std::count_if(alike.begin(), alike.end(), [&](int other) {
      return table.units[at(other)].size() == table.units[u].size();
    });
    table.is_fixed.push_back(same_size == 1 ? 1 : 0);
  }
  return table;
}

// The units that are not fixed, as sets connected by words, each in breadth-first order.
std::vector<std::vector<int>> connected_units(const WordTable& words, const UnitTable& table) {
  std::vector<int> unit_of(at(words.label_count()), -1);
  for (std::size_t u = 0; u < table.units.size(); ++u) {
    for (const int label : table.units[u]) unit_of[at(label)] = static_cast<int>(u);
  }
  std::vector<std::vector<int>> sets;
  std::vector<char> is_placed(table.units.size(), 0);
  for (std::size_t start = 0; start < table.units.size(); ++start) {
    if (table.is_fixed[start] != 0 || is_placed[start] != 0) continue;
    std::vector<int> set{static_cast<int>(start)};
    is_placed[start] = 1;
    for (std::size_t next = 0; next < set.size(); ++next) {
      for (const int label : table.units[at(set[next])]) {
        for (const int w : words.words_of(label)) {
          for (const int neighbour : words.words()[at(w)].labels) {
            const int unit = unit_of[at(neighbour)];
            if (table.is_fixed[at(unit)] != 0 || is_placed[at(unit)] != 0) continue;
            is_placed[at(unit)] = 1;
            set.push_back(unit);
          }
        }
      }
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

std::vector<LabelUnit> chosen(const UnitTable& table, const std::vector<int>& units) {
  std::vector<LabelUnit> out;
  out.reserve(units.size());
  for (const int unit : units) out.push_back(table.units[at(unit)]);
  return out;
}

// The part of some copies of one set of units. A set without a copy falls into the direct factors
// of its own maps.
void add_parts(const UnitTable& table, const std::vector<std::vector<int>>& copies,
               UnitMatcher& matcher, std::vector<LabelPart>& parts) {
  const std::vector<int>& set = copies.front();
  const int count = static_cast<int>(set.size());
  const UnitMatcher::SelfMaps maps = matcher.self_maps(set);
  std::vector<Factor> factors = split_into_factors(maps.generators, count);
  // Spares listing a group to learn that it is too large.
  const bool is_listable = factors.size() != 1 || factors.front().kind() != FactorKind::generated ||
                           maps.order <= element_budget();
  if (copies.size() > 1) {
    LabelPart part;
    for (const auto& copy : copies) part.copies.push_back(chosen(table, copy));
    part.factors = std::move(factors);
    part.is_listable = is_listable;
    parts.push_back(std::move(part));
    return;
  }
  std::vector<char> is_moved(at(count), 0);
  for (const Factor& factor : factors) {
    LabelPart part{{{}}, {}, is_listable};
    std::vector<int> points(at(factor.degree()));
    std::iota(points.begin(), points.end(), 0);
    for (const int point : factor.points()) {
      part.copies.front().push_back(table.units[at(set[at(point)])]);
      is_moved[at(point)] = 1;
    }
    part.factors.emplace_back(
        factor.kind(), std::move(points),
        factor.kind() == FactorKind::generated ? factor.generators() : std::vector<Permutation>{});
    parts.push_back(std::move(part));
  }
  for (int i = 0; i < count; ++i) {
    if (is_moved[at(i)] == 0) parts.push_back({{{table.units[at(set[at(i)])]}}, {}, true});
  }
}

void add_swap(int x, int y, int label_count, std::vector<Permutation>& out) {
  out.push_back(swap(label_count, x, y));
}

}  // namespace

bool LabelPart::is_trivial() const noexcept {
  return copies.size() == 1 && factors.empty() &&
         std::all_of(copies.front().begin(), copies.front().end(),
                     [](const LabelUnit& unit) { return unit.size() == 1; });
}

Labels LabelPart::labels() const {
  Labels all;
  for (const auto& copy : copies) {
    for (const LabelUnit& unit : copy) all.insert(all.end(), unit.begin(), unit.end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::uint64_t LabelPart::order() const {
  if (!is_listable) throw GroupTooLarge{element_budget()};
  std::uint64_t inner = 1;
  for (const LabelUnit& unit : copies.front()) {
    inner = saturating_mul(inner, factorial(unit.size()));
  }
  for (const Factor& factor : factors) inner = saturating_mul(inner, factor.order());
  std::uint64_t order = factorial(copies.size());
  for (std::size_t c = 0; c < copies.size(); ++c) order = saturating_mul(order, inner);
  return order;
}

std::vector<Permutation> LabelPart::generators(int label_count) const {
  std::vector<Permutation> out;
  const auto& units = copies.front();
  for (const LabelUnit& unit : units) {
    for (std::size_t i = 0; i + 1 < unit.size(); ++i) {
      add_swap(unit[i], unit[i + 1], label_count, out);
    }
  }
  for (const Factor& factor : factors) {
    for (const Permutation& p : factor.generators()) {
      std::vector<int> images = Permutation::identity(label_count).images();
      for (int i = 0; i < p.size(); ++i) {
        const LabelUnit& from = units[at(factor.points()[at(i)])];
        const LabelUnit& to = units[at(factor.points()[at(p(i))])];
        for (std::size_t l = 0; l < from.size(); ++l) images[at(from[l])] = to[l];
      }
      out.push_back(Permutation::trusted(std::move(images)));
    }
  }
  for (std::size_t c = 0; c + 1 < copies.size(); ++c) {
    std::vector<int> images = Permutation::identity(label_count).images();
    for (std::size_t u = 0; u < units.size(); ++u) {
      for (std::size_t l = 0; l < units[u].size(); ++l) {
        std::swap(images[at(copies[c][u][l])], images[at(copies[c + 1][u][l])]);
      }
    }
    out.push_back(Permutation::trusted(std::move(images)));
  }
  return out;
}

bool LabelGroup::is_trivial() const noexcept {
  return std::all_of(parts.begin(), parts.end(),
                     [](const auto& part) { return part.is_trivial(); });
}

std::vector<Permutation> LabelGroup::generators(int label_count) const {
  std::vector<Permutation> all;
  for (const LabelPart& part : parts) {
    auto own = part.generators(label_count);
    std::move(own.begin(), own.end(), std::back_inserter(all));
  }
  return all;
}

LabelGroup find_label_group(const LabelProblem& problem, SearchBudget& budget) {
  const WordTable words{problem, budget};
  LabelGroup group;
  const UnitTable table = find_units(words);
  for (std::size_t u = 0; u < table.units.size(); ++u) {
    if (table.is_fixed[u] != 0) group.parts.push_back({{{table.units[u]}}, {}, true});
  }
  UnitMatcher matcher{words, table};
  // Sets that can be carried onto each other are copies, unit by unit.
  std::vector<std::vector<std::vector<int>>> kinds_of_sets;
  for (const auto& set : connected_units(words, table)) {
    bool is_copy = false;
    for (auto& copies : kinds_of_sets) {
      const std::vector<int> images = matcher.carry(copies.front(), set);
      if (images.empty()) continue;
      copies.push_back(images);
      is_copy = true;
      break;
    }
    if (!is_copy) kinds_of_sets.push_back({set});
  }
  for (const auto& copies : kinds_of_sets) add_parts(table, copies, matcher, group.parts);
  return group;
}

}  // namespace flopscope
