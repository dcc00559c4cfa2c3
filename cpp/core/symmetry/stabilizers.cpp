// Subgroups of a symmetry group: stabilisers and restrictions. Known factors keep their closed
// form; the others, and the small cyclic and dihedral ones, are filtered element by element.
#include <algorithm>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "core/symmetry/element_list.hpp"
#include "core/symmetry/factor.hpp"
#include "core/symmetry/symmetry_group.hpp"

namespace flopscope {

namespace {

std::size_t at(int position) noexcept { return static_cast<std::size_t>(position); }

// Adds the adjacent swaps of some of a full factor's points.
void add_swaps(const std::vector<int>& points, int degree, std::vector<Permutation>& out) {
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    out.push_back(swap(degree, points[i], points[i + 1]));
  }
}

// Adds generators of the elements of a factor that pass a test on the indices of its points.
template <class Keep>
void add_subgroup(const Factor& factor, int degree, Keep keep, std::vector<Permutation>& out) {
  std::vector<Permutation> kept;
  for (const Permutation& p : factor.elements().all()) {
    if (keep(p)) kept.push_back(p);
  }
  for (const Permutation& p : generating_subset(kept, factor.degree())) {
    if (!p.is_identity()) out.push_back(embed(p, factor.points(), degree));
  }
}

void add_whole(const Factor& factor, int degree, std::vector<Permutation>& out) {
  for (const Permutation& p : factor.generators()) {
    out.push_back(embed(p, factor.points(), degree));
  }
}

GroupPtr finish(std::vector<Permutation> generators, int degree, const SymmetryGroup::Axes& axes) {
  if (generators.empty()) generators.push_back(Permutation::identity(degree));
  return SymmetryGroup::from_generators(std::move(generators), axes);
}

std::vector<char> marks(const std::vector<int>& positions, int degree) {
  std::vector<char> marked(at(degree), 0);
  for (const int position : positions) {
    if (position >= 0 && position < degree) marked[at(position)] = 1;
  }
  return marked;
}

// The points of a factor that are marked, or that are not.
std::vector<int> chosen(const Factor& factor, const std::vector<char>& marked, bool wanted) {
  std::vector<int> points;
  for (const int point : factor.points()) {
    if ((marked[at(point)] != 0) == wanted) points.push_back(point);
  }
  return points;
}

}  // namespace

GroupPtr SymmetryGroup::pointwise_stabilizer(const std::vector<int>& positions) const {
  const std::vector<char> fixed = marks(positions, degree_);
  std::vector<Permutation> generators;
  for (const Factor& factor : factors_) {
    const auto& points = factor.points();
    const std::vector<int> free = chosen(factor, fixed, false);
    if (free.size() == points.size()) {
      add_whole(factor, degree_, generators);
    } else if (factor.kind() == FactorKind::symmetric) {
      add_swaps(free, degree_, generators);
    } else if (!free.empty()) {
      const auto fixes = [&](const Permutation& p) {
        for (int i = 0; i < p.size(); ++i) {
          if (fixed[at(points[at(i)])] != 0 && p(i) != i) return false;
        }
        return true;
      };
      add_subgroup(factor, degree_, fixes, generators);
    }
  }
  return finish(std::move(generators), degree_, axes_);
}

GroupPtr SymmetryGroup::setwise_stabilizer(const std::vector<int>& positions) const {
  const std::vector<char> marked = marks(positions, degree_);
  std::vector<Permutation> generators;
  for (const Factor& factor : factors_) {
    const auto& points = factor.points();
    const std::vector<int> inside = chosen(factor, marked, true);
    if (inside.empty() || inside.size() == points.size()) {
      add_whole(factor, degree_, generators);
    } else if (factor.kind() == FactorKind::symmetric) {
      add_swaps(inside, degree_, generators);
      add_swaps(chosen(factor, marked, false), degree_, generators);
    } else {
      const auto keeps = [&](const Permutation& p) {
        for (int i = 0; i < p.size(); ++i) {
          if (marked[at(points[at(i)])] != marked[at(points[at(p(i))])]) return false;
        }
        return true;
      };
      add_subgroup(factor, degree_, keeps, generators);
    }
  }
  return finish(std::move(generators), degree_, axes_);
}

GroupPtr SymmetryGroup::restrict(const std::vector<int>& kept) const {
  if (kept.empty()) throw InvalidArgument{"axes must be non-empty: nothing to restrict to"};
  std::vector<int> index_of(at(degree_), -1);
  std::vector<int> kept_axes;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const int position = kept[i];
    if (position < 0 || position >= degree_) {
      throw MissingPosition{
          "position " + std::to_string(position) + " is outside 0.." + std::to_string(degree_ - 1),
          position};
    }
    if (index_of[at(position)] >= 0) {
      throw InvalidArgument{"axes must be unique: position " + std::to_string(position) +
                            " is kept twice"};
    }
    index_of[at(position)] = static_cast<int>(i);
    kept_axes.push_back(axis_of(position));
  }
  std::vector<Permutation> generators;
  for (const Permutation& p : generators_) {
    std::vector<int> images;
    for (const int position : kept) {
      const int image = index_of[at(p(position))];
      if (image < 0) {
        throw MissingPosition{"the group moves kept position " + std::to_string(position) +
                                  " to position " + std::to_string(p(position)) +
                                  ", which is not kept",
                              position};
      }
      images.push_back(image);
    }
    Permutation local = Permutation::trusted(std::move(images));
    if (local.is_identity() ||
        std::find(generators.begin(), generators.end(), local) != generators.end()) {
      continue;
    }
    generators.push_back(std::move(local));
  }
  return finish(std::move(generators), static_cast<int>(kept.size()),
                axes_ ? Axes{std::move(kept_axes)} : Axes{});
}

}  // namespace flopscope
