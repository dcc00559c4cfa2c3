#include "core/symmetry/element_list.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <unordered_set>

#include "core/errors.hpp"

namespace flopscope {

namespace {

using PermutationSet = std::unordered_set<Permutation, PermutationHash>;

std::size_t at(int position) noexcept { return static_cast<std::size_t>(position); }

}  // namespace

std::vector<Permutation> closure(const std::vector<Permutation>& generators, int degree,
                                 std::size_t budget) {
  std::vector<Permutation> found{Permutation::identity(degree)};
  PermutationSet seen{found.front()};
  for (std::size_t next = 0; next < found.size(); ++next) {
    for (const Permutation& generator : generators) {
      Permutation p = generator * found[next];
      if (!seen.insert(p).second) continue;
      if (found.size() >= budget) throw GroupTooLarge{budget};
      found.push_back(std::move(p));
    }
  }
  return found;
}

std::vector<Permutation> generating_subset(const std::vector<Permutation>& group, int degree) {
  // Each kept element at least doubles the subgroup, so there are at most log2(order) closures.
  std::vector<Permutation> kept;
  PermutationSet reached{Permutation::identity(degree)};
  for (const Permutation& p : group) {
    if (reached.count(p) != 0) continue;
    kept.push_back(p);
    const auto closed = closure(kept, degree, std::numeric_limits<std::size_t>::max());
    reached = PermutationSet{closed.begin(), closed.end()};
  }
  if (kept.empty()) kept.push_back(Permutation::identity(degree));
  return kept;
}

std::vector<std::vector<int>> orbits_of(const std::vector<Permutation>& generators, int degree) {
  std::vector<std::vector<int>> orbits;
  std::vector<char> seen(at(degree), 0);
  for (int start = 0; start < degree; ++start) {
    if (seen[at(start)] != 0) continue;
    std::vector<int> orbit{start};
    seen[at(start)] = 1;
    for (std::size_t next = 0; next < orbit.size(); ++next) {
      for (const Permutation& p : generators) {
        const int image = p(orbit[next]);
        if (seen[at(image)] != 0) continue;
        seen[at(image)] = 1;
        orbit.push_back(image);
      }
    }
    std::sort(orbit.begin(), orbit.end());
    orbits.push_back(std::move(orbit));
  }
  return orbits;
}

ElementList::ElementList(std::vector<Permutation> elements) : elements_{std::move(elements)} {
  std::sort(elements_.begin(), elements_.end());
  const int degree = elements_.front().size();
  orbits_ = orbits_of(elements_, degree);
  std::vector<std::size_t> orbit_of(at(degree));
  for (std::size_t o = 0; o < orbits_.size(); ++o) {
    for (const int point : orbits_[o]) orbit_of[at(point)] = o;
  }
  std::map<std::vector<int>, std::uint64_t> counts;
  for (const Permutation& p : elements_) {
    std::vector<int> cycles(orbits_.size(), 0);
    for (const auto& cycle : p.full_cycles()) ++cycles[orbit_of[at(cycle.front())]];
    ++counts[std::move(cycles)];
  }
  cycle_types_.reserve(counts.size());
  for (const auto& [cycles, count] : counts) cycle_types_.push_back({cycles, count});
}

bool ElementList::contains(const Permutation& p) const {
  return std::binary_search(elements_.begin(), elements_.end(), p);
}

}  // namespace flopscope
