// Contraction orders: which operands of an expression to combine first.
//
// Two families. The reference methods follow opt_einsum 3.4 step by step, ties included, since a
// bill is laid over the path that it would choose. The search methods look for the cheapest path,
// within a limit that counts work and not time, so that a result depends on nothing but the
// arguments.
//
// The cost of a step is the product of the lengths of all labels it meets, twice that if a label
// that both operands have is summed; the cost of a path is the sum over its steps.
#pragma once

#include <cstdint>
#include <optional>

#include "core/contraction/contraction_path.hpp"
#include "core/contraction/label_lists.hpp"
#include "core/contraction/subscripts.hpp"

namespace flopscope {

enum class PathMethod : std::uint8_t {
  // opt_einsum's own choices.
  reference_auto,     // by number of operands: optimal to 4, branch_all, _2, _1, greedy from 15
  reference_optimal,  // all orders, depth first
  branch_all,         // all orders that look promising
  branch_2,           // the two most promising continuations of each
  branch_1,           // one
  greedy,             // largest reduction of memory next
  // Ours.
  optimal,        // the cheapest tree, outer products included
  connected,      // the cheapest tree that multiplies only operands with a common label
  random_greedy,  // greedy with noise, many times
  balanced,       // exact for few operands, else greedy trees improved piece by piece
  thorough,       // the same with more trials and larger pieces
};

// Units of about 12 ns: fifty milliseconds.
inline constexpr std::uint64_t k_path_work = 4'000'000;

struct PathOptions {
  std::optional<std::uint64_t> memory_limit;  // elements of an intermediate; none: unlimited
  std::uint64_t work_limit = k_path_work;     // then the best path so far
  int trials = 128;                           // of random_greedy
  std::uint64_t seed = 0;                     // of everything random
};

// Labels that an operand repeats count once. A path has one step for one operand or none, as
// opt_einsum has it. Throws InvalidArgument when there is no operand, when a label has no length,
// or when the output has a label that no operand has.
ContractionPath find_path(const Expression& expression, PathMethod method,
                          const PathOptions& options = {});
ContractionPath find_path(const LabelLists& inputs, const Labels& output,
                          const std::vector<std::uint64_t>& lengths, PathMethod method,
                          const PathOptions& options = {});

// The path a bill is laid over: opt_einsum 3.4's `auto`. No limit on the work is needed, since the
// methods it chooses for up to 14 operands are small and greedy is fast.
ContractionPath reference_path(const Expression& expression);

}  // namespace flopscope
