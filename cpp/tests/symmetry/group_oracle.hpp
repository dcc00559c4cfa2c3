// Counts by listing every element and every group element: short, slow, and no relation to the
// core.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "core/symmetry/symmetry_group.hpp"

namespace oracle {

using Element = std::vector<int>;
using Axes = std::vector<int>;  // image of each tensor axis

inline std::vector<Axes> close(const std::vector<Axes>& generators, std::size_t ndim) {
  Axes identity(ndim);
  for (std::size_t i = 0; i < ndim; ++i) identity[i] = static_cast<int>(i);
  std::set<Axes> seen{identity};
  std::vector<Axes> todo{identity};
  while (!todo.empty()) {
    const Axes p = todo.back();
    todo.pop_back();
    for (const Axes& g : generators) {
      Axes q(ndim);
      for (std::size_t i = 0; i < ndim; ++i) q[i] = g[static_cast<std::size_t>(p[i])];
      if (seen.insert(q).second) todo.push_back(q);
    }
  }
  return {seen.begin(), seen.end()};
}

// All elements as permutations of the axes of an array.
inline std::vector<Axes> elements(const flopscope::SymmetryGroup& group, std::size_t ndim) {
  std::vector<Axes> generators;
  for (const auto& p : group.generators()) {
    Axes g(ndim);
    for (std::size_t i = 0; i < ndim; ++i) g[i] = static_cast<int>(i);
    for (int i = 0; i < p.size(); ++i) {
      g[static_cast<std::size_t>(group.axis_of(i))] = group.axis_of(p(i));
    }
    generators.push_back(g);
  }
  return close(generators, ndim);
}

inline std::vector<Element> elements(const std::vector<std::int64_t>& shape) {
  std::vector<Element> all{{}};
  for (const std::int64_t length : shape) {
    std::vector<Element> longer;
    for (const Element& element : all) {
      for (int i = 0; i < length; ++i) {
        longer.push_back(element);
        longer.back().push_back(i);
      }
    }
    all = longer;
  }
  return all;
}

inline Element moved(const Element& element, const Axes& p) {
  Element image(element.size());
  for (std::size_t i = 0; i < element.size(); ++i)
    image[static_cast<std::size_t>(p[i])] = element[i];
  return image;
}

struct Counts {
  std::uint64_t elements = 0;
  std::uint64_t alpha = 0;
  std::uint64_t omega = 0;
};

// `kept[i]` says whether axis i survives. An element's kept part keeps its length, the rest is 0,
// so elements that preserve the kept axes can act on it.
inline Counts reduce(const flopscope::SymmetryGroup& group, const std::vector<std::int64_t>& shape,
                     const std::vector<bool>& kept) {
  const auto all = elements(group, shape.size());
  std::vector<Axes> preserving;
  for (const Axes& p : all) {
    bool keeps = true;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      keeps = keeps && kept[i] == kept[static_cast<std::size_t>(p[i])];
    }
    if (keeps) preserving.push_back(p);
  }
  const auto canonical = [&](const Element& element) {
    Element part = element;
    for (std::size_t i = 0; i < part.size(); ++i) part[i] = kept[i] ? part[i] : 0;
    Element least = part;
    for (const Axes& p : preserving) least = std::min(least, moved(part, p));
    return least;
  };
  std::map<Element, std::set<Element>> parts;  // by least element of the orbit
  std::set<Element> outputs;
  for (const Element& element : elements(shape)) {
    Element least = element;
    for (const Axes& p : all) least = std::min(least, moved(element, p));
    parts[least].insert(canonical(element));
  }
  std::vector<std::int64_t> kept_shape = shape;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (!kept[i]) kept_shape[i] = 1;
  }
  for (const Element& element : elements(kept_shape)) outputs.insert(canonical(element));
  Counts counts;
  counts.elements = parts.size();
  for (const auto& entry : parts) counts.alpha += entry.second.size();
  counts.omega = outputs.size();
  return counts;
}

}  // namespace oracle
