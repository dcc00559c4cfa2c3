"""Write the type stubs of the modules whose names are made from the operation table.

    python tools/make_stubs.py            write python/flopscope/numpy/*.pyi
    python tools/make_stubs.py --check    only tell whether they are current

The names come from the table and the modules' ``__all__``, parameter names from NumPy itself, so
the files are made with one NumPy series; another one has other signatures.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

import flopscope
import flopscope.numpy as fnp
from flopscope import _core

NUMPY_SERIES = "2.4"
WIDTH = 100

_PACKAGE = Path(__file__).resolve().parents[1] / "python" / "flopscope"

_ARRAY = "FlopscopeArray | Any"
_UNLOGGED = _core.FLAG_UNLOGGED  # questions about shapes and types

# Functions whose results are lists, named tuples, text, truth values or nothing.
_OTHER_RESULTS = frozenset(
    {
        "allclose",
        "array_equal",
        "array_equiv",
        "array_split",
        "base_repr",
        "binary_repr",
        "broadcast_arrays",
        "copyto",
        "count_nonzero",
        "dsplit",
        "einsum_path",
        "fill_diagonal",
        "histogram2d",
        "histogramdd",
        "hsplit",
        "isscalar",
        "ix_",
        "load",
        "meshgrid",
        "nonzero",
        "place",
        "put",
        "put_along_axis",
        "putmask",
        "linalg.eig",
        "linalg.eigh",
        "linalg.qr",
        "linalg.slogdet",
        "linalg.svd",
        "random.bytes",
        "random.get_state",
        "random.seed",
        "random.set_state",
        "random.shuffle",
        "save",
        "savetxt",
        "savez",
        "savez_compressed",
        "split",
        "unique_all",
        "unique_counts",
        "unique_inverse",
        "unstack",
        "vsplit",
        "where",
    }
)
_RESULTS = {"random.default_rng": "Generator"}

_HEADINGS = {
    "ufunc": "Ufuncs",
    "elementwise": "Other functions of each element",
    "reduction": "Reductions and scans",
    "contraction": "Products",
    "function": "Other functions",
    "sampler": "Samplers",
    "missing": f"Not in NumPy {NUMPY_SERIES}: calling one raises UnsupportedFunctionError",
}

_GENERATORS = """\
# NumPy's classes, counted. Methods that are not metered raise UnsupportedFunctionError.
class Generator(np.random.Generator):
    def spawn(self, n_children: int) -> list[Any]: ...

class RandomState(np.random.RandomState): ...
"""


class Row(NamedTuple):
    """A row of the operation table."""

    name: str
    module: str
    kind: str
    collector: str
    flags: int
    facts: str


def _natural(name: str) -> list[Any]:
    """Sort key that puts ``int8`` before ``int16``, as import sorters do."""
    parts = re.split(r"(\d+)", name)
    return [int(part) if part.isdigit() else part for part in parts]


def _parameter_list(signature: inspect.Signature, *, method: bool = False) -> list[str]:
    """Parameters as a stub shows them: names, kinds, and ``...`` for every default."""
    shown = ["self"] if method else []
    kinds = inspect.Parameter
    before = None
    for parameter in signature.parameters.values():
        if before is kinds.POSITIONAL_ONLY and parameter.kind is not before:
            shown.append("/")
        if parameter.kind is kinds.KEYWORD_ONLY and before not in (
            kinds.VAR_POSITIONAL,
            kinds.KEYWORD_ONLY,
        ):
            shown.append("*")
        stars = {kinds.VAR_POSITIONAL: "*", kinds.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else " = ..."
        shown.append(f"{stars}{parameter.name}: Any{default}")
        before = parameter.kind
    if before is kinds.POSITIONAL_ONLY:
        shown.append("/")
    return shown


def _definition(name: str, parameters: list[str], result: str, indent: str = "") -> str:
    """One function, broken over lines where it is too long, as a formatter would."""
    line = f"{indent}def {name}({', '.join(parameters)}) -> {result}: ..."
    if len(line) <= WIDTH:
        return line
    inner = f"{indent}    {', '.join(parameters)}"
    if len(inner) > WIDTH:
        inner = "\n".join(f"{indent}    {parameter}," for parameter in parameters)
    return f"{indent}def {name}(\n{inner}\n{indent}) -> {result}: ..."


def _parameters_of(function: Any, *, method: bool = False) -> list[str]:
    try:
        return _parameter_list(inspect.signature(function), method=method)
    except (ValueError, TypeError):  # a few compiled functions of NumPy do not tell
        return [*(["self"] if method else []), "*args: Any", "**kwargs: Any"]


def _result_of(row: Row) -> str:
    if row.name in _RESULTS:
        return _RESULTS[row.name]
    if row.name in _OTHER_RESULTS or row.flags & _UNLOGGED:
        return "Any"
    if row.kind == "function" and row.module == "random":
        return "Any"
    return _ARRAY


def _ufunc_class(inputs: int, outputs: int) -> str:
    return f"_Ufunc{inputs}to{outputs}"


def _is_ours(value: Any) -> bool:
    """Tell functions written here from NumPy's, and from stand-ins for NumPy's."""
    homes = ("flopscope._contraction.", "flopscope.numpy._symmetric_draws")
    return inspect.isfunction(value) and value.__module__.startswith(homes)


def _sections(module: ModuleType, rows: dict[str, Row]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the text of each section, and the names that are NumPy's own objects."""
    sections: dict[str, list[str]] = {heading: [] for heading in _HEADINGS}
    ufunc_classes: dict[str, str] = {}
    ours = {"ndarray", "Generator", "RandomState"}
    numpys: list[str] = []
    for name in sorted(set(module.__all__) - ours):
        value = getattr(module, name)
        if isinstance(value, ModuleType) or _is_ours(value):
            continue
        if not isinstance(value, _core.CountedFunction):
            if name in rows and rows[name].kind != "local":
                text = _definition(name, ["*args: Any", "**kwargs: Any"], "NoReturn")
                sections["missing"].append(text)
            else:
                numpys.append(name)
            continue
        row = rows[value.op_name]
        if row.kind == "ufunc":
            kind = _ufunc_class(value.nin, value.nout)
            if kind not in ufunc_classes:
                result = _ARRAY
                if value.nout > 1:
                    result = f"tuple[{', '.join([_ARRAY] * value.nout)}]"
                call = _definition(
                    "__call__", _parameters_of(value, method=True), result, indent="    "
                )
                ufunc_classes[kind] = f"class {kind}(CountedFunction):\n{call}\n"
            sections["ufunc"].append(f"{name}: {kind}")
        else:
            sections[row.kind].append(_definition(name, _parameters_of(value), _result_of(row)))
    classes = [ufunc_classes[kind] for kind in sorted(ufunc_classes)]
    sections["ufunc"] = [*classes, *sections["ufunc"]]
    return sections, numpys


def _reexports(source: str, names: Iterable[str]) -> list[str]:
    def key(name: str) -> tuple[int, list[Any]]:
        # Constants, classes, the rest: the order of import sorters.
        order = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
        return order, _natural(name)

    return [f"from {source} import {name} as {name}" for name in sorted(names, key=key)]


def _own_functions(module: ModuleType) -> list[str]:
    """Import lines of the functions that are written here."""
    values = {name: getattr(module, name) for name in module.__all__}
    return [
        f"from {value.__module__} import {value.__name__} as {name}"
        for name, value in values.items()
        if _is_ours(value)
    ]


def _submodules(module: ModuleType) -> list[str]:
    return [name for name in module.__all__ if isinstance(getattr(module, name), ModuleType)]


def stubs() -> dict[str, Path]:
    """Modules with counted functions, and where their stubs lie in the package's folder."""
    found = {}
    for name in ("", *(f".{name}" for name in _submodules(fnp))):
        module = importlib.import_module(f"flopscope.numpy{name}")
        values = [getattr(module, public) for public in getattr(module, "__all__", ())]
        if any(isinstance(value, _core.CountedFunction) for value in values):
            path = Path(module.__file__ or "").relative_to(Path(flopscope.__file__).parent)
            found[module.__name__] = path.with_suffix(".pyi")
    return found


def stub_of(module_name: str) -> str:
    """Return the text of a module's stub."""
    module = importlib.import_module(module_name)
    rows = {row.name: row for row in (Row(*fields) for fields in _core._op_rows())}
    sections, numpys = _sections(module, rows)
    is_random = "Generator" in module.__all__
    typing_names = ["Any", *(["NoReturn"] if sections["missing"] else [])]
    core_names = [*(["CountedFunction"] if sections["ufunc"] else []), "FlopscopeArray"]
    numpy_lines = [
        *(["import numpy as np"] if is_random else []),
        *_reexports("numpy" + module_name.removeprefix("flopscope.numpy"), numpys),
    ]
    lines = [
        f'"""What type checkers and editors see of {module_name}.',
        "",
        f"Written by tools/make_stubs.py from the operation table and NumPy {NUMPY_SERIES}: "
        "change those, not this file.",
        '"""',
        "",
        f"from typing import {', '.join(typing_names)}",
        "",
        *([*numpy_lines, ""] if numpy_lines else []),
        *sorted(
            [*_own_functions(module), f"from flopscope._core import {', '.join(core_names)}"],
            key=lambda line: line.split()[1],
        ),
        *_reexports(module_name, _submodules(module)),
    ]
    if "ndarray" in module.__all__:
        lines += ["", "ndarray = FlopscopeArray"]
    if is_random:
        lines += ["", _GENERATORS.rstrip()]
    for heading, definitions in sections.items():
        if definitions:
            lines += ["", f"# {_HEADINGS[heading]}.", *definitions]
    return "\n".join(lines) + "\n"


def has_matching_numpy() -> bool:
    """Whether the installed NumPy is of the series that the files are made with."""
    return np.__version__.startswith(NUMPY_SERIES + ".")


def main() -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args().check
    if not has_matching_numpy():
        print(f"needs NumPy {NUMPY_SERIES}, found {np.__version__}", file=sys.stderr)
        return 2
    stale = 0
    for module_name, relative in stubs().items():
        path = _PACKAGE / relative
        text = stub_of(module_name)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if not is_check:
            path.write_text(text, encoding="utf-8")
        print(f"{'is not current' if is_check else 'written'}: {path}")
    return 1 if is_check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
