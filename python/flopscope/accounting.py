"""What operations cost, without running them."""

from __future__ import annotations

from flopscope import _core

__all__ = ["get_weight"]


def get_weight(op_name: str) -> float:
    """Weight that the counts of an operation are multiplied by.

    Parameters
    ----------
    op_name : str
        Name as in the log. Names without a row of their own take the weight of the operation they
        stand for (``pow`` that of ``power``, ``random.Generator.normal`` that of
        ``random.normal``, ``power.outer`` that of ``power``), all others weigh 1.

    Examples
    --------
    >>> from flopscope import accounting
    >>> accounting.get_weight("exp")
    16.0
    """
    return _core._weight_of(op_name)
