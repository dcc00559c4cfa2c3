"""What samplers return in a dry run. Generators are left as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from flopscope._dry.call import CountedCall, length_of
from flopscope._dry.unknown import active, python_number, unknown

__all__ = ["drawn"]

_INTEGERS = frozenset(
    "binomial geometric hypergeometric integers logseries multinomial multivariate_hypergeometric "
    "negative_binomial poisson randint random_integers tomaxint zipf".split()
)
# Parameters before `size`, by position; every other sampler takes `size` where its row says.
_VECTORS = {
    "dirichlet": 0,
    "multinomial": 1,
    "multivariate_hypergeometric": 0,
    "multivariate_normal": 0,
}
_DTYPE_AFTER_SIZE = frozenset(
    "random standard_normal standard_exponential standard_gamma integers randint".split()
)


def _parameters(call: CountedCall) -> tuple[Any, ...]:
    is_method = call.row is not None and call.row.module != "random"
    return call.args[1:] if is_method else call.args


def _value(call: CountedCall, position: int, name: str) -> Any:
    parameters = _parameters(call)
    if position < len(parameters):
        return parameters[position]
    return call.kwargs.get(name)


_SIZE_POSITION = {
    0: "random random_sample ranf sample standard_cauchy standard_exponential standard_normal "
    "tomaxint",
    1: "chisquare dirichlet exponential geometric logseries pareto poisson power rayleigh "
    "standard_gamma standard_t weibull zipf choice",
    2: "beta binomial f gamma gumbel integers laplace logistic lognormal multinomial "
    "multivariate_hypergeometric multivariate_normal negative_binomial noncentral_chisquare normal "
    "randint random_integers uniform vonmises wald",
    3: "hypergeometric noncentral_f triangular",
}
_SIZE_AT = {name: at for at, names in _SIZE_POSITION.items() for name in names.split()}


def _dtype(call: CountedCall, name: str) -> np.dtype[Any]:
    if name in _DTYPE_AFTER_SIZE:
        given = _value(call, _SIZE_AT[name] + 1, "dtype")
        if given is not None:
            chosen: np.dtype[Any] = np.dtype(given)
            return chosen
    usual: np.dtype[Any] = np.dtype(np.int64 if name in _INTEGERS else np.float64)
    return usual


def _elements(shape: tuple[int, ...] | None, dtype: np.dtype[Any]) -> Any:
    # Draws of one number are numbers, no arrays: what is computed with them is not billed.
    if shape is None:
        return python_number(int if dtype.kind in "iu" else float)
    return unknown(shape, dtype)


def drawn(call: CountedCall) -> Any:
    """Return what a sampler draws: an unknown array, or number."""
    name = call.name.rpartition(".")[2]
    special = _SPECIAL.get(name)
    if special is not None:
        return special(call, name)
    size = _value(call, _SIZE_AT[name], "size")
    out = call.kwargs.get("out")
    if out is not None:
        _forget(out)
        return out
    dtype = _dtype(call, name)
    tail: tuple[int, ...] = ()
    if name in _VECTORS:
        vector = _value(call, _VECTORS[name], ("alpha", "pvals", "colors", "mean")[
            ("dirichlet", "multinomial", "multivariate_hypergeometric", "multivariate_normal")
            .index(name)
        ])  # fmt: skip
        tail = np.shape(vector)[-1:]
    if size is not None:
        return unknown(length_of(size) + tail, dtype)
    if tail:
        extra = np.shape(_value(call, 0, "n")) if name == "multinomial" else ()
        batch = np.shape(vector)[:-1] if name == "multinomial" else ()
        return unknown(np.broadcast_shapes(extra, batch) + tail, dtype)
    parameters = _parameters(call)[: _SIZE_AT[name]]
    named = [v for k, v in call.kwargs.items() if k not in ("size", "dtype", "endpoint", "method")]
    shapes = [np.shape(value) for value in (*parameters, *named) if value is not None]
    shape = np.broadcast_shapes(*shapes) if shapes else ()
    if name == "integers":  # NumPy's answer is a NumPy scalar, which the meter makes an array
        return unknown(shape, dtype)
    return _elements(shape if any(map(len, shapes)) else None, dtype)


def _forget(array: Any) -> None:
    run = active.get()
    if run is not None and isinstance(array, np.ndarray):
        run.write(array)


def _by_lengths(call: CountedCall, _: str) -> Any:
    lengths = _parameters(call)
    return _elements(tuple(int(n) for n in lengths) or None, np.dtype(float))


def _choice(call: CountedCall, _: str) -> Any:
    source = _value(call, 0, "a")
    size = _value(call, 1, "size")
    axis = int(call.kwargs.get("axis", 0) or 0)
    is_legacy = call.row is not None and call.row.module != "random.Generator"
    if np.ndim(source) == 0:
        if size is None and not is_legacy:
            return unknown((), np.int64)
        return _elements(None if size is None else length_of(size), np.dtype(np.int64))
    array = np.asarray(source)
    rest = array.shape[:axis], array.shape[axis + 1 :]
    if size is None:
        return unknown(rest[0] + rest[1], array.dtype)
    return unknown((*rest[0], *length_of(size), *rest[1]), array.dtype)


def _permutation(call: CountedCall, _: str) -> Any:
    source = _value(call, 0, "x")
    if np.ndim(source) == 0:
        return unknown((int(source),), np.int64)
    array = np.asarray(source)
    return unknown(array.shape, array.dtype)


def _shuffle(call: CountedCall, _: str) -> None:
    _forget(_value(call, 0, "x"))


def _bytes(call: CountedCall, _: str) -> bytes:
    return bytes(int(_value(call, 0, "length")))


_SPECIAL = {
    "bytes": _bytes,
    "choice": _choice,
    "permutation": _permutation,
    "permuted": _permutation,
    "rand": _by_lengths,
    "randn": _by_lengths,
    "shuffle": _shuffle,
}
