"""The type stubs tell the truth: the compiled module's by hand, the namespaces' by generator."""

import ast
import importlib
import importlib.util
import inspect
from pathlib import Path

import numpy as np
import pytest

import flopscope
import flopscope.numpy as fnp
import flopscope.symmetry  # attaches the SymPy conversions
from flopscope import _core

PACKAGE = Path(flopscope.__file__).parent
MAKE_STUBS = Path(__file__).parents[1] / "tools" / "make_stubs.py"

# Attributes that every class or every pybind11 class has.
MACHINERY = {"_pybind11_conduit_v1_"}
TREE = ast.parse((PACKAGE / "_core.pyi").read_text(encoding="utf-8"))
CLASSES = {node.name: node for node in TREE.body if isinstance(node, ast.ClassDef)}


def defined_names(body):
    """Names that the statements of a stub define, imports left out."""
    names = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.AnnAssign):
            names.append(node.target.id)
    return names


def is_dunder(name):
    return name.startswith("__") and name.endswith("__")


def decorators(function):
    return {node.id for node in function.decorator_list if isinstance(node, ast.Name)}


def methods_of(class_name):
    return [node for node in CLASSES[class_name].body if isinstance(node, ast.FunctionDef)]


def member(class_name, name):
    """The member as the class holds it; a ufunc's when only ufuncs have it."""
    cls = getattr(_core, class_name)
    if hasattr(cls, name):
        return inspect.getattr_static(cls, name)
    assert class_name == "CountedFunction", f"{class_name} has no {name}"
    assert hasattr(fnp.add, name), f"fnp.add has no {name}"
    return property()


def test_the_module_has_what_the_stub_names():
    stubbed = defined_names(TREE.body)
    assert len(stubbed) == len(set(stubbed))
    missing = [name for name in stubbed if not hasattr(_core, name)]
    assert missing == []


def test_the_stub_names_what_the_module_has():
    stubbed = set(defined_names(TREE.body))
    present = {name for name in vars(_core) if not is_dunder(name)}
    assert present - stubbed == set()


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_stubbed_classes_are_classes_with_these_bases(name):
    cls = getattr(_core, name)
    assert isinstance(cls, type)
    for base in CLASSES[name].bases:
        root = base.value if isinstance(base, ast.Subscript) else base
        assert root.id in [parent.__name__ for parent in cls.__mro__[1:]]


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_classes_have_what_the_stub_names(name):
    for method in methods_of(name):
        found = member(name, method.name)
        if is_dunder(method.name):
            continue
        is_property = not (callable(found) or isinstance(found, staticmethod))
        assert is_property == ("property" in decorators(method)), f"{name}.{method.name}"
        assert isinstance(found, staticmethod) == ("staticmethod" in decorators(method))


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_the_stub_names_what_classes_have(name):
    cls = getattr(_core, name)
    stubbed = {method.name for method in methods_of(name)}
    public = {n for n in vars(cls) if not is_dunder(n)} - MACHINERY
    if issubclass(cls, np.ndarray):
        public -= set(dir(np.ndarray))  # methods keep NumPy's types
    assert public - stubbed == set()


def test_pybind11_functions_have_the_stubbed_parameters():
    """pybind11 writes the signature into the docstring's first line; named parameters agree."""
    checked = 0
    nodes = [(_core, node) for node in TREE.body if isinstance(node, ast.FunctionDef)]
    for name in ("Permutation", "SymmetryGroup"):
        nodes += [(getattr(_core, name), node) for node in methods_of(name)]
    for owner, node in nodes:
        first_line = (getattr(owner, node.name).__doc__ or "").split("\n")[0]
        if is_dunder(node.name) or not first_line.startswith(f"{node.name}("):
            continue
        parameters = ast.parse(f"def f{first_line[len(node.name) :].split(' ->')[0]}: ...")
        assert isinstance(parameters.body[0], ast.FunctionDef)
        found = [a.arg for a in parameters.body[0].args.args]
        stubbed = [a.arg for a in node.args.args]
        assert len(found) == len(stubbed), node.name
        for actual, claimed in zip(found, stubbed, strict=True):
            # Parameters without a name are called arg0, arg1, ...
            assert actual == claimed or actual.startswith("arg"), node.name
        checked += 1
    assert checked > 20


def test_marker_and_stubs_are_shipped():
    for name in ("py.typed", "_core.pyi", "numpy/__init__.pyi"):
        assert (PACKAGE / name).is_file(), name


# ------------------------------------------------------------------------------ generated stubs

GENERATED = {
    "flopscope.numpy" + ("" if path.stem == "__init__" else f".{path.stem}"): path
    for path in sorted((PACKAGE / "numpy").glob("*.pyi"))
}


@pytest.fixture(scope="module")
def make_stubs():
    if not MAKE_STUBS.exists():
        pytest.skip("tools/ is not part of this checkout")
    spec = importlib.util.spec_from_file_location("make_stubs", MAKE_STUBS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_module_with_counted_functions_has_a_stub(make_stubs):
    paths = {name: PACKAGE / path for name, path in make_stubs.stubs().items()}
    assert paths == GENERATED


@pytest.mark.parametrize("module_name", GENERATED)
def test_generated_stubs_are_current(make_stubs, module_name):
    if not make_stubs.has_matching_numpy():
        pytest.skip(
            f"the stubs are made with NumPy {make_stubs.NUMPY_SERIES}, this is {np.__version__}"
        )
    written = GENERATED[module_name].read_text(encoding="utf-8")
    assert written == make_stubs.stub_of(module_name), "run `python tools/make_stubs.py`"


@pytest.mark.parametrize("module_name", GENERATED)
def test_generated_stubs_name_what_the_module_has(module_name):
    module = importlib.import_module(module_name)
    tree = ast.parse(GENERATED[module_name].read_text(encoding="utf-8"))
    named = set(defined_names(tree.body))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            named |= {alias.asname for alias in node.names if alias.asname == alias.name}
        elif isinstance(node, ast.Assign):
            named |= {target.id for target in node.targets}
    named = {name for name in named if not name.startswith("_")}
    assert set(module.__all__) <= named
    # What another NumPy release has may be missing here; then it says so.
    for name in named - set(module.__all__):
        with pytest.raises(AttributeError):
            getattr(module, name)


@pytest.mark.parametrize("name", ["add", "exp", "modf", "divmod"])
def test_ufuncs_are_stubbed_by_their_arity(name):
    tree = ast.parse((PACKAGE / "numpy" / "__init__.pyi").read_text(encoding="utf-8"))
    annotation = next(
        node.annotation.id
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and node.target.id == name
    )
    ufunc = getattr(fnp, name)
    assert annotation == f"_Ufunc{ufunc.nin}to{ufunc.nout}"
