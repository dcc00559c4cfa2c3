"""`load`, `save`, `savez` and `savez_compressed` as a program sees them."""

from __future__ import annotations

from typing import Any

__all__ = ["load", "save", "savez", "savez_compressed"]


def load(file: Any) -> Any:
    """Read arrays from an ``.npy`` or ``.npz`` file.

    Free of charge, and not logged. Nothing in the file is executed: there is no pickle.

    Parameters
    ----------
    file : path or file-like
        A file-like object must have ``read`` and ``seek``.

    Returns
    -------
    FlopscopeArray or dict
        The array of an ``.npy`` file, or the arrays of an archive by name. A member ``__meta__`` is
        decoded to the dict that was stored; arrays that had a symmetry are `SymmetricTensor`.

    Raises
    ------
    WeightFileError
        A ValueError. The file is damaged or does not hold what it should: a member that is no
        numeric array, a pickle, a truncated, encrypted, doubled or overlapping member, a name that
        leads out of the archive, a symmetry that the elements do not have, a compressed archive
        that would inflate beyond ``archive_size_limit`` (4 GiB, see `flopscope.configure`).
        ``member`` names the culprit.
    OSError
        The file cannot be opened.

    Examples
    --------
    >>> import io
    >>> import flopscope.numpy as fnp
    >>> stream = io.BytesIO()
    >>> fnp.savez(stream, w=fnp.ones((2, 2)), __meta__={"width": 2})
    >>> loaded = fnp.load(io.BytesIO(stream.getvalue()))
    >>> loaded["w"].shape, loaded["__meta__"]
    ((2, 2), {'width': 2})
    """
    from flopscope._files import reading  # by the first file: most programs have none

    return reading.read_file(file)


def save(file: Any, arr: Any) -> None:
    """Write one array to an ``.npy`` file, as NumPy does.

    Free of charge, and not logged. A symmetry is not stored: the format has no place for it.

    Parameters
    ----------
    file : path or file-like
        ``.npy`` is appended to a path that does not end so.
    arr : array_like
        Of a numeric dtype.

    Raises
    ------
    WeightFileError
        A ValueError: the dtype is not numeric. Nothing is written.

    Notes
    -----
    A path is replaced only once the new file is complete.

    Examples
    --------
    >>> import io
    >>> import flopscope.numpy as fnp
    >>> stream = io.BytesIO()
    >>> fnp.save(stream, fnp.ones(3))
    >>> fnp.load(io.BytesIO(stream.getvalue()))
    FlopscopeArray([1., 1., 1.])
    """
    from flopscope._files import writing

    writing.write_file(file, arr)


def savez(file: Any, **arrays: Any) -> None:
    """Write named arrays to an ``.npz`` archive that plain NumPy can read.

    Free of charge, and not logged.

    Parameters
    ----------
    file : path or file-like
        ``.npz`` is appended to a path that does not end so.
    **arrays : array_like
        Of numeric dtypes. ``__meta__`` is a dict instead, stored as JSON text. Dtype, memory order
        and symmetry are kept; symmetries go into a member ``__symmetry__``.

    Raises
    ------
    WeightFileError
        A ValueError: a dtype is not numeric, or a name could be read as a path.
    ValueError
        ``__meta__`` is no dict.
    TypeError
        ``__meta__`` holds what JSON does not have.

    Notes
    -----
    A path is replaced only once the new archive is complete.

    Examples
    --------
    >>> import io
    >>> import flopscope.numpy as fnp
    >>> stream = io.BytesIO()
    >>> fnp.savez(stream, a=fnp.zeros(2), b=[1, 2])
    >>> sorted(fnp.load(io.BytesIO(stream.getvalue())))
    ['a', 'b']
    """
    from flopscope._files import writing

    writing.write_archive(file, arrays)


def savez_compressed(file: Any, **arrays: Any) -> None:
    """Write named arrays to a compressed ``.npz`` archive; see `savez`.

    Parameters
    ----------
    file : path or file-like
        ``.npz`` is appended to a path that does not end so.
    **arrays : array_like
        As for `savez`.

    Raises
    ------
    WeightFileError, ValueError, TypeError
        As for `savez`.

    Examples
    --------
    >>> import io
    >>> import flopscope.numpy as fnp
    >>> stream = io.BytesIO()
    >>> fnp.savez_compressed(stream, a=fnp.zeros(10_000))
    >>> len(stream.getvalue()) < 1_000
    True
    """
    from flopscope._files import writing

    writing.write_archive(file, arrays, compressed=True)
