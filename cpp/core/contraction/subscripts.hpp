// Contraction expressions: which label stands at which axis, and how long each label is.
//
// Labels are small integers, numbered by first appearance from left to right, so that two spellings
// of one expression are the same object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/pricing/sizes.hpp"

namespace flopscope {

using Labels = std::vector<int>;  // one per axis; an operand may repeat a label

struct Expression {
  std::vector<Labels> inputs;
  Labels output;
  std::vector<std::uint64_t> lengths;  // by label
};

// A spelled-out expression: `ij,jk->ik`, without ellipsis, spaces or an implicit output.
struct Subscripts {
  std::vector<Labels> inputs;
  Labels output;
  std::u32string names;  // by label
};

// Throws InvalidArgument when the text has no arrow, or when the output repeats a label or has one
// that no input has.
Subscripts parse_subscripts(std::u32string_view text);

// Lengths of the labels; a length of 1 stretches to the others. Throws InvalidArgument when ranks
// or lengths do not fit.
std::vector<std::uint64_t> label_lengths(const Subscripts& subscripts,
                                         const std::vector<Shape>& shapes);

std::string to_utf8(std::u32string_view text);

// The text of some labels, and of a whole expression.
std::u32string spell(const Labels& labels, std::u32string_view names);

}  // namespace flopscope
