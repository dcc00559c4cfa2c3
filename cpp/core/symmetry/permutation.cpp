#include "core/symmetry/permutation.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "core/errors.hpp"
#include "core/pricing/saturating.hpp"

namespace flopscope {

namespace {

std::size_t at(int position) noexcept { return static_cast<std::size_t>(position); }

std::string list_text(const std::vector<int>& values) {
  std::string text = "[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) text += ", ";
    text += std::to_string(values[i]);
  }
  return text + "]";
}

bool is_bijection(const std::vector<int>& images) {
  std::vector<char> hit(images.size(), 0);
  for (const int image : images) {
    if (image < 0 || at(image) >= images.size() || hit[at(image)] != 0) return false;
    hit[at(image)] = 1;
  }
  return true;
}

}  // namespace

Permutation::Permutation(std::vector<int> images) : images_{std::move(images)} {
  if (!is_bijection(images_)) {
    throw InvalidArgument{list_text(images_) + " is not a bijection of 0.." +
                          std::to_string(static_cast<int>(images_.size()) - 1)};
  }
}

Permutation Permutation::trusted(std::vector<int> images) noexcept {
  Permutation p;
  p.images_ = std::move(images);
  return p;
}

Permutation Permutation::identity(int size) {
  std::vector<int> images(at(std::max(size, 0)));
  std::iota(images.begin(), images.end(), 0);
  return trusted(std::move(images));
}

Permutation Permutation::from_cycles(const std::vector<std::vector<int>>& cycles, int size) {
  for (const auto& cycle : cycles) {
    for (const int position : cycle) {
      if (position < 0)
        throw InvalidArgument{"cycle " + list_text(cycle) + " has a negative entry"};
      size = std::max(size, position + 1);
    }
  }
  Permutation product = identity(size);
  for (const auto& cycle : cycles) {
    Permutation factor = identity(size);
    std::vector<char> seen(at(size), 0);
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      if (seen[at(cycle[i])] != 0) {
        throw InvalidArgument{"cycle " + list_text(cycle) + " repeats an entry: not a bijection"};
      }
      seen[at(cycle[i])] = 1;
      factor.images_[at(cycle[i])] = cycle[(i + 1) % cycle.size()];
    }
    product = product * factor;
  }
  return product;
}

bool Permutation::is_identity() const noexcept {
  for (std::size_t i = 0; i < images_.size(); ++i) {
    if (at(images_[i]) != i) return false;
  }
  return true;
}

Permutation Permutation::inverse() const {
  std::vector<int> images(images_.size());
  for (std::size_t i = 0; i < images_.size(); ++i) images[at(images_[i])] = static_cast<int>(i);
  return trusted(std::move(images));
}

Permutation Permutation::extended(int size) const {
  std::vector<int> images = images_;
  for (int i = this->size(); i < size; ++i) images.push_back(i);
  return trusted(std::move(images));
}

std::vector<std::vector<int>> Permutation::full_cycles() const {
  std::vector<std::vector<int>> cycles;
  std::vector<char> seen(images_.size(), 0);
  for (std::size_t start = 0; start < images_.size(); ++start) {
    if (seen[start] != 0) continue;
    std::vector<int> cycle;
    for (std::size_t i = start; seen[i] == 0; i = at(images_[i])) {
      seen[i] = 1;
      cycle.push_back(static_cast<int>(i));
    }
    cycles.push_back(std::move(cycle));
  }
  return cycles;
}

std::vector<std::vector<int>> Permutation::cycles() const {
  auto cycles = full_cycles();
  cycles.erase(std::remove_if(cycles.begin(), cycles.end(),
                              [](const std::vector<int>& cycle) { return cycle.size() == 1; }),
               cycles.end());
  return cycles;
}

std::vector<int> Permutation::support() const {
  std::vector<int> moved;
  for (int i = 0; i < size(); ++i) {
    if ((*this)(i) != i) moved.push_back(i);
  }
  return moved;
}

std::uint64_t Permutation::order() const {
  std::uint64_t order = 1;
  for (const auto& cycle : full_cycles()) {
    const auto length = static_cast<std::uint64_t>(cycle.size());
    order = saturating_mul(order, length / std::gcd(order, length));
  }
  return order;
}

bool Permutation::is_odd() const {
  // A cycle of length n is a product of n - 1 swaps.
  return (images_.size() - full_cycles().size()) % 2 == 1;
}

std::vector<std::pair<int, int>> Permutation::transpositions() const {
  std::vector<std::pair<int, int>> swaps;
  for (const auto& cycle : cycles()) {
    for (std::size_t i = cycle.size() - 1; i > 0; --i) swaps.emplace_back(cycle[0], cycle[i]);
  }
  return swaps;
}

Permutation operator*(const Permutation& p, const Permutation& q) {
  if (p.size() != q.size()) {
    throw InvalidArgument{"cannot multiply permutations of sizes " + std::to_string(p.size()) +
                          " and " + std::to_string(q.size())};
  }
  std::vector<int> images(q.images_.size());
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = p.images_[at(q.images_[i])];
  return Permutation::trusted(std::move(images));
}

std::size_t Permutation::hash() const noexcept {
  std::uint64_t h = 0x9E3779B97F4A7C15ULL ^ images_.size();
  for (const int image : images_) {
    h ^= static_cast<std::uint64_t>(image) + 0x9E3779B97F4A7C15ULL + (h << 6U) + (h >> 2U);
    h *= 0xBF58476D1CE4E5B9ULL;
  }
  return static_cast<std::size_t>(h ^ (h >> 31U));
}

}  // namespace flopscope
