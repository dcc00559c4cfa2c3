#include "core/contraction/subscripts.hpp"

#include <algorithm>

#include "core/errors.hpp"

namespace flopscope {

namespace {

class Parser {
 public:
  explicit Parser(std::u32string_view text) : text_{text} {}

  Subscripts run() {
    const std::size_t arrow = text_.find(U"->");
    if (arrow == std::u32string_view::npos) fail("has no '->'");
    Labels term;
    for (const char32_t c : text_.substr(0, arrow)) {
      if (c == U',') {
        result_.inputs.push_back(std::move(term));
        term.clear();
      } else {
        check(c);
        term.push_back(label_of(c));
      }
    }
    result_.inputs.push_back(std::move(term));
    for (const char32_t c : text_.substr(arrow + 2)) {
      check(c);
      const std::size_t known = result_.names.find(c);
      if (known == std::u32string::npos) fail("has an output label that no input has");
      const int label = static_cast<int>(known);
      if (std::find(result_.output.begin(), result_.output.end(), label) != result_.output.end()) {
        fail("repeats an output label");
      }
      result_.output.push_back(label);
    }
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(const char* why) const {
    throw InvalidArgument{"expression '" + to_utf8(text_) + "' " + why};
  }

  void check(char32_t c) const {
    if (c == U'.' || c == U' ' || c == U',' || c == U'-' || c == U'>') fail("is not spelled out");
  }

  int label_of(char32_t c) {
    const std::size_t known = result_.names.find(c);
    if (known != std::u32string::npos) return static_cast<int>(known);
    result_.names.push_back(c);
    return static_cast<int>(result_.names.size()) - 1;
  }

  std::u32string_view text_;
  Subscripts result_;
};

}  // namespace

Subscripts parse_subscripts(std::u32string_view text) { return Parser{text}.run(); }

std::vector<std::uint64_t> label_lengths(const Subscripts& subscripts,
                                         const std::vector<Shape>& shapes) {
  if (shapes.size() != subscripts.inputs.size()) {
    throw InvalidArgument{"the expression has " + std::to_string(subscripts.inputs.size()) +
                          " operands, not " + std::to_string(shapes.size())};
  }
  constexpr std::int64_t k_unknown = -1;
  std::vector<std::int64_t> lengths(subscripts.names.size(), k_unknown);
  for (std::size_t o = 0; o < shapes.size(); ++o) {
    const Labels& term = subscripts.inputs[o];
    if (static_cast<int>(term.size()) != shapes[o].ndim) {
      throw InvalidArgument{"operand " + std::to_string(o) + " has " +
                            std::to_string(shapes[o].ndim) + " axes, but its term '" +
                            to_utf8(spell(term, subscripts.names)) + "' names " +
                            std::to_string(term.size())};
    }
    for (std::size_t a = 0; a < term.size(); ++a) {
      const std::int64_t length = shapes[o].lengths[a];
      std::int64_t& known = lengths[static_cast<std::size_t>(term[a])];
      if (length < 0) throw InvalidArgument{"axis lengths are not negative"};
      if (known != k_unknown && known != length && known != 1 && length != 1) {
        throw InvalidArgument{"label '" + to_utf8(spell({term[a]}, subscripts.names)) +
                              "' has lengths " + std::to_string(known) + " and " +
                              std::to_string(length)};
      }
      if (known == k_unknown || known == 1) known = length;
    }
  }
  return {lengths.begin(), lengths.end()};
}

std::string to_utf8(std::u32string_view text) {
  std::string bytes;
  const auto tail = [&](char32_t c, unsigned shift) {
    bytes += static_cast<char>(0x80U | ((c >> shift) & 0x3FU));
  };
  for (const char32_t c : text) {
    if (c < 0x80) {
      bytes += static_cast<char>(c);
    } else if (c < 0x800) {
      bytes += static_cast<char>(0xC0U | (c >> 6U));
      tail(c, 0);
    } else if (c < 0x10000) {
      bytes += static_cast<char>(0xE0U | (c >> 12U));
      tail(c, 6);
      tail(c, 0);
    } else {
      bytes += static_cast<char>(0xF0U | (c >> 18U));
      tail(c, 12);
      tail(c, 6);
      tail(c, 0);
    }
  }
  return bytes;
}

std::u32string spell(const Labels& labels, std::u32string_view names) {
  std::u32string text;
  for (const int label : labels) text += names[static_cast<std::size_t>(label)];
  return text;
}

}  // namespace flopscope
