// Exceptions of the core. They carry data; the bindings turn each into its Python counterpart.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace flopscope {

// Base of everything the core throws on purpose.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An argument that no call could accept. ValueError in Python.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

// A position or axis was asked for that the object does not have. KeyError in Python.
class MissingPosition : public Error {
 public:
  MissingPosition(const std::string& what, int position) : Error{what}, position_{position} {}

  int position() const noexcept { return position_; }

 private:
  int position_;
};

// A generator-given group has more elements than may be listed. Pricing code answers it with the
// dense count and a warning; it never reaches a user from a counted operation.
class GroupTooLarge : public Error {
 public:
  explicit GroupTooLarge(std::size_t budget)
      : Error{"permutation group has more than " + std::to_string(budget) + " elements"},
        budget_{budget} {}

  std::size_t budget() const noexcept { return budget_; }

 private:
  std::size_t budget_;
};

// The operation table has no identifier left for one more name.
class TooManyOperations : public Error {
 public:
  TooManyOperations(const std::string& name, std::size_t capacity)
      : Error{"no room for operation '" + name + "': the table holds " + std::to_string(capacity)},
        name_{name},
        capacity_{capacity} {}

  const std::string& name() const noexcept { return name_; }
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  std::string name_;
  std::size_t capacity_;
};

}  // namespace flopscope
