"""Sorting, searching, sets and histograms, worked by hand from the cost model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flopscope import reference

A = np.ones((3, 5))
FLOATS = np.linspace(0.0, 1.0, 6)
INTEGERS = np.arange(6)
VALUES = np.linspace(0.0, 1.0, 20)


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "expected"),
    [
        ("sort", (np.ones(7),), {}, 21),
        ("sort", (A,), {}, 3 * 15),
        ("argsort", (A,), {"axis": 0}, 5 * 6),
        ("sort", (A,), {"axis": None}, 15 * 4),
        ("sort", (np.ones((4, 1)),), {}, 4),
        ("sort", (np.ones((2, 0)),), {}, 1),
        ("sort", (3.0,), {"axis": None}, 1),
        ("sort_complex", (np.ones(4),), {}, 8),
        ("partition", (np.ones(7), [1, 3]), {}, 14),
        ("argpartition", (A, 1), {"axis": 0}, 15),
        ("partition", (A, 1), {"axis": None}, 15),
        ("lexsort", ((np.ones(6), np.ones(6)),), {}, 36),
        ("lexsort", (A,), {}, 45),
        ("searchsorted", (np.ones(8), np.ones((2, 3))), {}, 18),
        ("searchsorted", (np.ones(5), []), {}, 3),
        ("digitize", (np.ones(3), np.ones(8)), {}, 9),
        ("digitize", (np.ones(3), []), {}, 3),
        ("unique", (A,), {}, 60),
        ("unique", (np.ones((4, 3)),), {"axis": 1}, 4 * 6),
        ("unique_counts", (np.ones(10),), {}, 40),
        ("unique_all", (np.ones(0),), {}, 1),
        ("union1d", (np.ones(10), np.ones(3)), {}, 13 * 4),
        ("setdiff1d", (np.ones(4), []), {}, 8),
        ("intersect1d", (np.ones(6), np.ones(4)), {}, 18 + 8 + 40),
        ("intersect1d", (np.ones(6), np.ones(4)), {"assume_unique": True}, 40),
        ("isin", (INTEGERS, INTEGERS[:4]), {}, 40),
        ("isin", (FLOATS, FLOATS[:4]), {}, 48),
        ("isin", (FLOATS, np.ones(20)), {}, 26 * 5),
    ],
)
def test_sorting(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], expected: int) -> None:
    assert reference.price(name, *args, **kwargs) == expected


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("histogram", (VALUES,), 80),
        ("histogram", (VALUES, np.int64(4)), 40),
        ("histogram", (VALUES, [-1.0, 0.0, 1.0]), 40),
        ("histogram", (np.ones(0), 4), 1),
        ("histogram", (VALUES, "sturges"), 20 * (2 + 0 + 3)),
        ("histogram_bin_edges", (VALUES, 10), 20),
        ("histogram_bin_edges", (VALUES, "fd"), 60),
        ("histogram_bin_edges", (VALUES, "scott"), 120),
        ("histogram_bin_edges", (VALUES, "doane"), 160),
        ("histogram_bin_edges", (VALUES, "stone"), 2040),
        ("histogram2d", (VALUES, VALUES, 4), 80),
        ("histogram2d", (VALUES, VALUES, [3, 5]), 100),
        ("histogram2d", (VALUES, VALUES, [[-1, 0, 1], [-1, 0, 1]]), 80),
        ("histogram2d", (VALUES, VALUES, [3, [-1, 0, 1]]), 20),
        ("histogram2d", (VALUES, VALUES, [0.0, 0.5, 1.0]), 20),
        ("histogramdd", (np.ones((15, 2)), [3, 5]), 75),
        ("histogramdd", (np.ones((15, 2)), 4), 60),
        ("histogramdd", ([np.ones(15), np.ones(15)], 4), 60),
        ("histogramdd", (np.ones(15), 4), 30),
        ("bincount", (INTEGERS,), 6),
        ("interp", (np.ones(5), np.ones(4), np.ones(4)), 25),
        ("interp", ([], np.ones(4), np.ones(4)), 5),
    ],
)
def test_histograms_and_tables(name: str, args: tuple[Any, ...], expected: int) -> None:
    assert reference.price(name, *args) == expected
