"""Recorded cases: reading them, running them, and comparing what came out.

``tests/data/README.md`` says what the keys of a case mean.
"""

from __future__ import annotations

import ast
import json
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import flopscope as flops
import flopscope.numpy as fnp

from . import golden_inputs

Case = Mapping[str, Any]

#: FLOPs to spend where a case does not limit them.
AMPLE = 10**15

_DATA = Path(__file__).parent / "data"


# -------------------------------------------------------------------------------------- inputs


def cases() -> Iterator[Case]:
    """All recorded cases, file by file."""
    for file in sorted(_DATA.glob("golden*.jsonl")):
        if file.stem == "golden-calls" or file.stem.startswith("golden-0."):
            continue  # the reference twin's, and bills of other price lists
        yield from map(json.loads, file.read_text(encoding="utf-8").splitlines())


def _group(description: Any) -> Any:
    return golden_inputs.group(description, flops.SymmetryGroup)


def build(spec: Case) -> np.ndarray:
    """Make one input array: counted, tagged if ``symmetric``, or an ndarray if ``raw``."""
    values = golden_inputs.values(spec)
    if "symmetric" in spec:
        return flops.as_symmetric(fnp.array(values), symmetry=_group(spec["symmetric"]))
    return values if spec.get("raw") else fnp.array(values)


# ------------------------------------------------------------------------------------- outputs


def _number(x: float) -> float | str:
    """12 significant digits; infinities and nan by name, as JSON has none."""
    return float(f"{x:.12g}") if math.isfinite(x) else str(float(x))


def digest(values: Any, how: str = "digest") -> list[float | str] | None:
    """Summarise numbers: counts of nan, inf and -inf, then sums over the finite ones.

    The sums are of magnitudes, of values, and of values times a weight of their position; for
    complex numbers those of the imaginary parts follow.  ``abs`` keeps magnitudes only, ``shape``
    nothing.
    """
    elements = np.asarray(values).reshape(-1)
    if how == "shape" or elements.dtype.kind not in "biufc":
        return None
    elements = elements.astype("c16" if elements.dtype.kind == "c" else "f8")
    nan, inf = np.isnan(elements), np.isinf(elements)
    positive = inf & (elements.real > 0)
    finite = np.where(nan | inf, 0, elements)
    weights = np.cos(0.7 * np.arange(elements.size) + 0.3)
    sums = [np.abs(finite).sum()]
    if how == "abs":
        sums.append((weights * np.abs(finite)).sum())
    else:
        for part in (finite.real, finite.imag) if finite.dtype.kind == "c" else (finite,):
            sums += [part.sum(), (weights * part).sum()]
    counts = [int(nan.sum()), int(positive.sum()), int(inf.sum() - positive.sum())]
    return [*counts, *(_number(float(x)) for x in sums)]


def _describe_group(group: Any) -> dict[str, Any]:
    return {
        "axes": None if group.axes is None else list(group.axes),
        "order": group.order(),
        "orbits": sorted(sorted(orbit) for orbit in group.orbits()),
    }


def _describe_array(x: np.ndarray, how: str) -> dict[str, Any]:
    found = {
        "kind": "array",
        "shape": list(x.shape),
        "dtype": str(x.dtype),
        "tracked": isinstance(x, fnp.ndarray),
        "digest": digest(x.view(np.ndarray), how),
    }
    group = getattr(x, "symmetry", None)
    if group is not None:
        found["symmetry"] = _describe_group(group)
    return found


def describe(x: Any, how: str = "digest") -> dict[str, Any]:
    """Put a result into the words of the file."""
    if x is None or isinstance(x, (bool, str)):
        return {"kind": "plain", "value": x}
    if isinstance(x, np.generic) and x.dtype.kind in "biufc":
        return {"kind": "scalar", "dtype": str(x.dtype), "digest": digest(x, how)}
    if isinstance(x, int):
        return {"kind": "int", "value": x}
    if isinstance(x, (float, complex)):
        return {"kind": type(x).__name__, "digest": digest(x, how)}
    if isinstance(x, flops.SymmetryGroup):
        return {"kind": "group", "symmetry": _describe_group(x)}
    if isinstance(x, np.ndarray):
        return _describe_array(x, how)
    if isinstance(x, np.dtype):
        return {"kind": "dtype", "value": str(x)}
    if isinstance(x, type):
        return {"kind": "type", "value": x.__name__}
    if isinstance(x, (tuple, list)):
        return {"kind": "sequence", "items": [describe(item, how) for item in x]}
    if isinstance(x, dict):
        return {"kind": "mapping", "items": {str(k): describe(v, how) for k, v in x.items()}}
    return {"kind": "object", "value": type(x).__name__}


# ------------------------------------------------------------------------------------ comparing

_ROUNDING = {"float16": 2e-2, "float32": 2e-4, "complex64": 2e-4}


def _same_digest(got: Any, want: Any, dtype: str) -> bool:
    if got is None or want is None:
        return got is want
    if len(got) != len(want) or got[:3] != want[:3]:
        return False
    if got == want:
        return True
    if any(isinstance(x, str) for x in (*got, *want)):
        return False
    relative = 0.0 if np.dtype(dtype).kind in "biu" else _ROUNDING.get(dtype, 1e-8)
    room = relative * max(abs(got[3]), abs(want[3])) + 1e-12
    return all(abs(a - b) <= room for a, b in zip(got[3:], want[3:], strict=True))


def agrees(got: Case, want: Case) -> bool:
    """Is a description the recorded one?  A counted array may stand for a scalar or an ndarray."""
    kinds = got["kind"], want["kind"]
    if kinds == ("array", "scalar") or kinds == ("array", "float"):
        dtype = want.get("dtype", "float64")
        same = got["shape"] == [] and got["dtype"] == dtype
        return same and _same_digest(got["digest"], want["digest"], dtype)
    if got["kind"] != want["kind"]:
        return False
    if got["kind"] == "sequence":
        pairs = list(zip(got["items"], want["items"], strict=False))
        return len(got["items"]) == len(want["items"]) and all(agrees(a, b) for a, b in pairs)
    if got["kind"] == "mapping":
        if got["items"].keys() != want["items"].keys():
            return False
        return all(agrees(got["items"][key], item) for key, item in want["items"].items())
    dtype = want.get("dtype", "float64")
    if not _same_digest(got.get("digest"), want.get("digest"), dtype):
        return False
    if want.get("tracked") and not got["tracked"]:
        return False
    compared = (got.keys() | want.keys()) - {"digest", "tracked"}
    return all(got.get(key) == want.get(key) for key in compared)


# -------------------------------------------------------------------------------------- running


def _raised(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """Name of the exception that a call raises, or nothing."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__
    return ""


def _ancestry(kind: type[BaseException]) -> list[str]:
    """Names of an exception class and its bases below Exception."""
    return [base.__name__ for base in kind.__mro__[: kind.__mro__.index(Exception)]]


def _costs(bill: Any) -> dict[str, Any]:
    """Figures of an AccumulationCost."""
    components = [[c.m, c.alpha, c.regime_id] for c in bill.per_component]
    return {"total": bill.total, "per_component": components}


def _context(limit: int, **keywords: Any) -> flops.BudgetContext:
    return flops.BudgetContext(flop_budget=limit, quiet=True, **keywords)


def _spend(limit: int, function: Callable[[], Any]) -> list[Any]:
    """What a function spends in a context of its own, and how it ends."""
    with _context(limit) as budget:
        ending = _raised(function)
    return [budget.flops_used, [record.op_name for record in budget.op_log], ending]


def _execute(source: str, names: dict[str, Any]) -> Any:
    """Evaluate an expression, or run statements that assign ``out``."""
    tree = ast.parse(source)
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
        return eval(source, names)
    exec(source, names)
    return names.get("out")


def run(case: Case) -> dict[str, Any]:
    """Carry a case out; the keys are those of the recorded outcome."""
    names: dict[str, Any] = {
        "fnp": fnp,
        "flops": flops,
        "np": np,
        "SG": flops.SymmetryGroup,
        "raised": _raised,
        "mro_names": _ancestry,
        "spend": _spend,
        "costs": _costs,
        "group": _group,
        "Context": _context,
    }
    outcome: dict[str, Any] = {"flops": 0, "ops": []}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with _context(AMPLE):
            for name, spec in case.get("arrays", {}).items():
                names[name] = build(spec)
            exec(case.get("prep", ""), names)
        try:
            if case.get("mode") == "bare":
                result = _execute(case["expr"], names)
            else:
                budget = _context(case.get("budget", AMPLE))
                with budget:
                    try:
                        result = _execute(case["expr"], names)
                    finally:
                        outcome["flops"] = budget.flops_used
                        outcome["ops"] = [[r.op_name, r.flop_cost] for r in budget.op_log]
        except Exception as error:
            return {**outcome, "error": type(error).__name__}
        return {**outcome, "result": describe(result, case.get("value", "digest"))}
