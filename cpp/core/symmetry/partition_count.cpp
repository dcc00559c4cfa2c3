#include "core/symmetry/partition_count.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <unordered_set>

#include "core/pricing/saturating.hpp"
#include "core/symmetry/wide_count.hpp"

namespace flopscope {

namespace {

// Block of each point. As a partition, blocks are numbered in order of first appearance.
using Blocks = std::string;

std::size_t at(int point) noexcept { return static_cast<std::size_t>(point); }

Blocks numbered_by_appearance(const Blocks& blocks) {
  constexpr char k_unnamed = -1;
  Blocks name(blocks.size(), k_unnamed);
  Blocks renamed(blocks.size(), '\0');
  char next = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    char& known = name[static_cast<std::size_t>(blocks[i])];
    if (known == k_unnamed) known = next++;
    renamed[i] = known;
  }
  return renamed;
}

std::uint64_t bell(std::size_t n) {
  // Bell triangle; the first entry of row n.
  std::vector<std::uint64_t> row{1};
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<std::uint64_t> next{row.back()};
    for (const std::uint64_t value : row) next.push_back(saturating_add(next.back(), value));
    row = std::move(next);
  }
  return row.front();
}

class PartitionCounter {
 public:
  explicit PartitionCounter(const ListedFactor& factor) : factor_{factor} {
    for (std::size_t i = 0; i < factor.kept.size(); ++i) {
      if (factor.kept[i] != 0) kept_.push_back(static_cast<int>(i));
    }
    find_kept_action();
  }

  std::uint64_t run() {
    extend();
    return wide::narrow(total_);
  }

 private:
  // Generators of H_V, as permutations of the indices into kept_.
  void find_kept_action() {
    std::vector<int> index_of(factor_.kept.size(), -1);
    for (std::size_t i = 0; i < kept_.size(); ++i) index_of[at(kept_[i])] = static_cast<int>(i);
    std::set<Permutation> restricted;
    for (const Permutation& p : factor_.list.all()) {
      std::vector<int> images;
      for (const int point : kept_) images.push_back(index_of[at(p(point))]);
      if (std::find(images.begin(), images.end(), -1) != images.end()) continue;
      restricted.insert(Permutation::trusted(std::move(images)));
    }
    kept_action_ =
        generating_subset({restricted.begin(), restricted.end()}, static_cast<int>(kept_.size()));
  }

  // Extends blocks_ point by point; a partition with more blocks of a size than that size has
  // labels contributes nothing and is not visited.
  void extend() {
    const std::size_t point = blocks_.size();
    if (point == factor_.sizes.size()) {
      if (seen_.count(blocks_) == 0) count();
      return;
    }
    const std::uint64_t size = factor_.sizes[point];
    std::uint64_t same_size = 0;
    for (std::size_t block = 0; block < block_size_.size(); ++block) {
      if (block_size_[block] != size) continue;
      ++same_size;
      blocks_.push_back(static_cast<char>(block));
      extend();
      blocks_.pop_back();
    }
    if (same_size >= size) return;
    blocks_.push_back(static_cast<char>(block_size_.size()));
    block_size_.push_back(size);
    extend();
    block_size_.pop_back();
    blocks_.pop_back();
  }

  // Adds the orbits of elements whose equal entries are exactly those of blocks_.
  void count() {
    std::set<Blocks> block_moves;  // block permutations by the stabiliser of the partition
    std::set<Blocks> kept_parts;   // the partition seen from the kept points, over the group
    Blocks moved(blocks_.size(), '\0');
    for (const Permutation& p : factor_.list.all()) {
      for (std::size_t i = 0; i < blocks_.size(); ++i) {
        moved[at(p(static_cast<int>(i)))] = blocks_[i];
      }
      Blocks part;
      for (const int point : kept_) part.push_back(moved[at(point)]);
      kept_parts.insert(std::move(part));
      Blocks partition = numbered_by_appearance(moved);
      if (partition == blocks_) {
        Blocks move(block_size_.size(), '\0');
        for (std::size_t i = 0; i < blocks_.size(); ++i)
          move[static_cast<std::size_t>(blocks_[i])] = moved[i];
        block_moves.insert(std::move(move));
      }
      seen_.insert(std::move(partition));
    }
    // The block permutations act freely on injective labelings, so the quotient is exact.
    total_ = wide::add(total_, wide::mul(labelings() / block_moves.size(), orbits(kept_parts)));
  }

  wide::Count labelings() const {
    std::map<std::uint64_t, std::uint64_t> used;
    wide::Count product = 1;
    for (const std::uint64_t size : block_size_) product = wide::mul(product, size - used[size]++);
    return product;
  }

  // Orbits of kept parts under H_V.
  std::size_t orbits(const std::set<Blocks>& parts) const {
    std::set<Blocks> left = parts;
    std::size_t orbits = 0;
    while (!left.empty()) {
      ++orbits;
      std::vector<Blocks> reached{*left.begin()};
      left.erase(left.begin());
      while (!reached.empty()) {
        const Blocks part = std::move(reached.back());
        reached.pop_back();
        for (const Permutation& p : kept_action_) {
          Blocks image(part.size(), '\0');
          for (std::size_t i = 0; i < part.size(); ++i) image[at(p(static_cast<int>(i)))] = part[i];
          if (left.erase(image) != 0) reached.push_back(std::move(image));
        }
      }
    }
    return orbits;
  }

  const ListedFactor& factor_;
  std::vector<int> kept_;
  std::vector<Permutation> kept_action_;
  Blocks blocks_;
  std::vector<std::uint64_t> block_size_;
  std::unordered_set<Blocks> seen_;
  wide::Count total_ = 0;
};

}  // namespace

std::uint64_t typed_partitions(const std::vector<std::uint64_t>& sizes) {
  std::map<std::uint64_t, std::size_t> points;
  for (const std::uint64_t size : sizes) ++points[size];
  std::uint64_t product = 1;
  for (const auto& entry : points) product = saturating_mul(product, bell(entry.second));
  return product;
}

std::uint64_t alpha_by_partitions(const ListedFactor& factor) {
  return PartitionCounter{factor}.run();
}

}  // namespace flopscope
