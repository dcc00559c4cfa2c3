"""From what `predict` returned to the float32 array that is scored."""

from __future__ import annotations

from typing import Any

import numpy as np

import flopscope.numpy as fnp

__all__ = ["PredictionError", "as_floats", "materialise", "validate_predictions"]


# Types of arrays whose values have been computed.
_FINISHED = (np.ndarray, fnp.ndarray)


class PredictionError(ValueError):
    """A prediction of the wrong shape, or with values that are not finite.

    Attributes
    ----------
    code : str
        ``ESTIMATOR_BAD_SHAPE`` or ``ESTIMATOR_NON_FINITE``.
    details : dict
        ``expected_shape, got_shape, cause_hints, hint``.
    """

    def __init__(self, message: str, code: str, details: dict[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.details = details

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.code, self.details)


def materialise(predictions: Any, depth: int, width: int) -> np.ndarray[Any, Any]:
    """Turn a prediction into an array; done while the meter still runs.

    An object that computes its values only when asked is thereby billed for them. Arrays pass as
    they are: the scorer's own reading is no business of the participant's budget, which notes where
    data leaves the meter.

    Of an answer of another shape only the shape is kept: it fails in any case, and may be huge.

    Raises
    ------
    PredictionError
        For an object without a shape, or one that does not convert to float32.
    """
    if type(predictions) in _FINISHED and predictions.shape == (depth, width):
        finished: np.ndarray[Any, Any] = predictions
        return finished
    shape = getattr(predictions, "shape", None)
    if shape is None:
        raise _bad_shape(
            f"predict returned {_kind(predictions)}, which has no shape",
            (depth, width),
            None,
            ["a list, a scalar or nothing was returned instead of an array"],
            "return one array, e.g. fnp.stack(list_of_layer_means)",
        )
    known = _as_shape(shape)
    if known is not None and known != (depth, width):
        return np.broadcast_to(np.float32(0.0), known)
    return as_floats(predictions, (depth, width), known)


def as_floats(
    predictions: Any, wanted: tuple[int, int], known: tuple[int, ...] | None
) -> np.ndarray[Any, Any]:
    """Copy a prediction to a plain float32 array.

    Raises
    ------
    PredictionError
        It does not hold real numbers.
    """
    try:
        # Half of a complex number would be dropped with no more than a warning.
        if np.iscomplexobj(predictions):
            raise TypeError("complex values")
        return np.array(predictions, dtype=np.float32, copy=True, order="C", subok=False)
    except (TypeError, ValueError) as error:
        raise _bad_shape(
            f"predict returned {_kind(predictions)}, which does not convert to float32: {error}",
            wanted,
            known,
            ["the array does not hold real numbers"],
            "return an array of floats",
        ) from error


def validate_predictions(predictions: Any, depth: int, width: int) -> np.ndarray[Any, Any]:
    """Check a prediction.

    Parameters
    ----------
    predictions : array
    depth, width : int
        Of the network.

    Returns
    -------
    numpy.ndarray, shape (depth, width), float32

    Raises
    ------
    PredictionError
        A ``ValueError`` with `code` and `details`.

    Examples
    --------
    >>> validate_predictions(np.zeros((2, 3)), 2, 3).dtype
    dtype('float32')
    """
    array = materialise(predictions, depth, width)
    if array.shape != (depth, width):
        causes, hint = _shape_hints(array.shape, depth, width)
        raise _bad_shape(
            f"predictions must have shape {(depth, width)}, got {array.shape}",
            (depth, width),
            array.shape,
            causes,
            hint,
        )
    array = as_floats(array, (depth, width), (depth, width))
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        layer, neuron = (int(i) for i in bad[0])
        raise PredictionError(
            f"predictions must be finite: {len(bad)} of {array.size} values are not, first "
            f"{array[layer, neuron]} at layer {layer}, neuron {neuron}",
            "ESTIMATOR_NON_FINITE",
            {
                "expected_shape": [depth, width],
                "got_shape": [depth, width],
                "cause_hints": [
                    "a division by zero, the square root of a negative variance, or an overflow",
                    "a value beyond the range of float32",
                ],
                "hint": "clip variances at zero before the square root",
            },
        )
    return array


def _bad_shape(
    message: str,
    expected: tuple[int, int],
    got: tuple[int, ...] | None,
    causes: list[str],
    hint: str,
) -> PredictionError:
    details = {
        "expected_shape": list(expected),
        "got_shape": None if got is None else list(got),
        "cause_hints": causes,
        "hint": hint,
    }
    return PredictionError(f"{message}; {hint}", "ESTIMATOR_BAD_SHAPE", details)


def _shape_hints(shape: tuple[int, ...], depth: int, width: int) -> tuple[list[str], str]:
    if shape == (width, depth):
        return ["the array is transposed: neurons are rows, layers are columns"], "return its .T"
    if shape == (width,):
        return ["only the last layer was returned"], "return one row per layer"
    if len(shape) == 2 and shape[1] == width:
        return [
            f"there are {shape[0]} rows for {depth} layers"
        ], "return one row per layer, the input not among them"
    return ["the shape does not follow the network's"], "return (mlp.depth, mlp.width)"


def _as_shape(shape: Any) -> tuple[int, ...] | None:
    try:
        return tuple(int(extent) for extent in shape)
    except (TypeError, ValueError):
        return None


def _kind(value: object) -> str:
    return f"an object of type {type(value).__name__}"
