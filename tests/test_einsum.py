"""einsum: values against NumPy's whatever the plan, declared outputs, and what it refuses."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import opt_einsum
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.errors import CostFallbackWarning

NAMES = (
    "auto auto-hq branch-1 branch-2 branch-all dp dynamic-programming eager greedy opportunistic "
    "optimal random-greedy random-greedy-128"
).split()


@pytest.fixture(autouse=True)
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(flop_budget=10**15, quiet=True) as context:
        yield context


def arrays_of(subscripts: str, lengths: dict[str, int], dtype: str = "f8") -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    terms = subscripts.partition("->")[0].split(",")
    shapes = [tuple(lengths[label] for label in term) for term in terms]
    if np.dtype(dtype).kind in "iu":
        return [rng.integers(0, 5, shape).astype(dtype) for shape in shapes]
    made = [rng.standard_normal(shape) for shape in shapes]
    if np.dtype(dtype).kind == "c":
        made = [x + 1j * rng.standard_normal(x.shape) for x in made]
    return [x.astype(dtype) for x in made]


# Small and large enough for every way a pair can be run, by the kind of product.
EXPRESSIONS = {
    "ij,jk->ik": {"i": 20, "j": 30, "k": 25},
    "ji,jk->ki": {"i": 20, "j": 30, "k": 25},
    "bij,bjk->bik": {"b": 4, "i": 10, "j": 12, "k": 9},
    "bij,kjb->bik": {"b": 4, "i": 10, "j": 12, "k": 9},
    "bij,bjk->kib": {"b": 4, "i": 10, "j": 12, "k": 9},
    "abij,abj->iab": {"a": 3, "b": 5, "i": 12, "j": 20},
    "ij,j->i": {"i": 60, "j": 50},
    "i,ij->j": {"i": 60, "j": 50},
    "ij,ij->": {"i": 60, "j": 50},
    "ijkl,klm->mij": {"i": 4, "j": 5, "k": 6, "l": 7, "m": 8},
    "ijkl,mlk->ijm": {"i": 4, "j": 5, "k": 6, "l": 7, "m": 8},
    "iij,jk->k": {"i": 12, "j": 20, "k": 15},
    "iij,jkl->ik": {"i": 12, "j": 20, "k": 15, "l": 3},
    "i,j->ij": {"i": 60, "j": 50},
    "ij,ij->ij": {"i": 60, "j": 50},
    "ij,jk,kl,lm->im": dict.fromkeys("ijklm", 9),
    "abc,cd,de,eb->a": dict.fromkeys("abcde", 7),
    "ij,jk,ki->": dict.fromkeys("ijk", 12),
    "ab,bc,cd,de,ef,fg,gh,hi,ij->aj": dict.fromkeys("abcdefghij", 3),
    "ij->ji": {"i": 4, "j": 5},
    "ii->i": {"i": 4},
    "ijj->i": {"i": 4, "j": 5},
}


@pytest.mark.parametrize("dtype", ["f8", "f4", "c16", "c8", "i8", "f2", "?"])
@pytest.mark.parametrize("subscripts", EXPRESSIONS)
def test_values(subscripts: str, dtype: str) -> None:
    operands = arrays_of(subscripts, EXPRESSIONS[subscripts], dtype if dtype != "?" else "f8")
    if dtype == "?":
        operands = [x > 0.5 for x in operands]
    want = np.einsum(subscripts, *operands)
    got = fnp.einsum(subscripts, *map(fnp.asarray, operands))
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    wide = "c16" if np.dtype(dtype).kind == "c" else "f8"
    size = np.einsum(subscripts, *(np.abs(x).astype(wide) for x in operands))
    room = 1e-12 if want.dtype.itemsize >= 8 and want.dtype.kind in "fc" else 0
    room = {"f4": 1e-5, "c8": 1e-5, "f2": 2e-2}.get(dtype, room)
    assert np.all(np.abs(np.asarray(got, wide) - want) <= room * np.abs(size))


@pytest.mark.parametrize("name", [*NAMES, ("greedy", 36), ("optimal", 0), True, False, None])
def test_names_of_optimizers(name: Any, budget: flops.BudgetContext) -> None:
    subscripts = "ab,bc,cd,de,ef->af"
    operands = arrays_of(subscripts, dict.fromkeys("abcdef", 6))
    got = fnp.einsum(subscripts, *map(fnp.asarray, operands), optimize=name)
    np.testing.assert_allclose(np.asarray(got), np.einsum(subscripts, *operands), rtol=1e-12)
    assert budget.flops_used == 4 * (2 * 6**3 - 6**2)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_expression_and_path(data: st.DataObject) -> None:
    lengths = {label: data.draw(st.sampled_from((1, 2, 3, 12))) for label in "abcde"}
    count = data.draw(st.integers(1, 5))
    terms = [
        "".join(data.draw(st.lists(st.sampled_from("abcde"), max_size=3))) for _ in range(count)
    ]
    used = sorted(set("".join(terms)))
    output = "".join(data.draw(st.permutations(used)))
    subscripts = ",".join(terms) + "->" + output[: data.draw(st.integers(0, len(output)))]
    operands = arrays_of(subscripts, lengths)
    # An axis of one element stretches.
    operands = [
        x[:, :1] if x.ndim == 2 and data.draw(st.booleans()) and len(set(t)) == 2 else x
        for x, t in zip(operands, terms, strict=True)
    ]
    optimize: Any = data.draw(st.sampled_from(["auto", "greedy", "optimal", "explicit"]))
    if optimize == "explicit":
        left, optimize = count, []
        while left > 1:
            pair = data.draw(
                st.lists(st.integers(0, left - 1), min_size=2, max_size=2, unique=True)
            )
            optimize.append(tuple(pair))
            left -= 1
    if not optimize:
        optimize = "auto"
    try:
        want = np.einsum(subscripts, *operands)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - NumPy has several messages
            fnp.einsum(subscripts, *operands, optimize=optimize)
        return
    got = fnp.einsum(subscripts, *map(fnp.asarray, operands), optimize=optimize)
    assert got.shape == want.shape
    np.testing.assert_allclose(np.asarray(got), want, rtol=1e-9, atol=1e-9)


def test_forty_operands() -> None:
    rng = np.random.default_rng(4)
    matrices = [rng.standard_normal((3, 3)) / 2 for _ in range(40)]
    arguments: list[Any] = []
    for i, matrix in enumerate(matrices):
        arguments += [fnp.asarray(matrix), [i, i + 1]]
    got = fnp.einsum(*arguments, [0, 40])
    np.testing.assert_allclose(np.asarray(got), np.linalg.multi_dot(matrices), rtol=1e-10)


def test_out_dtype_order_and_casting() -> None:
    operands = arrays_of("ij,jk->ik", {"i": 20, "j": 30, "k": 25})
    a, b = map(fnp.asarray, operands)
    out = fnp.zeros((20, 25))
    assert fnp.einsum("ij,jk->ik", a, b, out=out) is out
    np.testing.assert_allclose(np.asarray(out), operands[0] @ operands[1])
    single = fnp.einsum("ij,jk->ik", a, b, dtype="f4", casting="unsafe")
    assert single.dtype == np.float32
    columns = fnp.einsum("ij,jk->ik", a, b, order="F")
    assert columns.flags.f_contiguous
    with pytest.raises(TypeError):
        fnp.einsum("ij,jk->ik", a, b, out=fnp.zeros((20, 25), "i8"))


def test_one_operand_is_a_view() -> None:
    a = fnp.asarray(np.arange(12.0).reshape(3, 4))
    view = fnp.einsum("ij->ji", a)
    assert np.shares_memory(view, a)
    diagonal = fnp.einsum("ii->i", fnp.zeros((3, 3)).copy())
    diagonal[...] = 1.0
    assert diagonal.sum() == 3


# --------------------------------------------------------------------------------- what is refused


def charged_nothing(budget: flops.BudgetContext) -> bool:
    return budget.flops_used == 0 and all("einsum" not in op.op_name for op in budget.op_log)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ([(0, 1)], ValueError),
        ([(0, 1), (0, 2)], ValueError),
        ([(0, 0), (0, 1)], ValueError),
        ([(0, -1), (0, 1)], ValueError),
        ([(), (0, 1)], ValueError),
        ([0, 1], TypeError),
        (["einsum_path", (0, 1, 2), (0, 1)], ValueError),
    ],
)
def test_paths_that_do_not_fit(
    path: Any, error: type[Exception], budget: flops.BudgetContext
) -> None:
    operands = [fnp.asarray(x) for x in arrays_of("ij,jk,kl->il", dict.fromkeys("ijkl", 3))]
    with pytest.raises(error):
        fnp.einsum_path("ij,jk,kl->il", *operands, optimize=path)
    with pytest.raises(error):
        fnp.einsum("ij,jk,kl->il", *operands, optimize=path)


def test_an_unknown_optimizer(budget: flops.BudgetContext) -> None:
    a = fnp.asarray(np.ones((3, 3)))
    with pytest.raises(KeyError, match="greedy"):
        fnp.einsum("ij,jk->ik", a, a, optimize="best")
    assert charged_nothing(budget)


@pytest.mark.parametrize(
    "call",
    [
        lambda a: fnp.einsum("ij,jk", a),
        lambda a: fnp.einsum("ijk->i", a),
        lambda a: fnp.einsum("ij,jk->ik", a, fnp.asarray(np.ones((4, 3)))),
        lambda a: fnp.einsum("ij->iz", a),
        lambda a: fnp.einsum(),
        lambda a: fnp.einsum("i$->i", a),
    ],
)
def test_malformed_calls(call: Any, budget: flops.BudgetContext) -> None:
    a = fnp.asarray(np.ones((3, 3)))
    with pytest.raises((ValueError, TypeError)):
        call(a)
    assert charged_nothing(budget)


# --------------------------------------------------------------------------------------- symmetry


def symmetric(n: int = 4) -> Any:
    raw = np.random.default_rng(5).standard_normal((n, n))
    return flops.as_symmetric(raw + raw.T, symmetry=(0, 1))


def test_operands_keep_their_tags() -> None:
    s, m = symmetric(), fnp.asarray(np.ones((4, 4)))
    for call in ((s, m), (m, s), (s, s)):
        fnp.einsum("ij,jk->ik", *call)
        assert s.symmetry is not None


def test_declared_output(budget: flops.BudgetContext) -> None:
    a = fnp.asarray(np.random.default_rng(6).standard_normal((3, 4)))
    gram = fnp.einsum("ij,kj->ik", a, a[:], symmetry=(0, 1))
    assert gram.symmetry == flops.SymmetryGroup.symmetric(axes=(0, 1))
    assert budget.flops_used == 2 * 3 * 4 * 3 - 9
    budget_before = budget.flops_used
    with pytest.raises(flops.SymmetryError, match="not symmetric along axes"):
        fnp.einsum("ij,jk->ik", a, fnp.asarray(np.ones((4, 3))), symmetry=(0, 1))
    assert budget.flops_used == budget_before + 2 * 3 * 4 * 3 - 9
    budget_before = budget.flops_used
    with pytest.raises(flops.SymmetryError):
        fnp.einsum("ij->ij", a, symmetry=(0, 1))
    with pytest.raises(ValueError, match="axes"):
        fnp.einsum("ij->i", a, symmetry=(0, 1))
    assert budget.flops_used == budget_before


def test_a_fallback_warns_where_the_caller_is(budget: flops.BudgetContext) -> None:
    raw = np.random.default_rng(7).standard_normal((3, 3, 3))
    cyclic = flops.symmetrize(raw, symmetry=flops.SymmetryGroup.cyclic(axes=(0, 1, 2)))
    flops.clear_cache()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flops.configure(partition_budget=1)
    try:
        before = budget.flops_used
        with pytest.warns(CostFallbackWarning, match="partition_budget") as caught:
            fnp.einsum("ijk->ij", cyclic)
        assert budget.flops_used == before + 27
        assert caught[0].filename == __file__
        with pytest.warns(CostFallbackWarning, match="partition_budget") as caught:
            fnp.vecdot(cyclic, cyclic)
        assert caught[0].filename == __file__
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            flops.configure(partition_budget=100_000)


# ------------------------------------------------------------------------------------ einsum_path


def test_a_report_follows_its_own_path() -> None:
    operands = [fnp.asarray(np.ones(s)) for s in ((2, 3), (3, 4), (4, 5))]
    path, info = fnp.einsum_path("ij,jk,kl->il", *operands, optimize=[(1, 2), (0, 1)])
    assert path == [(1, 2), (0, 1)]
    assert [step.flop_cost for step in info.steps] == [105, 50]
    assert info.naive_cost == 155
    assert info.optimized_cost == info.accumulation.total == 110
    info.check_consistency()
    assert [step.subscript for step in info.steps] == ["kl,jk->jl", "jl,ij->il"]
    assert [step.merged_subset for step in info.steps] == [{1, 2}, {0, 1, 2}]
    assert [step.blas_type for step in info.steps] == ["GEMM", "GEMM"]
    assert info.optimizer_used == "explicit"


def test_path_objects_and_functions_of_opt_einsum() -> None:
    operands = [fnp.asarray(np.ones(s)) for s in ((2, 3), (3, 4), (4, 5), (5, 2))]
    for optimize in (opt_einsum.DynamicProgramming(), opt_einsum.paths.greedy):
        path, info = fnp.einsum_path("ij,jk,kl,lm->im", *operands, optimize=optimize)
        assert len(path) == 3
        assert info.speedup == info.naive_cost / info.optimized_cost
        fnp.einsum("ij,jk,kl,lm->im", *operands, optimize=optimize)


def test_the_table() -> None:
    raw = np.random.default_rng(8).standard_normal((3, 3, 3))
    t = flops.symmetrize(raw, symmetry=(0, 1, 2))
    v = fnp.asarray(np.ones(3))
    _path, info = fnp.einsum_path("ijk,j,k,l->i", t, v, v, v)
    text = str(info)
    for part in (
        "Complete contraction:",
        "Naive cost (flopscope):",
        "Optimized cost (flopscope):",
        "Speedup:",
        "Savings:",
        "Largest intermediate:",
        "Index sizes:",
        "i=j=k=l=3",
        "Optimizer:",
        "dense_flops",
        "symmetry (inputs → output)",
        "S3{i,j,k}",
        "pre-reduce",
        "residual contraction",
    ):
        assert part in text, part
    assert "subset={" in info.format_table(verbose=True)
    assert "cumulative=" in info.format_table(verbose=True)
    assert "einsum path" in repr(info)
    assert info.eq == "ijk,j,k,l->i"
    assert len(text.splitlines()) == len(set(text.splitlines())) + 1  # the rule, twice


def test_a_report_prints(capsys: pytest.CaptureFixture[str]) -> None:
    a = fnp.asarray(np.ones((2, 2)))
    _path, info = fnp.einsum_path("ij,jk->ik", a, a)
    info.print(verbose=True)
    assert "Optimized cost" in capsys.readouterr().out
    assert info.optimizer_used == "trivial"
    assert info.opt_cost == info.optimized_cost == 12


def test_the_log_has_the_expression(budget: flops.BudgetContext) -> None:
    a = fnp.asarray(np.ones((2, 2)))
    for subscripts, want in (
        ("ij,jk->ik", "ij,jk->ik"),
        ("ij, jk", "ij,jk->ik"),
        ("...j,jk", "aj,jk->ak"),
    ):
        fnp.einsum(subscripts, a, a)
        assert budget.op_log[-1].subscripts == want
        assert budget.op_log[-1].shapes == ((2, 2), (2, 2))


def test_plans_tell_operands_apart(budget: flops.BudgetContext) -> None:
    """A remembered plan must not serve a call of another price or shape."""
    rng = np.random.default_rng(9)
    a, b, s = fnp.asarray(rng.random((4, 4))), fnp.asarray(rng.random((4, 4))), symmetric()
    wide = fnp.asarray(rng.random((4, 5)))
    flops.clear_cache()
    for _ in range(2):
        for operands, bill in (((a, b), 112), ((a, a), 70), ((s, s), 70), ((a, wide[:, :4]), 112)):
            before = budget.flops_used
            result = fnp.einsum("ij,kj->ik", *operands)
            assert budget.flops_used == before + bill
            assert (result.symmetry is not None) == (operands[0] is operands[1])
            np.testing.assert_allclose(
                np.asarray(result), np.asarray(operands[0]) @ np.asarray(operands[1]).T
            )
    for dtype in ("f4", "i8", "?", "c16"):
        x = np.ones((4, 4)).astype(dtype)
        assert fnp.einsum("ij,kj->ik", fnp.asarray(x), fnp.asarray(x.copy())).dtype == x.dtype
    with pytest.raises(flops.errors.UnsupportedDtypeError):
        fnp.einsum("ij,kj->ik", a, np.array([[object()] * 4] * 4))


def test_plans_under_pressure(budget: flops.BudgetContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flops.configure(einsum_path_cache_size=3)
    try:
        for n in (2, 3, 4, 5, 2, 3, 4, 5):
            a = fnp.asarray(np.ones((n, n)))
            assert fnp.einsum("ij->", a) == n * n
            assert fnp.einsum_cache_info().currsize <= 3
        assert fnp.einsum_cache_info().maxsize == 3
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            flops.configure(einsum_path_cache_size=4096)


def test_caches() -> None:
    flops.clear_cache()
    operands = [fnp.asarray(np.ones((2, 2))) for _ in range(3)]
    for _ in range(2):
        fnp.einsum("ij,jk,kl->il", *operands)
    assert fnp.einsum_cache_info().currsize == 1
    assert fnp.einsum_cache_info()[:2] == (1, 1)
    assert flops.einsum_cache_info()["path"] == fnp.einsum_cache_info()
    assert flops.einsum_cache_info()["accumulation"].currsize == 1
    fnp.clear_einsum_cache()
    assert fnp.einsum_cache_info().currsize == 0
    assert flops.einsum_cache_info()["accumulation"].currsize == 1
    flops.einsum_clear_caches()
    assert flops.einsum_cache_info()["accumulation"].currsize == 0
    flops.reduction_accumulation_cost(operands[0], 0)
    flops.reduction_accumulation_cost(operands[0], 0)
    assert flops.reduction_cache_info()[:2] == (1, 1)
    flops.reduction_clear_cache()
    assert flops.reduction_cache_info().currsize == 0
