"""The weight of an operation: what one of its analytical FLOPs is multiplied with.

Values in use are 1, 16 (transcendental and kin), 8 (two windows), 4 (two callback operations)
and 0 (movement).  A shape never enters a weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .rules import DEFAULT, PRICE_LISTS, price_list
from .words import words

__all__ = ["WEIGHTS", "look_up", "weight", "weighted"]

_TRANSCENDENTAL = words("""
    exp exp2 expm1 log log2 log10 log1p cbrt sin cos tan sinh cosh tanh
    arcsin arccos arctan arcsinh arccosh arctanh angle sinc i0
    power float_power floor_divide mod remainder fmod logaddexp logaddexp2
    arctan2 hypot gcd lcm geomspace logspace
""")

# Distributions that transform a uniform draw, whoever draws them.
_TRANSFORMING_DRAWS = words("""
    beta binomial chisquare dirichlet exponential f gamma geometric gumbel hypergeometric laplace
    logistic lognormal logseries multinomial multivariate_hypergeometric negative_binomial
    noncentral_chisquare noncentral_f normal pareto poisson power randn rayleigh standard_cauchy
    standard_exponential standard_gamma standard_normal standard_t triangular vonmises wald
    weibull zipf
""")

_MOVEMENT = words("""
    append array_split atleast_1d atleast_2d atleast_3d block bmat broadcast_arrays
    broadcast_shapes broadcast_to can_cast choose column_stack common_type compress concat
    concatenate copy delete diag diag_indices diag_indices_from diagflat diagonal dsplit dstack
    empty empty_like expand_dims extract eye fill_diagonal flip fliplr flipud from_dlpack
    frombuffer fromiter full full_like hsplit hstack identity insert iscomplexobj isdtype
    isfortran isrealobj isscalar issubdtype iterable ix_ matrix_transpose may_share_memory meshgrid
    min_scalar_type mintypecode moveaxis ndim ones ones_like permute_dims place promote_types put
    put_along_axis putmask ravel repeat require reshape resize result_type roll rollaxis rot90
    select shape shares_memory size split squeeze stack swapaxes take take_along_axis tile
    transpose tri tril tril_indices tril_indices_from triu triu_indices triu_indices_from typename
    unravel_index unstack vsplit vstack zeros zeros_like linalg.diagonal linalg.matrix_transpose
    fft.fftshift fft.ifftshift random.default_rng random.get_state random.seed random.set_state
""")

#: Operation name -> weight, for every weight that is not 1.
WEIGHTS: dict[str, float] = {
    **dict.fromkeys(_TRANSCENDENTAL, 16.0),
    **{f"random.{name}": 16.0 for name in _TRANSFORMING_DRAWS},
    **dict.fromkeys(_MOVEMENT, 0.0),
    "hamming": 8.0,
    "hanning": 8.0,
    "piecewise": 4.0,
    "apply_along_axis": 4.0,
}

PRICE_LISTS[DEFAULT].weights.update(WEIGHTS)

_ALIASES = {
    "acos": "arccos",
    "acosh": "arccosh",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atanh": "arctanh",
    "atan2": "arctan2",
    "pow": "power",
    "divmod": "floor_divide",
}
_GENERATOR_PREFIXES = ("random.Generator.", "random.RandomState.")
_GENERATOR_ALIASES = {"integers": "randint", "random": "random_sample"}
_UFUNC_METHODS = ("reduce", "accumulate", "outer", "reduceat", "at")


def look_up(table: Mapping[str, Any], op_name: str, otherwise: Any) -> Any:
    """What a table says of an operation (cost model, principles: weight look-up order).

    The first that exists of: the exact name; ``random.X`` for a generator method X; the long name
    of a ufunc alias; the ufunc of a ``<ufunc>.<method>`` name; `otherwise`.
    """
    if op_name in table:
        return table[op_name]
    for prefix in _GENERATOR_PREFIXES:
        if op_name.startswith(prefix):
            method = op_name[len(prefix) :]
            return table.get("random." + _GENERATOR_ALIASES.get(method, method), otherwise)
    if op_name in _ALIASES:
        return table.get(_ALIASES[op_name], otherwise)
    base, _, method = op_name.rpartition(".")
    if base and method in _UFUNC_METHODS:
        return look_up(table, base, otherwise)
    return otherwise


def weight(
    op_name: str, table: Mapping[str, float] | None = None, cost_model: str = DEFAULT
) -> float:
    """Weight of one operation.

    Parameters
    ----------
    op_name : str
        The name under which the operation is logged.
    table : mapping, optional
        Replaces the packaged table completely; an empty one makes every weight 1.
    cost_model : str
        The price list whose packaged table is used.

    Returns
    -------
    float
        What :func:`look_up` finds, or 1.
    """
    found = look_up(price_list(cost_model).weights if table is None else table, op_name, 1.0)
    return float(found)


def weighted(
    op_name: str,
    flop_cost: int,
    table: Mapping[str, float] | None = None,
    cost_model: str = DEFAULT,
) -> int:
    """Charge for `flop_cost` analytical FLOPs (cost model, principles: bill).

    ``int(flop_cost * weight)``, truncated towards zero.  A whole weight multiplies as an integer,
    so that costs above 2**53 keep their last digits.
    """
    factor = weight(op_name, table, cost_model)
    if factor.is_integer():
        return flop_cost * int(factor)
    return int(flop_cost * factor)
