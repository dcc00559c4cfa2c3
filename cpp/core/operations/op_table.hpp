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
  indexing,     // `a[key]`: no function
  blocked,      // known and refused
};

// Who collects the facts that its price may depend on.
enum class Collector : std::uint8_t {
  none,         // never priced
  elementwise,  // the bindings, from operands that broadcast
  reduction,    // the bindings, from an operand and its axes
  contraction,  // the contraction engine
  movement,     // the bindings: sizes of operands and result
  drawn,        // the bindings: how much a sampler draws
  cast,         // the bindings: whether a conversion changes values
  function,     // a function registered for the row
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
inline constexpr std::uint16_t scans = 512;      // the result keeps the axis that is worked along
inline constexpr std::uint16_t dense = 1024;     // looks at every element: symmetry saves nothing
inline constexpr std::uint16_t untagged = 2048;  // the result has no symmetry of its operand's
inline constexpr std::uint16_t counts = 8192;  // NumPy documents the count of everything as an int
inline constexpr std::uint16_t moves = 4096;   // computes nothing on values, so takes any dtype
}  // namespace flag

// One operation, whatever it costs: prices are in the price lists (core/pricing).
struct OpRow {
  std::string_view name;
  Module module;
  Kind kind;
  Collector collector;
  std::int8_t size_position;  // of a sampler's `size` among its positional arguments; -1: none
  std::uint16_t flags;
  std::string_view facts;  // names of the facts, in order; `[]` lists, `:` texts, `@` from results
};

// The table as it ships, sorted by name.
const OpRow* begin_rows() noexcept;
const OpRow* end_rows() noexcept;

// The row of that name, or nullptr.
const OpRow* find_row(std::string_view name) noexcept;

struct Op {
  std::string name;
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

 private:
  std::vector<Op> ops_;
  std::unordered_map<std::string, OpId> ids_;
};

// The registry of the process.
OpRegistry& registry();

}  // namespace flopscope
