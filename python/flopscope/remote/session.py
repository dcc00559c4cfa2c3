"""What a server holds for one client: a budget, arrays, generators."""

from __future__ import annotations

from typing import Any

import numpy as np

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.errors import FlopscopeServerError, NoBudgetContextError
from flopscope.numpy import random
from flopscope.remote.blocks import BlockStore
from flopscope.remote.limits import Limits
from flopscope.remote.operations import Operation, find_operation, own_draw
from flopscope.remote.protocol import ITEM_SIZES, MalformedFrameError
from flopscope.remote.results import (
    Handle,
    Reviver,
    array_from_bytes,
    check_deliverable,
    dtype_name,
    encode_result,
    symmetry_of,
)
from flopscope.remote.sizes import check_result_size, too_large
from flopscope.remote.texts import check_texts

__all__ = ["Session"]

_GENERATORS = {
    random.Generator: ("g", "gen_id"),
    random.RandomState: ("r", "rs_id"),
    np.random.SeedSequence: ("q", "seq_id"),
}


class Session:
    """The state of one client.

    Parameters
    ----------
    limits : Limits
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.budget: flops.BudgetContext | None = None
        self.is_open = False
        self.keep_arrays = False
        self.objects: dict[str, Any] = {}
        self.blocks = BlockStore(limits.array_bytes)
        self.reviver = Reviver(self.objects)
        self._bytes = 0
        self._next = 0
        self._last_chosen = 0
        self._random_state: np.random.RandomState | None = None
        self._draws: dict[str, Any] = {}

    # ------------------------------------------------------------------------------- budget

    def open(
        self, flop_budget: Any, namespace: Any, keep_arrays: bool, first_handle: Any = None
    ) -> None:
        """Open a budget in this thread.

        Parameters
        ----------
        flop_budget : number
        namespace : str or None
        keep_arrays : bool
            Arrays stay when the budget is closed.
        first_handle : int, optional
            Handles are numbered from the one after it, unless they are beyond it already.

        Raises
        ------
        RuntimeError
            One is open.
        ValueError, TypeError
            The budget is no positive number.
        """
        if self.is_open:
            raise RuntimeError("Cannot nest BudgetContexts: this session has one open")
        if isinstance(flop_budget, bool) or not isinstance(flop_budget, (int, float)):
            raise TypeError(f"flop_budget must be a number, got {type(flop_budget).__name__}")
        if namespace is not None and (type(namespace) is not str or len(namespace) > 200):
            raise TypeError("namespace must be a string of at most 200 characters")
        if type(first_handle) is int and 0 <= first_handle < 2**53:
            self._next = max(self._next, first_handle)
        budget = flops.BudgetContext(flop_budget, quiet=True, namespace=namespace)
        budget.__enter__()
        self.budget, self.is_open, self.keep_arrays = budget, True, keep_arrays

    def close(self) -> flops.BudgetContext:
        """Close the budget; arrays go too, unless the client asked to keep them.

        Raises
        ------
        NoBudgetContextError
            None is open.
        """
        if not self.is_open or self.budget is None:
            raise NoBudgetContextError
        self.is_open = False
        self.budget.__exit__(None, None, None)
        if not self.keep_arrays:
            self.forget()
        return self.budget

    def forget(self) -> None:
        """Let go of all arrays and generators."""
        self.objects.clear()
        self.blocks.clear()
        self._bytes = 0

    def end(self) -> None:
        """The client is gone."""
        if self.is_open:
            self.close()
        self.forget()
        self.budget = None

    def figures(self) -> dict[str, int]:
        """Budget, spending and remainder, in FLOPs."""
        if self.budget is None:
            raise NoBudgetContextError
        return {
            "flop_budget": self.budget.flop_budget,
            "flops_used": self.budget.flops_used,
            "flops_remaining": self.budget.flops_remaining,
        }

    # ------------------------------------------------------------------------------ objects

    def _add(self, handle: str, value: Any) -> None:
        size = value.nbytes if isinstance(value, np.ndarray) else 0
        if len(self.objects) >= self.limits.array_count:
            raise MemoryError(
                f"this session has {len(self.objects):,} arrays, the most that a server keeps; "
                "delete some"
            )
        if self._bytes + size > self.limits.session_bytes:
            raise MemoryError(
                f"the arrays of this session would take {self._bytes + size:,} bytes, more than "
                f"the {self.limits.session_bytes:,} that a server keeps; delete some"
            )
        self.objects[handle] = value
        self._bytes += size

    def keep(self, value: Any) -> dict[str, Any]:
        """Give an array or generator a handle; returns the fields that tell of it."""
        self._next += 1
        for kind, (letter, field) in _GENERATORS.items():
            if isinstance(value, kind):
                handle = f"{letter}{self._next}"
                self._add(handle, value)
                return {field: handle}
        check_deliverable(value, self.limits.array_bytes)
        handle = f"a{self._next}"
        self._add(handle, value)
        fields = {"id": handle, "shape": list(value.shape), "dtype": dtype_name(value.dtype)}
        if value.ndim == 0:
            fields["value"] = encode_result(value[()], self.keep)["value"]
            return fields
        return {**fields, **symmetry_of(value)}

    def array(self, handle: Any) -> Any:
        """Return an array by handle.

        Raises
        ------
        KeyError
            There is none.
        """
        if isinstance(handle, Handle):
            handle = handle.name
        if isinstance(handle, np.ndarray):
            return handle
        found = self.objects.get(handle) if type(handle) is str else None
        if not isinstance(found, np.ndarray):
            raise KeyError(f"this session has no array {str(handle)[:40]!r}")
        return found

    def free(self, handles: Any) -> None:
        """Let go of objects; unknown handles are ignored."""
        for handle in handles:
            found = self.objects.pop(handle, None) if type(handle) is str else None
            if isinstance(found, np.ndarray):
                self._bytes -= found.nbytes

    # --------------------------------------------------------------------------- operations

    def _run(self, operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if operation.owner is not None and not (args and isinstance(args[0], operation.owner)):
            raise TypeError(
                f"{operation.name} is a method: its first argument must be the "
                f"{operation.owner.__name__}"
            )
        check_texts(operation.name, args, kwargs)
        check_result_size(operation, args, kwargs, self.limits.array_bytes)
        if not operation.uses_global_state:
            return operation.run(*args, **kwargs)
        # NumPy's module-wide generator is one per process: a session has its own.
        run = self._draws.get(operation.name)
        if run is None:
            if self._random_state is None:
                self._random_state = np.random.RandomState()
            run = self._draws[operation.name] = own_draw(operation.name, self._random_state)
        return run(*args, **kwargs)

    def call(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Run an operation and encode its result.

        Raises
        ------
        NoBudgetContextError
            No budget is open.
        InvalidRequestError
            There is no such operation.
        Exception
            Whatever the operation raises; what it made is let go of.
        """
        if not self.is_open:
            raise NoBudgetContextError
        operation = find_operation(name)
        if self.reviver.has_handles:
            args, kwargs = self.reviver.resolve(args), self.reviver.resolve(kwargs)
        result = self._run(operation, tuple(args), kwargs)
        if operation.name == "einsum_path":
            return {"path": result[0], "text": str(result[1])}
        first = self._next
        try:
            return encode_result(result, self.keep)
        except Exception:
            made = [f"{letter}{n}" for n in range(first + 1, self._next + 1) for letter in "agrq"]
            self.free(made)
            raise

    def create(self, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Make an array of data that the client sent: bytes, shape, dtype."""
        if not self.is_open:
            raise NoBudgetContextError
        if len(args) != 3:
            raise MalformedFrameError("create_from_data takes [bytes, shape, dtype]")
        data, shape, dtype = args
        if "block" in kwargs:
            data = self.blocks.take(kwargs["block"])
        elements = array_from_bytes(data, shape, dtype, self.limits.array_bytes)
        wanted = kwargs.get("dtype", dtype)
        if wanted not in ITEM_SIZES:
            raise ValueError(f"no dtype of this protocol: {str(wanted)[:40]!r}")
        if elements.size * ITEM_SIZES[wanted] > self.limits.array_bytes:
            raise too_large(elements.size * ITEM_SIZES[wanted], self.limits.array_bytes)
        make = fnp.asarray if kwargs.get("name") == "asarray" else fnp.array
        return make(elements.astype(wanted, copy=False))

    def call_ahead(self, call: Any) -> int:
        """Run an operation whose result the client has described already.

        Parameters
        ----------
        call : list
            Operation, arguments, keywords or nil, handle that the client chose: larger than any it
            chose before.

        Returns
        -------
        int
            Bytes of the result.
        """
        if type(call) is not list or len(call) != 4:
            raise MalformedFrameError("a call is [operation, arguments, keywords, handle]")
        name, args, kwargs, chosen = call
        if type(name) is not str or type(args) is not list:
            raise MalformedFrameError("a call is [operation, arguments, keywords, handle]")
        if kwargs is not None and type(kwargs) is not dict:
            raise MalformedFrameError("keywords are a map or nil")
        if type(chosen) is not int or chosen <= self._last_chosen:
            raise MalformedFrameError("handles that a client chooses must count up")
        if not self.is_open:
            raise NoBudgetContextError
        self._last_chosen = chosen
        if self.reviver.has_handles:
            find = self.reviver.find
            args = [find(value) if type(value) is Handle else value for value in args]
        if name == "create_from_data":
            result = self.create(args, kwargs or {})
        else:
            result = self._run(find_operation(name), tuple(args), kwargs or {})
        if type(result) not in _ARRAYS:
            raise FlopscopeServerError(f"{name} does not return an array")
        size: int = result.nbytes
        check_deliverable(result, self.limits.array_bytes)
        self._add(f"c{chosen}", result)
        return size


_ARRAYS = (flops.FlopscopeArray, flops.SymmetricTensor, np.ndarray)
