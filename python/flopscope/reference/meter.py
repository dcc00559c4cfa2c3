"""A meter written in Python: price, charge, run NumPy, time, record.

This is the yardstick of the benchmarks, ordinary Python of the kind one would write first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from .budget import Budget
from .closed_forms import CLOSED_FORMS
from .costs_callbacks import AFTER
from .costs_movement import SILENT
from .costs_random import GENERATOR_METHODS, MODULE_FUNCTIONS, RANDOM_STATE_METHODS
from .metered_array import MeteredArray, plain
from .order import runs_first
from .pricing import log_name, price
from .rules import RULES

__all__ = ["MeteredNumpy"]


class MeteredNumpy:
    """NumPy whose functions are paid for.

    ``m.add(a, b)`` prices the call, charges the budget, runs ``np.add``, books the time and
    returns metered arrays.

    Parameters
    ----------
    budget : Budget
        Pays for everything.
    exact : bool
        With False, the commonest prices come from closed forms instead of enumeration.  The
        prices are the same.

    Examples
    --------
    >>> m = MeteredNumpy(Budget(1_000))
    >>> x = m.ones((3, 4)) + 1.0
    >>> m.budget.totals
    {'ones': 0, 'add': 12}
    """

    def __init__(self, budget: Budget, *, exact: bool = True) -> None:
        self.budget = budget
        self.exact = exact
        self.linalg = _Namespace(self, "linalg", np.linalg)
        self.fft = _Namespace(self, "fft", np.fft)
        self.random = _RandomNamespace(self)

    def __getattr__(self, name: str) -> Any:
        target = getattr(np, name)
        if name in RULES and callable(target) and not isinstance(target, type):
            target = self.counted(name, target)
        elif isinstance(target, ModuleType) or (callable(target) and not isinstance(target, type)):
            raise AttributeError(f"the reference meter does not provide {name!r}")
        setattr(self, name, target)
        return target

    def counted(self, name: str, target: Callable[..., Any]) -> _Counted:
        """The metered form of one NumPy callable."""
        if isinstance(target, np.ufunc):
            return _CountedUfunc(self, name, target)
        return _Counted(self, name, target)

    def price(self, name: str, *args: Any, **kwargs: Any) -> int:
        """Price of a call, by closed form where allowed and available."""
        if not self.exact and name in CLOSED_FORMS:
            return CLOSED_FORMS[name](*args, **kwargs)
        return price(name, *args, **kwargs)

    def wrap(self, result: Any) -> Any:
        """Arrays become metered arrays, also inside tuples and lists; scalars stay."""
        if isinstance(result, np.ndarray):
            wrapped = result.view(MeteredArray)
            wrapped.meter = self
            return wrapped
        if isinstance(result, tuple):
            items = [self.wrap(item) for item in result]
            return type(result)(*items) if hasattr(result, "_fields") else tuple(items)
        if isinstance(result, list):
            return [self.wrap(item) for item in result]
        return result


class _Counted:
    """One metered callable."""

    def __init__(self, meter: MeteredNumpy, name: str, target: Callable[..., Any]) -> None:
        self._meter = meter
        self._name = name
        self._log_name = log_name(name)
        self._target = target
        self._runs_first = runs_first(name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        meter, name = self._meter, self._name
        out = kwargs.get("out")
        # One operand given twice stays one: some prices ask.
        views = {id(x): plain(x) for x in args}
        args = tuple(views[id(x)] for x in args)
        if kwargs:
            kwargs = {key: plain(x) for key, x in kwargs.items()}
        if name in SILENT:
            return meter.wrap(self._target(*args, **kwargs))
        if name in AFTER:
            result = self._run(args, kwargs)
            self._charge(AFTER[name](result), args)
        elif self._runs_first:
            flop_cost = meter.price(name, *args, **kwargs)
            meter.budget.check(self._log_name, flop_cost)
            result = self._run(args, kwargs)
            self._charge(flop_cost, args)
        else:
            self._charge(meter.price(name, *args, **kwargs), args)
            result = self._run(args, kwargs)
        if isinstance(out, tuple):
            results = result if isinstance(result, tuple) else (result,)
            written = (meter.wrap(r) if o is None else o for o, r in zip(out, results, strict=True))
            return tuple(written) if len(out) > 1 else next(written)
        return meter.wrap(result) if out is None else out

    def _charge(self, flop_cost: int, args: tuple[Any, ...]) -> None:
        shapes = tuple(x.shape for x in args if isinstance(x, np.ndarray))
        subscripts = args[0] if self._name == "einsum" and isinstance(args[0], str) else None
        self._meter.budget.charge(self._log_name, flop_cost, subscripts, shapes)

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        start = time.perf_counter()
        try:
            return self._target(*args, **kwargs)
        finally:
            self._meter.budget.backend_time_s += time.perf_counter() - start


class _CountedUfunc(_Counted):
    """A metered ufunc, with its methods."""

    def __getattr__(self, method: str) -> _Counted:
        if method not in ("reduce", "accumulate", "outer", "reduceat", "at"):
            raise AttributeError(f"the reference meter does not provide {self._name}.{method}")
        counted = _Counted(self._meter, f"{self._name}.{method}", getattr(self._target, method))
        setattr(self, method, counted)
        return counted


class _Namespace:
    """A submodule of NumPy, as far as the twin has prices for it."""

    def __init__(self, meter: MeteredNumpy, prefix: str, module: Any) -> None:
        self._meter = meter
        self._prefix = prefix
        self._module = module

    def __getattr__(self, name: str) -> Any:
        full_name = f"{self._prefix}.{name}"
        if full_name not in RULES:
            raise AttributeError(f"the reference meter does not provide {full_name!r}")
        counted = self._meter.counted(full_name, getattr(self._module, name))
        setattr(self, name, counted)
        return counted


class _RandomNamespace:
    """``random``: the module's functions, and generators that are paid for."""

    def __init__(self, meter: MeteredNumpy) -> None:
        self._meter = meter

    def default_rng(self, seed: Any = None) -> _Sampler:
        """A metered ``numpy.random.Generator``."""
        rng = np.random.default_rng(plain(seed))
        return _Sampler(self._meter, "random.Generator", rng, GENERATOR_METHODS)

    def RandomState(self, seed: Any = None) -> _Sampler:
        """A metered ``numpy.random.RandomState``."""
        rng = np.random.RandomState(plain(seed))
        return _Sampler(self._meter, "random.RandomState", rng, RANDOM_STATE_METHODS)

    def __getattr__(self, name: str) -> Any:
        if name in ("seed", "get_state", "set_state"):
            return getattr(np.random, name)
        if name not in MODULE_FUNCTIONS:
            raise AttributeError(f"the reference meter does not provide 'random.{name}'")
        counted = self._meter.counted(f"random.{name}", getattr(np.random, name))
        setattr(self, name, counted)
        return counted


class _Sampler:
    """A generator whose counted methods are paid for."""

    def __init__(self, meter: MeteredNumpy, prefix: str, rng: Any, methods: frozenset[str]) -> None:
        self._meter = meter
        self._prefix = prefix
        self._rng = rng
        self._methods = methods

    def spawn(self, n_children: int) -> list[_Sampler]:
        """Children that are paid for too."""
        return [
            _Sampler(self._meter, self._prefix, child, self._methods)
            for child in self._rng.spawn(n_children)
        ]

    def __getattr__(self, name: str) -> Any:
        if name in ("bit_generator", "seed", "get_state", "set_state"):
            return getattr(self._rng, name)
        if name not in self._methods:
            raise AttributeError(f"the reference meter does not count {self._prefix}.{name}")
        counted = self._meter.counted(f"{self._prefix}.{name}", getattr(self._rng, name))
        setattr(self, name, counted)
        return counted
