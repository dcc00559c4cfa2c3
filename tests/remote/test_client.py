"""What programs see of a client: the same names, values, bills and errors as in process."""

from __future__ import annotations

import array as stdlib_array
import os
import re
import subprocess
import sys
import textwrap
import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import errors

from .servers import Server

_SAME_CLIENT = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)


def run(program: str, url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own, as a client."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        env={**os.environ, "FLOPSCOPE_SERVER_URL": url, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_client_needs_neither_numpy_nor_the_core(server: Server) -> None:
    done = run(
        """
        import sys
        import flopscope as flops
        import flopscope.numpy as fnp
        import flopscope.numpy.linalg, flopscope.fft, flopscope.random, flopscope.stats
        from flopscope import SymmetryGroup, Module, BudgetExhaustedError
        from flopscope.flops import einsum_cost, pointwise_cost
        with flops.BudgetContext(10**6, quiet=True) as budget:
            x = fnp.linspace(0.0, 1.0, 100)
            y = fnp.exp(-x) @ x
            assert isinstance(y, fnp.ndarray)
            print(budget.flops_used, float(y) > 0)
            print(einsum_cost("ij,jk->ik", [(2, 3), (3, 4)]), pointwise_cost("exp", shape=(3,)))
        print(sorted(m for m in sys.modules if m.split(".")[0] == "numpy"))
        print("flopscope._core" in sys.modules, flops.zeros is not None)
        """,
        server.url,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["2099 True", "40 48", "[]", "False True"]


def test_the_server_does_not_become_a_client(make_server: Any) -> None:
    made = make_server(FLOPSCOPE_SERVER_URL="ipc:///nowhere")
    client = flops.remote.connect(made.url)
    try:
        with client.BudgetContext(100, quiet=True):
            assert client.numpy.ones(3).tolist() == [1.0, 1.0, 1.0]
    finally:
        flops.remote.disconnect()


def test_connecting_and_disconnecting_change_what_is_imported(server: Server) -> None:
    client: Any = flops.remote.connect(server.url)
    import flopscope
    import flopscope.numpy as remote_numpy

    assert flopscope is client
    assert remote_numpy is client.numpy is not fnp
    flops.remote.disconnect()
    import flopscope

    assert flopscope is flops
    assert fnp.ones(2).tolist() == [1.0, 1.0]


def test_a_missing_server_is_a_connection_error(short_path: Any) -> None:
    done = run(
        """
        import flopscope as flops
        try:
            with flops.BudgetContext(10):
                pass
        except ConnectionError as error:
            print(error)
        """,
        f"ipc://{short_path}/none",
        FLOPSCOPE_CLIENT_TIMEOUT="0.5",
    )
    assert "none" in done.stdout, done.stderr
    with pytest.raises(ConnectionError, match="no endpoint"):
        flops.remote.connect("nonsense")


def test_values_and_metadata(client: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(10**6, quiet=True):
        x = np_.array([[1, 2, 3], [4, 5, 6]])
        assert (x.shape, x.dtype, x.ndim, x.size, x.nbytes, len(x)) == (
            (2, 3),
            "int64",
            2,
            6,
            48,
            2,
        )
        assert x.dtype == np_.int64
        assert x.T.tolist() == [[1, 4], [2, 5], [3, 6]]
        assert x[1, 2] == 6
        assert x[:, ::2].tolist() == [[1, 3], [4, 6]]
        assert x[[1, 0], 1].tolist() == [5, 2]
        assert x[x > 4].tolist() == [5, 6]
        assert x[..., None].shape == (2, 3, 1)
        assert [row.tolist() for row in x] == [[1, 2, 3], [4, 5, 6]]
        assert repr(x) == "array([[1, 2, 3],\n       [4, 5, 6]])"
        assert float(np_.array([2.5])) == 2.5
        assert int(np_.sum(x)) == 21
        assert bool(np_.any(x > 5))
        assert np_.array([[1 + 2j]]).tolist() == [[1 + 2j]]
        assert np_.array([], dtype="float32").tolist() == []
        assert np_.zeros((2, 0)).tolist() == [[], []]
        assert np_.array(7).shape == ()
        assert np_.array([True, False]).tolist() == [True, False]
        assert np_.array([1.0, 2.0], dtype="float16").tolist() == [1.0, 2.0]
        assert x.mT.shape == (3, 2)
        assert x.item(4) == 5
        assert 5 in x
        q, r = np_.linalg.qr(np_.ones((3, 2)))
        assert (q.shape, r.shape) == ((3, 2), (2, 2))
        assert np_.linalg.qr(np_.ones((3, 2))).Q.shape == (3, 2)
        path, info = np_.einsum_path("ij,jk->ik", x, x.T)
        assert path == [(0, 1)]
        assert "Complete contraction" in str(info)
        with pytest.raises(client.UnsupportedReturnType):
            _ = info.opt_cost


@pytest.mark.parametrize(
    "values",
    [
        [1.5, 2.0], [[1, -2], [3, 40]], [True, False], 3.25, [1e10, 1.0], [1e-7, 2.5],
        [float("nan"), float("inf"), 1.0], [0.1 + 0.2, 1 / 3], [1 + 2j, -0.5j], [],
        [[[1.0, 2.0]], [[3.0, 4.0]]], list(range(40)), [0.0, -0.0],
    ],
)  # fmt: skip
def test_arrays_print_as_numpys_do(client: Any, values: Any) -> None:
    with client.BudgetContext(10**6, quiet=True):
        x = client.numpy.array(values)
        assert str(x) == str(np.array(values))
        assert repr(x) == repr(np.array(values))


def test_single_numbers_print_as_numpys_do(client: Any) -> None:
    with client.BudgetContext(10**6, quiet=True):
        for value in (28.0, 1.1180339887, 1e-30, float("inf"), 3, True, 1 + 2j):
            assert str(client.numpy.array(value)) == str(np.array(value))
        for dtype in ("float32", "float16"):
            assert str(client.numpy.array(0.1, dtype)) == str(np.array(0.1, dtype))


def test_long_arrays_print_their_edges(client: Any) -> None:
    with client.BudgetContext(10**6, quiet=True):
        assert str(client.numpy.arange(2_000)) == str(np.arange(2_000))
        large = client.numpy.reshape(client.numpy.arange(2_000), (40, 50))
        assert str(large) == str(np.arange(2_000).reshape(40, 50))


def test_what_arrays_refuse(client: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(10**6, quiet=True):
        x = np_.ones((2, 3))
        with pytest.raises(TypeError, match="immutable"):
            x[0] = 1.0
        with pytest.raises(TypeError, match="unhashable"):
            hash(x)
        with pytest.raises(TypeError, match="unsized"):
            len(np_.array(1.0))
        with pytest.raises(ValueError, match="ambiguous"):
            bool(x)
        with pytest.raises(TypeError, match="size 1"):
            float(x)
        with pytest.raises(ValueError, match="Inhomogeneous"):
            np_.array([[1, 2], [3]])
        with pytest.raises(TypeError, match="object"):
            np_.array([object()])
        with pytest.raises(OverflowError):
            np_.array([300], dtype="uint8")
        with pytest.raises(TypeError, match="writes into an array of the server"):
            np_.add(x, 1.0, out=np.ones((2, 3)))
        with pytest.raises(TypeError, match="made by functions"):
            np_.ndarray()


def test_names_that_are_not_there_say_why(client: Any) -> None:
    np_ = client.numpy
    for name, pattern in {
        "savetxt": "blacklisted",
        "nditer": "blacklisted",
        "einsum_cache_info": "in-process only",
        "floating": "abstract scalar type",
        "nonsense": "does not provide",
    }.items():
        with pytest.raises(AttributeError, match=pattern):
            getattr(np_, name)
    for name in ("namespace", "budget_reset", "FlopscopeArray", "SymmetricTensor", "PathInfo"):
        with pytest.raises(AttributeError, match="in-process only"):
            getattr(client, name)
    with pytest.warns(errors.ConfigureNoOpWarning):
        client.configure(check_nan_inf=True)
    for name in client.remote_unsupported_ops():
        with pytest.raises(client.RemoteCallbackError, match=name):
            getattr(np_, name)(lambda i: i, (3,))


def test_what_cannot_be_sent_is_named(client: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(10**6, quiet=True) as budget:
        for value, name in (((i for i in "a"), "generator"), (lambda: 0, "function"), ({1}, "set")):
            with pytest.raises(client.RemoteSerializationError, match=name):
                np_.exp(value)
        with pytest.raises(client.RemoteSerializationError):
            np_.add(np_.ones(2), 2**70)
        assert np_.exp(np_.zeros(2)).tolist() == [1.0, 1.0]
        assert budget.flops_used == 32


def test_errors_are_those_of_the_library(client: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(10**6, quiet=True):
        with pytest.raises(ValueError, match="broadcast"):
            np_.ones(3) + np_.ones(4)
        with pytest.raises(IndexError) as caught:
            np_.ones(3)[5]
        assert isinstance(caught.value, client.FlopscopeServerError)
        with pytest.raises(ValueError, match="Singular"):
            np_.linalg.inv(np_.zeros((2, 2)))
        with pytest.raises(client.SymmetryError):
            client.as_symmetric(np_.array([[1.0, 2.0], [3.0, 4.0]]), symmetry=(0, 1))
        with pytest.raises(TypeError):
            np_.sum(np_.ones(3), nonsense=1)
        with pytest.raises(client.UnsupportedFunctionError):
            np_.random.RandomState(1).shuffle(np_.ones(3))
        with pytest.raises(NotImplementedError):
            np_.random.SeedSequence(1).spawn(2)
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            float((1.0 / np_.zeros(2)).sum())


def test_a_spent_budget_is_noticed_where_it_is_spent(client: Any) -> None:
    np_ = client.numpy
    done = 0
    with client.BudgetContext(95, quiet=True) as budget:
        x = np_.ones(10)
        error: Any = None
        try:
            for _ in range(20):
                x = x + 1.0
                done += 1
        except client.BudgetExhaustedError as caught:
            error = caught
        assert done == 9
        assert (error.flop_cost, error.flops_remaining) == (10, 5)
        assert budget.flops_used == 90
        assert x.tolist() == [10.0] * 10
    assert (budget.flops_used, budget.flops_remaining) == (90, 5)


def test_budgets(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    np_ = client.numpy
    with client.BudgetContext(1_000) as budget:
        with pytest.raises(RuntimeError, match="nest"), client.BudgetContext(5):
            pass
        x = np_.exp(np_.zeros(3))
        assert budget.flops_used == 48
        assert "exp" in budget.summary()
    assert "budget 1.00e+03" in capsys.readouterr().err
    assert [tuple(r) for r in budget.op_log] == [("zeros", 0, 0), ("exp", 48, 48)]
    with pytest.raises(client.NoBudgetContextError):
        np_.ones(3)
    with budget:  # arrays outlive a budget; spending goes on
        x = x + 1.0
        assert x.tolist() == [2.0, 2.0, 2.0]
    assert budget.flops_used == 51
    assert budget.summary_dict(by_namespace=True)["flops_used"] == 51

    @client.budget(100, quiet=True)
    def one() -> float:
        return float(np_.sum(np_.ones(4)))

    assert one() == 4.0
    for wrong in (0, -5, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="flop_budget must be > 0"):
            client.BudgetContext(wrong)
    with pytest.raises(TypeError):
        client.BudgetContext("many")
    total = client.budget_summary_dict()
    assert total["flops_used"] >= 55
    client.budget_summary()
    assert "Total budget" in capsys.readouterr().out


def test_random_streams_are_the_same(client: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(10**6, quiet=True) as budget:
        rng = np_.random.default_rng(7)
        got = [rng.normal(size=3).tolist(), rng.integers(0, 9, size=4).tolist(), rng.random()]
        state = np_.random.RandomState(3)
        got.append(state.rand(2).tolist())
        np_.random.seed(11)
        got.append(np_.random.normal(size=2).tolist())
        kept = np_.random.get_state()
        got.append(np_.random.rand())
        np_.random.set_state(kept)
        assert np_.random.rand() == got[-1]
        sequence = np_.random.SeedSequence(5)
        got.append(np_.random.default_rng(sequence).random())
        got.append(sequence.generate_state(2).tolist())
        assert [g.random() for g in rng.spawn(2)]
    with flops.BudgetContext(10**6, quiet=True) as local:
        rng = fnp.random.default_rng(7)
        want: list[Any] = [rng.normal(size=3).tolist(), rng.integers(0, 9, size=4).tolist()]
        want += [rng.random(), fnp.random.RandomState(3).rand(2).tolist()]
        fnp.random.seed(11)
        want += [fnp.random.normal(size=2).tolist(), fnp.random.rand(), 0]
        fnp.random.rand()
        want[-1] = fnp.random.default_rng(fnp.random.SeedSequence(5)).random()
        want.append(fnp.random.SeedSequence(5).generate_state(2).tolist())
        for generator in rng.spawn(2):
            generator.random()
    assert got == want
    assert budget.flops_used == local.flops_used


def test_scalars_are_local(client: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(10**6, quiet=True) as budget:
        x = np_.array([1.0, 2.0, 3.0], dtype="float32")
        element = x[1]
        used = budget.flops_used
        assert isinstance(element, np_.ndarray)
        assert (element.dtype, element.shape, element.tolist()) == ("float32", (), 2.0)
        assert (element + 1, 2 * element, element**2, -element, abs(element), element / 4) == (
            3,
            4,
            4,
            -2,
            2,
            0.5,
        )
        assert element < 3
        assert {element: 1}[2.0] == 1
        assert budget.flops_used == used
        assert (x + element).dtype == "float32"
        assert (np_.array([1, 2]) + np_.float32(1)).dtype == "float64"
        assert np_.finfo(np_.float32).eps == 2.0**-23
        assert np_.iinfo("int8").max == 127
        assert np_.dtype(float).itemsize == 8


def test_symmetries_and_their_bills(client: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(10**6, quiet=True) as budget:
        s = np_.ones((4, 4))
        assert s.symmetry == client.SymmetryGroup.symmetric((0, 1))
        t = np_.exp(s) + 1.0
        assert t.symmetry is not None
        assert budget.flops_used == 16 * 10 + 10
        np_.fill_diagonal(t, 0.0)
        assert t[0, 0] == 0.0
        assert t.symmetry is None
        np_.exp(t)
        assert budget.flops_used == 16 * 10 + 10 + 16 * 16
        group = client.SymmetryGroup.cyclic((0, 1, 2))
        u = client.symmetrize(np_.random.default_rng(0).normal(size=(2, 2, 2)), symmetry=group)
        assert u.symmetry == group
        assert (group.order(), group.orbits()) == (3, [frozenset({0, 1, 2})])


def test_writing_ops_reach_the_array(client: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(10**6, quiet=True):
        x, y = np_.zeros(3), np_.ones(3)
        assert np_.add(x, 2.0, out=x) is x
        np_.copyto(y, x)
        assert (x.tolist(), y.tolist()) == ([2.0] * 3, [2.0] * 3)
        total = np_.sum(y)
        assert float(total) == 6.0
        np_.add(total, 1.0, out=total)
        assert float(total) == 7.0


def test_buffers_of_other_libraries(client: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(10**6, quiet=True) as budget:
        assert np_.array(stdlib_array.array("d", [1.0, 2.0])).tolist() == [1.0, 2.0]
        values = np.arange(6.0).reshape(2, 3)
        assert np_.asarray(values.T).tolist() == values.T.tolist()
        assert np_.add(values, 1.0).tolist() == (values + 1.0).tolist()
        assert np_.array(values, dtype="int32").dtype == "int32"
        assert budget.flops_used == 12


def test_large_arrays(client: Any) -> None:
    np_ = client.numpy
    values = np.random.default_rng(0).normal(size=(500, 700))
    with client.BudgetContext(10**9, quiet=True):
        x = np_.array(values)
        assert x.tolist() == values.tolist()
        assert np.array_equal(np.array((x + 1.0).tolist()), values + 1.0)
        with pytest.raises(ValueError, match="too large"):
            np_.zeros((20_000, 20_000))
        with pytest.raises(ValueError, match="too large"):
            np_.array(np.zeros(14_000_000))


def test_large_arrays_without_shared_memory(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from flopscope.remote.client import transfer

    values = np.random.default_rng(0).normal(size=(400, 500))
    with client.BudgetContext(10**9, quiet=True):
        monkeypatch.setattr(transfer, "write_block", lambda *_: False)
        monkeypatch.setattr(transfer, "read_block", lambda *_: None)
        assert client.numpy.array(values).tolist() == values.tolist()  # noticed, then in messages
        assert client.numpy.array(values).tolist() == values.tolist()


def test_threads_share_the_budget(client: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    np_ = client.numpy

    def work(n: int) -> float:
        x = np_.ones(n)
        for _ in range(50):
            x = x + 1.0
        return float(np_.sum(x))

    with client.BudgetContext(10**6, quiet=True) as budget:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(work, range(1, 9)))
        assert found == [51.0 * n for n in range(1, 9)]
        assert budget.flops_used == sum(50 * n + max(1, n - 1) for n in range(1, 9)) - 0
    assert budget.flops_used == sum(50 * n + max(1, n - 1) for n in range(1, 9))


def test_a_fork_cannot_use_the_connection(client: Any) -> None:
    with client.BudgetContext(10**6, quiet=True):
        x = client.numpy.ones(3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            child = os.fork()
        if not child:
            try:
                client.numpy.sum(x)
            except client.FlopscopeServerError:
                os._exit(0)
            os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        assert x.tolist() == [1.0] * 3


_UNARY = ["exp", "negative", "sqrt", "square", "sign", "abs", "isfinite", "logical_not", "sin"]
_BINARY = ["add", "subtract", "multiply", "true_divide", "maximum", "less", "equal", "power",
           "floor_divide", "mod", "logical_and", "arctan2"]  # fmt: skip
_VALUES = st.one_of(
    st.sampled_from([0, 1, 2, 3, 100, -1]), st.sampled_from([0.5, 2.0, -1.5, 1e3]), st.none()
)


@_SAME_CLIENT
@given(
    st.lists(st.tuples(st.sampled_from(_UNARY + _BINARY), st.integers(0, 9), _VALUES), max_size=8),
    st.lists(
        st.tuples(
            st.sampled_from([(3,), (2, 3), (3, 3), (1, 3), (), (2, 1)]),
            st.sampled_from(["float64", "float32", "int64", "int8", "bool", "complex128"]),
        ),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
)
def test_programs_bill_and_give_the_same(
    client: ModuleType, calls: list[Any], inputs: list[Any], tight: bool
) -> None:
    """Random programs: operations that are sent ahead are those that an answer confirms."""

    def program(package: Any, numpy: Any) -> list[Any]:
        seen: list[Any] = []
        with package.BudgetContext(60 if tight else 10**6, quiet=True) as budget:
            values = [numpy.ones(shape, dtype=dtype) for shape, dtype in inputs]
            for name, at, number in calls:
                function = getattr(numpy, name)
                operands = [values[at % len(values)]]
                if name in _BINARY:
                    operands.append(values[(at + 1) % len(values)] if number is None else number)
                try:
                    values.append(function(*operands))
                except Exception as error:
                    seen.append(type(error).__name__)
                seen.append(budget.flops_used)
            found = [(v.shape, str(v.dtype), v.tolist(), v.symmetry is None) for v in values]
        return [*seen, budget.flops_used, *found]

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        want = program(flops, fnp)
        got = program(client, client.numpy)  # type: ignore[attr-defined]
    # The classes of NumPy's own type errors differ by release.
    plain = [re.sub("_?UFunc[A-Za-z]*Error", "TypeError", repr(found)) for found in (got, want)]
    assert plain[0] == plain[1]
