// What a price may depend on: the facts of a call, collected once, from the operands that will run.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/pricing/count.hpp"

namespace flopscope {

// A run of numbers, such as the lengths of the axes that a transform works along.
struct FactList {
  const std::int64_t* items = nullptr;
  std::size_t size = 0;

  std::int64_t operator[](std::size_t i) const noexcept { return items[i]; }
};

// The facts of one call, in the order of the operation's schema (cost_models/operations.csv).
// Borrowed: whoever collects them keeps them alive while they are quoted.
struct Facts {
  const Count* values = nullptr;
  const FactList* lists = nullptr;
};

inline constexpr std::size_t k_most_facts = 16;
inline constexpr std::size_t k_most_fact_lists = 8;

// What the bindings collect themselves. The enumerators of a collector are the places of its facts.
namespace elementwise_facts {
enum : std::size_t { unique, size, applications, lanes, segments, touched, count };
}
namespace reduction_facts {
enum : std::size_t { unique, A, O, K, weighted, inexact, quantiles, means, count };
}
namespace contraction_facts {
enum : std::size_t {
  multiplications,
  additions,
  size_a,
  size_b,
  contracted,
  unique_out,
  out,
  count
};
}
namespace movement_facts {
enum : std::size_t { first, inputs, out, count };
}
namespace where_facts {  // as its row lists them
enum : std::size_t { selects, size, out, count };
}
namespace cast_facts {
enum : std::size_t { size, changes, copies, converts, out, count };
}

}  // namespace flopscope
