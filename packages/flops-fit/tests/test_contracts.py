"""Requirements A2, A3 and A4: what a model, a dataset and a loss must be, and what is said when they are not."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest

from flops_fit import MissingExtraError, check_dataset, check_loss, check_model, find_optimal


class Linear:
    """100 parameters for each unit of width."""

    def __init__(self, width: int, depth: int = 1) -> None:
        self.width, self.depth = width, depth

    def num_params(self) -> Any:
        return 100 * self.width * self.depth


def test_a_good_model() -> None:
    family = check_model(Linear, "width", {"depth": 2})
    assert (family.name, family.probe_size, family.count(10)) == ("Linear", 64, 2000)


def test_factories_have_no_name() -> None:
    family = check_model(functools.partial(Linear, depth=3), "width")
    assert family.name == "Linear"
    assert family.count(1) == 300
    assert check_model(lambda width: Linear(width), "width").count(2) == 200


def test_other_sizes_are_tried_when_64_is_illegal() -> None:
    class Odd(Linear):
        def __init__(self, width: int) -> None:
            if width % 3:
                raise ValueError("a multiple of 3")
            super().__init__(width)

    assert check_model(Odd, "width").probe_size % 3 == 0


def test_numpy_integers_are_integers() -> None:
    class Numpy(Linear):
        def num_params(self) -> Any:
            return np.int64(100 * self.width)

    n = check_model(Numpy, "width").count(5)
    assert n == 500
    assert type(n) is int


def test_the_size_argument_twice_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="'width' too; 7 is ignored"):
        family = check_model(Linear, "width", {"width": 7, "depth": 2})
    assert family.model_kwargs == {"depth": 2}


def broken(count: Any) -> type:
    class Broken(Linear):
        def num_params(self) -> Any:
            if isinstance(count, Exception):
                raise count
            return count

    return Broken


class NoCount:
    def __init__(self, width: int) -> None:
        pass


@pytest.mark.parametrize(
    ("model", "kwargs", "error", "message"),
    [
        (NoCount, {}, TypeError, r"NoCount needs a method num_params\(\)"),
        (Linear, {"colour": "red"}, TypeError, "Linear cannot be built with width=64.*colour"),
        (3, {}, TypeError, "must be a class or factory, not 3"),
        (broken(RuntimeError("no")), {}, TypeError, r"Broken.num_params\(\) raised RuntimeError: no"),
        (broken(0), {}, ValueError, "must be positive, not 0"),
        (broken(-5), {}, ValueError, "must be positive, not -5"),
        (broken(1.5), {}, ValueError, "must return an int, not 1.5"),
        (broken(True), {}, ValueError, "must return an int, not True"),
        (broken("many"), {}, ValueError, "must return an int, not 'many'"),
        (broken(None), {}, ValueError, "must return an int, not None"),
    ],
)
def test_bad_models(model: Any, kwargs: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        check_model(model, "width", kwargs)
    with pytest.raises(error, match=message):  # before the missing budgets are noticed
        find_optimal(model, "width", kwargs)


def test_without_budgets_everything_else_is_checked_first() -> None:
    with pytest.raises(NotImplementedError, match="compute_budgets"):
        find_optimal(Linear, "width")
    with pytest.raises(TypeError, match="not None"):
        check_loss(None)
    with pytest.raises(TypeError, match="loss_fn must be"):
        find_optimal(Linear, "width", loss_fn=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="mode must be"):
        find_optimal(Linear, "width", mode="cloud")
    with pytest.raises(TypeError, match="no option 'colour'; it knows batch_size"):
        find_optimal(Linear, "width", compute_budgets=[1e15], colour="red")


class Squares:
    def __call__(self, outputs: Any, targets: Any) -> Any:
        return (outputs - targets) ** 2


@pytest.mark.parametrize(
    "loss", [Squares(), lambda *a: 0, lambda a, b, c=1: 0, math.hypot, max, functools.partial(pow, mod=None)]
)
def test_good_losses(loss: Any) -> None:
    check_loss(loss)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (None, "not None"),
        (3.0, "not 3.0"),
        (Squares, r"the class Squares, not an instance; did you mean Squares\(\)\?"),
        (lambda outputs: 0, "its signature is"),
        (lambda a, b, c: 0, "its signature is"),
        (lambda a, *, b: 0, "its signature is"),
    ],
)
def test_bad_losses(loss: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        check_loss(loss)


def test_torch_is_only_needed_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    import flops_fit

    for name in [n for n in sys.modules if n == "torch" or n.startswith("flops_fit.models")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    with pytest.raises(MissingExtraError, match=r"pip install 'flops-fit\[torch\]'"):
        check_dataset([1, 2, 3])
    with pytest.raises(MissingExtraError, match="GPT needs torch"):
        _ = flops_fit.GPT
    assert check_model(Linear, "width").count(1) == 100


def test_torch_losses_and_datasets() -> None:
    torch = pytest.importorskip("torch", reason="torch is installed with WITH_TORCH=1")
    nn, data = torch.nn, torch.utils.data
    check_loss(nn.MSELoss())
    check_loss(nn.functional.cross_entropy)
    with pytest.raises(TypeError, match=r"did you mean MSELoss\(\)"):
        check_loss(nn.MSELoss)
    with pytest.raises(TypeError, match="its signature is"):
        check_loss(nn.ReLU())
    tensors = data.TensorDataset(torch.zeros(4, 2))
    check_dataset(tensors)
    check_dataset(data.DataLoader(tensors))

    class Stream(data.IterableDataset):  # type: ignore[misc,name-defined]
        def __iter__(self) -> Any:
            return iter(range(3))

    check_dataset(Stream())
    for wrong in ([1, 2], np.zeros(3), "text", None, {"a": 1}):
        with pytest.raises(TypeError, match=r"with_format\('torch'\)"):
            check_dataset(wrong)


def test_torch_models_are_counted_without_memory() -> None:
    torch = pytest.importorskip("torch", reason="torch is installed with WITH_TORCH=1")
    from toy import MLP

    family = check_model(MLP, "width")
    assert family.on_meta
    before = torch.random.get_rng_state()
    # 25 million units: 2.5 GB if it were built.
    assert family.count(25_000_000) == 25_000_000 * 25 + 8
    assert torch.equal(before, torch.random.get_rng_state())
    assert next(family.build(3).parameters()).device.type == "cpu"
