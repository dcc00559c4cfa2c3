// One step of a contraction by listing row moves, group elements and assignments: the definitions
// as they stand, for sizes where that is instant. No relation to the core.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "core/contraction/contraction_cost.hpp"
#include "tests/symmetry/group_oracle.hpp"

namespace oracle {

using Bijection = std::vector<int>;  // image of each label

inline std::size_t idx(int i) { return static_cast<std::size_t>(i); }

// Every permutation of labels that a row move carries out: operands of one class are permuted, and
// each member is rearranged by an element of the class's group.
inline std::vector<Bijection> accepted(const flopscope::ContractionQuery& query) {
  const auto& words = query.expression.inputs;
  const auto& lengths = query.expression.lengths;
  std::set<Bijection> found;
  std::vector<std::vector<int>> classes;
  for (std::size_t o = 0; o < words.size(); ++o) {
    const auto same = std::find_if(classes.begin(), classes.end(), [&](const auto& members) {
      return !query.classes.empty() && query.classes[idx(members[0])] == query.classes[o];
    });
    if (same == classes.end()) {
      classes.push_back({static_cast<int>(o)});
    } else {
      same->push_back(static_cast<int>(o));
    }
  }
  // Fixes the elements of one operand after the other.
  const auto place = [&](auto&& self, const Bijection& pi, std::vector<int> targets, std::size_t c,
                         std::size_t member) -> void {
    if (c == classes.size()) {
      if (std::set<int>(pi.begin(), pi.end()).size() == pi.size()) found.insert(pi);
      return;
    }
    if (member == classes[c].size()) {
      return self(self, pi, c + 1 < classes.size() ? classes[c + 1] : targets, c + 1, 0);
    }
    const int from = classes[c][member];
    const auto& word = words[idx(from)];
    const int first = classes[c][0];
    std::vector<Axes> moves = close({}, word.size());
    if (!query.groups.empty() && query.groups[idx(first)]) {
      moves = elements(*query.groups[idx(first)], word.size());
    }
    for (const int to : targets) {
      std::vector<int> rest = targets;
      rest.erase(std::find(rest.begin(), rest.end(), to));
      for (const Axes& move : moves) {
        Bijection next = pi;
        bool fits = true;
        for (std::size_t a = 0; a < word.size(); ++a) {
          const int image = words[idx(to)][idx(move[a])];
          int& known = next[idx(word[a])];
          fits =
              fits && (known < 0 || known == image) && lengths[idx(word[a])] == lengths[idx(image)];
          known = image;
        }
        if (fits) self(self, next, rest, c, member + 1);
      }
    }
  };
  place(place, Bijection(lengths.size(), -1), classes[0], 0, 0);
  return {found.begin(), found.end()};
}

// M, alpha and omega. Every label occurs in an operand; the parts of an assignment that are not
// kept read 0.
inline Counts contract(const flopscope::ContractionQuery& query) {
  const auto group = accepted(query);
  const auto& output = query.expression.output;
  const auto is_kept = [&](std::size_t label) {
    return std::find(output.begin(), output.end(), static_cast<int>(label)) != output.end();
  };
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> kept_shape;
  for (std::size_t l = 0; l < query.expression.lengths.size(); ++l) {
    shape.push_back(static_cast<std::int64_t>(query.expression.lengths[l]));
    kept_shape.push_back(is_kept(l) ? shape.back() : 1);
  }
  std::vector<Bijection> preserving;
  for (const Bijection& pi : group) {
    bool keeps = true;
    for (std::size_t l = 0; l < pi.size(); ++l) keeps = keeps && is_kept(l) == is_kept(idx(pi[l]));
    if (keeps) preserving.push_back(pi);
  }
  const auto kept_orbit = [&](Element element) {
    for (std::size_t l = 0; l < element.size(); ++l) element[l] = is_kept(l) ? element[l] : 0;
    Element least = element;
    for (const Bijection& pi : preserving) least = std::min(least, moved(element, pi));
    return least;
  };
  Counts counts;
  std::set<Element> seen;
  for (const Element& element : elements(shape)) {
    if (seen.count(element) != 0) continue;
    std::set<Element> parts;
    for (const Bijection& pi : group) {
      const Element image = moved(element, pi);
      seen.insert(image);
      parts.insert(kept_orbit(image));
    }
    ++counts.elements;
    counts.alpha += parts.size();
  }
  std::set<Element> outputs;
  for (const Element& element : elements(kept_shape)) outputs.insert(kept_orbit(element));
  counts.omega = outputs.size();
  return counts;
}

}  // namespace oracle
