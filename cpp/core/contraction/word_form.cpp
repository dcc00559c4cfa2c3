#include "core/contraction/word_form.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/errors.hpp"

namespace flopscope {

namespace {

// Elements that are tried in the time that a word without a list takes.
constexpr std::size_t k_elements_per_unit = 16;

}  // namespace

WordForm::WordForm(GroupPtr group, std::size_t ndim) : group_{std::move(group)}, orbit_of_(ndim) {
  std::iota(orbit_of_.begin(), orbit_of_.end(), 0);
  if (!group_) return;
  for (int position = 0; position < group_->degree(); ++position) {
    const int axis = group_->axis_of(position);
    if (static_cast<std::size_t>(axis) < ndim) continue;
    throw InvalidArgument{"symmetry axis " + std::to_string(axis) +
                          " is out of range for an operand of " + std::to_string(ndim) + " axes"};
  }
  for (const auto& orbit : group_->orbits()) {
    for (const int position : orbit) {
      orbit_of_[static_cast<std::size_t>(group_->axis_of(position))] =
          group_->axis_of(orbit.front());
    }
  }
  for (const Factor& factor : group_->factors()) {
    Piece piece{factor.kind(), {}, nullptr};
    for (const int point : factor.points()) {
      piece.positions.push_back(static_cast<std::size_t>(group_->axis_of(point)));
    }
    if (factor.kind() == FactorKind::generated) {
      piece.list = &factor.elements();
      work_ += piece.list->size() / k_elements_per_unit;
    }
    pieces_.push_back(std::move(piece));
  }
}

void WordForm::least_turn(std::vector<int>& letters, bool reflects) {
  std::vector<int> turned = letters;
  for (int side = 0; side < (reflects ? 2 : 1); ++side) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
      std::rotate(turned.begin(), turned.begin() + 1, turned.end());
      if (turned < letters) letters = turned;
    }
    std::reverse(turned.begin(), turned.end());
  }
}

void WordForm::least_listed(std::vector<int>& letters, const ElementList& list) {
  const std::vector<int> given = letters;
  std::vector<int> moved(given.size());
  for (const Permutation& p : list.all()) {
    for (std::size_t i = 0; i < given.size(); ++i) {
      moved[i] = given[static_cast<std::size_t>(p.images()[i])];
    }
    if (moved < letters) letters = moved;
  }
}

void WordForm::reduce(std::vector<int>& word) const {
  std::vector<int>& letters = letters_;
  for (const Piece& piece : pieces_) {
    letters.clear();
    for (const std::size_t position : piece.positions) letters.push_back(word[position]);
    switch (piece.kind) {
      case FactorKind::symmetric:
        std::sort(letters.begin(), letters.end());
        break;
      case FactorKind::cyclic:
      case FactorKind::dihedral:
        least_turn(letters, piece.kind == FactorKind::dihedral);
        break;
      case FactorKind::generated:
        least_listed(letters, *piece.list);
        break;
    }
    for (std::size_t i = 0; i < letters.size(); ++i) word[piece.positions[i]] = letters[i];
  }
}

}  // namespace flopscope
