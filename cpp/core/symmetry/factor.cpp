#include "core/symmetry/factor.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <numeric>
#include <set>
#include <utility>

#include "core/errors.hpp"
#include "core/pricing/saturating.hpp"
#include "core/symmetry/element_list.hpp"

namespace flopscope {

namespace {

constexpr std::size_t k_default_elements = 50'000;
constexpr std::uint64_t k_default_partitions = 100'000;

std::atomic<std::size_t> g_element_budget{k_default_elements};
std::atomic<std::uint64_t> g_partition_budget{k_default_partitions};

std::size_t at(int position) noexcept { return static_cast<std::size_t>(position); }

class DisjointSets {
 public:
  explicit DisjointSets(int size) : parent_(at(size)) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }

  int find(int i) {
    while (parent_[at(i)] != i) i = parent_[at(i)] = parent_[at(parent_[at(i)])];
    return i;
  }

  void join(int i, int j) {
    i = find(i);
    j = find(j);
    parent_[at(std::max(i, j))] = std::min(i, j);
  }

  bool all_joined() {
    for (int i = 1; i < static_cast<int>(parent_.size()); ++i) {
      if (find(i) != find(0)) return false;
    }
    return true;
  }

 private:
  std::vector<int> parent_;
};

// A group holding swaps whose conjugates connect all points is the full group. Finds the usual
// presentations: adjacent swaps, or one rotation and one swap.
bool is_full_by_swaps(const std::vector<Permutation>& generators, int degree) {
  using Pair = std::array<int, 2>;
  std::set<Pair> seen;
  std::vector<Pair> pairs;
  DisjointSets joined{degree};
  const auto add = [&](int i, int j) {
    const Pair pair{std::min(i, j), std::max(i, j)};
    if (!seen.insert(pair).second) return;
    pairs.push_back(pair);
    joined.join(i, j);
  };
  for (const Permutation& p : generators) {
    const std::vector<int> moved = p.support();
    if (moved.size() == 2) add(moved[0], moved[1]);
  }
  if (pairs.empty()) return false;
  if (joined.all_joined()) return true;
  for (std::size_t next = 0; next < pairs.size(); ++next) {
    for (const Permutation& p : generators) add(p(pairs[next][0]), p(pairs[next][1]));
  }
  return joined.all_joined();
}

// The image of index i under p is shift + i or shift - i, modulo the degree.
bool is_rotation(const Permutation& p) {
  for (int i = 0; i < p.size(); ++i) {
    if (p(i) != (p(0) + i) % p.size()) return false;
  }
  return true;
}

bool is_reflection(const Permutation& p) {
  for (int i = 0; i < p.size(); ++i) {
    if (p(i) != (p(0) - i + p.size()) % p.size()) return false;
  }
  return true;
}

// A permutation seen from a new order of the points.
Permutation reordered(const Permutation& p, const std::vector<int>& order) {
  std::vector<int> index_of(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) index_of[at(order[i])] = static_cast<int>(i);
  std::vector<int> images(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) images[i] = index_of[at(p(order[i]))];
  return Permutation::trusted(std::move(images));
}

// A full cycle among the generators and their products, as the order it runs through the points;
// empty when there is none. Products matter for a dihedral group given by two reflections.
std::vector<int> find_rotation(const std::vector<Permutation>& generators) {
  constexpr std::size_t k_most_products = 8;
  const auto run = [](const Permutation& p) {
    auto cycles = p.full_cycles();
    return cycles.size() == 1 ? std::move(cycles.front()) : std::vector<int>{};
  };
  for (const Permutation& p : generators) {
    if (auto order = run(p); !order.empty()) return order;
  }
  if (generators.size() > k_most_products) return {};
  for (const Permutation& p : generators) {
    for (const Permutation& q : generators) {
      if (auto order = run(p * q); !order.empty()) return order;
    }
  }
  return {};
}

Factor recognise(const std::vector<int>& points, std::vector<Permutation> generators) {
  const int degree = static_cast<int>(points.size());
  if (degree == 2 || is_full_by_swaps(generators, degree)) {
    return Factor{FactorKind::symmetric, points};
  }
  const std::vector<int> order = find_rotation(generators);
  if (!order.empty()) {
    bool rotations = true;
    bool known = true;
    for (const Permutation& p : generators) {
      const Permutation seen = reordered(p, order);
      if (is_rotation(seen)) continue;
      rotations = false;
      known = known && is_reflection(seen);
    }
    if (known) {
      std::vector<int> run;
      run.reserve(points.size());
      for (const int i : order) run.push_back(points[at(i)]);
      return Factor{rotations ? FactorKind::cyclic : FactorKind::dihedral, std::move(run)};
    }
  }
  return Factor{FactorKind::generated, points, std::move(generators)};
}

Permutation rotation(int degree, int shift) {
  std::vector<int> images(at(degree));
  for (int i = 0; i < degree; ++i) images[at(i)] = (i + shift) % degree;
  return Permutation::trusted(std::move(images));
}

Permutation reflection(int degree, int shift) {
  std::vector<int> images(at(degree));
  for (int i = 0; i < degree; ++i) images[at(i)] = (shift - i + degree) % degree;
  return Permutation::trusted(std::move(images));
}

std::uint64_t factorial(int n) {
  std::uint64_t product = 1;
  for (int i = 2; i <= n; ++i) product = saturating_mul(product, static_cast<std::uint64_t>(i));
  return product;
}

std::vector<Permutation> all_permutations(int degree) {
  std::vector<int> images = Permutation::identity(degree).images();
  std::vector<Permutation> found;
  do {
    found.push_back(Permutation::trusted(images));
  } while (std::next_permutation(images.begin(), images.end()));
  return found;
}

}  // namespace

std::size_t element_budget() noexcept { return g_element_budget.load(std::memory_order_relaxed); }
void set_element_budget(std::size_t budget) noexcept { g_element_budget.store(budget); }
std::uint64_t partition_budget() noexcept {
  return g_partition_budget.load(std::memory_order_relaxed);
}
void set_partition_budget(std::uint64_t budget) noexcept { g_partition_budget.store(budget); }

struct Factor::Cache {
  std::mutex lock;
  std::unique_ptr<const ElementList> list;
  std::size_t failed_budget = 0;  // the largest budget that was not enough
};

Factor::Factor(FactorKind kind, std::vector<int> points, std::vector<Permutation> generators)
    : kind_{kind},
      points_{std::move(points)},
      generators_{std::move(generators)},
      cache_{std::make_shared<Cache>()} {}

std::vector<Permutation> Factor::generators() const {
  return kind_ == FactorKind::generated ? generators_ : known_generators(kind_, degree());
}

bool Factor::contains(const Permutation& p) const {
  switch (kind_) {
    case FactorKind::symmetric:
      return true;
    case FactorKind::cyclic:
      return is_rotation(p);
    case FactorKind::dihedral:
      return is_rotation(p) || is_reflection(p);
    case FactorKind::generated:
      break;
  }
  return elements().contains(p);
}

std::uint64_t Factor::order() const {
  const auto k = static_cast<std::uint64_t>(degree());
  switch (kind_) {
    case FactorKind::symmetric:
      return factorial(degree());
    case FactorKind::cyclic:
      return k;
    case FactorKind::dihedral:
      return 2 * k;
    case FactorKind::generated:
      break;
  }
  return elements().size();
}

const ElementList& Factor::elements() const {
  const std::size_t budget = element_budget();
  const bool bounded = kind_ == FactorKind::generated || kind_ == FactorKind::symmetric;
  const std::scoped_lock guard{cache_->lock};
  if (!cache_->list) {
    if (bounded && budget <= cache_->failed_budget) throw GroupTooLarge{budget};
    std::vector<Permutation> found;
    const int k = degree();
    switch (kind_) {
      case FactorKind::symmetric:
        if (factorial(k) > budget) throw GroupTooLarge{budget};
        found = all_permutations(k);
        break;
      case FactorKind::cyclic:
      case FactorKind::dihedral:
        for (int shift = 0; shift < k; ++shift) {
          found.push_back(rotation(k, shift));
          if (kind_ == FactorKind::dihedral) found.push_back(reflection(k, shift));
        }
        break;
      case FactorKind::generated:
        try {
          found = closure(generators_, k, budget);
        } catch (const GroupTooLarge&) {
          cache_->failed_budget = budget;
          throw;
        }
        break;
    }
    cache_->list = std::make_unique<const ElementList>(std::move(found));
  }
  // A list made under a larger budget must not change what a smaller one allows.
  if (bounded && cache_->list->size() > budget) throw GroupTooLarge{budget};
  return *cache_->list;
}

std::vector<Permutation> known_generators(FactorKind kind, int degree) {
  if (degree == 1) return {Permutation::identity(1)};
  if (kind == FactorKind::symmetric || degree == 2) {
    std::vector<Permutation> swaps;
    swaps.reserve(at(degree - 1));
    for (int i = 0; i + 1 < degree; ++i) swaps.push_back(swap(degree, i, i + 1));
    return swaps;
  }
  if (kind == FactorKind::cyclic) return {rotation(degree, 1)};
  return {rotation(degree, 1), reflection(degree, 0)};
}

Permutation swap(int degree, int i, int j) {
  std::vector<int> images(at(degree));
  std::iota(images.begin(), images.end(), 0);
  std::swap(images[at(i)], images[at(j)]);
  return Permutation::trusted(std::move(images));
}

Permutation embed(const Permutation& local, const std::vector<int>& points, int degree) {
  std::vector<int> images = Permutation::identity(degree).images();
  for (int i = 0; i < local.size(); ++i) images[at(points[at(i)])] = points[at(local(i))];
  return Permutation::trusted(std::move(images));
}

std::vector<Factor> split_into_factors(const std::vector<Permutation>& generators, int degree) {
  DisjointSets sets{degree};
  std::vector<std::vector<int>> supports;
  supports.reserve(generators.size());
  for (const Permutation& p : generators) {
    supports.push_back(p.support());
    for (const int point : supports.back()) sets.join(point, supports.back().front());
  }
  std::vector<std::vector<int>> classes(at(degree));
  std::vector<int> index_in_class(at(degree));
  for (int point = 0; point < degree; ++point) {
    auto& members = classes[at(sets.find(point))];
    index_in_class[at(point)] = static_cast<int>(members.size());
    members.push_back(point);
  }
  std::vector<Factor> factors;
  for (int root = 0; root < degree; ++root) {
    const auto& points = classes[at(root)];
    if (points.size() < 2) continue;
    std::vector<Permutation> local;
    for (std::size_t g = 0; g < generators.size(); ++g) {
      if (supports[g].empty() || sets.find(supports[g].front()) != root) continue;
      std::vector<int> images;
      images.reserve(points.size());
      for (const int point : points) images.push_back(index_in_class[at(generators[g](point))]);
      local.push_back(Permutation::trusted(std::move(images)));
    }
    factors.push_back(recognise(points, std::move(local)));
  }
  return factors;
}

}  // namespace flopscope
