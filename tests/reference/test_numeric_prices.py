"""Small numeric operations, worked by hand from the cost model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flopscope import reference

A = np.ones((3, 5))
F = np.ones((5, 7))
UNEVEN = np.array([0.0, 1.0, 2.5, 3.0, 4.5, 5.0, 7.0])


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "expected"),
    [
        ("diff", (A,), {}, 12),
        ("diff", (A,), {"axis": 0}, 10),
        ("diff", (A,), {"n": 2}, 3 * (4 + 3)),
        ("diff", (A,), {"n": 0}, 1),
        ("diff", (np.ones(6),), {"n": 2, "prepend": 0.0, "append": 1.0}, 7 + 6),
        ("diff", (np.ones(6),), {"append": [1.0, 2.0]}, 7),
        ("diff", (np.ones(3),), {"n": 9}, 1),
        ("ediff1d", (np.ones(6),), {"to_begin": 0.0}, 6),
        ("ediff1d", (np.ones(0),), {}, 1),
        ("gradient", (np.ones(7),), {}, 10),
        ("gradient", (F,), {}, 42 + 50),
        ("gradient", (F,), {"axis": 1}, 92),
        ("gradient", (F, UNEVEN), {"axis": 1}, 92 + 75 + 50 + 18 + 20),
        ("gradient", (F, 2.0, UNEVEN), {}, 92 + 163),
        ("gradient", (F, np.arange(5.0), 2.0), {}, 92 + 12),
        ("gradient", (1.0,), {}, 1),
        ("convolve", (np.ones(5), np.ones(3)), {}, 22),
        ("convolve", (np.ones(5), np.ones(3)), {"mode": "same"}, 21),
        ("convolve", (np.ones(3), np.ones(5)), {"mode": "valid"}, 15),
        ("convolve", (np.ones(1), np.ones(1)), {}, 1),
        ("correlate", (np.ones(5), np.ones(3)), {}, 15),
        ("correlate", (np.ones(7), np.ones(2)), {"mode": "full"}, 20),
        ("correlate", (np.ones(7), np.ones(2)), {"mode": 2}, 20),
        ("correlate", (np.ones(4), np.ones(4)), {"mode": "SAME"}, 20),
        ("cov", (A,), {}, 2 * 9 * 5 + 2 * 3 * 5),
        ("cov", (A,), {"rowvar": False}, 120),
        ("cov", (np.ones(5),), {}, 20),
        ("cov", (np.ones(5), np.ones(5)), {}, 60),
        ("corrcoef", (A,), {}, 120 + 18 + 3),
        ("trapezoid", (A,), {}, 60),
        ("trapezoid", (np.ones(0),), {}, 0),
        ("cross", (np.ones((4, 3)), np.ones(3)), {}, 36),
        ("cross", (np.ones(2), np.ones(2)), {}, 3),
        ("cross", (np.ones((3, 4)), np.ones((3, 4))), {"axis": 0}, 36),
        ("linalg.cross", (np.ones((4, 3)), np.ones(3)), {}, 36),
        ("trace", (np.ones((4, 2)),), {}, 2),
        ("trace", (np.ones((2, 3, 4)),), {"offset": 1}, 8),
        ("trace", (np.ones(4),), {}, 0),
        ("linalg.trace", (np.ones((2, 3, 4)),), {}, 6),
        ("linalg.trace", (np.ones((4, 2)),), {"offset": 1}, 1),
        ("linalg.trace", (np.ones((4, 2)),), {"offset": -3}, 1),
        ("linalg.trace", (np.ones((4, 0)),), {}, 0),
    ],
)
def test_numeric(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], expected: int) -> None:
    assert reference.price(name, *args, **kwargs) == expected
