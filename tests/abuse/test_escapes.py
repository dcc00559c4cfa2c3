"""Ways by which data of counted arrays reaches NumPy or Python that nobody meters."""

from __future__ import annotations

import array
import copy
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core
from flopscope.errors import EscapeError

from .registry import Attack, attack, register

pytestmark = pytest.mark.filterwarnings("ignore")

VALUES = [3.0, 1.0, 2.0, 5.0]
NBYTES = 32


class Arrays(NamedTuple):
    """What an attack may use: counted arrays, plain ones, and a folder."""

    v: Any  # counted, VALUES
    m: Any  # counted, 2 x 2
    p: Any  # plain, as long as v
    q: Any  # plain, 2 x 2
    path: Path


def arrays(path: Path) -> Arrays:
    v = fnp.array(VALUES)
    return Arrays(v, v.reshape(2, 2).copy(), np.ones(4), np.ones((2, 2)), path)


Action = Callable[[Arrays], Any]
WAYS: dict[str, tuple[str, int, Action]] = {}


def way(name: str, tried: str, what: str, nbytes: int = NBYTES) -> Callable[[Action], Action]:
    """Register a way that is recorded, and refused by a strict budget."""

    def enlist(action: Action) -> Action:
        register(Attack(name, "Ways out of the meter", tried, "recorded"))
        WAYS[name] = (what, nbytes, action)
        return action

    return enlist


def simple(name: str, tried: str, what: str, action: Action, nbytes: int = NBYTES) -> None:
    way(name, tried, what, nbytes)(action)


simple("asarray", "`np.asarray(a)`", "np.asarray", lambda x: np.asarray(x.v))
simple("array", "`np.array(a)`", "np.array", lambda x: np.array(x.v))
simple("array-of-list", "`np.array([a, a])`", "np.array", lambda x: np.array([x.v, x.v]), 64)
simple("array-keyword", "`np.array(object=a)`", "np.array", lambda x: np.array(object=x.v))
simple(
    "ascontiguousarray", "`np.ascontiguousarray(a)`", "np.ascontiguousarray",
    lambda x: np.ascontiguousarray(x.v),
)  # fmt: skip
simple(
    "asfortranarray", "`np.asfortranarray(a)`", "np.asfortranarray",
    lambda x: np.asfortranarray(x.m),
)  # fmt: skip
simple(
    "asarray-chkfinite", "`np.asarray_chkfinite(a)`", "np.asarray",
    lambda x: np.asarray_chkfinite(x.v),
)  # fmt: skip
simple("matrix", "`np.matrix(a)`", "ndarray.view", lambda x: np.matrix(x.m))
simple("masked", "`np.ma.array(a)`", "ndarray.view", lambda x: np.ma.array(x.v))
simple("recarray", "`np.rec.array(a)`", "ndarray.view", lambda x: np.rec.array(x.v))
simple(
    "as-strided", "`np.lib.stride_tricks.as_strided(a)`", "np.array",
    lambda x: np.lib.stride_tricks.as_strided(x.v),
)  # fmt: skip
simple("ndenumerate", "`np.ndenumerate(a)`", "np.asarray", lambda x: list(np.ndenumerate(x.v)))
simple("nditer", "`np.nditer(a)`", "np.nditer", lambda x: list(np.nditer(x.v)))
simple(
    "nested-iters", "`np.nested_iters([a], ...)`", "np.nested_iters",
    lambda x: np.nested_iters([x.m], [[0], [1]]),
)  # fmt: skip
simple("view", "`a.view(np.ndarray)`", "ndarray.view", lambda x: x.v.view(np.ndarray))
simple(
    "view-unbound", "`np.ndarray.view(a, np.ndarray)`", "ndarray.view",
    lambda x: np.ndarray.view(x.v, np.ndarray),
)  # fmt: skip
simple(
    "view-subclass", "`a.view(S)` with `class S(np.ndarray)`", "ndarray.view",
    lambda x: x.v.view(type("S", (np.ndarray,), {})),
)  # fmt: skip
simple("dunder-array", "`a.__array__()`", "__array__", lambda x: x.v.__array__())
simple(
    "array-wrap", "`np.ndarray.__array_wrap__(plain, a)`", "__array_wrap__",
    lambda x: np.ndarray.__array_wrap__(x.p, x.v),
)  # fmt: skip
simple("data", "`a.data`", "ndarray.data", lambda x: x.v.data)
simple("memoryview", "`memoryview(a)`", "buffer", lambda x: memoryview(x.v))
simple("bytes", "`bytes(a)`", "buffer", lambda x: bytes(x.v))
simple("frombuffer", "`np.frombuffer(a)`", "buffer", lambda x: np.frombuffer(x.v))
simple(
    "ndarray-buffer", "`np.ndarray(shape, buffer=a)`", "buffer", lambda x: np.ndarray(4, buffer=x.v)
)
simple("file-write", "`file.write(a)`", "buffer", lambda x: io.BytesIO().write(x.v))
simple("ctypes", "`a.ctypes.data`", "ndarray.ctypes", lambda x: x.v.ctypes.data)
simple(
    "array-interface", "`a.__array_interface__`", "__array_interface__",
    lambda x: x.v.__array_interface__,
)  # fmt: skip
simple("array-struct", "`a.__array_struct__`", "__array_struct__", lambda x: x.v.__array_struct__)
simple(
    "property-unbound", "`np.ndarray.__array_interface__.__get__(a)`", "__array_interface__",
    lambda x: np.ndarray.__array_interface__.__get__(x.v),
)  # fmt: skip
simple("tobytes", "`np.frombuffer(a.tobytes())`", "ndarray.tobytes", lambda x: x.v.tobytes())
simple(
    "tofile", "`a.tofile(path)`, then `np.fromfile`", "ndarray.tofile",
    lambda x: x.v.tofile(x.path / "data"),
)  # fmt: skip
simple("dump", "`a.dump(path)`", "ndarray.dump", lambda x: x.v.dump(str(x.path / "dump")))
simple("dumps", "`a.dumps()`", "ndarray.dumps", lambda x: x.v.dumps())
simple("pickle", "`pickle.dumps(a)`", "pickle", lambda x: pickle.dumps(x.v))
simple(
    "pickle-out-of-band", "`pickle.dumps(a, 5, buffer_callback=...)`", "pickle",
    lambda x: pickle.dumps(x.v, 5, buffer_callback=lambda _: None),
)  # fmt: skip
simple("save", "`fnp.save(path, a)`", "save", lambda x: fnp.save(x.path / "a.npy", x.v))
simple("np-save", "`np.savez(path, a=a)`", "save", lambda x: np.savez(x.path / "a.npz", a=x.v))
simple(
    "pickle-tagged", "`pickle.dumps(symmetric)`", "pickle",
    lambda x: pickle.dumps(fnp.ones((2, 2))),
)  # fmt: skip
simple("tolist", "`np.array(a.tolist())`", "ndarray.tolist", lambda x: x.v.tolist())
simple("iteration", "`sum(a)`, `list(a)`, `math.fsum(a)`", "iteration", lambda x: sum(x.v))
simple("fromiter", "`np.fromiter(a, float)`", "iteration", lambda x: np.fromiter(x.v, float))
simple("array-array", "`array.array('d', a)`", "iteration", lambda x: array.array("d", x.v))
simple(
    "iteration-unbound", "`np.ndarray.__iter__(a)`", "iteration",
    lambda x: list(np.ndarray.__iter__(x.v)),
)  # fmt: skip
simple("flat-iteration", "`list(a.flat)`", "iteration", lambda x: list(x.m.flat))
simple("flat-array", "`np.array(a.flat)`", "np.array", lambda x: np.array(x.v.flat))
simple("flat-dunder-array", "`a.flat.__array__()`", "ndarray.flat", lambda x: x.v.flat.__array__())
simple("dlpack", "`np.from_dlpack(a)`", "dlpack", lambda x: np.from_dlpack(x.v))
simple("out-plain", "`fnp.add(a, b, out=plain)`", "out=", lambda x: fnp.add(x.v, x.v, out=x.p))
simple(
    "out-reduction", "`fnp.sum(m, axis=0, out=plain)`", "out=",
    lambda x: fnp.sum(x.m, axis=0, out=x.p[:2]), 16,
)  # fmt: skip
simple(
    "out-matmul", "`fnp.matmul(m, m, out=plain)`", "out=", lambda x: fnp.matmul(x.m, x.m, out=x.q)
)
simple("in-place-plain", "`plain += a`", "out=", lambda x: x.p.__iadd__(x.v))
simple("add-at-plain", "`np.add.at(plain, [0], a)`", "out=", lambda x: np.add.at(x.p, [0], x.v[:1]))
simple("copyto", "`np.copyto(plain, a)`", "out=", lambda x: np.copyto(x.p, x.v))
simple("put-function", "`np.put(plain, i, a)`", "out=", lambda x: np.put(x.p, [0, 1, 2, 3], x.v))
simple("put-method", "`plain.put(i, a)`", "ndarray.put", lambda x: x.p.put([0, 1, 2, 3], x.v))
simple("setitem", "`plain[:] = a`", "assignment", lambda x: x.p.__setitem__(slice(None), x.v))
simple(
    "setitem-unbound", "`np.ndarray.__setitem__(plain, ..., a)`", "assignment",
    lambda x: np.ndarray.__setitem__(x.p, ..., x.v),
)  # fmt: skip
simple(
    "setitem-list", "`plain[:] = [row, row]`", "assignment",
    lambda x: x.q.__setitem__(slice(None), [x.v[:2], x.v[2:]]),
)  # fmt: skip
simple(
    "choose-plain", "`plain.choose([a])`", "ndarray.choose",
    lambda x: np.zeros(4, int).choose([x.v]),
)  # fmt: skip
simple(
    "callback", "`fnp.apply_along_axis(f, 0, a)`: `f` gets plain rows", "callback",
    lambda x: fnp.apply_along_axis(lambda row: row * 2.0, 0, x.m),
)  # fmt: skip
simple(
    "piecewise", "`fnp.piecewise(a, conditions, [f])`", "callback",
    lambda x: fnp.piecewise(x.v, [x.p > 0], [lambda elements: elements * 2.0]),
)  # fmt: skip


@way("shared-memory", "`x = fnp.asarray(plain); x += a`, then `plain`", "out=")
def _(x: Arrays) -> Any:
    shared = fnp.asarray(x.p)
    shared += x.v
    return x.p


@way("shared-memory-item", "`x = fnp.asarray(plain); x[:] = a`, then `plain`", "assignment")
def _(x: Arrays) -> Any:
    fnp.asarray(x.p)[:] = x.v
    return x.p


@way("shared-memory-out", "`fnp.add(a, a, out=fnp.asarray(plain))`", "out=")
def _(x: Arrays) -> Any:
    return fnp.add(x.v, x.v, out=fnp.asarray(x.p))


@way("callback-inside", "`np.asarray(a)` within a callback of a counted operation", "np.asarray")
def _(x: Arrays) -> Any:
    return fnp.fromfunction(lambda i: i + np.asarray(x.v), (4,))


@pytest.mark.parametrize("name", WAYS)
def test_what_leaves_is_recorded_with_its_place_and_bytes(name: str, tmp_path: Path) -> None:
    what, nbytes, action = WAYS[name]
    with flops.BudgetContext(10**9, quiet=True) as budget:
        given = arrays(tmp_path)
        assert budget.escapes == ()
        action(given)
    (escape,) = budget.escapes
    assert (escape.what, escape.count, escape.nbytes) == (what, 1, nbytes)
    assert escape.where is not None
    file, line = escape.where.rsplit(":", 1)
    assert Path(file).samefile(__file__)
    assert int(line) > 0


@pytest.mark.parametrize("name", WAYS)
def test_a_strict_budget_refuses_and_bills_nothing(name: str, tmp_path: Path) -> None:
    what, nbytes, action = WAYS[name]
    with flops.BudgetContext(10**9, quiet=True, strict=True) as budget:
        assert budget.strict
        given = arrays(tmp_path)
        plain = [given.p.copy(), given.q.copy()]
        used = budget.flops_used
        with pytest.raises(EscapeError) as caught:
            action(given)
        assert (caught.value.what, caught.value.nbytes) == (what, nbytes)
        assert "strict" in str(caught.value)
        assert budget.flops_used == used
        assert {record.op_name for record in budget.op_log} <= {"array", "asarray", "ones"}
        assert budget.escapes == ()
    assert given.v.tolist() == VALUES
    assert [p.tolist() for p in plain] == [given.p.tolist(), given.q.tolist()]


@pytest.mark.parametrize("name", WAYS)
def test_nothing_is_kept_where_no_context_is_open(name: str, tmp_path: Path) -> None:
    with flops.BudgetContext(10**9, quiet=True, strict=True) as budget:
        pass
    WAYS[name][2](arrays(tmp_path))
    assert budget.escapes == ()


# ------------------------------------------------------------------- what NumPy computes is billed

BILLED: dict[str, tuple[Action, Action]] = {}


def bills(name: str, tried: str, action: Action, counted: Action) -> None:
    """Register a call through NumPy that must bill, and give, what the counted one does."""
    register(Attack(name, "NumPy's own functions", tried, "billed"))
    BILLED[name] = (action, counted)


bills("np-add", "`np.add(a, b)`", lambda x: np.add(x.v, x.v), lambda x: fnp.add(x.v, x.v))
bills(
    "add-unbound", "`np.ndarray.__add__(a, b)`",
    lambda x: np.ndarray.__add__(x.v, x.v), lambda x: fnp.add(x.v, x.v),
)  # fmt: skip
bills(
    "plain-plus-counted", "`plain + a`",
    lambda x: x.p + x.v, lambda x: fnp.add(x.p, x.v),
)  # fmt: skip
bills(
    "matmul-unbound", "`np.ndarray.__matmul__(a, b)`",
    lambda x: np.ndarray.__matmul__(x.m, x.m), lambda x: fnp.matmul(x.m, x.m),
)  # fmt: skip
bills("plain-dot", "`plain.dot(a)`", lambda x: x.q.dot(x.m), lambda x: fnp.dot(x.q, x.m))
bills(
    "dot-unbound", "`np.ndarray.dot(a, b)`",
    lambda x: np.ndarray.dot(x.m, x.m), lambda x: fnp.dot(x.m, x.m),
)  # fmt: skip
bills(
    "sum-unbound", "`np.ndarray.sum(a)`",
    lambda x: np.ndarray.sum(x.v), lambda x: fnp.add.reduce(x.v),
)  # fmt: skip
bills(
    "searchsorted", "`plain.searchsorted(a)`",
    lambda x: x.p.searchsorted(x.v), lambda x: fnp.searchsorted(x.p, x.v),
)  # fmt: skip
for _method in ("argsort", "argmax", "argmin", "nonzero", "trace"):
    bills(
        f"{_method}-unbound", f"`np.ndarray.{_method}(a)`",
        lambda x, name=_method: getattr(np.ndarray, name)(x.m),
        lambda x, name=_method: getattr(x.m, name)(),
    )  # fmt: skip
bills(
    "clip-plain", "`plain.clip(a, b)`",
    lambda x: x.p.clip(x.v, x.v), lambda x: fnp.clip(x.p, x.v, x.v),
)  # fmt: skip
bills(
    "array-ufunc-unbound", "`np.ndarray.__array_ufunc__(a, np.add, '__call__', a, b)`",
    lambda x: np.ndarray.__array_ufunc__(x.v, np.add, "__call__", x.v, x.v),
    lambda x: fnp.add(x.v, x.v),
)  # fmt: skip
bills(
    "add-reduce", "`np.add.reduce(a)`",
    lambda x: np.add.reduce(x.v), lambda x: fnp.add.reduce(x.v),
)  # fmt: skip


@pytest.mark.parametrize("name", BILLED)
def test_what_numpy_would_compute_is_billed(name: str, tmp_path: Path) -> None:
    action, counted = BILLED[name]
    with flops.BudgetContext(10**9, quiet=True) as budget:
        given = arrays(tmp_path)
        start = budget.flops_used
        expected = counted(given)
        middle = budget.flops_used
        got = action(given)
        assert budget.flops_used - middle == middle - start > 0
        assert budget.escapes == ()
    pairs = zip(got, expected, strict=True) if isinstance(got, tuple) else [(got, expected)]
    for one, other in pairs:
        assert isinstance(one, flops.FlopscopeArray)
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


REFUSED: dict[str, Action] = {
    "c-einsum": lambda x: np._core.multiarray.c_einsum("ij,jk", x.m, x.m),
    "dispatched-dot": lambda x: np._core._multiarray_umath.dot(x.m, x.m),
    "implementation-where": lambda x: np.where._implementation(x.v, x.v, x.v),
    "umath-linalg": lambda x: np.linalg._umath_linalg.inv(x.m),
    "frompyfunc": lambda x: np.frompyfunc(lambda element: element * 2.0, 1, 1)(x.v),
    "vectorize": lambda x: np.vectorize(lambda element: element * 2.0)(x.v),
    "correlate2": lambda x: np._core._multiarray_umath.correlate2(x.v, x.v),
    "object-array": lambda x: fnp.multiply(np.array([1, 2, 3, 4], object), x.v),
}
for _name, _tried in {
    "c-einsum": "`np._core.multiarray.c_einsum(...)`",
    "dispatched-dot": "`np._core._multiarray_umath.dot(a, b)`, below NumPy's dispatch",
    "implementation-where": "`np.where._implementation(...)`",
    "umath-linalg": "`np.linalg._umath_linalg.inv(a)`",
    "frompyfunc": "`np.frompyfunc(f, 1, 1)(a)`",
    "vectorize": "`np.vectorize(f)(a)`",
    "correlate2": "`np._core._multiarray_umath.correlate2(a, b)`",
    "object-array": "arrays of objects, whose arithmetic is the program's own",
}.items():
    register(Attack(_name, "NumPy's own functions", _tried, "refused"))


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_counted_function_knows_is_refused(name: str, tmp_path: Path) -> None:
    with flops.BudgetContext(10**9, quiet=True) as budget:
        given = arrays(tmp_path)
        used = budget.flops_used
        with pytest.raises((TypeError, flops.FlopscopeError)):
            REFUSED[name](given)
        assert budget.flops_used == used


# ---------------------------------------------------------------------------- what is no way out

HARMLESS: dict[str, Action] = {
    "repr": lambda x: (repr(x.v), str(x.v), f"{x.v}"),
    "one-number": lambda x: (float(x.v[0]), x.v.item(0), int(x.v[0]), bool(x.v[0] > 1.0)),
    "one-number-list": lambda x: fnp.sum(x.v).tolist(),
    "one-number-assigned": lambda x: x.p.__setitem__(0, fnp.sum(x.v)),
    "copies": lambda x: (copy.copy(x.v), copy.deepcopy(x.v), x.v.copy(), x.v.flatten()),
    "rows": lambda x: list(x.m),
    "shape-questions": lambda x: (np.shape(x.v), np.ndim(x.v), len(x.v), x.v.strides, x.v.nbytes),
    "asanyarray": lambda x: np.asanyarray(x.v),
    "base-of-owner": lambda x: (x.v.base, x.v[1:].base),
    "flat-write": lambda x: x.m.flat.__setitem__(slice(None), 2.0),
    "dtype-assigned": lambda x: setattr(x.v, "dtype", np.int64),
    "out-counted": lambda x: fnp.add(x.v, x.v, out=x.v),
    "temporary": lambda x: fnp.asarray(np.ones(4)).__iadd__(x.v),
    "counted-functions": lambda x: (fnp.linalg.solve(x.m, x.m), fnp.sort(x.v), fnp.fft.fft(x.v)),
    "file-of-plain": lambda x: np.save(x.path / "plain.npy", x.p),
    "plain-numpy": lambda x: (
        np.asarray(x.p),
        x.p.tolist(),
        x.p.view(),
        memoryview(x.p),
        list(x.p),
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_ordinary_use_is_no_escape(name: str, tmp_path: Path) -> None:
    with flops.BudgetContext(10**9, quiet=True, strict=True) as budget:
        HARMLESS[name](arrays(tmp_path))
    assert budget.escapes == ()


@attack(
    "Ways out of the meter", "`class S(flops.FlopscopeArray)` with ndarray's protocols", "refused"
)
def test_subclass_protocols() -> None:
    for name in ("__array_ufunc__", "__array_function__"):
        with pytest.raises(TypeError, match="unbilled"):
            type("Sly", (flops.FlopscopeArray,), {name: getattr(np.ndarray, name)})

    class Mixin(np.ndarray):
        __array_ufunc__ = np.ndarray.__array_ufunc__

    with pytest.raises(TypeError, match="unbilled"):
        type("Sly", (Mixin, flops.FlopscopeArray), {})


@attack("Ways out of the meter", "thousands of escapes, to fill the memory", "recorded")
def test_flood() -> None:
    with flops.BudgetContext(10**6, quiet=True) as budget:
        v = fnp.ones(4)
        for i in range(3_000):
            exec(compile("np.asarray(v)", f"file{i}.py", "exec"), {"np": np, "v": v})
    assert len(budget.escapes) == 1_001
    assert budget.escapes[-1].what == "others"
    assert sum(escape.count for escape in budget.escapes) == 3_000
    assert sum(escape.nbytes for escape in budget.escapes) == 3_000 * NBYTES


@attack("Ways out of the meter", "`os.fork()`: the child's work is billed to a copy", "recorded")
def test_fork() -> None:
    import os
    import warnings

    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    with flops.BudgetContext(10**6, quiet=True) as budget:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    assert [escape.what for escape in budget.escapes] == ["os.fork"]


@attack(
    "Ways out of the meter",
    "`np.random.default_rng().normal(a)`: arithmetic of NumPy's generators",
    "out of reach",
    "compiled code that reads arrays through NumPy's C interface asks nobody; so do other "
    "extensions, such as `torch.from_numpy(a)`",
)
def test_c_readers() -> None:
    with flops.BudgetContext(10**6, quiet=True) as budget:
        v = fnp.ones(4)
        drawn = np.random.default_rng(0).normal(v)
    assert type(drawn) is np.ndarray
    assert budget.escapes == ()


def test_all_hooks_are_in_place() -> None:
    holders = {"ndarray": np.ndarray, "flatiter": np.flatiter}
    for name in _core._hook_numpy():
        holder, _, function = name.rpartition(".")
        # Another NumPy may have no such function, never one that is not hooked.
        assert not hasattr(holders.get(holder, np._core._multiarray_umath), function)


def test_subclasses_of_ndarray_keep_fast_slots() -> None:
    class Sub(np.ndarray):
        pass

    sub = np.zeros(3).view(Sub)
    sub[:] = 4.0
    with pytest.raises(ValueError, match="delete"):
        del sub[0]
    assert list(sub) == [4.0] * 3
    with flops.BudgetContext(10**6, quiet=True) as budget:
        sub[:] = fnp.ones(3)
    assert [escape.what for escape in budget.escapes] == ["assignment"]


def test_a_loop_is_one_escape() -> None:
    with flops.BudgetContext(10**6, quiet=True) as budget:
        v = fnp.ones(4)
        for _ in range(50):
            np.asarray(v)
    (escape,) = budget.escapes
    assert (escape.what, escape.count, escape.nbytes) == ("np.asarray", 50, 50 * NBYTES)


def test_a_failed_call_is_no_escape() -> None:
    with flops.BudgetContext(10, quiet=True) as budget:
        v, out = fnp.ones(100), np.ones(100)
        with pytest.raises(flops.BudgetExhaustedError):
            fnp.add(v, v, out=out)
        with pytest.raises(flops.BudgetExhaustedError):
            fnp.sum(v.reshape(10, 10), axis=0, out=out[:10])
        with pytest.raises(TypeError):
            np.asarray(v, dtype=3)
        assert budget.escapes == ()
    assert out.tolist() == [1.0] * 100


def test_dry_runs_keep_no_escapes() -> None:
    with flops.BudgetContext(10**6, quiet=True, strict=True) as budget:
        bill = flops.estimate(
            lambda x: np.asarray(fnp.exp(x)).shape, flops.ShapeDtype((3,), "float64")
        )
    assert bill.flops_used == 48
    assert budget.escapes == ()
