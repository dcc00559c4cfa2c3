// Contributions of a reduction by typed set partitions, for factors without a closed form. Private.
#pragma once

#include <cstdint>
#include <vector>

#include "core/symmetry/element_list.hpp"

namespace flopscope {

// What a listed factor and a shape have in common: the length of each point, and which are kept.
struct ListedFactor {
  const ElementList& list;
  std::vector<std::uint64_t> sizes;
  std::vector<char> kept;
};

// Number of set partitions joining only points of equal size: a product of Bell numbers.
std::uint64_t typed_partitions(const std::vector<std::uint64_t>& sizes);

// alpha, exact whatever the group; the work grows with typed_partitions().
std::uint64_t alpha_by_partitions(const ListedFactor& factor);

}  // namespace flopscope
