"""Rules of a dry run for Fourier transforms, tensor inverses and symmetry."""

from __future__ import annotations

from typing import Any

import numpy as np

from flopscope._dry.call import CountedCall
from flopscope._dry.rules import rule, shape_of
from flopscope._dry.unknown import unknown

__all__: list[str] = []


@rule("fft.rfft", "fft.ihfft", "fft.irfft", "fft.hfft")
def _real_transform(call: CountedCall) -> Any:
    values = call.args[0]
    shape = list(shape_of(values))
    axis = int(call.argument(2, "axis", -1)) % len(shape)
    given = call.argument(1, "n")
    if call.name in ("fft.rfft", "fft.ihfft"):
        n = shape[axis] if given is None else int(given)
        kind, shape[axis] = "complex", n // 2 + 1
    else:
        n = 2 * (shape[axis] - 1) if given is None else int(given)
        kind, shape[axis] = "real", n
    single = np.asarray(values).dtype in (np.float32, np.complex64)
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    if kind == "complex":
        return unknown(shape, np.complex64 if single else np.complex128)
    return unknown(shape, np.float32 if single else np.float64)


@rule("linalg.tensorinv")
def _tensor_inverse(call: CountedCall) -> Any:
    shape, ind = shape_of(call.args[0]), int(call.argument(1, "ind", 2))
    return unknown(shape[ind:] + shape[:ind], _inexact(call.args[0]))


@rule("linalg.tensorsolve")
def _tensor_solution(call: CountedCall) -> Any:
    rank = np.ndim(call.argument(1, "b"))
    return unknown(shape_of(call.args[0])[rank:], _inexact(call.args[0]))


def _inexact(values: Any) -> np.dtype[Any]:
    return np.result_type(np.asarray(values).dtype, np.float32 if np.asarray(values).dtype in
                          (np.float32, np.complex64) else np.float64)  # fmt: skip


@rule("as_symmetric")
def _declared(call: CountedCall) -> Any:
    return unknown(shape_of(call.args[0]), np.asarray(call.args[0]).dtype)


@rule("symmetrize")
def _averaged(call: CountedCall) -> Any:
    return unknown(shape_of(call.args[0]), np.result_type(np.asarray(call.args[0]).dtype, float))


@rule("random.symmetric")
def _drawn(call: CountedCall) -> Any:
    return unknown(call.args[1], float)
