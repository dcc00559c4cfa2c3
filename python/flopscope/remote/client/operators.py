"""Operators of arrays: each is billed as the function that it stands for."""

from __future__ import annotations

from typing import Any

__all__ = ["add_operators"]

# Operator -> operation that it is billed as.
_BINARY = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide",
           "floordiv": "floor_divide", "mod": "mod", "pow": "power", "and": "bitwise_and",
           "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "left_shift",
           "rshift": "right_shift", "matmul": "matmul", "divmod": "divmod"}  # fmt: skip
_COMPARED = {"eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal",
             "gt": "greater", "ge": "greater_equal"}  # fmt: skip
_UNARY = {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "invert"}


def add_operators(array_type: type) -> None:
    """Give the class of arrays its operators."""
    # It needs the class of arrays in turn.
    from flopscope.remote.client.calls import call, is_operand

    def binary(operation: str) -> tuple[Any, Any]:
        def compute(self: Any, other: Any) -> Any:
            return call(operation, (self, other)) if is_operand(other) else NotImplemented

        def reflected(self: Any, other: Any) -> Any:
            return call(operation, (other, self)) if is_operand(other) else NotImplemented

        return compute, reflected

    def unary(operation: str) -> Any:
        def compute(self: Any) -> Any:
            return call(operation, (self,))

        return compute

    for name, operation in _BINARY.items():
        forward, backward = binary(operation)
        setattr(array_type, f"__{name}__", forward)
        setattr(array_type, f"__r{name}__", backward)
    for name, operation in _COMPARED.items():
        setattr(array_type, f"__{name}__", binary(operation)[0])
    for name, operation in _UNARY.items():
        setattr(array_type, f"__{name}__", unary(operation))
