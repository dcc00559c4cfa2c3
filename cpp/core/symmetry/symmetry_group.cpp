#include "core/symmetry/symmetry_group.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/errors.hpp"
#include "core/pricing/saturating.hpp"
#include "core/symmetry/element_list.hpp"
#include "core/symmetry/factor.hpp"

namespace flopscope {

namespace {

std::size_t at(int position) noexcept { return static_cast<std::size_t>(position); }

std::string join(const std::vector<int>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) text += ", ";
    text += std::to_string(values[i]);
  }
  return text;
}

void check_axes(const std::vector<int>& axes) {
  if (axes.empty()) throw InvalidArgument{"axes must be non-empty"};
  std::unordered_set<int> seen;
  for (const int axis : axes) {
    if (axis < 0) throw InvalidArgument{"axes must be non-negative, got (" + join(axes) + ")"};
    if (!seen.insert(axis).second) {
      throw InvalidArgument{"axes must be unique, got (" + join(axes) + ")"};
    }
  }
}

// Groups that are alive, by axes and generators. Entries of dead groups are swept when the table
// has doubled since the last sweep, so it stays proportional to what is in use.
class InternTable {
 public:
  GroupPtr get(std::vector<Permutation> generators, SymmetryGroup::Axes axes) {
    std::vector<int> key = key_of(generators, axes);
    const std::scoped_lock guard{lock_};
    if (const auto found = groups_.find(key); found != groups_.end()) {
      if (GroupPtr group = found->second.lock()) return group;
    }
    auto group = std::make_shared<const SymmetryGroup>(std::move(generators), std::move(axes));
    if (groups_.size() >= next_sweep_) sweep();
    groups_[std::move(key)] = group;
    return group;
  }

 private:
  struct Hash {
    std::size_t operator()(const std::vector<int>& key) const noexcept {
      return Permutation::trusted(key).hash();
    }
  };

  static std::vector<int> key_of(const std::vector<Permutation>& generators,
                                 const SymmetryGroup::Axes& axes) {
    std::vector<int> key{axes ? static_cast<int>(axes->size()) : -1};
    if (axes) key.insert(key.end(), axes->begin(), axes->end());
    for (const Permutation& p : generators) {
      key.push_back(p.size());
      key.insert(key.end(), p.images().begin(), p.images().end());
    }
    return key;
  }

  void sweep() {
    for (auto entry = groups_.begin(); entry != groups_.end();) {
      entry = entry->second.expired() ? groups_.erase(entry) : std::next(entry);
    }
    next_sweep_ = std::max(k_first_sweep, 2 * groups_.size());
  }

  static constexpr std::size_t k_first_sweep = 256;

  std::mutex lock_;
  std::unordered_map<std::vector<int>, std::weak_ptr<const SymmetryGroup>, Hash> groups_;
  std::size_t next_sweep_ = k_first_sweep;
};

InternTable& interned() {
  // Never destroyed: groups may be asked for while other statics go away.
  static auto* table = new InternTable;
  return *table;
}

GroupPtr known_group(FactorKind kind, const std::vector<int>& axes) {
  check_axes(axes);
  return interned().get(known_generators(kind, static_cast<int>(axes.size())), axes);
}

}  // namespace

GroupPtr SymmetryGroup::symmetric(const std::vector<int>& axes) {
  return known_group(FactorKind::symmetric, axes);
}

GroupPtr SymmetryGroup::cyclic(const std::vector<int>& axes) {
  return known_group(FactorKind::cyclic, axes);
}

GroupPtr SymmetryGroup::dihedral(const std::vector<int>& axes) {
  return known_group(FactorKind::dihedral, axes);
}

GroupPtr SymmetryGroup::young(const std::vector<std::vector<int>>& blocks) {
  if (blocks.empty()) throw InvalidArgument{"young requires at least one block"};
  std::vector<GroupPtr> groups;
  groups.reserve(blocks.size());
  for (const auto& block : blocks) groups.push_back(symmetric(block));
  return direct_product(groups);
}

GroupPtr SymmetryGroup::direct_product(const std::vector<GroupPtr>& groups) {
  if (groups.empty()) throw InvalidArgument{"direct_product requires at least one group"};
  if (groups.size() == 1) return groups.front();
  std::vector<int> axes;
  for (const GroupPtr& group : groups) {
    const std::vector<int> labels = group->labels();
    axes.insert(axes.end(), labels.begin(), labels.end());
  }
  if (std::unordered_set<int>(axes.begin(), axes.end()).size() != axes.size()) {
    throw InvalidArgument{"direct_product requires disjoint supports, got axes (" + join(axes) +
                          ")"};
  }
  const int degree = static_cast<int>(axes.size());
  std::vector<Permutation> generators;
  int offset = 0;
  for (const GroupPtr& group : groups) {
    std::vector<int> points(at(group->degree()));
    std::iota(points.begin(), points.end(), offset);
    for (const Permutation& p : group->generators()) {
      generators.push_back(embed(p, points, degree));
    }
    offset += group->degree();
  }
  return interned().get(std::move(generators), std::move(axes));
}

GroupPtr SymmetryGroup::from_generators(std::vector<Permutation> generators, Axes axes) {
  return interned().get(std::move(generators), std::move(axes));
}

SymmetryGroup::SymmetryGroup(std::vector<Permutation> generators, Axes axes)
    : generators_{std::move(generators)}, axes_{std::move(axes)} {
  check();
  degree_ = generators_.front().size();
  factors_ = split_into_factors(generators_, degree_);
  orbits_ = orbits_of(generators_, degree_);
  orbit_of_.resize(at(degree_));
  for (std::size_t o = 0; o < orbits_.size(); ++o) {
    for (const int position : orbits_[o]) orbit_of_[at(position)] = static_cast<int>(o);
  }
}

void SymmetryGroup::check() const {
  if (generators_.empty()) throw InvalidArgument{"At least one generator is required"};
  if (axes_) check_axes(*axes_);
  const int degree = axes_ ? static_cast<int>(axes_->size()) : generators_.front().size();
  if (degree == 0) throw InvalidArgument{"axes must be non-empty"};
  for (std::size_t g = 0; g < generators_.size(); ++g) {
    if (generators_[g].size() != degree) {
      throw InvalidArgument{"generator " + std::to_string(g) + " has degree " +
                            std::to_string(generators_[g].size()) + ", expected degree " +
                            std::to_string(degree)};
    }
  }
}

std::vector<int> SymmetryGroup::labels() const {
  return axes_ ? *axes_ : Permutation::identity(degree_).images();
}

int SymmetryGroup::position_of(int axis) const noexcept {
  if (!axes_) return axis >= 0 && axis < degree_ ? axis : -1;
  const auto found = std::find(axes_->begin(), axes_->end(), axis);
  return found == axes_->end() ? -1 : static_cast<int>(found - axes_->begin());
}

const std::vector<int>& SymmetryGroup::orbit(int position) const {
  if (position < 0 || position >= degree_) {
    throw MissingPosition{
        "position " + std::to_string(position) + " is outside 0.." + std::to_string(degree_ - 1),
        position};
  }
  return orbits_[at(orbit_of_[at(position)])];
}

std::uint64_t SymmetryGroup::order() const {
  std::uint64_t order = 1;
  for (const Factor& factor : factors_) order = saturating_mul(order, factor.order());
  return order;
}

std::vector<std::uint64_t> SymmetryGroup::order_terms() const {
  std::vector<std::uint64_t> terms;
  for (const Factor& factor : factors_) {
    if (factor.kind() != FactorKind::symmetric) {
      terms.push_back(factor.order());
      continue;
    }
    for (int i = 2; i <= factor.degree(); ++i) terms.push_back(static_cast<std::uint64_t>(i));
  }
  return terms;
}

std::vector<Permutation> SymmetryGroup::elements() const {
  const std::size_t budget = element_budget();
  if (order() > budget) throw GroupTooLarge{budget};
  std::vector<Permutation> found{Permutation::identity(degree_)};
  for (const Factor& factor : factors_) {
    std::vector<Permutation> longer;
    for (const Permutation& local : factor.elements().all()) {
      const Permutation p = embed(local, factor.points(), degree_);
      for (const Permutation& q : found) longer.push_back(p * q);
    }
    found = std::move(longer);
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool SymmetryGroup::contains(const Permutation& p) const {
  if (p.size() != degree_) return false;
  std::vector<int> images = p.images();
  for (const Factor& factor : factors_) {
    const auto& points = factor.points();
    std::vector<int> local(points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto found = std::find(points.begin(), points.end(), p(points[i]));
      if (found == points.end()) return false;
      local[i] = static_cast<int>(found - points.begin());
      images[at(points[i])] = points[i];
    }
    if (!factor.contains(Permutation::trusted(std::move(local)))) return false;
  }
  return Permutation::trusted(std::move(images)).is_identity();
}

bool SymmetryGroup::contains_action(const Permutation& p, const std::vector<int>& axes) const {
  std::vector<int> images = Permutation::identity(degree_).images();
  for (const int i : p.support()) {
    const int from = position_of(axes[at(i)]);
    const int to = position_of(axes[at(p(i))]);
    if (from < 0 || to < 0) return false;
    images[at(from)] = to;
  }
  return contains(Permutation::trusted(std::move(images)));
}

bool SymmetryGroup::contains_action(const SymmetryGroup& other) const {
  const std::vector<int> axes = other.labels();
  return std::all_of(other.generators_.begin(), other.generators_.end(),
                     [&](const Permutation& p) { return contains_action(p, axes); });
}

bool SymmetryGroup::equals(const SymmetryGroup& other) const {
  if (this == &other) return true;
  if (axes_.has_value() != other.axes_.has_value() || degree_ != other.degree_ ||
      orbits_.size() != other.orbits_.size()) {
    return false;
  }
  for (int i = 0; i < degree_; ++i) {
    const int there = other.position_of(axis_of(i));
    if (there < 0 || orbit(i).size() != other.orbit(there).size()) return false;
  }
  if (axes_ == other.axes_ && generators_ == other.generators_) return true;
  return contains_action(other) && other.contains_action(*this);
}

bool operator==(const SymmetryGroup& a, const SymmetryGroup& b) { return a.equals(b); }

std::size_t SymmetryGroup::hash() const noexcept {
  // Of the axes and the orbits only: both are the same for every presentation of the group, and
  // neither needs its elements. Summed, since the order of the axes does not matter.
  std::uint64_t sum = axes_ ? 1 : 2;
  for (const auto& orbit : orbits_) {
    std::uint64_t term = 0;
    for (const int position : orbit) {
      std::uint64_t h = static_cast<std::uint64_t>(axis_of(position)) + 0x9E3779B97F4A7C15ULL;
      h = (h ^ (h >> 30U)) * 0xBF58476D1CE4E5B9ULL;
      term += h ^ (h >> 27U);
    }
    sum += (term ^ (term >> 31U)) * 0x94D049BB133111EBULL;
  }
  return static_cast<std::size_t>(sum);
}

bool SymmetryGroup::is_abelian() const {
  for (const Permutation& p : generators_) {
    for (const Permutation& q : generators_) {
      if (p * q != q * p) return false;
    }
  }
  return true;
}

bool SymmetryGroup::is_symmetric() const {
  if (degree_ == 1) return true;
  if (factors_.size() != 1 || factors_.front().degree() != degree_) return false;
  const Factor& factor = factors_.front();
  if (factor.kind() != FactorKind::generated) return factor.kind() == FactorKind::symmetric;
  return factor.order() == Factor{FactorKind::symmetric, factor.points()}.order();
}

std::string SymmetryGroup::repr() const {
  std::string text = "SymmetryGroup(";
  for (const Permutation& p : generators_) text += "[" + join(p.images()) + "], ";
  if (!axes_) return text + "axes=None)";
  return text + "axes=(" + join(*axes_) + (axes_->size() == 1 ? ",))" : "))");
}

}  // namespace flopscope
