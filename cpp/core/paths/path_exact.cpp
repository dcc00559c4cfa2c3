// The cheapest tree, by dynamic programming over connected sets of operands.
//
// Pairs of disjoint connected sets with a common label are enumerated once each, in an order in
// which the best trees of both sets are known (Moerkotte and Neumann, "Analysis of Two Existing and
// One New Dynamic Programming Algorithm", VLDB 2006). A set whose cheapest tree cannot be part of
// a tree below the known bound is dropped, and with it every pair it would be in.
//
// Costs are floating-point numbers, exact to 2^53: of paths that differ by less than one part in
// 2^53 beyond that, either may be returned.
#include <algorithm>
#include <limits>
#include <utility>

#include "core/paths/path_methods.hpp"
#include "core/paths/path_size_table.hpp"

namespace flopscope {

namespace {

using Subset = std::uint64_t;  // of the operands

constexpr double k_infinity = std::numeric_limits<double>::infinity();

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }
Subset one(int operand) noexcept { return Subset{1} << operand; }
Subset up_to(int operand) noexcept { return one(operand) | (one(operand) - 1); }

int highest_bit(Subset set) noexcept {
#if defined(__GNUC__)
  return 63 - __builtin_clzll(set);
#else
  int index = 0;
  while (set >>= 1) ++index;
  return index;
#endif
}

// The best tree known of each set of operands: an array by set for few, a hash table for many.
class SubsetIndex {
 public:
  explicit SubsetIndex(int operands) : is_direct_{operands <= k_direct} {
    slots_.assign(is_direct_ ? std::size_t{1} << operands : 1024, -1);
    if (!is_direct_) keys_.resize(slots_.size());
  }

  int find(Subset set) const noexcept {
    if (is_direct_) return slots_[set];
    for (std::size_t i = start(set);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i] < 0 || keys_[i] == set) return slots_[i];
    }
  }

  void insert(Subset set, int entry) {
    if (is_direct_) {
      slots_[set] = entry;
      return;
    }
    if (2 * ++count_ > slots_.size()) grow();
    put(set, entry);
  }

 private:
  static constexpr int k_direct = 14;

  std::size_t start(Subset set) const noexcept { return mixed(set) & (slots_.size() - 1); }
  void put(Subset set, int entry) {
    std::size_t i = start(set);
    while (slots_[i] >= 0) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = entry;
    keys_[i] = set;
  }
  void grow() {
    std::vector<int> slots(2 * slots_.size(), -1);
    std::vector<Subset> keys(slots.size());
    slots_.swap(slots);
    keys_.swap(keys);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (slots[i] >= 0) put(keys[i], slots[i]);
    }
  }

  bool is_direct_;
  std::vector<int> slots_;
  std::vector<Subset> keys_;
  std::size_t count_ = 0;
};

template <class Set>
class Exact {
 public:
  Exact(const Network& network, const ExactOptions& options, std::uint64_t& work_left)
      : count_{network.count()},
        options_{options},
        work_left_{work_left},
        width_{1 + network.sizes.size() / 32},
        size_{network.sizes},
        output_{set_of<Set>(network.output, network.sizes.size())},
        holders_(network.sizes.size(), 0),
        neighbours_(at(count_), 0),
        index_{count_},
        bound_{options.bound},
        has_zero_{std::count(network.sizes.begin(), network.sizes.end(), 0U) > 0} {
    entries_.reserve(at(4 * count_));
    for (int operand = 0; operand < count_; ++operand) {
      const LabelLists::List term = network.terms[at(operand)];
      for (const int label : term) holders_[at(label)] |= one(operand);
      index_.insert(one(operand), operand);
      entries_.push_back({0.0, 0, one(operand), set_of<Set>(term, network.sizes.size())});
    }
    find_neighbours();
  }

  ExactResult run() {
    const Subset all = up_to(count_ - 1);
    for (int first = count_ - 1; first >= 0 && work_left_ > 0; --first) {
      extend_from(one(first), neighbours_[at(first)]);
      extend_left(one(first), neighbours_[at(first)], up_to(first));
    }
    ExactResult result;
    result.is_complete = work_left_ > 0;
    const int found = index_.find(all);
    if (count_ == 1 || found < 0) return result;
    result.cost = entries_[at(found)].cost;
    int next = count_;
    write(all, result.path, next);
    return result;
  }

  // Are all operands connected?
  bool is_connected() const {
    Subset reached = 1;
    Subset edge = 1;
    while (edge != 0) {
      Subset next = 0;
      for (Subset rest = edge; rest != 0; rest &= rest - 1)
        next |= neighbours_[at(lowest_bit(rest))];
      edge = next & ~reached;
      reached |= next;
    }
    return reached == up_to(count_ - 1);
  }

 private:
  struct Entry {
    double cost;
    Subset left;  // of the cheapest last step
    Subset set;
    Set legs;
  };

  // A look-up in a table that does not fit into the nearest cache, and a pair that is priced.
  static constexpr std::uint64_t k_far = 4;
  static constexpr std::uint64_t k_priced = 2;
  static constexpr int k_small = 20;  // operands

  void spend(std::uint64_t work) noexcept { work_left_ -= std::min(work_left_, work); }

  void find_neighbours() {
    const Subset all = up_to(count_ - 1);
    if (options_.joins_all) {
      for (int operand = 0; operand < count_; ++operand) {
        neighbours_[at(operand)] = all & ~one(operand);
      }
      return;
    }
    for (const Subset holders : holders_) {
      // What all have in common would join any two.
      if (holders == all && count_ > 2) continue;
      for (Subset rest = holders; rest != 0; rest &= rest - 1) {
        const int operand = lowest_bit(rest);
        neighbours_[at(operand)] |= holders & ~one(operand);
      }
    }
  }

  // Neighbours of a set, given those of a part of it.
  Subset neighbours_with(Subset known, Subset added) const noexcept {
    for (; added != 0; added &= added - 1) known |= neighbours_[at(lowest_bit(added))];
    return known;
  }

  // Calls f for the subsets of `of` but the empty one, smaller ones first.
  template <class F>
  void each_subset(Subset of, F&& f) {
    for (Subset part = (0 - of) & of; part != 0; part = (part - of) & of) {
      if (work_left_ == 0) return;
      spend(options_.joins_all || count_ <= k_small ? 1 : k_far);
      f(part);
    }
  }

  // Connected sets that contain `set` and nothing of `excluded`.
  void extend_left(Subset set, Subset around, Subset excluded) {
    const Subset border = around & ~excluded & ~set;
    if (border == 0) return;
    each_subset(border,
                [&](Subset part) { extend_from(set | part, neighbours_with(around, part)); });
    each_subset(border, [&](Subset part) {
      extend_left(set | part, neighbours_with(around, part), excluded | border);
    });
  }

  // Pairs with this left side; the right sides begin with a later operand.
  void extend_from(Subset left, Subset around) {
    const int found = index_.find(left);
    if (found < 0 || !(entries_[at(found)].cost < bound_)) return;
    const Subset excluded = left | up_to(lowest_bit(left));
    const Subset border = around & ~excluded;
    for (Subset rest = border; rest != 0;) {
      const int operand = highest_bit(rest);
      rest &= ~one(operand);
      join(found, left, one(operand));
      extend_right(found, left, one(operand), neighbours_[at(operand)],
                   excluded | (up_to(operand) & border));
    }
  }

  void extend_right(int left_entry, Subset left, Subset right, Subset around, Subset excluded) {
    const Subset border = around & ~excluded & ~right;
    if (border == 0) return;
    each_subset(border, [&](Subset part) { join(left_entry, left, right | part); });
    each_subset(border, [&](Subset part) {
      extend_right(left_entry, left, right | part, neighbours_with(around, part),
                   excluded | border);
    });
  }

  bool is_summed(int label, Subset within) const noexcept {
    return (holders_[at(label)] & ~within) == 0 && !output_.has(label);
  }

  void join(int left_entry, Subset left, Subset right) {
    spend(1);
    const int right_entry = index_.find(right);
    if (right_entry < 0) return;
    const Entry& a = entries_[at(left_entry)];
    const Entry& b = entries_[at(right_entry)];
    const double before = a.cost + b.cost;
    if (!(before < bound_)) return;
    spend(k_priced * width_);
    const Set either = a.legs | b.legs;
    double step = size_(either);
    if (!(before + step < bound_)) return;
    const Subset set = left | right;
    bool sums = false;
    (a.legs & b.legs).each([&](int label) { sums = sums || is_summed(label, set); });
    if (sums) step *= 2;
    const double cost = before + step;
    const int known = index_.find(set);
    if (known >= 0) {
      Entry& entry = entries_[at(known)];
      if (cost < entry.cost) {
        entry.cost = cost;
        entry.left = left;
        if (set == up_to(count_ - 1)) bound_ = cost;
      }
      return;
    }
    if (!(cost < bound_)) return;
    Set legs = either;
    either.each([&](int label) {
      if (is_summed(label, set)) legs.remove(label);
    });
    if (set == up_to(count_ - 1)) {
      bound_ = cost;
    } else {
      // One more step reads all of it, unless that meets an axis of length 0.
      const double size = size_(legs);
      if (!(cost + (has_zero_ ? 0.0 : size) < bound_) || size > options_.largest) return;
    }
    spend(k_far * width_);
    index_.insert(set, static_cast<int>(entries_.size()));
    entries_.push_back({cost, left, set, std::move(legs)});
  }

  int write(Subset set, NodePath& path, int& next) const {
    if ((set & (set - 1)) == 0) return lowest_bit(set);
    const Subset left = entries_[at(index_.find(set))].left;
    const int a = write(left, path, next);
    const int b = write(set & ~left, path, next);
    path.push_back({a, b});
    return next++;
  }

  int count_;
  const ExactOptions& options_;
  std::uint64_t& work_left_;
  std::uint64_t width_;  // factor for work on label sets
  SizeTable size_;
  Set output_;
  std::vector<Subset> holders_;     // by label
  std::vector<Subset> neighbours_;  // by operand
  SubsetIndex index_;
  std::vector<Entry> entries_;
  double bound_;
  bool has_zero_;
};

}  // namespace

ExactResult exact_path(const Network& network, const ExactOptions& options,
                       std::uint64_t& work_left) {
  return with_label_set(network.sizes.size(), [&](const auto& empty) {
    using Set = std::decay_t<decltype(empty)>;
    Exact<Set> search{network, options, work_left};
    if (search.is_connected()) return search.run();
    ExactOptions joining = options;
    joining.joins_all = true;
    return Exact<Set>{network, joining, work_left}.run();
  });
}

}  // namespace flopscope
