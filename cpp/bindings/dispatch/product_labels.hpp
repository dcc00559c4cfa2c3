// What a product of two operands multiplies and adds: matmul, dot and their kin.
#pragma once

#include <cstdint>

#include "core/pricing/facts.hpp"
#include "core/pricing/saturating.hpp"
#include "core/pricing/sizes.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/counted_op.hpp"

namespace flopscope::bindings {

// Products and outputs of a contraction: the product of all label lengths, and that of the labels
// in the output.
struct Labels {
  std::uint64_t products = 1;
  std::uint64_t outputs = 1;
  std::uint64_t least = 0;
  std::uint64_t contracted = 1;  // of tensordot: the sums' lengths; 0: all axes, in order
  bool fits = true;              // false: NumPy will refuse these shapes

  void keep(npy_intp length) noexcept {
    products = saturating_mul(products, static_cast<std::uint64_t>(length));
    outputs = saturating_mul(outputs, static_cast<std::uint64_t>(length));
  }
  void sum(npy_intp length) noexcept {
    products = saturating_mul(products, static_cast<std::uint64_t>(length));
  }
  // A label that both operands carry and the output keeps; lengths of 1 stretch.
  void keep_pair(npy_intp left, npy_intp right) noexcept {
    fits = fits && (left == right || left == 1 || right == 1);
    keep(left == 1 ? right : left);
  }
  void sum_pair(npy_intp left, npy_intp right) noexcept {
    fits = fits && left == right;
    sum(left);
  }
};

// `...mk,...kn->...mn` with the one-dimensional forms that drop m or n.
Labels matmul_labels(Shape left, Shape right);

// The labels of `op(left, right, ...)`.
Labels count_labels(const CountedOp& op, const Arguments& arguments, Shape left, Shape right);

// The facts of a dense product of these labels, but for the sizes of its operands.
void set_facts(const Labels& labels, Count (&facts)[contraction_facts::count]);

// The `axes=` of matmul, matvec, vecmat and vecdot; nullptr for other products.
PyObject* core_axes(const CountedOp& op, const Arguments& arguments);

}  // namespace flopscope::bindings
