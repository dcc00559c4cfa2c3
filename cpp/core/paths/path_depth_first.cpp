// opt_einsum's searches over orders of pairwise steps: `optimal` and `branch`.
//
// A bill depends on which of several equally cheap paths they settle on, so this follows them to
// the letter, also where one would do otherwise: what a pair leaves and costs is remembered by the
// two label sets alone, whatever else was left when it was worked out, and the rule that prunes by
// progress depends on the order in which pairs are tried.
#include <algorithm>
#include <tuple>
#include <utility>

#include "core/paths/path_count.hpp"
#include "core/paths/path_hash_order.hpp"
#include "core/paths/path_methods.hpp"
#include "core/paths/path_set_pool.hpp"

namespace flopscope {

namespace {

constexpr std::uint64_t k_progress_factor = 4;

// Units of work: a pair that is looked up, and how much dearer numbers of any length make it.
constexpr std::uint64_t k_pair = 8;
constexpr std::uint64_t k_large_factor = 8;

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

template <class Count, class Set>
class Search {
 public:
  Search(const Network& network, DepthFirst how, std::optional<std::uint64_t> memory_limit,
         std::uint64_t work_limit)
      : network_{network},
        how_{how},
        work_left_{work_limit},
        pool_{network.sizes, at(4 * network.count()), arena_},
        results_table_{at(8 * network.count()), arena_},
        output_{set_of<Set>(network.output, network.sizes.size())},
        levels_(at(network.count())),
        progress_(at(2 * network.count())) {
    if (memory_limit) memory_limit_ = Count{*memory_limit};
    for (std::size_t i = 0; i < network.terms.size(); ++i) {
      nodes_.push_back(pool_.intern(set_of<Set>(network.terms[i], network.sizes.size())));
    }
    levels_.front().order = HashOrder::range(network.count());
  }

  std::optional<NodePath> run() {
    descend(0, Count{}, Count{});
    return std::move(best_path_);
  }

 private:
  // What a pair of label sets leaves and costs.
  struct Result {
    std::uint64_t key;
    int set;
    Count flops;
  };

  struct Candidate {
    Count cost;
    Count flops;
    Count new_flops;
    Count new_size;
    int i;
    int j;
    int set;

    friend bool operator<(const Candidate& a, const Candidate& b) {
      return std::tie(a.cost, a.flops, a.new_flops, a.new_size, a.i, a.j) <
             std::tie(b.cost, b.flops, b.new_flops, b.new_size, b.i, b.j);
    }
  };

  struct Level {
    HashOrder order;
    std::vector<int> remaining;  // in that order
    std::vector<Candidate> candidates;
  };

  static std::uint64_t hash_of(std::uint64_t key) noexcept { return mixed(key); }

  void spend(std::uint64_t work) noexcept {
    if (std::is_same_v<Count, LargeCount>) work *= k_large_factor;
    work_left_ -= std::min(work_left_, work);
  }

  const Result& pair_result(const std::vector<int>& remaining, int i, int j) {
    const int left = nodes_[at(i)];
    const int right = nodes_[at(j)];
    const std::uint64_t key =
        (std::uint64_t{static_cast<std::uint32_t>(left)} << 32) | static_cast<std::uint32_t>(right);
    const int known =
        results_table_.find(hash_of(key), [&](int r) { return results_[at(r)].key == key; });
    if (known >= 0) return results_[at(known)];
    spend((remaining.size() + 8) * (1 + network_.sizes.size() / 32));
    Set kept = output_;
    for (const int node : remaining) {
      if (node != i && node != j) kept |= pool_.set(nodes_[at(node)]);
    }
    const Set either = pool_.set(left) | pool_.set(right);
    const Set shared = pool_.set(left) & pool_.set(right);
    Count flops = size_of<Count>(either, network_.sizes);
    if (!(shared - kept).is_empty()) flops *= 2;
    results_.push_back({key, pool_.intern(either & kept), std::move(flops)});
    results_table_.append(hash_of(key), [&](int r) { return hash_of(results_[at(r)].key); });
    return results_.back();
  }

  // All that is left in one step.
  Count joint_flops(const std::vector<int>& remaining) {
    Set either{network_.sizes.size()};
    for (const int node : remaining) either |= pool_.set(nodes_[at(node)]);
    Count flops = size_of<Count>(either, network_.sizes);
    const std::uint64_t multiplies = std::max<std::uint64_t>(1, remaining.size() - 1);
    flops *= multiplies + ((either - output_).is_empty() ? 0 : 1);
    return flops;
  }

  void try_joint_step(const Count& flops, const std::vector<int>& remaining) {
    Count total = flops + joint_flops(remaining);
    if (has_flops_ && !(total < best_flops_)) return;
    best_flops_ = std::move(total);
    has_flops_ = true;
    best_path_ = path_;
    best_path_->emplace_back(remaining);
  }

  bool is_too_large(int set) const { return memory_limit_ && *memory_limit_ < pool_.size(set); }

  void follow(std::size_t depth, int i, int j, int set, const Count& flops, const Count& size) {
    const int result = static_cast<int>(nodes_.size());
    levels_[depth + 1].order.replace(levels_[depth].order, i, j, result);
    nodes_.push_back(set);
    path_.push_back({i, j});
    descend(depth + 1, flops, size);
    path_.pop_back();
    nodes_.pop_back();
  }

  void descend(std::size_t depth, const Count& flops, const Count& size) {
    Level& level = levels_[depth];
    level.order.list(level.remaining);
    if (level.remaining.size() == 1) {
      best_flops_ = flops;
      best_size_ = size;
      has_flops_ = has_size_ = true;
      best_path_ = path_;
    } else if (how_.rank == DepthFirst::Rank::none) {
      try_all(depth, flops, size);
    } else {
      try_ranked(depth, flops, size);
    }
  }

  // Calls f(i, j) for pairs i < j in the order in which they are tried, until work runs out.
  template <class F>
  void each_pair(const std::vector<int>& remaining, F&& f) {
    for (std::size_t a = 0; a < remaining.size(); ++a) {
      for (std::size_t b = a + 1; b < remaining.size(); ++b) {
        if (work_left_ == 0) return;
        spend(k_pair);
        f(std::min(remaining[a], remaining[b]), std::max(remaining[a], remaining[b]));
      }
    }
  }

  void try_all(std::size_t depth, const Count& flops, const Count& size) {
    const std::vector<int>& remaining = levels_[depth].remaining;
    each_pair(remaining, [&](int i, int j) {
      const Result& result = pair_result(remaining, i, j);
      const Count new_flops = flops + result.flops;
      if (has_flops_ && !(new_flops < best_flops_)) return;
      if (is_too_large(result.set)) {
        try_joint_step(flops, remaining);
        return;
      }
      follow(depth, i, j, result.set, new_flops, size);
    });
  }

  void assess(std::size_t depth, int i, int j, const Count& flops, const Count& size) {
    Level& level = levels_[depth];
    const Result& result = pair_result(level.remaining, i, j);
    Count new_flops = flops + result.flops;
    const Count& size12 = pool_.size(result.set);
    Count new_size = std::max(size, size12);
    if (has_flops_ && !(new_flops < best_flops_)) {
      if (!(new_flops == best_flops_)) return;
      if (has_size_ && !(new_size < best_size_)) return;
    }
    std::optional<Count>& progress = progress_[nodes_.size()];
    if (!progress || new_flops < *progress) {
      progress = new_flops;
    } else {
      Count most = *progress;
      most *= k_progress_factor;
      if (most < new_flops) return;
    }
    if (is_too_large(result.set)) {
      try_joint_step(flops, level.remaining);
      return;
    }
    Count cost = size12 - pool_.size(nodes_[at(i)]) - pool_.size(nodes_[at(j)]);
    level.candidates.push_back({std::move(cost), result.flops, std::move(new_flops),
                                std::move(new_size), i, j, result.set});
  }

  void try_ranked(std::size_t depth, const Count& flops, const Count& size) {
    Level& level = levels_[depth];
    level.candidates.clear();
    each_pair(level.remaining, [&](int i, int j) {
      if (pool_.set(nodes_[at(i)]).is_disjoint(pool_.set(nodes_[at(j)]))) return;
      assess(depth, i, j, flops, size);
    });
    if (level.candidates.empty()) {
      each_pair(level.remaining, [&](int i, int j) { assess(depth, i, j, flops, size); });
    }
    std::vector<Candidate>& candidates = level.candidates;
    const std::size_t followed =
        how_.breadth == 0 ? candidates.size() : std::min(at(how_.breadth), candidates.size());
    std::partial_sort(candidates.begin(),
                      candidates.begin() + static_cast<std::ptrdiff_t>(followed), candidates.end());
    for (std::size_t c = 0; c < followed; ++c) {
      const Candidate& candidate = candidates[c];
      follow(depth, candidate.i, candidate.j, candidate.set, candidate.new_flops,
             candidate.new_size);
    }
  }

  const Network& network_;
  DepthFirst how_;
  std::uint64_t work_left_;
  std::optional<Count> memory_limit_;
  Arena arena_;
  SetPool<Count, Set> pool_;
  std::vector<Result> results_;
  SlotTable results_table_;
  Set output_;
  std::vector<int> nodes_;                      // the set of every node on the current branch
  std::vector<Level> levels_;                   // by depth
  std::vector<std::optional<Count>> progress_;  // least FLOPs seen, by number of nodes
  NodePath path_;
  std::optional<NodePath> best_path_;
  // Two bounds, since a joint step sets only the first.
  Count best_flops_;
  Count best_size_;
  bool has_flops_ = false;
  bool has_size_ = false;
};

}  // namespace

std::optional<NodePath> depth_first_path(const Network& network, DepthFirst how,
                                         std::optional<std::uint64_t> memory_limit,
                                         std::uint64_t work_limit) {
  return with_label_set(network.sizes.size(), [&](const auto& empty) {
    using Set = std::decay_t<decltype(empty)>;
    return with_count([&](const auto& zero) {
      using Size = std::decay_t<decltype(zero)>;
      return Search<Size, Set>{network, how, memory_limit, work_limit}.run();
    });
  });
}

}  // namespace flopscope
