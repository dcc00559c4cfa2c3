// Products of two operands: matmul, dot and their kin.
#include <string_view>

#include "core/pricing/saturating.hpp"
#include "bindings/array/tags.hpp"
#include "bindings/dispatch/arguments.hpp"
#include "bindings/dispatch/call.hpp"
#include "bindings/dispatch/counted_op.hpp"
#include "bindings/dispatch/operands.hpp"
#include "bindings/dispatch/product_labels.hpp"
#include "bindings/dispatch/refusal.hpp"
#include "bindings/fastpath/fast_product.hpp"
#include "bindings/observe/escapes.hpp"

namespace flopscope::bindings {
namespace {

// Whether symmetry may change the bill: an operand carries a tag, or both are one object whose
// copies the product may exchange (which no other product does).
bool may_be_symmetric(const CountedOp& op, PyObject* left, PyObject* right) {
  if (tag_of(left) != nullptr || tag_of(right) != nullptr) return true;
  if (left != right) return false;
  const std::string_view name = registry()[op.id].name;
  return name == "inner" || name == "outer" || name == "tensordot";
}

// Facts that take symmetry into account, and the tag of the result.
struct SymmetricFacts {
  Count multiplications;
  Count additions;
  Count unique_out;  // outputs that the operands' own symmetry does not make equal
  Ref tag;           // empty: symmetry has no say
};

// The tag of `outer(a, a)`, whatever the length of `a`: its two axes may be exchanged. Told by the
// collector once, and kept for the life of the process.
PyObject* tag_of_square = nullptr;

// An untagged array times itself: of `a[i] a[j]` and `a[j] a[i]` one is computed.
bool is_square(const CountedOp& op, PyObject* left, PyObject* right) {
  return left == right && is_array(left) && tag_of(left) == nullptr &&
         PyArray_SIZE(as_array(left)) > 1 && registry()[op.id].name == "outer";
}

std::uint64_t pairs_of(PyObject* operand) {
  const auto elements = static_cast<std::uint64_t>(PyArray_SIZE(as_array(operand)));
  const std::uint64_t even = elements % 2 == 0 ? elements : elements + 1;
  return saturating_mul(even / 2, elements % 2 == 0 ? elements + 1 : elements);
}

// False with an error set.
bool collect_symmetric(const CountedOp& op, const Arguments& arguments, SymmetricFacts* facts) {
  const bool squares = is_square(op, arguments[0], arguments[1]);
  if (squares && tag_of_square != nullptr) {
    facts->multiplications = pairs_of(arguments[0]);
    facts->unique_out = facts->multiplications;
    facts->tag = Ref::borrow(tag_of_square);
    return true;
  }
  PyObject* option = arguments.get(2, names.axes);
  if (registry()[op.id].name != "tensordot") option = arguments.get(~std::size_t{0}, names.axis);
  const Ref answer = Ref::steal(PyObject_CallFunctionObjArgs(
      op.pricing, arguments[0], arguments[1], option != nullptr ? option : Py_None, nullptr));
  if (!answer) return false;
  if (answer.get() == Py_None) return true;
  facts->tag = Ref::borrow(PyTuple_GET_ITEM(answer.get(), 2));
  if (squares) tag_of_square = Ref::borrow(facts->tag.get()).release();
  return to_count(PyTuple_GET_ITEM(answer.get(), 0), &facts->multiplications) &&
         to_count(PyTuple_GET_ITEM(answer.get(), 1), &facts->additions) &&
         to_count(PyTuple_GET_ITEM(answer.get(), 3), &facts->unique_out);
}

}  // namespace

PyObject* call_contraction(PyObject* self, PyObject* const* args, std::size_t nargsf,
                           PyObject* kwnames) {
  CountedOp& op = as_op(self);
  Call call{op};
  if (!call.enter()) return nullptr;
  if (Ref product; PyVectorcall_NARGS(nargsf) == 2 && kwnames == nullptr &&
                   try_product(call, op, args, &product)) {
    return product.release();
  }
  Arguments arguments;
  arguments.take(args, nargsf, kwnames);
  arguments.unwrap_out();
  if (arguments.positional() == 0) arguments.keyword_to_front(names.a);
  if (arguments.positional() == 1) arguments.keyword_to_front(names.b);
  if (arguments.positional() < 2) return fail_with_numpy(op, arguments, op.target);
  Operand operands[2];
  Signature signature;
  for (std::size_t i = 0; i < 2; ++i) {
    if (!prepare(arguments[i], op, &operands[i])) return nullptr;
    signature.add(operands[i].lengths(), operands[i].ndim());
  }
  const Shape left{operands[0].lengths(), operands[0].ndim()};
  const Shape right{operands[1].lengths(), operands[1].ndim()};
  const Labels labels = count_labels(op, arguments, left, right);
  if (!labels.fits) return fail_with_numpy(op, arguments, op.target);
  SymmetricFacts symmetric;
  const auto is_known = [&](std::size_t i) {
    return is_array(arguments[i]) || is_plain_number(arguments[i]);
  };
  if (FLOPSCOPE_UNLIKELY(is_known(0) && is_known(1) && op.pricing != nullptr &&
                         core_axes(op, arguments) == nullptr &&
                         may_be_symmetric(op, arguments[0], arguments[1])) &&
      !collect_symmetric(op, arguments, &symmetric)) {
    return nullptr;
  }
  // The third positional argument is `out`, except where it is `axes`.
  const bool third_is_out = registry()[op.id].name != "tensordot";
  const Ref out = Ref::borrow(arguments.get(third_is_out ? 2 : ~std::size_t{0}, names.out));
  for (std::size_t i = 0; i < 2; ++i) {
    if (!place(arguments, i, std::move(operands[i]))) return nullptr;
  }
  if (!arguments.strip_all()) return nullptr;
  Count facts[contraction_facts::count];
  set_facts(labels, facts);
  facts[contraction_facts::size_a] = element_count(left);
  facts[contraction_facts::size_b] = element_count(right);
  if (symmetric.tag) {
    facts[contraction_facts::multiplications] = symmetric.multiplications;
    facts[contraction_facts::additions] = symmetric.additions;
    facts[contraction_facts::unique_out] = symmetric.unique_out;
  }
  if (!may_write(call.budget(), out.get()) || !call.charge({facts, nullptr}, signature) ||
      !unlock(arguments, out)) {
    return nullptr;
  }
  Ref result = call.run([&] { return arguments.call(op.target); });
  arguments.finish();
  if (!result) return nullptr;
  if (out && is_array(out.get())) return Ref::borrow(out.get()).release();
  result = wrap(std::move(result));
  if (symmetric.tag && is_counted_array(result.get())) {
    result = attach_python_tag(std::move(result), symmetric.tag.get());
  }
  return result.release();
}

}  // namespace flopscope::bindings
