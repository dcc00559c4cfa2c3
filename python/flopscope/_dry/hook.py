"""What the core asks in a dry run: the result of a call, before it would run."""

from __future__ import annotations

from typing import Any

import numpy as np

from flopscope._dry import creation, movement, transforms  # noqa: F401 - they register their rules
from flopscope._dry.call import CountedCall, arrays_in
from flopscope._dry.draws import drawn
from flopscope._dry.probe import probe
from flopscope._dry.rules import RULES, SHAPED_BY_VALUES, VIEWS, distribution_result, ufunc_result
from flopscope._dry.unknown import active, is_unknown, raise_value
from flopscope.numpy._namespace import Row
from flopscope.pricing.prices import is_free

__all__ = ["stand_in"]

_CALLBACKS = frozenset("apply_along_axis apply_over_axes fromfunction fromiter piecewise".split())
# Questions about shapes and types, which need no values.
_QUERIES = frozenset(
    "broadcast_shapes can_cast common_type diag_indices diag_indices_from einsum_path iscomplexobj "
    "isdtype isfortran isrealobj isscalar issubdtype iterable load may_share_memory "
    "min_scalar_type mintypecode ndim promote_types result_type shape shares_memory size "
    "tril_indices tril_indices_from triu_indices triu_indices_from typename "
    "random.Generator.bit_generator random.Generator.spawn random.RandomState.get_state "
    "random.RandomState.seed random.RandomState.set_state random.default_rng "
    "random.get_state random.seed random.set_state".split()
)
_WRITERS = frozenset("copyto fill_diagonal place put put_along_axis putmask".split())
_SAVERS = frozenset({"save", "savez", "savez_compressed"})


def _check_values(call: CountedCall) -> None:
    """Raise for operations whose bill or result depends on values that nobody knows."""
    if call.name in _CALLBACKS:
        raise_value(f"{call.name} calls a function back with values")
    unknowns = call.has_unknown()
    if call.name in SHAPED_BY_VALUES and unknowns:
        raise_value(f"the result of {call.name} depends on values")
    if call.name in _SAVERS and unknowns:
        raise_value(f"{call.name} writes values")
    if call.name == "copyto" and is_unknown(call.argument(3, "where")):
        raise_value("copyto bills the true elements of where")
    if call.name == "gradient" and any(
        is_unknown(value) and np.ndim(value) for value in call.args[1:]
    ):
        raise_value("gradient bills by whether coordinates are evenly spaced")
    if call.name == "histogram" and unknowns and isinstance(call.argument(1, "bins"), str):
        raise_value("histogram finds the number of bins from values")
    if call.name in ("delete", "insert") and is_unknown(call.argument(1, "obj")):
        raise_value(f"{call.name} removes or adds elements by values")


def _is_writer(call: CountedCall) -> bool:
    in_place = ("partition", "sort")  # the methods; the functions of that name are NumPy's own
    return call.name in _WRITERS or (
        call.name in in_place and getattr(call.target, "__objclass__", None) is np.ndarray
    )


def _result(call: CountedCall) -> Any:
    row = call.row
    if row is not None and row.kind == "sampler" and call.name != "random.symmetric":
        return drawn(call)
    if call.name in RULES:
        return RULES[call.name](call)
    if row is not None and row.module == "stats":
        return distribution_result(call)
    # Known numbers are as quick to compute with as to ask about.
    has_arrays = any(
        is_unknown(value) or np.ndim(value) > 0 for value in arrays_in((call.args, call.kwargs))
    )
    costs_nothing = row is not None and is_free(call.name)
    is_made = call.name in _MAKERS or (row is not None and _is_billed_by_result(row))
    if not has_arrays and not costs_nothing and not is_made:
        return NotImplemented
    if call.name in VIEWS:
        return NotImplemented
    if isinstance(call.target, np.ufunc) and call.target.signature is None:
        return ufunc_result(call)
    return probe(call)


def _is_billed_by_result(row: Row) -> bool:
    return row.collector == "movement" or "out@" in row.facts.split()


_MAKERS = frozenset(
    "bartlett blackman hamming hanning kaiser indices vander fft.fftfreq fft.rfftfreq".split()
)


def stand_in(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the result of a call with its values unknown; NotImplemented: let it run."""
    run = active.get()
    if run is None:
        return NotImplemented
    call = CountedCall(op, args, kwargs)
    if call.name in _QUERIES:
        return NotImplemented
    _check_values(call)
    if _is_writer(call):
        run.write(args[0])
        return None
    result = _result(call)
    out = call.given_out()
    if out is None or result is NotImplemented:
        return result
    outs = out if isinstance(out, tuple) else (out,)
    for array in outs:
        if array is not None:
            run.write(array)
    if isinstance(result, tuple):
        return tuple(
            fresh if i >= len(outs) or outs[i] is None else np.asarray(outs[i])
            for i, fresh in enumerate(result)
        )
    return out[0] if isinstance(out, tuple) else out
