"""`flops.Module`: finding arrays, and the way through a file."""

from __future__ import annotations

import collections
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.errors import WeightConfigError, WeightFileError

Pair = collections.namedtuple("Pair", "left right")


class Dense(flops.Module):
    def __init__(self, width: int, dtype: str = "float64") -> None:
        self.width = width
        self.weight = fnp.eye(width, dtype=dtype)
        self.bias = fnp.zeros(width, dtype=dtype)
        self._cache = fnp.ones(3)

    def config(self) -> dict[str, Any]:
        return {"width": self.width}


class Net(flops.Module):
    def __init__(self, width: int, depth: int = 2, scale: float = 1.0) -> None:
        self.width, self.depth, self.scale = width, depth, scale
        self.layers = [Dense(width) for _ in range(depth)]
        self.heads = {"a": fnp.ones(width), "b": {"c": (fnp.zeros(1), "text")}}
        self.pair = Pair(fnp.ones(2), fnp.ones(3))
        self.ordered = collections.OrderedDict(z=fnp.ones(1))
        self.raw = np.ones(4)
        self.name = "net"

    def config(self) -> dict[str, Any]:
        return {"width": self.width, "depth": self.depth}


NAMES = [
    "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
    "heads.a", "heads.b.c.0", "pair.0", "pair.1", "ordered.z",
]  # fmt: skip


def test_arrays_are_found() -> None:
    net = Net(3)
    state = net.state_dict()
    assert list(state) == NAMES
    assert state["layers.1.bias"] is net.layers[1].bias
    assert list(net.state_dict("net.")) == [f"net.{name}" for name in NAMES]


def test_loading_replaces_arrays_and_keeps_containers() -> None:
    net = Net(3)
    layers, dense, heads = net.layers, net.layers[0], net.heads
    net.load_state_dict({name: fnp.full(2, 7.0) for name in NAMES})
    assert all(float(array[0]) == 7.0 for array in net.state_dict().values())
    assert net.layers is layers
    assert net.layers[0] is dense
    assert isinstance(net.pair, Pair)
    assert type(net.ordered) is collections.OrderedDict
    assert net.heads["b"]["c"][1] == "text"
    assert float(heads["a"][0]) == 1.0  # the old container was not written to


def test_names_must_agree() -> None:
    net = Net(2)
    state = net.state_dict()
    del state["pair.1"]
    state["more"] = fnp.ones(1)
    state["heads.a"] = fnp.full(2, 9.0)
    with pytest.raises(ValueError, match=r"missing=\['pair.1'\] unexpected=\['more'\]"):
        net.load_state_dict(state)
    assert float(net.heads["a"][0]) == 1.0
    net.load_state_dict(state, strict=False)
    assert float(net.heads["a"][0]) == 9.0


def test_plain_arrays_are_taken() -> None:
    dense = Dense(2)
    dense.load_state_dict({"weight": np.ones((2, 2)), "bias": [1.0, 2.0]})
    assert isinstance(dense.weight, flops.FlopscopeArray)
    assert isinstance(dense.bias, flops.FlopscopeArray)


def test_cycles_and_doubled_names_are_refused() -> None:
    dense = Dense(2)
    dense.itself = [dense]
    with pytest.raises(ValueError, match="holds itself"):
        dense.state_dict()
    other = Dense(2)
    other.table = {1: fnp.ones(1), "1": fnp.ones(1)}
    with pytest.raises(ValueError, match=r"two arrays are called 'table.1'"):
        other.state_dict()


def test_through_a_file(tmp_path: Path) -> None:
    net = Net(3)
    net.layers[0].weight = flops.symmetrize(np.arange(9.0).reshape(3, 3), symmetry=(0, 1))
    net.layers[1].weight = fnp.array(np.asfortranarray(np.arange(9.0).reshape(3, 3)), order="K")
    net.heads["a"] = fnp.ones(3, dtype="complex64")
    net.save(tmp_path / "net", meta={"scale": 2.0})
    with flops.BudgetContext(flop_budget=10**6, quiet=True) as budget:
        again = Net.from_file(tmp_path / "net.npz", depth=2)
    assert budget.flops_used == 0
    assert (again.width, again.depth, again.scale) == (3, 2, 2.0)
    for name, array in net.state_dict().items():
        back = again.state_dict()[name]
        assert back.dtype == array.dtype
        assert back.symmetry == array.symmetry
        assert back.flags.f_contiguous == array.flags.f_contiguous
        np.testing.assert_array_equal(np.asarray(back), np.asarray(array))


def test_loading_is_no_residual_time(tmp_path: Path) -> None:
    class Wide(flops.Module):
        def __init__(self) -> None:
            self.arrays = [fnp.ones(1000) for _ in range(200)]

    wide = Wide()
    wide.save(tmp_path / "w.npz")
    budget = flops.BudgetContext(flop_budget=1, quiet=True)
    with budget:
        assert wide.load(tmp_path / "w.npz") is wide
    assert budget.flops_used == 0
    assert len(budget.op_log) == 0
    booked = budget.flopscope_backend_time_s + budget.flopscope_overhead_time_s
    assert booked > budget.residual_wall_time_s  # a comparison of the same run, not a limit


def test_shapes_that_disagree_with_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    Net(3).save(path)
    small = Net(2)
    before = small.state_dict()
    with pytest.raises(WeightFileError, match=r"'layers.0.weight' has shape \(3, 3\)") as caught:
        small.load(path)
    assert caught.value.member == "layers.0.weight"
    assert all(array is before[name] for name, array in small.state_dict().items())
    with pytest.raises(WeightFileError, match=r"\(2, 2\)"):
        Net.from_file(path, width=2)


def test_unknown_configuration(tmp_path: Path) -> None:
    path = tmp_path / "dense.npz"
    Dense(2).save(path, meta={"colour": "red"})
    with pytest.raises(WeightConfigError, match=r"'__meta__'.*'colour'") as caught:
        Dense.from_file(path)
    assert isinstance(caught.value, TypeError)
    assert caught.value.member == "__meta__"
    assert Dense(2).load(path).width == 2  # filling an object asks for no configuration


def test_a_file_of_another_model(tmp_path: Path) -> None:
    path = tmp_path / "dense.npz"
    Dense(2).save(path)
    net = Net(2)
    with pytest.raises(ValueError, match="state_dict mismatch"):
        net.load(path)
    fnp.save(tmp_path / "one.npy", 1.0)
    with pytest.raises(WeightFileError, match="single array"):
        net.load(tmp_path / "one.npy")


def test_a_damaged_file_leaves_the_object(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    net = Net(2)
    net.save(path)
    path.write_bytes(path.read_bytes()[:-100])
    before = net.state_dict()
    with pytest.raises(WeightFileError):
        net.load(path)
    assert all(array is before[name] for name, array in net.state_dict().items())


@pytest.mark.parametrize("config", [{"f": print}, {"a": {1}}])
def test_configuration_that_json_does_not_have(config: dict[str, Any], tmp_path: Path) -> None:
    class Odd(flops.Module):
        def config(self) -> dict[str, Any]:
            return config

    with pytest.raises(TypeError, match="JSON-serializable"):
        Odd().save(tmp_path / "odd.npz")
    assert list(tmp_path.iterdir()) == []
