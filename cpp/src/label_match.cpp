#include "label_match.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "element_list.hpp"

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

// A word seen through the map so far, and a word seen as a possible image: open letters are known
// by their colour only. A word with an image has an equal partner at every stage.
Labels UnitMatcher::masked_image(const WordTable::Word& word) const {
  Labels letters = word.labels;
  for (int& letter : letters) {
    const int image = image_of_label_[at(letter)];
    letter = image == k_open ? words_.label_count() + words_.colours()[at(letter)] : image;
  }
  words_.reduce(word, letters);
  return letters;
}

Labels UnitMatcher::masked_target(const WordTable::Word& word) const {
  Labels letters = word.labels;
  for (int& letter : letters) {
    if (is_image_[at(letter)] == 0) letter = words_.label_count() + words_.colours()[at(letter)];
  }
  words_.reduce(word, letters);
  return letters;
}

bool UnitMatcher::is_consistent(int unit) const {
  for (const int label : table_.units[at(unit)]) {
    for (const int w : words_.words_of(label)) {
      const WordTable::Word& word = words_.words()[at(w)];
      const Labels image = masked_image(word);
      const auto& places = words_.words_of(image_of_label_[at(label)]);
      const bool lands = std::any_of(places.begin(), places.end(), [&](int place) {
        const WordTable::Word& there = words_.words()[at(place)];
        return there.kind == word.kind && there.count == word.count &&
               masked_target(there) == image;
      });
      if (!lands) return false;
    }
  }
  return true;
}

bool UnitMatcher::try_image(int unit, int image) {
  if (is_taken_[at(image)] != 0 || table_.colours[at(unit)] != table_.colours[at(image)] ||
      table_.units[at(unit)].size() != table_.units[at(image)].size()) {
    return false;
  }
  image_of_unit_[at(unit)] = image;
  is_taken_[at(image)] = 1;
  for (std::size_t i = 0; i < table_.units[at(unit)].size(); ++i) {
    image_of_label_[at(table_.units[at(unit)][i])] = table_.units[at(image)][i];
    is_image_[at(table_.units[at(image)][i])] = 1;
  }
  if (is_consistent(unit)) return true;
  undo(unit);
  return false;
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

// With the units before `level` kept in place and the one at `level` sent to `image`: can the rest
// follow? The map is left in place when it can.
bool UnitMatcher::find_moving(std::size_t level, int image) {
  std::size_t placed = 0;
  while (placed < level && try_image(from_[placed], from_[placed])) ++placed;
  if (placed == level && try_image(from_[level], image)) {
    if (extend(level + 1)) return true;
    undo(from_[level]);
  }
  while (placed > 0) undo(from_[--placed]);
  return false;
}

// A chain of stabilisers from the last unit to the first: at each level one element for each image
// that the elements known so far do not reach.
std::vector<Permutation> UnitMatcher::self_maps(const std::vector<int>& order) {
  from_ = to_ = order;
  const int count = static_cast<int>(order.size());
  std::vector<int> index_of(table_.units.size(), k_open);
  for (int i = 0; i < count; ++i) index_of[at(order[at(i)])] = i;
  std::vector<Permutation> found{Permutation::identity(count)};
  for (int level = count - 1; level >= 0; --level) {
    std::vector<char> is_settled(at(count), 0);
    const auto settle = [&](int point) {
      for (const auto& orbit : orbits_of(found, count)) {
        if (!std::binary_search(orbit.begin(), orbit.end(), point)) continue;
        for (const int other : orbit) is_settled[at(other)] = 1;
      }
    };
    settle(level);
    for (int image = level + 1; image < count; ++image) {
      if (is_settled[at(image)] != 0) continue;
      if (!find_moving(at(level), order[at(image)])) {
        settle(image);  // what cannot be reached, cannot be reached by way of known elements
        continue;
      }
      std::vector<int> images;
      for (const int unit : from_) images.push_back(index_of[at(image_of_unit_[at(unit)])]);
      for (const int unit : from_) undo(unit);
      found.push_back(Permutation::trusted(std::move(images)));
      settle(level);
    }
  }
  return found;
}

}  // namespace flopscope
