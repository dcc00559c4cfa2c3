"""A server refuses parameters with which a sampler hardly ever ends, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flopscope.remote.endless_samplers import that_ends

from .servers import Server
from .wire import assert_refused


@pytest.mark.parametrize("spelled", [lambda x: x, lambda x: [x], lambda x: [[2.0], [x]], str])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("random.zipf", 1 + 2.0**-52),
        ("random.zipf", 1.00005),
        ("random.zipf", 1e6),
        ("RandomState.zipf", float("inf")),
        ("random.vonmises", 1e18),
        ("RandomState.vonmises", float("inf")),
    ],
)
def test_refused_before_it_is_drawn(name: str, value: float, spelled: Any) -> None:
    run = that_ends(name, lambda *_args, **_kwargs: pytest.fail("drawn"))
    given = spelled(value)
    if name.endswith("zipf"):
        calls = [((given,), {}), ((), {"a": given}), ((given, 3), {})]
    else:
        calls = [((0.0, given), {}), ((0.0,), {"kappa": given}), ((0.0, given, 3), {})]
    for args, kwargs in calls:
        with pytest.raises(ValueError, match="a server draws with"):
            run(*args, **kwargs)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("zipf", (2.0, 5000)),
        ("zipf", ([1.001, 1000.0], (3, 2))),
        ("vonmises", (1e9, 4.0, 5)),
        ("vonmises", (0.0, [0.0, 1e8])),
        ("normal", (0.0, 1e300)),
    ],
)
def test_drawn_like_numpy(name: str, args: tuple[Any, ...]) -> None:
    checked = that_ends(f"random.{name}", getattr(np.random.RandomState(3), name))
    np.testing.assert_array_equal(checked(*args), getattr(np.random.RandomState(3), name)(*args))


@pytest.mark.parametrize("args", [(1.0,), (float("nan"),), ("x",), (1j,), (2**2000,)])
def test_what_numpy_refuses_is_left_to_it(args: tuple[Any, ...]) -> None:
    draw = np.random.RandomState(3).zipf
    with pytest.raises((TypeError, ValueError, OverflowError)) as theirs:
        draw(*args)
    with pytest.raises(theirs.type) as ours:
        that_ends("random.zipf", draw)(*args)
    assert str(ours.value) == str(theirs.value)


def test_a_server_is_not_kept_busy(server: Server) -> None:
    with server.wire() as wire:
        wire.open()
        assert_refused(wire.ask("random.zipf", [1 + 1e-12]), "ValueError")
        assert_refused(wire.ask("random.vonmises", 0.0, [1.0, 1e18]), "ValueError")
        state = {"__rs__": wire.ask("random.RandomState", 3)["result"]["rs_id"]}
        assert_refused(wire.ask("RandomState.zipf", state, 1 + 1e-12), "ValueError")
        assert_refused(
            wire.ask("RandomState.vonmises", state, 0.0, kwargs={"kappa": 1e18}), "ValueError"
        )
        assert wire.ask("RandomState.zipf", state, 2.0, 5)["status"] == "ok"
        assert wire.ask("random.zipf", 2.0, 5)["status"] == "ok"
