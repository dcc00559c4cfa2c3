"""What a sweep expects of a model class, a dataset and a loss, checked before anything is planned."""

from __future__ import annotations

import inspect
import numbers
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .errors import missing_extra

#: Sizes tried, in this order, until one builds: 64 first, then sizes that other constraints allow.
PROBE_SIZES = (64, 128, 256, 32, 48, 96, 16, 12, 8, 10, 6, 4, 3, 2, 1, 512, 7, 5, 100)


def name_of(model_cls: Any) -> str:
    """The name of a class or factory; of the wrapped one for `functools.partial`."""
    name = getattr(model_cls, "__qualname__", None)
    if name is None and hasattr(model_cls, "func"):
        return name_of(model_cls.func)
    return str(name or type(model_cls).__name__)


@dataclass(frozen=True)
class ModelFamily:
    """A checked model class together with its other arguments.

    Attributes
    ----------
    model_cls : callable
        Class or factory.
    size_param : str
        Argument that scales the model.
    model_kwargs : mapping
        The other arguments.
    probe_size : int
        A size that is known to build.
    on_meta : bool
        Whether it builds on torch's meta device, where parameters have a shape but no memory.
    """

    model_cls: Callable[..., Any]
    size_param: str
    model_kwargs: Mapping[str, Any]
    probe_size: int
    on_meta: bool

    @property
    def name(self) -> str:
        """Name of the class or factory."""
        return name_of(self.model_cls)

    def build(self, size: int) -> Any:
        """A real model of this size."""
        return self.model_cls(**self.model_kwargs, **{self.size_param: size})

    def count(self, size: int) -> int:
        """Parameters of the model of this size, without its memory when `on_meta`."""
        if not self.on_meta:
            return read_num_params(self.build(size), self.name)
        with _meta_device():
            return read_num_params(self.build(size), self.name)


def check_model(model_cls: Any, size_param: str, model_kwargs: Mapping[str, Any] | None = None) -> ModelFamily:
    """Build the model once and read its size.

    Raises
    ------
    TypeError
        It is not callable, cannot be built at any probe size, or has no `num_params()` that returns.
    ValueError
        `num_params()` is not a positive integer.

    Warns
    -----
    UserWarning
        `model_kwargs` contains the size argument; it is dropped.
    """
    name = name_of(model_cls)
    if not callable(model_cls):
        raise TypeError(f"model_cls must be a class or factory, not {model_cls!r}")
    if not isinstance(size_param, str):
        raise TypeError(f"model_size_param must be the name of an argument of {name}, not {size_param!r}")
    kwargs = dict(model_kwargs or {})
    if size_param in kwargs:
        warnings.warn(
            f"model_kwargs has the size argument {size_param!r} too; {kwargs.pop(size_param)!r} is ignored",
            UserWarning,
            stacklevel=3,
        )
    first: Exception | None = None
    for size in PROBE_SIZES:
        family = ModelFamily(model_cls, size_param, kwargs, size, on_meta=False)
        if _counts_on_meta(family, size):
            return ModelFamily(model_cls, size_param, kwargs, size, on_meta=True)
        try:
            model = family.build(size)
        except Exception as error:  # whatever a constructor raises: another size may be legal
            first = first or error
            continue
        read_num_params(model, name)
        return family
    raise TypeError(
        f"{name} cannot be built with {size_param}={PROBE_SIZES[0]} or any other probe size: "
        f"{type(first).__name__}: {first}"
    ) from first


def read_num_params(model: Any, name: str) -> int:
    """The model's own count of parameters, checked."""
    method = getattr(model, "num_params", None)
    if not callable(method):
        raise TypeError(f"{name} needs a method num_params() that returns its number of parameters")
    try:
        count = method()
    except Exception as error:
        raise TypeError(f"{name}.num_params() raised {type(error).__name__}: {error}") from error
    if isinstance(count, bool) or not isinstance(count, numbers.Integral):
        raise ValueError(f"{name}.num_params() must return an int, not {count!r}")
    if count <= 0:
        raise ValueError(f"{name}.num_params() must be positive, not {count}")
    return int(count)


def check_dataset(dataset: Any) -> None:
    """Refuse what is no torch `Dataset`, `IterableDataset` or `DataLoader`. Nothing is read from it."""
    data = import_torch("a dataset").utils.data
    if isinstance(dataset, data.Dataset | data.DataLoader):
        return
    kind = type(dataset)
    message = (
        f"dataset must be a torch Dataset, IterableDataset or DataLoader, not {kind.__module__}.{kind.__qualname__}"
        "; a HuggingFace dataset needs the torch format and a loader: "
        "DataLoader(dataset.with_format('torch'), batch_size=32, shuffle=True)"
    )
    raise TypeError(message)


def check_loss(loss_fn: Any) -> None:
    """Refuse what cannot be called as `loss_fn(outputs, targets)`, as far as its signature tells."""
    if loss_fn is None:
        raise TypeError("loss_fn must be a callable (outputs, targets) -> scalar, not None")
    if inspect.isclass(loss_fn):
        raise TypeError(f"loss_fn is the class {loss_fn.__name__}, not an instance; did you mean {loss_fn.__name__}()?")
    if not callable(loss_fn):
        raise TypeError(f"loss_fn must be a callable (outputs, targets) -> scalar, not {loss_fn!r}")
    target = loss_fn
    if hasattr(loss_fn, "forward") and hasattr(loss_fn, "register_forward_hook"):
        target = loss_fn.forward  # a torch module takes *args and passes them on
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):  # a C extension does not tell
        return
    try:
        signature.bind(None, None)
    except TypeError as error:
        raise TypeError(
            f"loss_fn is called as loss_fn(outputs, targets), but its signature is {signature}: {error}"
        ) from None


def import_torch(what: str) -> Any:
    """The torch module, or an error that names the extra."""
    try:
        import torch
    except ImportError:
        raise missing_extra("torch", "torch", what) from None
    return torch


def _counts_on_meta(family: ModelFamily, size: int) -> bool:
    torch = sys.modules.get("torch")  # a torch module cannot come from a program without it
    if torch is None:
        return False
    try:
        with _meta_device():
            model = family.build(size)
            if not isinstance(model, torch.nn.Module) or any(p.device.type != "meta" for p in model.parameters()):
                return False
            read_num_params(model, family.name)
    except Exception:  # not every module can be built there; the ordinary way tells what is wrong
        return False
    return True


@contextmanager
def _meta_device() -> Iterator[None]:
    import torch
    from torch.overrides import TorchFunctionMode

    class SkipDraws(TorchFunctionMode):
        """Leaves out random fills: there is nothing to fill, and on this device they import torch's compiler."""

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            if func in draws:
                return kwargs["tensor"] if "tensor" in kwargs else args[0]
            return func(*args, **kwargs)

    names = "normal_ uniform_ trunc_normal_ kaiming_normal_ kaiming_uniform_ xavier_normal_ xavier_uniform_".split()
    draws = {torch.Tensor.normal_, torch.Tensor.uniform_, *(getattr(torch.nn.init, name) for name in names)}
    with torch.device("meta"), SkipDraws():
        yield
