"""Movement: copying, viewing, joining, filling with a constant, selecting with a given selector.

All of it is free.  A selector that must be derived from values is not.
"""

from __future__ import annotations

from typing import Any

from .rules import Ignored, rule
from .shapes import size_of
from .words import words

__all__ = ["SILENT"]

#: Questions about shape or dtype: free, and not even recorded.
SILENT = frozenset(
    words("""
    shape size ndim result_type can_cast broadcast_shapes iscomplexobj isrealobj isscalar isfortran
    issubdtype isdtype may_share_memory shares_memory min_scalar_type mintypecode typename
    promote_types common_type iterable require unravel_index diag_indices diag_indices_from
    tril_indices tril_indices_from triu_indices triu_indices_from matrix_transpose permute_dims
    rollaxis get_printoptions geterr printoptions set_printoptions seterr
    """)
)


@rule("""
    append array_split atleast_1d atleast_2d atleast_3d block bmat broadcast_arrays
    broadcast_shapes broadcast_to can_cast choose column_stack common_type compress concat
    concatenate copy delete diag diag_indices diag_indices_from diagflat diagonal dsplit dstack
    empty empty_like expand_dims extract eye fill_diagonal flip fliplr flipud from_dlpack
    frombuffer fromiter full full_like hsplit hstack identity insert iscomplexobj isdtype
    isfortran isrealobj isscalar issubdtype iterable ix_ matrix_transpose may_share_memory meshgrid
    min_scalar_type mintypecode moveaxis ndim ones ones_like permute_dims place promote_types put
    put_along_axis putmask ravel repeat require reshape resize result_type roll rollaxis rot90
    row_stack select shape shares_memory size split squeeze stack swapaxes take take_along_axis
    tile transpose tri tril tril_indices tril_indices_from triu triu_indices triu_indices_from
    typename unravel_index unstack vsplit vstack zeros zeros_like
    linalg.diagonal linalg.matrix_transpose
""")
def free(*_: Ignored, **__: Ignored) -> int:
    """Nothing (cost model, creation and movement)."""
    return 0


@rule("nonzero flatnonzero argwhere")
def derived_selector(a: Any) -> int:
    """One test per element, 0 for an empty array (cost model, principles)."""
    return size_of(a)


@rule("where")
def where(condition: Any, x: Any = None, y: Any = None) -> int:
    """One test per element with one argument, 0 with three (cost model, principles)."""
    return size_of(condition) if x is None and y is None else 0
