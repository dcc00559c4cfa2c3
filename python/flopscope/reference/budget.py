"""A budget as a plain Python object: totals in dictionaries, records in a list."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from .weights import weighted

__all__ = ["Budget", "Record", "ReferenceBudgetExhausted"]


class ReferenceBudgetExhausted(Exception):
    """An operation would cost more than what is left; nothing was charged."""

    def __init__(self, op_name: str, *, flop_cost: int, flops_remaining: int) -> None:
        super().__init__(
            f"{op_name} would cost {flop_cost:,} FLOPs and only {flops_remaining:,} remain"
        )
        self.op_name = op_name
        self.flop_cost = flop_cost
        self.flops_remaining = flops_remaining


class Record(NamedTuple):
    """One line of the operation log; `flop_cost` is the weighted charge."""

    op_name: str
    subscripts: str | None
    shapes: tuple[tuple[int, ...], ...]
    flop_cost: int
    cumulative: int
    namespace: str | None


class Budget:
    """FLOPs to spend, and the account of how they were spent.

    Parameters
    ----------
    flop_budget : int
        The limit, more than 0.
    weights : mapping, optional
        Replaces the packaged weight table.

    Attributes
    ----------
    totals, calls : dict
        Charged FLOPs and number of charges, per operation.
    records : list of Record
        The log.
    flops_used : int
        Sum of all charges.
    backend_time_s : float
        Seconds spent in the blocks of :meth:`backend`.
    """

    def __init__(self, flop_budget: int, weights: Mapping[str, float] | None = None) -> None:
        if flop_budget <= 0:
            raise ValueError(f"flop_budget must be > 0, got {flop_budget}")
        self.flop_budget = flop_budget
        self.weights = weights
        self.flops_used = 0
        self.totals: dict[str, int] = {}
        self.calls: dict[str, int] = {}
        self.records: list[Record] = []
        self.backend_time_s = 0.0
        self._namespaces: list[str] = []
        self._start = time.perf_counter()

    @property
    def flops_remaining(self) -> int:
        """What may still be charged."""
        return self.flop_budget - self.flops_used

    @property
    def elapsed_s(self) -> float:
        """Seconds since the budget was made."""
        return time.perf_counter() - self._start

    @property
    def other_time_s(self) -> float:
        """Seconds not spent in NumPy: metering and the user's own code."""
        return self.elapsed_s - self.backend_time_s

    def check(self, op_name: str, flop_cost: int) -> int:
        """The charge for `flop_cost`, or an error if it does not fit; nothing changes.

        Raises
        ------
        ReferenceBudgetExhausted
            If the charge exceeds the remainder; a charge equal to it is allowed.
        """
        if flop_cost < 0:
            raise ValueError(f"flop_cost must not be negative, got {flop_cost} for {op_name}")
        charge = weighted(op_name, flop_cost, self.weights)
        if charge > self.flops_remaining:
            raise ReferenceBudgetExhausted(
                op_name, flop_cost=charge, flops_remaining=self.flops_remaining
            )
        return charge

    def charge(
        self,
        op_name: str,
        flop_cost: int,
        subscripts: str | None = None,
        shapes: tuple[tuple[int, ...], ...] = (),
    ) -> int:
        """Check, then charge, then record (cost model, principles: order of events).

        Parameters
        ----------
        op_name : str
            Name in the log; it decides the weight.
        flop_cost : int
            The analytical count, not yet weighted.
        subscripts : str, optional
            Contractions only.
        shapes : tuple of tuple of int, optional
            Shapes of the inputs, for the record.

        Returns
        -------
        int
            The charge.

        Raises
        ------
        ReferenceBudgetExhausted
            As :meth:`check` does; nothing is charged or recorded then.
        """
        charge = self.check(op_name, flop_cost)
        self.flops_used += charge
        self.totals[op_name] = self.totals.get(op_name, 0) + charge
        self.calls[op_name] = self.calls.get(op_name, 0) + 1
        namespace = ".".join(self._namespaces) or None
        self.records.append(Record(op_name, subscripts, shapes, charge, self.flops_used, namespace))
        return charge

    @contextmanager
    def backend(self) -> Iterator[None]:
        """Book the time of a block as time of the numerical kernels."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.backend_time_s += time.perf_counter() - start

    @contextmanager
    def namespace(self, name: str) -> Iterator[None]:
        """Label the records of a block; blocks nest into a dotted path."""
        segment = name.strip()
        if not segment:
            raise ValueError("namespace must be non-empty")
        if "." in segment:
            raise ValueError(f"namespace must not contain '.', got {name!r}")
        self._namespaces.append(segment)
        try:
            yield
        finally:
            self._namespaces.pop()
