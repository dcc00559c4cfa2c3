"""What a server runs for its clients: the callables of the operation table, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core, stats
from flopscope.errors import (
    RemoteCallbackError,
    UnsupportedFunctionError,
)
from flopscope.numpy import _namespace, fft, linalg, random
from flopscope.remote.endless_samplers import that_ends
from flopscope.remote.names import ARRAY_METHODS, COST_HELPERS

__all__ = ["InvalidRequestError", "Operation", "find_operation", "own_draw"]


class InvalidRequestError(Exception):
    """A request asks for what the server does not do."""


@dataclass(frozen=True)
class Operation:
    """One callable.

    Attributes
    ----------
    name : str
        As clients ask for it.
    run : callable
    kind : str
        Kind column of the table; ``"method"`` for what arrays do themselves.
    uses_global_state : bool
        A function of NumPy's module-wide generator: `own_draw` makes a session's.
    owner : type or None
        Class of the first argument of a method.
    """

    name: str
    run: Callable[..., Any]
    kind: str
    uses_global_state: bool = False
    owner: type | None = None


# They read and write files of the server, or call code of the client's.
_FILES = frozenset({"load", "save", "savez", "savez_compressed"})
_CALLBACKS = flops.remote_unsupported_ops()
_SOURCES = {"linalg": linalg, "fft": fft, "random": random}
_RNG_CLASSES = {"Generator": random.Generator, "RandomState": random.RandomState}
_IN_PLACE_METHODS = frozenset({"shuffle"})


def _of_table(row: _namespace.Row) -> Callable[..., Any] | None:
    module, _, public = row.name.rpartition(".")
    if row.module == "core":
        return getattr(fnp, public, None)
    if row.module in _SOURCES:
        return getattr(_SOURCES[row.module], public, None)
    if row.module == "stats":
        distribution = module.rpartition(".")[2]
        return getattr(getattr(stats, distribution, None), public, None)
    if row.name == "random.symmetric":
        return random.symmetric
    return getattr(flops, public, None)


def _refused_method(name: str) -> Callable[..., Any]:
    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        raise UnsupportedFunctionError(name, replacement="permutation, which returns a new array")

    return refuse


def _callback(name: str) -> Callable[..., Any]:
    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        raise RemoteCallbackError(
            f"{name} calls a Python function back, which a server cannot do; compute the values "
            "with array operations, or on the client and send them"
        )

    return refuse


def _methods() -> dict[str, Operation]:
    """Methods of random generators, `Generator.normal` and the like."""
    found = {}
    for row in _namespace.ROWS.values():
        owner = row.module.rpartition(".")[2]
        if owner not in _RNG_CLASSES or row.kind in ("blocked", "local"):
            continue
        public = row.name.rpartition(".")[2]
        method = getattr(_RNG_CLASSES[owner], public, None)
        if public in _IN_PLACE_METHODS:
            method = _refused_method(f"{owner}.{public}")
        if method is None or not callable(method):
            continue
        if owner == "RandomState":
            method = that_ends(public, method, is_method=True)
        for name in (f"{owner}.{public}", row.name):
            found[name] = Operation(name, method, "sampler", owner=_RNG_CLASSES[owner])
    found["SeedSequence.generate_state"] = Operation(
        "SeedSequence.generate_state",
        np.random.SeedSequence.generate_state,
        "sampler",
        owner=np.random.SeedSequence,
    )
    return found


def _array_method(name: str) -> Callable[..., Any]:
    if name in ("T", "real", "imag", "mT"):
        return lambda array: getattr(array, name)

    def method(array: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(array, name)(*args, **kwargs)

    return method


def _isdtype(dtype: Any, kind: Any) -> Any:
    """`isdtype` of a dtype that is given by name, as clients have it."""
    return fnp.isdtype(np.dtype(dtype) if isinstance(dtype, str) else dtype, kind)


def _build() -> dict[str, Operation]:
    table: dict[str, Operation] = {}
    for row in _namespace.ROWS.values():
        if row.kind in ("blocked", "local") or row.name in _FILES or "." in row.module:
            continue
        run = _callback(row.name) if row.name in _CALLBACKS else _of_table(row)
        if run is None or not callable(run):
            continue
        uses = row.name.startswith("random.") and row.name != "random.default_rng"
        table[row.name] = Operation(row.name, run, row.kind, uses)
        if row.kind == "ufunc" and isinstance(run, _core.CountedFunction):
            for method in ("reduce", "accumulate", "reduceat", "outer", "at"):
                name = f"{row.name}.{method}"
                bound = getattr(run, method, None)
                if bound is not None:
                    table[name] = Operation(name, bound, "ufunc_method")
    table["isdtype"] = Operation("isdtype", _isdtype, "function")
    table.update(_methods())
    for name, make in (
        ("random.RandomState", random.RandomState),
        ("random.SeedSequence", np.random.SeedSequence),
    ):
        table[name] = Operation(name, make, "maker")
    for name in ARRAY_METHODS:
        table[f"ndarray.{name}"] = Operation(
            name, _array_method(name), "method", owner=flops.FlopscopeArray
        )
    for name in COST_HELPERS:
        table[f"accounting.{name}"] = table[name] = Operation(
            name, getattr(flops.accounting, name), "helper"
        )
    return table


_ALIASES = {"ranf": "random_sample", "sample": "random_sample"}


def own_draw(name: str, state: np.random.RandomState) -> Callable[..., Any]:
    """Return a function of ``numpy.random`` that draws from a generator of one's own."""
    if name == "random.symmetric":
        return _own_symmetric(state)
    public = name.rpartition(".")[2]
    method = getattr(state, _ALIASES.get(public, public))
    run = _namespace.make(name, method)
    return that_ends(name, run)


def _own_symmetric(state: np.random.RandomState) -> Callable[..., Any]:
    def symmetric(shape: Any, symmetry: Any, distribution: Any = "randn", **keywords: Any) -> Any:
        if isinstance(distribution, str):
            name = {"randn": "standard_normal", "rand": "random_sample"}.get(
                distribution, distribution
            )
            if f"random.{name}" not in _table or not hasattr(state, name):
                raise AttributeError(f"numpy.random has no sampler {name!r}")
            distribution = that_ends(name, getattr(state, name))
        return random.symmetric(shape, symmetry, distribution, **keywords)

    return symmetric


_table: dict[str, Operation] = {}


def find_operation(name: str) -> Operation:
    """Return an operation by name.

    Raises
    ------
    InvalidRequestError
        The table has none of that name, or none that a server runs.
    """
    if not _table:
        _table.update(_build())
    try:
        return _table[name]
    except KeyError:
        shown = name if len(name) <= 80 else name[:80] + "..."
        raise InvalidRequestError(f"there is no operation {shown!r}") from None
