"""Known models by name."""

from __future__ import annotations

import functools

from flopscope.inference.checks import unknown
from flopscope.inference.model_table import ALIASES, MODELS
from flopscope.inference.names import NameIndex
from flopscope.inference.spec import ModelSpec

__all__ = ["get_model", "model_names", "resolve_model"]


@functools.cache
def _index() -> NameIndex:
    return NameIndex({**{name: name for name in MODELS}, **ALIASES})


def model_names() -> list[str]:
    """List the models that `get_model` knows.

    Examples
    --------
    >>> from flopscope.inference import model_names
    >>> [name for name in model_names() if name.startswith("mi")]
    ['mistral-7b', 'mistral-7b-v0.1', 'mistral-7b-v0.3', 'mixtral-8x7b']
    """
    return sorted(MODELS)


def resolve_model(name: str) -> str | None:
    """Return the known name that a model's name stands for, None if there is none.

    Examples
    --------
    >>> from flopscope.inference import resolve_model
    >>> resolve_model("meta-llama/Llama-3.1-8B-Instruct")
    'llama-3.1-8b'
    >>> resolve_model("qwen3:17b") is None
    True
    """
    return _index().resolve(name) if isinstance(name, str) else None


@functools.cache
def _spec(name: str) -> ModelSpec:
    return ModelSpec(**MODELS[name], name=name)


def get_model(name: str) -> ModelSpec:
    """Return the spec of a known model.

    Parameters
    ----------
    name : str
        As people, hubs and servers write it: ``"llama-3.1-8b"``, ``"llama3.1:8b"``,
        ``"meta-llama/Llama-3.1-8B-Instruct"``.

    Raises
    ------
    KeyError
        No known model; the message has the nearest names.

    Examples
    --------
    >>> from flopscope.inference import get_model
    >>> get_model("llama3.1:8b").params_total
    8030261248
    """
    known = resolve_model(name)
    if known is None:
        raise KeyError(unknown("model", name, MODELS))
    return _spec(known)
