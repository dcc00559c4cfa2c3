"""Random calls: operands of every shape, dtype, memory layout and form.

A *case* is a function ``(draw, name) -> Call`` that draws the arguments of one operation; a
:class:`Cases` table holds those of a family by name.  Arrays inside a call are :class:`Operand`
descriptions, so that one drawn call can be carried out any number of times on fresh arrays, plain
or counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import reference
from flopscope.reference import Group, groups

Draw = Callable[..., Any]
Shape = tuple[int, ...]

BOOL = ("?",)
SIGNED = ("i1", "i2", "i4", "i8")
INTEGERS = (*SIGNED, "u1", "u4")
FLOATS = ("f2", "f4", "f8")
COMPLEX = ("c8", "c16")
REAL = (*BOOL, *INTEGERS, *FLOATS)
NUMERIC = (*REAL, *COMPLEX)
INEXACT = (*FLOATS, *COMPLEX)
# float64 and its neighbours come more often than the rest: they are what programs use.
COMMON = (*NUMERIC, "f8", "f8", "f8", "f4", "i8")

LAYOUTS = ("c", "c", "c", "fortran", "reversed", "strided", "big-endian", "read-only", "misaligned")
WRITABLE = ("c", "c", "fortran", "reversed", "strided", "big-endian", "misaligned")

_SPECIAL_FLOATS = (np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0, -1.0, 0.5)


def laid_out(values: np.ndarray, layout: str) -> np.ndarray:
    """Return a fresh array of the same values with another arrangement in memory."""
    if layout == "fortran":
        return np.array(values, order="F")
    if layout == "reversed":
        flipped = (slice(None, None, -1),) * values.ndim
        return np.array(values[flipped])[flipped] if values.ndim else values.copy()
    if layout == "strided":
        if values.ndim == 0:
            return values.copy()
        room = np.zeros((*values.shape[:-1], 2 * values.shape[-1]), values.dtype)
        room[..., ::2] = values
        return room[..., ::2]
    if layout == "big-endian":
        return values.astype(values.dtype.newbyteorder(">"))
    if layout == "misaligned":
        room = np.zeros(values.nbytes + 1, np.uint8)
        shifted = room[1:].view(values.dtype).reshape(values.shape)
        shifted[...] = values
        return shifted
    copy = values.copy()
    if layout == "read-only":
        copy.setflags(write=False)
    return copy


@dataclass(frozen=True, eq=False)
class Operand:
    """Values, how they lie in memory, and what they are handed over as.

    The forms are ``counted``, ``raw`` (an ndarray), ``list``, and for a single value ``scalar``
    (NumPy's) and ``python``.  With a symmetry the counted array is tagged with it, and so is the
    twin's; NumPy gets the plain values.
    """

    values: np.ndarray
    layout: str = "c"
    form: str = "counted"
    symmetry: Group | None = None

    @property
    def shape(self) -> Shape:
        return self.values.shape

    @property
    def ndim(self) -> int:
        return self.values.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    def make(self, counted: bool, tagged: bool = False) -> Any:
        """Return a fresh object of this description; `tagged` asks for the twin's."""
        if self.symmetry is not None and counted:
            return flops.as_symmetric(
                fnp.asarray(laid_out(self.values, self.layout)), symmetry=in_library(self.symmetry)
            )
        if self.symmetry is not None and tagged:
            return reference.tagged(self.values, self.symmetry)
        if self.form in ("list", "python"):
            return self.values.tolist()
        if self.form == "scalar":
            return self.values[()]
        array = laid_out(self.values, self.layout)
        return fnp.asarray(array) if counted and self.form == "counted" else array

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def __repr__(self) -> str:
        values = f"np.array({self.values.tolist()!r}, {self.dtype.str!r})"
        if 0 in self.shape:
            values = f"np.empty({self.shape}, {self.dtype.str!r})"
        symmetry = "" if self.symmetry is None else f" {self.symmetry}"
        return f"<{values} {self.layout} {self.form}{symmetry}>"


@dataclass(frozen=True)
class Call:
    """Arguments of one call, arrays described by operands."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)

    def make(self, counted: bool, tagged: bool = False) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments with fresh arrays in them; an operand used twice is one array.

        `tagged` asks for what the twin is given.
        """
        made: dict[int, Any] = {}

        def fresh(operand: Operand) -> Any:
            if id(operand) not in made:
                made[id(operand)] = operand.make(counted, tagged)
            return made[id(operand)]

        return mapped(fresh, self.args), mapped(fresh, self.kwargs)


def mapped(function: Callable[[Operand], Any], tree: Any) -> Any:
    """Return a structure of arguments with every operand in it replaced."""
    if isinstance(tree, Operand):
        return function(tree)
    if isinstance(tree, (tuple, list)):
        return type(tree)(mapped(function, item) for item in tree)
    if isinstance(tree, dict):
        return {key: mapped(function, item) for key, item in tree.items()}
    return tree


def in_library(group: Group) -> flops.SymmetryGroup:
    """Return the library's group for one of the twin's, of a named kind where it is one."""
    axes = group.axes
    for make, named in (
        (groups.symmetric, flops.SymmetryGroup.symmetric),
        (groups.cyclic, flops.SymmetryGroup.cyclic),
        (groups.dihedral, flops.SymmetryGroup.dihedral),
    ):
        if group == make(axes):
            return named(axes=axes)
    return flops.SymmetryGroup.from_generators([list(g) for g in group.generators], axes=axes)


def call(*args: Any, **kwargs: Any) -> Call:
    """Return the call with these arguments."""
    return Call(args, kwargs)


Case = Callable[[Draw, str], Call]


class Cases(dict[str, Case]):
    """The cases of a family: operation name -> function that draws a call."""

    def add(self, names: str) -> Callable[[Case], Case]:
        """Register a case for the blank-separated names."""

        def register(case: Case) -> Case:
            for name in names.split():
                if name in self:
                    raise ValueError(f"{name} has two cases")
                self[name] = case
            return case

        return register

    def calls(self, name: str) -> st.SearchStrategy[Call]:
        """Return the strategy of an operation's calls."""

        @st.composite
        def drawn(draw: Draw) -> Call:
            return self[name](draw, name)

        return drawn()

    def here(self) -> list[str]:
        """Return the operations that the installed NumPy has, sorted."""
        return sorted(name for name in self if is_here(name))


def found_in(owner: Any, name: str) -> Any:
    """Return what a dotted name stands for in a module, or None."""
    for part in name.split("."):
        owner = getattr(owner, part, None)
    return owner


def is_here(name: str) -> bool:
    """Tell whether NumPy has a function; some came or went within the supported releases."""
    return found_in(np, name) is not None


# ------------------------------------------------------------------------------- small choices


def maybe(draw: Draw, one_in: int = 4) -> bool:
    """True once in so many times; shrinks to False."""
    return bool(draw(st.integers(0, one_in - 1)) == one_in - 1)


def pick(draw: Draw, *options: Any) -> Any:
    """Return one of the options; shrinks to the first."""
    return draw(st.sampled_from(options))


def integer(draw: Draw, low: int, high: int) -> int:
    """Return an integer from low to high inclusive."""
    return int(draw(st.integers(low, high)))


# -------------------------------------------------------------------------------------- shapes


_equal_sides = False


@contextmanager
def equal_sides() -> Iterator[None]:
    """Draw what can be symmetric within a block: axes of one length, mostly two and more.

    The values are small ones.
    """
    global _equal_sides
    _equal_sides = True
    try:
        yield
    finally:
        _equal_sides = False


def shape_of(draw: Draw, low: int = 0, high: int = 3, side: int = 4, least: int = 0) -> Shape:
    """Return a shape of `low` to `high` axes with lengths from `least` to `side`."""
    sides = st.integers(least, side)
    if _equal_sides:
        ndim = integer(draw, low if maybe(draw) else min(max(low, 2), high), high)
        return (pick(draw, 3, draw(sides)),) * ndim
    return tuple(draw(st.lists(sides, min_size=low, max_size=high)))


def narrowed(draw: Draw, shape: Shape) -> Shape:
    """Return a shape that broadcasts to the given one."""
    kept = shape[integer(draw, 0, len(shape)) :] if maybe(draw, 3) else shape
    return tuple(1 if maybe(draw, 5) else n for n in kept)


def shapes_together(draw: Draw, count: int) -> list[Shape]:
    """Return shapes that broadcast with one another, or now and then do not."""
    if maybe(draw, 16):
        return [shape_of(draw) for _ in range(count)]
    shape = shape_of(draw)
    if maybe(draw, 2):
        return [shape] * count
    return [narrowed(draw, shape) for _ in range(count)]


def axis_of(draw: Draw, ndim: int, *, none: bool = True, many: bool = False) -> Any:
    """Return an axis argument: None, an axis from either end, a tuple; rarely a wrong one."""
    if none and maybe(draw, 3):
        return None
    if maybe(draw, 24):
        return pick(draw, ndim, -ndim - 1, ndim + 2)
    if many and maybe(draw, 3):
        axes = draw(st.lists(st.integers(0, max(ndim - 1, 0)), unique=True, max_size=ndim))
        return tuple(axis - ndim if maybe(draw) else axis for axis in axes)
    if ndim == 0:
        return pick(draw, 0, -1)
    return integer(draw, -ndim, ndim - 1)


# ------------------------------------------------------------------------------------- values


def _drawn_values(
    rng: np.random.Generator, shape: Shape, dtype: np.dtype[Any], tame: bool
) -> np.ndarray:
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        low = 0 if dtype.kind == "u" else -9
        values = np.asarray(rng.integers(low, 10, shape)).astype(dtype)
        if not tame:
            info = np.iinfo(dtype)
            at = rng.random(shape) < 0.15
            extremes = rng.choice(np.array([info.min, info.max, 0, 1], dtype), shape)
            values = np.where(at, extremes, values)
        return np.asarray(values, dtype)
    if dtype.kind == "c":
        part = np.dtype(f"f{dtype.itemsize // 2}")
        values = np.empty(shape, dtype)
        values.real = _drawn_values(rng, shape, part, tame)
        values.imag = _drawn_values(rng, shape, part, tame)
        return values
    # Quarters: sums stay exact in part of the cases, ties occur.
    values = np.where(
        rng.random(shape) < 0.5, rng.integers(-8, 9, shape) / 4, rng.standard_normal(shape)
    )
    if not tame:
        info = np.finfo(dtype)
        palette = np.array([*_SPECIAL_FLOATS, info.max, info.min, info.tiny, info.tiny / 4], "f8")
        values = np.where(rng.random(shape) < 0.2, rng.choice(palette, shape), values)
    return np.asarray(values).astype(dtype)


def values_of(draw: Draw, shape: Shape, dtype: Any, *, tame: bool = False) -> np.ndarray:
    """Return an array of small, special and extreme values; only small ones if `tame`."""
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    # Special values are left out of half the arrays, else no long sum would ever be finite.
    tame = tame or _equal_sides or seed % 2 == 0
    return _drawn_values(rng, shape, np.dtype(dtype), tame)


def operand(
    draw: Draw,
    shape: Shape | None = None,
    dtypes: Sequence[str] = COMMON,
    *,
    tame: bool = False,
    layouts: Sequence[str] = LAYOUTS,
    forms: Sequence[str] = ("counted", "counted", "counted", "counted", "raw", "list"),
    **shape_limits: int,
) -> Operand:
    """Return an operand; 0-d ones are also given as Python and NumPy scalars."""
    if shape is None:
        shape = shape_of(draw, **shape_limits)
    values = values_of(draw, shape, pick(draw, *dtypes), tame=tame)
    form = pick(draw, *forms)
    if not shape and "list" in forms and maybe(draw, 2):
        form = pick(draw, "python", "scalar")
    if form == "list" and (not shape or 0 in shape):
        form = "counted"
    return Operand(values, pick(draw, *layouts), form)


def array(
    draw: Draw, shape: Shape | None = None, dtypes: Sequence[str] = COMMON, **more: Any
) -> Operand:
    """Return a counted operand, or a plain array."""
    return operand(draw, shape, dtypes, forms=("counted", "counted", "counted", "raw"), **more)


def counted(
    draw: Draw, shape: Shape | None = None, dtypes: Sequence[str] = COMMON, **more: Any
) -> Operand:
    """Return an operand that is always a counted array."""
    return operand(draw, shape, dtypes, forms=("counted",), **more)


def mask(draw: Draw, shape: Shape) -> Operand:
    """Return a Boolean operand."""
    return array(draw, shape, BOOL)


def target(
    draw: Draw, shape: Shape, dtypes: Sequence[str] = ("f8", "f8", "c16", "i8", "?")
) -> Operand:
    """Return an array to be written to, filled with values that show if they are kept."""
    return array(draw, shape, dtypes, layouts=WRITABLE, tame=True)


def size_of(shape: Shape) -> int:
    """Number of elements."""
    return int(np.prod(shape, dtype=int))
