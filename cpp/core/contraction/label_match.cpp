#include "core/contraction/label_match.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/pricing/saturating.hpp"
#include "core/symmetry/element_list.hpp"

namespace flopscope {

namespace {

constexpr int k_open = -1;

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

}  // namespace

UnitMatcher::UnitMatcher(const WordTable& words, const UnitTable& table)
    : words_{words},
      table_{table},
      image_of_unit_(table.units.size(), k_open),
      is_taken_(table.units.size(), 0),
      image_of_label_(at(words.label_count()), k_open),
      is_image_(at(words.label_count()), 0) {
  for (std::size_t u = 0; u < table.units.size(); ++u) {
    if (table.is_fixed[u] == 0) continue;
    for (const int label : table.units[u]) {
      image_of_label_[at(label)] = label;
      is_image_[at(label)] = 1;
    }
  }
}

// A word seen through the map so far has an equal partner at every stage, among the words seen as
// possible images: open letters are known by their colour only.
bool UnitMatcher::has_partner(const WordTable::Word& word, const std::vector<int>& places) {
  const auto masked = [&](int letter) {
    return words_.label_count() + words_.colours()[at(letter)];
  };
  image_.clear();
  for (const int letter : word.labels) {
    const int image = image_of_label_[at(letter)];
    image_.push_back(image == k_open ? masked(letter) : image);
  }
  const std::uint64_t signature = words_.signature(word, image_);
  bool is_least = false;
  return std::any_of(places.begin(), places.end(), [&](int place) {
    const WordTable::Word& there = words_.words()[at(place)];
    if (there.kind != word.kind || there.count != word.count) return false;
    target_.clear();
    for (const int letter : there.labels) {
      target_.push_back(is_image_[at(letter)] != 0 ? letter : masked(letter));
    }
    if (words_.signature(there, target_) != signature) return false;
    if (!std::exchange(is_least, true)) words_.reduce(word, image_);
    words_.reduce(there, target_);
    return target_ == image_;
  });
}

bool UnitMatcher::is_consistent(int unit) {
  for (const int label : table_.units[at(unit)]) {
    const auto& places = words_.words_of(image_of_label_[at(label)]);
    for (const int w : words_.words_of(label)) {
      if (!has_partner(words_.words()[at(w)], places)) return false;
    }
  }
  return true;
}

bool UnitMatcher::try_image(int unit, int image) {
  if (is_taken_[at(image)] != 0 || table_.colours[at(unit)] != table_.colours[at(image)] ||
      table_.units[at(unit)].size() != table_.units[at(image)].size()) {
    return false;
  }
  place(unit, image);
  if (is_consistent(unit)) return true;
  undo(unit);
  return false;
}

void UnitMatcher::place(int unit, int image) {
  image_of_unit_[at(unit)] = image;
  is_taken_[at(image)] = 1;
  for (std::size_t i = 0; i < table_.units[at(unit)].size(); ++i) {
    image_of_label_[at(table_.units[at(unit)][i])] = table_.units[at(image)][i];
    is_image_[at(table_.units[at(image)][i])] = 1;
  }
}

void UnitMatcher::undo(int unit) {
  const int image = std::exchange(image_of_unit_[at(unit)], k_open);
  is_taken_[at(image)] = 0;
  for (const int label : table_.units[at(unit)]) image_of_label_[at(label)] = k_open;
  for (const int label : table_.units[at(image)]) is_image_[at(label)] = 0;
}

bool UnitMatcher::extend(std::size_t depth) {
  if (depth == from_.size()) return true;
  const int unit = from_[depth];
  const auto goes_to = [&](int image) {
    if (!try_image(unit, image)) return false;
    if (extend(depth + 1)) return true;
    undo(unit);
    return false;
  };
  // Staying first: what is found moves few labels, which keeps independent exchanges apart.
  const bool may_stay = std::find(to_.begin(), to_.end(), unit) != to_.end();
  if (may_stay && goes_to(unit)) return true;
  return std::any_of(to_.begin(), to_.end(),
                     [&](int image) { return image != unit && goes_to(image); });
}

std::vector<int> UnitMatcher::carry(const std::vector<int>& from, const std::vector<int>& to) {
  if (from.size() != to.size()) return {};
  from_ = from;
  to_ = to;
  std::vector<int> images;
  if (!extend(0)) return images;
  for (const int unit : from_) images.push_back(image_of_unit_[at(unit)]);
  for (const int unit : from_) undo(unit);
  return images;
}

// A chain of stabilisers from the last unit to the first: at each level, with the units before it
// kept in place, one element for each image that the elements known so far do not reach.
UnitMatcher::SelfMaps UnitMatcher::self_maps(const std::vector<int>& order) {
  from_ = to_ = order;
  const int count = static_cast<int>(order.size());
  std::vector<int> index_of(table_.units.size(), k_open);
  for (int i = 0; i < count; ++i) {
    index_of[at(order[at(i)])] = i;
    place(order[at(i)], order[at(i)]);
  }
  SelfMaps maps{{Permutation::identity(count)}, 1};
  auto orbits = orbits_of(maps.generators, count);
  std::vector<char> is_settled;
  const auto settle = [&](int point) {
    for (const auto& orbit : orbits) {
      if (!std::binary_search(orbit.begin(), orbit.end(), point)) continue;
      for (const int other : orbit) is_settled[at(other)] = 1;
    }
  };
  for (int level = count - 1; level >= 0; --level) {
    const int unit = order[at(level)];
    undo(unit);
    is_settled.assign(at(count), 0);
    settle(level);
    for (int image = level + 1; image < count; ++image) {
      if (is_settled[at(image)] != 0) continue;
      if (!try_image(unit, order[at(image)])) {
        settle(image);  // what cannot be reached, cannot be reached by way of known elements
        continue;
      }
      if (!extend(at(level) + 1)) {
        undo(unit);
        settle(image);
        continue;
      }
      std::vector<int> images;
      images.reserve(from_.size());
      for (const int other : from_) images.push_back(index_of[at(image_of_unit_[at(other)])]);
      for (int i = level; i < count; ++i) undo(order[at(i)]);
      maps.generators.push_back(Permutation::trusted(std::move(images)));
      orbits = orbits_of(maps.generators, count);
      settle(level);
    }
    const auto own = std::find_if(orbits.begin(), orbits.end(), [&](const auto& orbit) {
      return std::binary_search(orbit.begin(), orbit.end(), level);
    });
    maps.order = saturating_mul(maps.order, own->size());
  }
  return maps;
}

}  // namespace flopscope
