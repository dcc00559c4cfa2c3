"""`Module`: a model whose arrays can be listed, saved and loaded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from flopscope._files.names import META, refuse
from flopscope._module_arrays import Array, own_time
from flopscope.errors import WeightConfigError

__all__ = ["Module"]

M = TypeVar("M", bound="Module")


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Module):
        for name, value in vars(node).items():
            if not name.startswith("_"):
                yield name, value
    elif isinstance(node, dict):
        for key, value in node.items():
            yield str(key), value
    elif isinstance(node, (list, tuple)):
        for index, value in enumerate(node):
            yield str(index), value


def _collect(node: Any, prefix: str, path: tuple[int, ...], found: dict[str, Any]) -> None:
    if id(node) in path:
        raise ValueError(f"{prefix.rstrip('.')!r} holds itself, so its arrays have no end")
    for name, value in _children(node):
        dotted = prefix + name
        if isinstance(value, Array):
            if dotted in found:
                raise ValueError(f"two arrays are called {dotted!r}")
            found[dotted] = value
        elif isinstance(value, (Module, dict, list, tuple)):
            _collect(value, f"{dotted}.", (*path, id(node)), found)


def _replaced(node: Any, prefix: str, state: Mapping[str, Any]) -> Any:
    """Return a container of the same type with its arrays replaced; modules are left as they are.

    What is not in the state stays. Containers without arrays are the same object.
    """
    changed = {}
    for name, value in _children(node):
        dotted = prefix + name
        new = value
        if isinstance(value, Array):
            new = state.get(dotted, value)
        elif isinstance(value, (dict, list, tuple)):
            new = _replaced(value, f"{dotted}.", state)
        if new is not value:
            changed[name] = new
    if not changed:
        return node
    if isinstance(node, tuple):
        items = [changed.get(name, value) for name, value in _children(node)]
        fill: Callable[..., Any] = getattr(type(node), "_make", type(node))  # named tuples
        return fill(items)
    copy = node.copy()
    if isinstance(copy, dict):
        for key in copy:
            if str(key) in changed:
                copy[key] = changed[str(key)]
    else:
        for name, value in changed.items():
            copy[int(name)] = value
    return copy


def _modules(node: Any, prefix: str) -> Iterator[tuple[str, Module]]:
    """Every module in a tree, with the prefix of its names."""
    if isinstance(node, Module):
        yield prefix, node
    for name, value in _children(node):
        if isinstance(value, (Module, dict, list, tuple)):
            yield from _modules(value, f"{prefix}{name}.")


def _changes(root: Module, state: Mapping[str, Any]) -> list[tuple[Module, str, Any]]:
    """List the attributes to set so that the arrays of a state take the place of a module's."""
    new = {
        name: value if isinstance(value, Array) else _counted(value)
        for name, value in state.items()
    }
    changes: list[tuple[Module, str, Any]] = []
    for prefix, module in _modules(root, ""):
        for name, value in _children(module):
            replacement = value
            if isinstance(value, Array):
                replacement = new.get(prefix + name, value)
            elif isinstance(value, (dict, list, tuple)):
                replacement = _replaced(value, f"{prefix}{name}.", new)
            if replacement is not value:
                changes.append((module, name, replacement))
    return changes


class Module:
    """Base class of models: finds their arrays, saves and loads them.

    The state of a module is its public instance attributes: counted arrays, further modules, and
    lists, tuples and dicts of these. Names that begin with an underscore, and everything else, are
    not part of it. An array's name is the path to it, joined by dots: ``layers.0.weight``.

    A subclass that takes arguments says in `config` what they were, so that `from_file` can make
    the same module again.

    Notes
    -----
    Saving and loading are free of charge, and their time is no residual time. Files are NumPy's
    ``.npz`` archives; nothing is pickled.

    Examples
    --------
    >>> import os, tempfile
    >>> import flopscope as flops
    >>> import flopscope.numpy as fnp
    >>> class Linear(flops.Module):
    ...     def __init__(self, width):
    ...         self.width = width
    ...         self.weight = fnp.eye(width)
    ...         self.bias = [fnp.zeros(width)]
    ...
    ...     def config(self):
    ...         return {"width": self.width}
    ...
    ...     def __call__(self, x):
    ...         return x @ self.weight + self.bias[0]
    >>> model = Linear(3)
    >>> sorted(model.state_dict())
    ['bias.0', 'weight']
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "linear.npz")
    ...     model.save(path)
    ...     again = Linear.from_file(path)
    >>> again.width
    3
    """

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, as values that JSON has. By default none."""
        return {}

    def state_dict(self, prefix: str = "") -> dict[str, Any]:
        """Return the arrays of the module by name; the arrays themselves, not copies.

        Parameters
        ----------
        prefix : str, default ""
            Put before every name.

        Raises
        ------
        ValueError
            Two arrays would have the same name, or the module holds itself.
        """
        found: dict[str, Any] = {}
        with own_time():
            _collect(self, prefix, (), found)
        return found

    def load_state_dict(self, sd: Mapping[str, Any], *, strict: bool = True) -> None:
        """Put arrays in the place of the module's own. Shapes are not compared.

        Parameters
        ----------
        sd : mapping
            Arrays by name, as `state_dict` gives them.
        strict : bool, default True
            Refuse when a name is missing or unknown; otherwise such names are passed over.

        Raises
        ------
        ValueError
            Names differ. The module is unchanged.
        """
        own = self.state_dict()
        with own_time():
            missing = sorted(own.keys() - sd.keys())
            unexpected = sorted(sd.keys() - own.keys())
            if strict and (missing or unexpected):
                raise ValueError(f"state_dict mismatch. missing={missing} unexpected={unexpected}")
            changes = _changes(self, {name: sd[name] for name in own if name in sd})
            for module, name, value in changes:
                setattr(module, name, value)

    def save(self, path: Any, *, meta: Mapping[str, Any] | None = None) -> None:
        """Write the module's arrays and configuration to an ``.npz`` archive.

        Parameters
        ----------
        path : path or file-like
            ``.npz`` is appended to a path that does not end so. An existing file is replaced only
            once the new one is complete.
        meta : mapping, optional
            Stored beside `config`, whose entries it overrides. `from_file` passes all of it to the
            constructor.

        Raises
        ------
        WeightFileError
            A ValueError: an array is not numeric, or a name could be read as a path. Nothing is
            written.
        TypeError, ValueError
            The configuration is no dict of values that JSON has. Nothing is written.
        """
        from flopscope import numpy as fnp

        fnp.savez(path, **{META: {**self.config(), **(meta or {})}, **self.state_dict()})

    def load(self: M, path: Any) -> M:
        """Fill the module from a file; returns the module.

        Raises
        ------
        WeightFileError
            A ValueError: the file is damaged, or an array has another shape than the module's.
            The module is unchanged.
        ValueError
            Names differ. The module is unchanged.
        OSError
            The file cannot be opened.
        """
        _fill(self, path, *_read(path))
        return self

    @classmethod
    def from_file(cls: type[M], path: Any, **overrides: Any) -> M:
        """Make a module from the configuration and arrays of a file.

        Parameters
        ----------
        path : path or file-like
        **overrides
            Arguments of the constructor that take the place of stored ones.

        Raises
        ------
        WeightConfigError
            A TypeError: the constructor does not take the stored configuration.
        WeightFileError, ValueError, OSError
            As for `load`.
        """
        arrays, meta = _read(path)
        arguments = {**meta, **overrides}
        with own_time():
            try:
                inspect.signature(cls).bind(**arguments)
            except TypeError as error:
                raise WeightConfigError(
                    path, META, f"does not fit the constructor of {cls.__name__}: {error}"
                ) from None
        module = cls(**arguments)
        _fill(module, path, arrays, meta)
        return module


def _counted(value: Any) -> Any:
    from flopscope import numpy as fnp

    return fnp.asarray(value)


def _read(path: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    from flopscope import numpy as fnp

    loaded = fnp.load(path)
    if not isinstance(loaded, dict):
        refuse(path, None, "holds a single array; a module is read from an .npz archive")
    meta = loaded.pop(META, {})
    return loaded, meta


def _fill(module: Module, path: Any, arrays: dict[str, Any], meta: dict[str, Any]) -> None:
    """Load arrays into a module whose own tell the shapes that its configuration means."""
    own = module.state_dict()
    for name, array in arrays.items():
        if name in own and own[name].shape != array.shape:
            refuse(
                path,
                name,
                f"has shape {array.shape}, where a {type(module).__name__} configured with "
                f"{module.config() or meta} has {own[name].shape}",
            )
    module.load_state_dict(arrays)
