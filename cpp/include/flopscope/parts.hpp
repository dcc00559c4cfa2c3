// Parts of a budget with limits of their own. A part takes nothing away from the budget: what it
// does not spend is there for everybody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flopscope/clock.hpp"
#include "flopscope/op_log.hpp"

namespace flopscope {

using PartId = std::uint32_t;

struct PartLimits {
  std::optional<Flops> flops;
  std::optional<Ticks> time;
  bool is_soft = false;  // passing a limit is told once and refuses nothing
};

struct Part {
  std::string path;  // namespace
  PartId parent;
  PartLimits limits;
  Flops used = 0;   // parts within it included
  Ticks spent = 0;  // of finished runs
  Ticks entered = 0;
  bool is_open = false;
  bool told_flops = false;
  bool told_time = false;

  Ticks elapsed(Ticks now) const noexcept { return spent + (is_open ? now - entered : 0); }
};

// The parts of one budget, a tree.
class Parts {
 public:
  static constexpr PartId k_whole = 0;  // the budget itself, which is no part

  enum class Kind : std::uint8_t { none, flops, time };

  // A limit that a charge would pass.
  struct Passed {
    PartId part = k_whole;
    Kind kind = Kind::none;
  };

  Parts() : parts_(1) {}

  PartId add(Part part);

  Part& operator[](PartId id) noexcept { return parts_[id]; }
  const Part& operator[](PartId id) const noexcept { return parts_[id]; }
  std::size_t size() const noexcept { return parts_.size() - 1; }

  // The innermost hard limit that a charge within `part` passes; time counts before FLOPs.
  Passed refusal(PartId part, std::uint64_t cost, Ticks now) const noexcept;
  // The innermost soft limit that it passes and nobody has been told of.
  Passed notice(PartId part, std::uint64_t cost, Ticks now) const noexcept;
  void set_told(Passed passed) noexcept;

  // Adds a charge to `part` and those around it.
  void charge(PartId part, std::uint64_t cost) noexcept;

 private:
  template <class F>
  Passed find(PartId part, std::uint64_t cost, Ticks now, F&& wanted) const noexcept;

  std::vector<Part> parts_;  // the first stands for the whole and is not used
};

}  // namespace flopscope
