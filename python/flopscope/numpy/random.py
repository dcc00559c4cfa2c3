"""NumPy's random sampling, metered. Streams are NumPy's own for every seed.

>>> import flopscope.numpy as fnp
>>> rng = fnp.random.default_rng(0)
>>> rng.normal(size=2)
FlopscopeArray([ 0.12573022, -0.13210486])
"""

from __future__ import annotations

import functools
from typing import Any, NoReturn

import numpy as _np
from numpy.random import (  # noqa: F401 - handed out through __all__
    MT19937,
    PCG64,
    PCG64DXSM,
    SFC64,
    BitGenerator,
    Philox,
    SeedSequence,
)

from flopscope.errors import UnsupportedFunctionError
from flopscope.numpy import _namespace
from flopscope.numpy._symmetric_draws import symmetric

_FREE_METHODS = {
    "random.Generator": {"bit_generator", "spawn"},
    "random.RandomState": {"get_state", "seed", "set_state"},
}


def _refuse(owner: str, name: str) -> property:
    """Return a member that stands for one of NumPy's that is not counted."""

    def refuse(_self: Any) -> NoReturn:
        raise UnsupportedFunctionError(
            f"{owner}.{name}",
            replacement=f"a counted method; flopscope does not count {owner}.{name}",
        )

    return property(refuse)


def _counted_methods(module: str, base: type) -> dict[str, Any]:
    """Return the members of a counted generator class: counted methods, and refusals."""
    members: dict[str, Any] = {}
    for row in _namespace.ROWS.values():
        public = row.name.rpartition(".")[2]
        if row.module != module or public in _FREE_METHODS[module] or not hasattr(base, public):
            continue
        op = _namespace.make(row.name, getattr(base, public), method=True)
        if op is not None:
            members[public] = op
    for name in dir(base):
        if not name.startswith("_") and name not in members | dict.fromkeys(_FREE_METHODS[module]):
            members[name] = _refuse(base.__name__, name)
    return members


def _make_generator(bit_generator: Any) -> Generator:
    return Generator(bit_generator)


class _GeneratorBase(_np.random.Generator):
    """What counted generators add to NumPy's."""

    def spawn(self, n_children: int) -> list[Any]:
        """Make independent counted generators; free."""
        return [type(self)(child) for child in self.bit_generator.spawn(n_children)]

    def __reduce__(self) -> Any:
        return _make_generator, (self.bit_generator,)


class _RandomStateBase(_np.random.RandomState):
    """What counted random states add to NumPy's."""

    def __reduce__(self) -> Any:
        return _restore_state, (self.get_state(legacy=False),)


Generator: Any = type(
    "Generator",
    (_GeneratorBase,),
    {
        **_counted_methods("random.Generator", _np.random.Generator),
        "__module__": __name__,
        "__doc__": _np.random.Generator.__doc__,
    },
)
RandomState: Any = type(
    "RandomState",
    (_RandomStateBase,),
    {
        **_counted_methods("random.RandomState", _np.random.RandomState),
        "__module__": __name__,
        "__doc__": _np.random.RandomState.__doc__,
    },
)


def _restore_state(state: Any) -> Any:
    restored = RandomState()
    restored.set_state(state)
    return restored


@functools.wraps(_np.random.default_rng)  # a counted generator instead
def _default_rng(seed: Any = None) -> Any:
    if isinstance(seed, Generator):
        return seed
    return Generator(_np.random.default_rng(seed).bit_generator)


_functions = _namespace.build("random", _np.random, {"default_rng": _default_rng})
_functions["symmetric"] = symmetric
globals().update(_functions)

__all__ = sorted(
    {
        *_functions,
        "BitGenerator",
        "Generator",
        "MT19937",
        "PCG64",
        "PCG64DXSM",
        "Philox",
        "RandomState",
        "SFC64",
        "SeedSequence",
    }
)


def __getattr__(name: str) -> Any:
    if f"random.{name}" in _namespace.ROWS:
        raise _namespace.missing_attribute("flopscope.numpy.random", name, (), "random.")
    raise AttributeError(
        f"module 'flopscope.numpy.random' has no attribute {name!r}; "
        "counted generators come from fnp.random.default_rng(seed)"
    )


def __dir__() -> list[str]:
    return __all__
