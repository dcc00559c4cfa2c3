// The arguments of a counted call, made ready for NumPy.
#pragma once

#include <array>
#include <vector>

#include "bindings/dispatch/operands.hpp"
#include "bindings/fastpath/borrowed_views.hpp"
#include "bindings/py_ref.hpp"

namespace flopscope::bindings {

// Interned keyword names.
struct Names {
  PyObject* out;
  PyObject* axis;
  PyObject* dtype;
  PyObject* where;
  PyObject* keepdims;
  PyObject* initial;
  PyObject* weights;
  PyObject* size;
  PyObject* axes;
  PyObject* array;
  PyObject* copy;
  PyObject* overwrite_input;
  PyObject* a;
  PyObject* b;
};
extern Names names;
bool load_names();

// NumPy's marker for "keyword not given"; passed on by wrappers, so callers may pass it too.
extern PyObject* no_value;

// An owned argument vector in vectorcall layout: positional values, then keyword values. One slot
// before the first is free for the callee (PY_VECTORCALL_ARGUMENTS_OFFSET).
class Arguments {
 public:
  Arguments() noexcept {}  // leaves the slots as they are, on purpose
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;
  ~Arguments() { clear(); }

  // Copies the references of a call, as they are.
  void take(PyObject* const* args, std::size_t nargsf, PyObject* kwnames);

  // Adds a positional argument after the others.
  void push(Ref value);
  // Adds or replaces a keyword argument.
  bool set_keyword(PyObject* name, Ref value);
  // Removes a keyword argument that is there.
  bool drop_keyword(PyObject* name);

  std::size_t positional() const noexcept { return positional_; }
  std::size_t size() const noexcept { return size_; }
  PyObject* operator[](std::size_t index) const noexcept { return slots()[index + 1]; }
  void replace(std::size_t index, Ref value);
  // Replaces a counted array by a plain one for the length of the call: a borrowed view, which is
  // given back when the arguments are cleared, or a view when `is_kept` says that borrowed views
  // tend to be kept.
  bool replace_by_view(std::size_t index, bool is_kept = false);
  // `out=(array,)`, as NumPy's protocol hands it over, becomes `out=array`.
  void unwrap_out();
  // Makes a keyword argument the next positional one. False when it was not given.
  bool keyword_to_front(PyObject* name);
  // The last positional arguments beyond `count` become keywords of those names.
  // `names_tuple[i]` is the name of position `first_named + i`. False when there are more than
  // names, or one is given twice.
  bool name_positionals(std::size_t count, PyObject* names_tuple, std::size_t first_named);

  // Index of a keyword's value, or -1.
  Py_ssize_t find(PyObject* name) const;
  // Name of the keyword whose value is at `index` (>= positional()); borrowed.
  PyObject* keyword_name(std::size_t index) const {
    return PyTuple_GET_ITEM(kwnames_.get(), static_cast<Py_ssize_t>(index - positional_));
  }
  // The value at a position or under a keyword, or nullptr; borrowed.
  PyObject* get(std::size_t position, PyObject* name) const;

  // Replaces counted arrays by plain ones, also inside sequences.
  bool strip_all(bool is_kept = false);

  // Ends the call: gives the borrowed views back. Returns whether somebody kept one.
  bool finish() noexcept;

  PyObject* call(PyObject* target);

  void clear() noexcept;

 private:
  static constexpr std::size_t k_inline = 16;

  PyObject** slots() noexcept { return spill_.empty() ? inline_.data() : spill_.data(); }
  PyObject* const* slots() const noexcept {
    return spill_.empty() ? inline_.data() : spill_.data();
  }
  void reserve(std::size_t count);

  std::array<PyObject*, k_inline> inline_;  // the first size_ + 1 slots are in use
  std::vector<PyObject*> spill_;
  // Shells on loan: which slot, for which operand.
  struct Loan {
    BorrowedView* shell;
    PyObject* operand;  // owned
  };

  static constexpr std::size_t k_most_loans = 4;

  std::array<Loan, k_most_loans> loans_;
  std::size_t loan_count_ = 0;
  std::size_t positional_ = 0;
  std::size_t size_ = 0;
  Ref kwnames_;
};

}  // namespace flopscope::bindings
