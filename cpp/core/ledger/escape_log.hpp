// Escapes of a budget: ways by which counted data reached code that is not metered. Aggregated per
// way and place, so that a loop costs one entry; bounded, so that no program can fill the memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace flopscope {

struct Escape {
  std::string what;
  std::uint32_t site;  // a SiteId of whoever keeps places; 0: not told
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

class EscapeLog {
 public:
  // Distinct entries that are kept; later ones only join the entry `k_others`.
  static constexpr std::size_t k_most_entries = 1'000;
  static constexpr std::string_view k_others = "others";

  // Counts held at the largest value instead of wrapping.
  void add(std::string_view what, std::uint32_t site, std::uint64_t bytes);

  // In the order in which they were first seen; the others, if any, come last.
  const std::vector<Escape>& entries() const noexcept { return entries_; }

 private:
  std::vector<Escape> entries_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace flopscope
