// opt_einsum's greedy method, to the letter.
//
// 1. Operands with the same labels are multiplied at once.
// 2. Of the pairs that share a summed label, the one that reduces memory most is contracted next:
//    smallest size(result) - size(left) - size(right), then the earlier nodes.
// 3. What is left has no label in common and is multiplied, the smallest first.
//
// Candidates name their operands by label set and stay valid as long as both sets are there, even
// if a set has meanwhile been used up and made again. Everything it iterates over is either put in
// order or reduced to a minimum, so no hash order can be seen in a path.
#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>
#include <utility>

#include "core/paths/path_arena.hpp"
#include "core/paths/path_count.hpp"
#include "core/paths/path_methods.hpp"
#include "core/paths/path_set_pool.hpp"

namespace flopscope {

namespace {

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

// How much a contraction lets memory grow.
struct MemoryGrowth {
  template <class Count>
  Count operator()(const Count& result, const Count& left, const Count& right) const {
    return result - left - right;
  }
};

// The same with results and operands weighed anew in each trial, on a logarithmic scale, less a
// random number as for a choice with Boltzmann probabilities.
class NoisyGrowth {
 public:
  NoisyGrowth(std::uint64_t seed, std::uint64_t trial) : state_{mixed(mixed(seed + 1) ^ trial)} {
    // Ranges found by trying some on regular networks and lattices.
    weight_ = std::exp(uniform() * 2.7 - 1.2);       // 0.3 to 4.5
    temperature_ = std::exp(uniform() * 4.5 - 5.5);  // 0.004 to 0.37
  }

  ApproximateCount operator()(ApproximateCount result, ApproximateCount left,
                              ApproximateCount right) {
    constexpr double k_top = 1e300;  // infinities have no difference
    const double growth =
        std::min(result.value(), k_top) - weight_ * std::min(left.value() + right.value(), k_top);
    const double size = std::log(std::fabs(growth) + 1.0);
    const double noise = -std::log(-std::log(uniform()));
    return ApproximateCount::of((growth < 0 ? -size : size) - temperature_ * noise);
  }

 private:
  // Between 0 and 1, neither of them.
  double uniform() noexcept {
    state_ += 0x9E3779B97F4A7C15U;
    return (static_cast<double>(mixed(state_) >> 12) + 0.5) * (1.0 / 4503599627370496.0);
  }

  std::uint64_t state_;
  double weight_;
  double temperature_;
};

template <class Count, class Set, class Growth>
class Greedy {
 public:
  Greedy(const Network& network, Growth growth)
      : network_{network},
        growth_{growth},
        labels_{network.sizes.size()},
        pool_{network.sizes, at(2 * network.count()), arena_},
        output_{set_of<Set>(network.output, labels_)},
        in_two_{labels_},
        in_three_{labels_},
        next_node_{network.count()} {}

  // Units of work so far.
  std::uint64_t work() const noexcept { return candidates_ * (4 + labels_ / 32); }

  NodePath run() {
    if (network_.count() == 1) return {{0}};
    const std::size_t nodes = at(2 * network_.count());
    path_.reserve(nodes);
    node_of_.reserve(nodes);
    stamps_.reserve(nodes);
    live_.reserve(nodes);
    merge_equal_operands();
    find_holders();
    queue_first_candidates();
    while (!queue_.empty()) {
      std::pop_heap(queue_.begin(), queue_.end(), std::greater<>{});
      const Candidate next = std::move(queue_.back());
      queue_.pop_back();
      if (is_left(next.left) && is_left(next.right)) contract(next);
    }
    multiply_the_rest();
    return std::move(path_);
  }

 private:
  static constexpr int k_gone = -1;

  struct Rank {
    Count cost;
    int later;  // node
    int earlier;

    friend bool operator<(const Rank& a, const Rank& b) {
      return std::tie(a.cost, a.later, a.earlier) < std::tie(b.cost, b.later, b.earlier);
    }
  };

  // Sets by their number in the pool, the result in `results_`.
  struct Candidate {
    Rank rank;
    int left;
    int right;
    int result;

    friend bool operator>(const Candidate& a, const Candidate& b) { return b.rank < a.rank; }
  };

  // Operands that hold a summed label. There are never more of them than at the start.
  struct Holders {
    int first = 0;  // in holder_list_
    int count = 0;
  };

  int intern(const Set& set) {
    const int id = pool_.intern(set);
    if (at(id) >= node_of_.size()) {
      node_of_.push_back(k_gone);
      stamps_.push_back(0);
    }
    return id;
  }

  bool is_left(int set) const noexcept { return node_of_[at(set)] != k_gone; }

  void merge_equal_operands() {
    Set everywhere = set_of<Set>(network_.terms[0], labels_);
    ArenaVector<Set> terms{ArenaAllocator<Set>{arena_}};
    terms.reserve(network_.terms.size());
    for (std::size_t i = 0; i < network_.terms.size(); ++i) {
      terms.push_back(set_of<Set>(network_.terms[i], labels_));
      everywhere &= terms.back();
    }
    // A label that all operands have cannot be summed before the last step.
    output_ |= everywhere;
    for (int node = 0; node < network_.count(); ++node) {
      const int set = intern(terms[at(node)]);
      if (is_left(set)) {
        path_.push_back({node_of_[at(set)], node});
        node_of_[at(set)] = next_node_++;
      } else {
        node_of_[at(set)] = node;
        live_.push_back(set);
      }
    }
  }

  void find_holders() {
    holders_.resize(labels_);
    for (const int set : live_) {
      (pool_.set(set) - output_).each([&](int label) { ++holders_[at(label)].count; });
    }
    int total = 0;
    for (std::size_t label = 0; label < labels_; ++label) {
      Holders& holders = holders_[label];
      holders.first = total;
      total += std::exchange(holders.count, 0);
    }
    holder_list_.resize(at(total));
    // In the order of nodes, which the first candidates need.
    ArenaVector<int> ordered = live_;
    std::sort(ordered.begin(), ordered.end(),
              [&](int a, int b) { return node_of_[at(a)] < node_of_[at(b)]; });
    for (const int set : ordered) {
      (pool_.set(set) - output_).each([&](int label) { hold(label, set); });
    }
    for (std::size_t label = 0; label < labels_; ++label) {
      if (holders_[label].count >= 2) in_two_.add(static_cast<int>(label));
      if (holders_[label].count >= 3) in_three_.add(static_cast<int>(label));
    }
  }

  void hold(int label, int set) {
    Holders& holders = holders_[at(label)];
    holder_list_[at(holders.first + holders.count++)] = set;
  }

  void release(int label, int set) {
    Holders& holders = holders_[at(label)];
    *place(label, set) = holder_list_[at(holders.first + --holders.count)];
    if (holders.count < 2) in_two_.remove(label);
    if (holders.count < 3) in_three_.remove(label);
  }

  int* place(int label, int set) {
    int* holder = holder_list_.data() + holders_[at(label)].first;
    while (*holder != set) ++holder;
    return holder;
  }

  // The result takes the place of an operand in the lists of its labels, or nobody does.
  void hand_over(const Set& labels, int operand, int result, bool is_new) {
    const Set& kept = pool_.set(result);
    labels.each([&](int label) {
      if (is_new && kept.has(label)) {
        *place(label, operand) = result;
      } else {
        release(label, operand);
      }
    });
  }

  Set result_of(int a, int b) const {
    const Set either = pool_.set(a) | pool_.set(b);
    const Set both = pool_.set(a) & pool_.set(b);
    return (either & output_) | (both & in_three_) | ((either - both) & in_two_);
  }

  Rank rank_of(const Set& result, int a, int b) {
    ++candidates_;
    const auto [earlier, later] = std::minmax(node_of_[at(a)], node_of_[at(b)]);
    return {growth_(size_of<Count>(result, network_.sizes), pool_.size(a), pool_.size(b)), later,
            earlier};
  }

  // Queues the best of the pairs of `set` with the others.
  void queue_best(int set, const int* others, std::size_t count) {
    std::optional<Rank> best;
    int partner = 0;
    Set best_result;
    for (std::size_t i = 0; i < count; ++i) {
      Set result = result_of(set, others[i]);
      Rank rank = rank_of(result, set, others[i]);
      if (best && !(rank < *best)) continue;
      best = std::move(rank);
      partner = others[i];
      best_result = std::move(result);
    }
    if (!best) return;
    if (node_of_[at(set)] > node_of_[at(partner)]) std::swap(set, partner);
    results_.push_back(std::move(best_result));
    queue_.push_back({std::move(*best), set, partner, static_cast<int>(results_.size()) - 1});
    std::push_heap(queue_.begin(), queue_.end(), std::greater<>{});
  }

  void queue_first_candidates() {
    results_.reserve(holder_list_.size() + live_.size());
    queue_.reserve(holder_list_.size() + live_.size());
    for (const Holders& holders : holders_) {
      const int* sets = holder_list_.data() + holders.first;
      for (int i = 0; i + 1 < holders.count; ++i) {
        queue_best(sets[i], sets + i + 1, at(holders.count - i - 1));
      }
    }
  }

  void contract(const Candidate& candidate) {
    const int left = candidate.left;
    const int right = candidate.right;
    const int result = intern(results_[at(candidate.result)]);
    path_.push_back(
        {std::exchange(node_of_[at(left)], k_gone), std::exchange(node_of_[at(right)], k_gone)});
    const bool is_new = !is_left(result);
    if (is_new) {
      live_.push_back(result);
    } else {
      path_.push_back({node_of_[at(result)], next_node_++});
    }
    node_of_[at(result)] = next_node_++;
    const Set both = pool_.set(left) & pool_.set(right);
    (both - output_).each([&](int label) { release(label, right); });
    hand_over(pool_.set(left) - output_, left, result, is_new);
    hand_over(pool_.set(right) - both - output_, right, result, is_new);
    neighbours_.clear();
    ++stamp_;
    stamps_[at(result)] = stamp_;
    (pool_.set(result) - output_).each([&](int label) {
      const Holders& holders = holders_[at(label)];
      for (int i = 0; i < holders.count; ++i) {
        const int set = holder_list_[at(holders.first + i)];
        if (std::exchange(stamps_[at(set)], stamp_) != stamp_) neighbours_.push_back(set);
      }
    });
    queue_best(result, neighbours_.data(), neighbours_.size());
  }

  void multiply_the_rest() {
    struct Part {
      Count size;
      int node;
      Set labels;

      bool operator>(const Part& other) const {
        return std::tie(other.size, other.node) < std::tie(size, node);
      }
    };
    std::vector<Part> parts;
    const auto add = [&](Set labels, int node) {
      Count size = size_of<Count>(labels, network_.sizes);
      parts.push_back({std::move(size), node, std::move(labels)});
      std::push_heap(parts.begin(), parts.end(), std::greater<>{});
    };
    const auto take = [&] {
      std::pop_heap(parts.begin(), parts.end(), std::greater<>{});
      Part part = std::move(parts.back());
      parts.pop_back();
      return part;
    };
    for (const int set : live_) {
      // A set that was used up and made again is listed twice.
      const int node = std::exchange(node_of_[at(set)], k_gone);
      if (node != k_gone) add(pool_.set(set) & output_, node);
    }
    while (parts.size() > 1) {
      const Part first = take();
      const Part second = take();
      path_.push_back({std::min(first.node, second.node), std::max(first.node, second.node)});
      add((first.labels | second.labels) & output_, next_node_++);
    }
  }

  template <class T>
  ArenaVector<T> none() {
    return ArenaVector<T>{ArenaAllocator<T>{arena_}};
  }

  Arena arena_;
  const Network& network_;
  Growth growth_;
  std::size_t labels_;
  SetPool<Count, Set> pool_;
  Set output_;  // and labels that all operands have
  Set in_two_;  // labels that at least so many sets hold
  Set in_three_;
  int next_node_;
  std::uint64_t candidates_ = 0;  // that were priced
  NodePath path_;
  ArenaVector<int> node_of_ = none<int>();  // by set
  ArenaVector<int> live_ = none<int>();     // sets in the order of their first appearance
  ArenaVector<Holders> holders_ = none<Holders>();
  ArenaVector<int> holder_list_ = none<int>();
  ArenaVector<Set> results_ = none<Set>();
  ArenaVector<Candidate> queue_ = none<Candidate>();
  ArenaVector<int> neighbours_ = none<int>();
  ArenaVector<int> stamps_ = none<int>();  // by set: the last round that listed it as a neighbour
  int stamp_ = 0;
};

}  // namespace

NodePath greedy_path(const Network& network) {
  return with_label_set(network.sizes.size(), [&](const auto& empty) {
    using Set = std::decay_t<decltype(empty)>;
    return with_count([&](const auto& zero) {
      using Size = std::decay_t<decltype(zero)>;
      return Greedy<Size, Set, MemoryGrowth>{network, MemoryGrowth{}}.run();
    });
  });
}

NodePath noisy_greedy_path(const Network& network, std::uint64_t seed, std::uint64_t trial,
                           std::uint64_t& work_left) {
  return with_label_set(network.sizes.size(), [&](const auto& empty) {
    using Set = std::decay_t<decltype(empty)>;
    Greedy<ApproximateCount, Set, NoisyGrowth> search{network, NoisyGrowth{seed, trial}};
    NodePath path = search.run();
    work_left -= std::min(work_left, search.work());
    return path;
  });
}

}  // namespace flopscope
