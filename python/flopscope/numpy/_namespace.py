"""The counted functions of ``flopscope.numpy``: one per row of the operation table."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, NoReturn

import numpy as np

from flopscope import _core
from flopscope._contraction import einsum
from flopscope._sealed import sealed
from flopscope.errors import UnsupportedFunctionError
from flopscope.pricing.facts import FACTS, FROM_RESULT, SEE_TAGS, TAGGERS, TAKE_COUNTED
from flopscope.pricing.facts.products import product_facts
from flopscope.pricing.transport import TRANSPORTS

__all__ = ["BLOCKED", "ROWS", "SYNTAX", "build", "find", "missing_attribute", "route"]


class Row(NamedTuple):
    """A row of the operation table, as the core lists it."""

    name: str
    module: str
    kind: str
    collector: str
    flags: int
    facts: str


ROWS: dict[str, Row] = {fields[0]: Row(*fields) for fields in _core._op_rows()}
_FACTS = {**FACTS, **einsum.FACTS}
_TELLERS = {**TAGGERS, **einsum.TAGGERS}
BLOCKED = frozenset(row.name for row in ROWS.values() if row.kind == "blocked")
# Operations that are written `a[key]`, and have no function.
SYNTAX = frozenset(row.name for row in ROWS.values() if row.kind == "indexing")

# Functions that came or went within the supported NumPy releases.
_NEEDS = {
    "astype": "2.1",
    "bitwise_count": "2.0",
    "cumulative_prod": "2.1",
    "cumulative_sum": "2.1",
    "matvec": "2.2",
    "unstack": "2.1",
    "vecdot": "2.0",
    "vecmat": "2.2",
}
_REMOVED = {
    "in1d": ("2.4", "isin"),
    "row_stack": ("2.5", "vstack"),
    "trapz": ("2.4", "trapezoid"),
}

# Reductions that are nothing but a ufunc's `reduce`, and what NumPy's wrapper adds to the call.
_REDUCES: dict[str, tuple[np.ufunc, dict[str, Any] | None]] = {
    "all": (np.logical_and, {"dtype": bool}),
    "amax": (np.maximum, None),
    "amin": (np.minimum, None),
    "any": (np.logical_or, {"dtype": bool}),
    "max": (np.maximum, None),
    "mean": (np.add, None),  # and a division, see cpp/bindings/fastpath/mean_call.hpp
    "min": (np.minimum, None),
    "prod": (np.multiply, None),
    "sum": (np.add, None),
}

_ops: dict[str, Any] = {}


def find(op_name: str) -> Any:
    """Return the counted function of a log name; what pickles of counted functions call."""
    if op_name not in _ops and op_name in ROWS and ROWS[op_name].module == "stats":
        importlib.import_module("flopscope.stats")
    if op_name not in _ops:
        base, _, method = op_name.rpartition(".")
        if base in _ops:
            return getattr(_ops[base], method)
        raise LookupError(f"no counted function is called {op_name!r}")
    return _ops[op_name]


def _unsupported(name: str) -> Callable[..., NoReturn]:
    """Return a stand-in for a function that the installed NumPy does not have."""

    def stand_in(*_args: Any, **_kwargs: Any) -> NoReturn:
        if name in _REMOVED:
            version, replacement = _REMOVED[name]
            raise UnsupportedFunctionError(name, max_version=version, replacement=replacement)
        raise UnsupportedFunctionError(name, min_version=_NEEDS.get(name))

    stand_in.__name__ = stand_in.__qualname__ = name
    stand_in.__doc__ = f"Not in numpy {np.__version__}: calling it raises UnsupportedFunctionError."
    return stand_in


# Settings that are functions.
_SEALED = frozenset({"from_result", "planner", "pricing", "tagger", "transport"})

# The signatures of hundreds of functions are asked for at import: `inspect.signature`, which builds
# objects for all of their parameters, would take most of that time.


def _unwrapped(function: Any) -> Any:
    while (inner := getattr(function, "__wrapped__", None)) is not None:
        function = inner
    return function


def _code_of(function: Callable[..., Any]) -> Any:
    return getattr(_unwrapped(function), "__code__", None)


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of all parameters, in order."""
    code = _code_of(function)
    if code is None or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return tuple(inspect.signature(function).parameters)
    names: tuple[str, ...] = code.co_varnames
    return names[: code.co_argcount + code.co_kwonlyargcount]


def _positional(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the parameters that can be given by position; none for those that do not tell."""
    code = _code_of(function)
    if code is not None:
        names: tuple[str, ...] = code.co_varnames
        return names[: code.co_argcount]
    # Compiled functions have it as text: "(a, b, /, out=None, *, casting='same_kind')".
    text = getattr(_unwrapped(function), "__text_signature__", None)
    if text is None:
        try:
            return tuple(
                name
                for name, parameter in inspect.signature(function).parameters.items()
                if parameter.kind not in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD)
            )
        except (TypeError, ValueError):  # these do not tell; they have no out
            return ()
    found = (part.partition("=")[0].strip(" ()$\n") for part in text.partition("*")[0].split(","))
    return tuple(name for name in found if name not in ("", "/"))


def _out_position(function: Callable[..., Any]) -> int:
    """Position of ``out`` among the positional arguments; -1 when it cannot be one."""
    names = _positional(function)
    return names.index("out") if "out" in names else -1


def make(name: str, target: Any, **settings: Any) -> Any:
    """Make the counted function of a row around a NumPy callable."""
    row = ROWS[name]
    if row.kind in ("elementwise", "function", "sampler"):
        settings["out_position"] = _out_position(target)
    if name in _FACTS:
        settings.update(pricing=_FACTS[name], sees_tags=name in SEE_TAGS)
    if name in FROM_RESULT:
        settings["from_result"] = FROM_RESULT[name]
    if row.kind == "contraction":
        settings["pricing"] = functools.partial(product_facts, name)
    if row.kind == "reduction":
        settings["parameters"] = _parameters(target)
        if name in _REDUCES:
            ufunc, added = _REDUCES[name]
            settings.update(reduce=ufunc.reduce, reduce_keywords=added)
    if name in einsum.PLANNERS:
        settings["planner"] = einsum.PLANNERS[name]
    if name in TAKE_COUNTED:
        settings["takes_counted"] = True
    if name in _TELLERS:
        settings["tagger"] = _TELLERS[name]
    if name in TRANSPORTS:
        settings["transport"] = TRANSPORTS[name]
    # What prices a call is out of reach of programs that patch functions.
    return _core._make_op(
        name,
        target,
        **{key: sealed(value) if key in _SEALED else value for key, value in settings.items()},
    )


def build(module: str, source: Any, targets: dict[str, Any] | None = None) -> dict[str, Any]:
    """Make the counted functions of a module of the table.

    Parameters
    ----------
    module : str
        Module column of the table.
    source : module
        Where NumPy has them.
    targets : dict, optional
        Callables that take the place of NumPy's own.

    Returns
    -------
    dict
        Public name -> counted function, stand-in or NumPy's own object.
    """
    names: dict[str, Any] = {}
    for row in ROWS.values():
        if row.module != module or row.name in BLOCKED | SYNTAX:
            continue
        public = row.name.rpartition(".")[2]
        target = (targets or {}).get(public, getattr(source, public, None))
        if target is None:
            if public in _NEEDS or public in _REMOVED:
                names[public] = _unsupported(public)
            continue
        if row.kind == "local":
            names[public] = target
        elif (
            row.collector != "none"
        ):  # billed and logged as another row, under whose name it is made
            names[public] = _ops[row.name] = make(row.name, target)
    return names


def route(ops: Iterable[Any], source: Any) -> None:
    """Send NumPy's own functions, when they are given counted arrays, to the counted ones."""
    ufuncs: dict[Any, Any] = {}
    functions: dict[Any, Any] = {}
    for op in ops:
        if not isinstance(op, _core.CountedFunction):
            continue
        original = getattr(source, op.__name__, None)
        if original is None:
            continue
        table = ufuncs if isinstance(original, np.ufunc) else functions
        # Aliases share one NumPy object; the log then shows the name NumPy gives it.
        if original not in table or getattr(original, "__name__", "") == op.__name__:
            table[original] = op
    _core._set_dispatch(ufuncs, functions)


def missing_attribute(
    where: str, name: str, known: Iterable[str], prefix: str = ""
) -> AttributeError:
    """Return the error for a name that a namespace does not have.

    `prefix` is what the namespace's names begin with in the table.
    """
    row = prefix + name
    if row in BLOCKED:
        return AttributeError(
            f"{where} does not support {name!r} (blacklisted): it reads or writes text, settings "
            "or dates, which flopscope does not meter"
        )
    if row in SYNTAX:
        return AttributeError(f"{where} has no {name!r}: it is written a[key]")
    import difflib  # only for this

    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return AttributeError(f"{where} does not provide {name!r}{hint}")
