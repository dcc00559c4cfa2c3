// The operation table: one row per operation, and the dense ids that totals and log are kept by.
// Names, accounting, docs and the conformance tests all read it; nothing else lists operations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace flopscope {

using OpId = std::uint16_t;

// Where a user finds the operation.
enum class Module : std::uint8_t {
  core,
  linalg,
  fft,
  random,
  generator,
  random_state,
  stats,
  symmetry,
};

// How a call of the operation travels: which arguments are operands and what runs.
enum class Kind : std::uint8_t {
  ufunc,        // a NumPy ufunc
  elementwise,  // a NumPy function that maps the elements of its first argument
  reduction,    // a NumPy function with an operand and an axis
  contraction,  // two operands, priced by the contraction engine
  function,     // any other NumPy function
  sampler,      // draws from a distribution
  local,        // NumPy's own object, handed out as it is: settings, limits, iterators
  blocked,      // known and refused
};

// How the operation is priced. Notation as in docs/cost-model.md: n elements in, out elements out.
enum class Rule : std::uint8_t {
  none,            // 0
  elements,        // max(1, elements of the broadcast operands)
  size,            // elements, 0 when there are none
  accumulate,      // max(1, A - O)
  scan,            // max(1, A - O), the output keeps its axes
  mean,            // (A - O) + O
  variance,        // 2n + 2(A - O) + 2 O
  deviation,       // variance + O
  range,           // 2 max(1, A - O) + O
  average,         // max(1, A - O) + O; weights add n + max(1, A - O)
  tested,          // max(1, n)
  selection,       // O * product of the reduced lengths
  contraction,     // multiplications and additions of the expression
  result,          // elements of the result
  result_twice,    // 2 * elements of the result
  sampled,         // max(1, elements drawn)
  sampled_thrice,  // 3 * max(1, elements drawn)
  cast,            // elements of the operand, 0 for a safe cast or none
  custom,          // a pricing function registered for the row
};

namespace flag {
inline constexpr std::uint16_t deferred = 1;      // runs first, is charged from its result
inline constexpr std::uint16_t unlogged = 2;      // a question about shapes or types: no record
inline constexpr std::uint16_t writes_first = 4;  // writes into its first argument
inline constexpr std::uint16_t callback = 8;      // runs a function handed in by the user
inline constexpr std::uint16_t new_object = 16;   // never returns its argument itself
inline constexpr std::uint16_t may_write = 64;    // writes into its operand when asked to
inline constexpr std::uint16_t repeats = 32;      // fills with one value: any two equal axes swap
inline constexpr std::uint16_t any_dtype = 128;   // takes what is no number as well
inline constexpr std::uint16_t texts =
    256;  // compares or converts elements: takes texts and dates too
}  // namespace flag

struct OpRow {
  std::string_view name;
  Module module;
  Kind kind;
  Rule rule;
  double weight;
  std::int8_t size_position;  // of a sampler's `size` among its positional arguments; -1: none
  std::uint16_t flags;
  std::string_view formula;  // for people: docs and `explain`
};

// The table as it ships, sorted by name.
const OpRow* begin_rows() noexcept;
const OpRow* end_rows() noexcept;

// The row of that name, or nullptr.
const OpRow* find_row(std::string_view name) noexcept;

// What a charge needs to know of an operation.
struct Op {
  std::string name;
  double weight;
  const OpRow* row;  // nullptr for names that are not in the table (user-defined charges)
};

// The ids in use: the table's rows first (in its order), then `<ufunc>.<method>` names and names
// that programs charge themselves, as they turn up.
class OpRegistry {
 public:
  static constexpr std::size_t k_capacity = 65'535;

  OpRegistry();

  OpId id_of(const OpRow& row) const noexcept;

  // The id of a name, made when it is new. Throws TooManyOperations when no id is left.
  OpId intern(std::string_view name);

  const Op& operator[](OpId id) const noexcept { return ops_[id]; }
  std::size_t size() const noexcept { return ops_.size(); }

  // Replaces all weights: names in `weights` take theirs, all others 1.
  void replace_weights(const std::unordered_map<std::string, double>& weights);

  // The weight of any name, known or not: the table's, that of the operation it stands for, or 1.
  double weight_of(std::string_view name) const;

 private:
  std::vector<Op> ops_;
  std::unordered_map<std::string, OpId> ids_;
  std::unordered_map<std::string, double> weights_;
};

// The registry of the process.
OpRegistry& registry();

// int(cost * weight), truncated towards zero. Whole weights multiply in integers; a product that
// does not fit is held at the largest count, which no budget affords.
std::uint64_t weighted_by(std::uint64_t cost, double weight) noexcept;
inline std::uint64_t weighted(std::uint64_t cost, double weight) noexcept {
  return weight == 1.0 ? cost : weighted_by(cost, weight);
}

}  // namespace flopscope
