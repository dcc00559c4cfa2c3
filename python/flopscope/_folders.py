"""Tells the core whose code a file is. Imported first: some of the core is for flopscope alone."""

from __future__ import annotations

import contextlib
import os

import numpy as np

from flopscope import _core

__all__: list[str] = []

# Lines of NumPy's are not where a program spends its FLOPs; nor are the wrappers of contextlib's
# decorators, which stand between a program and some functions of NumPy's.
_core._set_skipped_folders(
    [f"{os.path.dirname(file)}{os.sep}" for file in (_core.__file__, __file__)],
    [f"{os.path.dirname(np.__file__)}{os.sep}", contextlib.__file__],
)
