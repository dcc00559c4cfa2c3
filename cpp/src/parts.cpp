#include "flopscope/parts.hpp"

#include <utility>

namespace flopscope {

PartId Parts::add(Part part) {
  parts_.push_back(std::move(part));
  return static_cast<PartId>(parts_.size() - 1);
}

template <class F>
Parts::Passed Parts::find(PartId id, std::uint64_t cost, Ticks now, F&& wanted) const noexcept {
  for (; id != k_whole; id = parts_[id].parent) {
    const Part& part = parts_[id];
    const bool is_late = part.limits.time && part.elapsed(now) > *part.limits.time;
    if (is_late && wanted(part, Kind::time)) return {id, Kind::time};
    // Nobody is near 2**127: limits and single costs are below, so the sum does not wrap.
    const bool is_dear = part.limits.flops && part.used + cost > *part.limits.flops;
    if (is_dear && wanted(part, Kind::flops)) return {id, Kind::flops};
  }
  return {};
}

Parts::Passed Parts::refusal(PartId part, std::uint64_t cost, Ticks now) const noexcept {
  return find(part, cost, now, [](const Part& each, Kind) { return !each.limits.is_soft; });
}

Parts::Passed Parts::notice(PartId part, std::uint64_t cost, Ticks now) const noexcept {
  return find(part, cost, now, [](const Part& each, Kind kind) {
    return each.limits.is_soft && !(kind == Kind::time ? each.told_time : each.told_flops);
  });
}

void Parts::set_told(Passed passed) noexcept {
  Part& part = parts_[passed.part];
  (passed.kind == Kind::time ? part.told_time : part.told_flops) = true;
}

void Parts::charge(PartId id, std::uint64_t cost) noexcept {
  for (; id != k_whole; id = parts_[id].parent) parts_[id].used += cost;
}

}  // namespace flopscope
