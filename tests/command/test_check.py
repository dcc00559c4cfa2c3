"""How far ``flopscope check`` follows values, and where it knows that it does not know."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope.cli import main
from flopscope.cli.lint import check_source
from flopscope.cli.lint_kinds import ARRAY, NOTHING, UNKNOWN, Kind, Many, Several, Table, join

ROOT = Path(__file__).parents[2]
HEAD = "import numpy as np\nimport flopscope as flops\nimport flopscope.numpy as fnp\n"


def findings(text: str) -> list[tuple[str, int]]:
    found = check_source(HEAD + textwrap.dedent(text).lstrip("\n"), "checked.py")
    return [(finding.code, finding.line - 3) for finding in found]


FOLLOWED = {
    "a name of the module": """
        scale = fnp.ones(3)
        def f():
            return np.exp(scale)
        """,
    "a name of the module that is bound below": """
        def f():
            return np.exp(scale), 1
            pass
        scale = fnp.ones(3)
        """,
    "a global": """
        def f():
            return np.exp(state)
        state = None
        def g():
            global state
            state = fnp.ones(3)
        """,
    "an attribute of self": """
        class C:
            def f(self): return np.exp(self.w)
            def __init__(self): self.w = fnp.ones(3)
        """,
    "an attribute that is None at first": """
        class C:
            w = None
            def f(self): return np.exp(self.w)
            def setup(self, ctx): self.w = fnp.load("w.npy") * 2 + fnp.ones(3)
        """,
    "an attribute of a base class": """
        class B:
            def __init__(self): self.w = fnp.ones(3)
        class C(B):
            def f(self):

                return np.exp(self.w)
        """,
    "an attribute of an object": """
        class C:
            def __init__(self): self.w = fnp.ones(3)
        c = C()

        np.exp(c.w)
        """,
    "a method's value": """
        class C:
            def g(self): return fnp.ones(3)
            def f(self):

                return np.exp(self.g())
        """,
    "a property": """
        class C:
            @property
            def g(self): return fnp.ones(3)
            def f(self): return np.exp(self.g)
        """,
    "a function's value": """
        def g(n):
            return fnp.ones(n)


        np.exp(g(3) + 1)
        """,
    "a function that calls itself": """
        def g(n):
            return fnp.ones(3) if n == 0 else 2 * g(n - 1)


        np.exp(g(3))
        """,
    "functions that call each other": """
        def g(n): return h(n)
        def h(n):
            if n: return g(n - 1)
            return fnp.ones(3)
        np.exp(g(3))
        """,
    "one of several values": """
        def g(n): return n, fnp.ones(3)
        n, x = g(3)
        np.exp(n)

        np.exp(x)
        """,
    "values of an operation that gives several": """
        w, v = fnp.linalg.eigh(fnp.eye(3))



        np.exp(v)
        """,
    "both branches": """
        if n: x = fnp.ones(3)
        else: x = fnp.zeros(3)


        np.exp(x)
        """,
    "a branch that ends": """
        def f(n):
            if n:
                x = fnp.ones(3)
            else: return None
            return np.exp(x)
        """,
    "a list that grows": """
        rows = []
        for n in range(3):
            rows.append(fnp.ones(n))

        np.stack(rows)
        """,
    "items of a list": """
        rows = [fnp.ones(3) for n in range(3)]


        for n, row in enumerate(rows):
            np.exp(row)
        """,
    "items of two lists": """
        a, b = [1, 2], [fnp.ones(3), fnp.ones(2)]


        for x, y in zip(a, b):
            np.exp(y), np.exp(x)
        """,
    "a list of an object": """
        class C:
            def __init__(self): self.rows = []
            def add(self, n): self.rows.append(fnp.ones(n))
            def f(self):
                return [np.exp(row) for row in self.rows]
        """,
    "a dictionary": """
        d = {"w": fnp.ones(3)}
        d["b"] = fnp.ones(2)
        np.ones(d["b"].shape)
        for name, value in d.items():
            np.exp(value)
        """,
    "an annotation": """
        def f(x: fnp.ndarray, y: "no one knows"):



            return np.exp(x)
        """,
    "a loop's own value": """
        x = fnp.ones(3)
        for n in range(3):
            y = x * n

        np.exp(y) if n else np.exp(x)
        """,
    "what a while leaves": """
        x = fnp.ones(3)
        while True:
            x = fnp.exp(x)
            if x.sum() > 3: break
        np.exp(x)
        """,
    "a name bound in an expression": """



        if (x := fnp.ones(3)) is not None:
            np.exp(x)
        """,
    "an enclosing function's name": """
        def f():
            x = fnp.ones(3)
            def g():

                return np.exp(x)
        """,
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_followed(name: str) -> None:
    found = findings(FOLLOWED[name])
    if name == "a loop's own value":
        assert found == [("FS001", 5)] * len(found)  # y is only bound if the loop runs
        return
    assert {code for code, _ in found} == {"FS001"}, found
    lines = textwrap.dedent(FOLLOWED[name]).lstrip("\n").splitlines()
    assert all("np.exp(" in lines[line - 1] or "np.stack" in lines[line - 1] for _, line in found)
    assert len(found) == 1


NOT_FOLLOWED = {
    "one branch only": """
        x = np.ones(3)
        if n: x = fnp.ones(3)
        np.exp(x)
        """,
    "a loop that may not run": """
        for n in rows: x = fnp.ones(3)
        else: x = np.ones(3)
        np.exp(x)
        """,
    "changed in the loop": """
        x = fnp.ones(3)
        for n in range(3):
            np.exp(x)
            x = np.ones(3)
        """,
    "an attribute of both kinds": """
        class C:
            def __init__(self, w): self.w = fnp.ones(3)
            def other(self): self.w = np.ones(3)
            def f(self): return np.exp(self.w)
        """,
    "an attribute that somebody else sets": """
        class C:
            def __init__(self, w): self.w = fnp.ones(3)
            def f(self): return np.exp(self.w)
        def g(c): c.w = np.ones(3)
        """,
    "an attribute of a base class of another file": """
        class C(Base):
            def f(self): return np.exp(self.w)
        """,
    "a function of both kinds": """
        def g(n):
            if n: return fnp.ones(3)
            return np.ones(3)
        np.exp(g(3))
        """,
    "a function that may return nothing": """
        def g(n):
            if n: return [fnp.ones(3)]
        np.exp(g(3)[0])
        """,
    "a decorated function": """
        @cached
        def g(n): return fnp.ones(3)
        np.exp(g(3))
        """,
    "a generator": """
        def g(n):
            yield 1
            return fnp.ones(3)
        np.exp(g(3))
        """,
    "a parameter of the same name": """
        x = fnp.ones(3)
        def f(x): return np.exp(x)
        g = lambda x: np.exp(x)
        """,
    "an item that may be a number": """
        x = fnp.ones(3)
        np.exp(x[0])
        for y in x: np.exp(y)
        """,
    "numbers of arrays": """
        x = fnp.ones(3)
        np.arange(x.size), np.zeros(x.shape), np.exp(fnp.ndim(x)), np.exp(x.item())
        np.array(x.tolist())
        """,
    "what comparing identities gives": """
        x = fnp.ones(3)
        np.sum(x is None), np.sum(3 in x), np.sum(not x)
        """,
    "a handler": """
        x = fnp.ones(3)
        try: x = np.ones(3)
        except ValueError: np.exp(x)
        """,
    "a deleted name": """
        x = fnp.ones(3)
        del x
        np.exp(x)
        """,
    "a plain array that something is added to": """
        x = np.ones(3)
        x += fnp.ones(3)
        np.exp(x)
        """,
    "NumPy's own checks": """
        np.testing.assert_allclose(fnp.ones(3), 1.0)
        """,
    "a list of both kinds": """
        np.stack([fnp.ones(3)][:0] + rows)
        rows = [fnp.ones(3)]
        rows += others
        np.stack(rows)
        """,
    "code that is never reached": """
        def f():
            x = fnp.ones(3)
            return 1
            np.exp(x)
        """,
    "a method of a decorated class": """
        @wrapped
        class C:
            def g(self): return fnp.ones(3)
        np.exp(C().g())
        """,
    "a name of a class's body": """
        class C:
            x = fnp.ones(3)
            def f(self): return np.exp(x)
        """,
    "a match": """
        match n:
            case 1: x = fnp.ones(3)
            case _: x = np.ones(3)
        np.exp(x)
        """,
}


@pytest.mark.parametrize("name", NOT_FOLLOWED)
def test_not_followed(name: str) -> None:
    assert findings(NOT_FOLLOWED[name]) == []


@pytest.mark.parametrize(
    "body",
    [
        "rows.append(x); fnp.stack(rows)",  # the list grows
        "self.step(); fnp.exp(self.x)",  # a method may change its object
        "update(x); fnp.exp(x)",
        "x.sort(); fnp.exp(x)",
        "f = lambda y: fnp.exp(x)",
    ],
)
def test_work_that_is_not_constant(body: str) -> None:
    assert findings(f"for i in range(3):\n    {body}") == []


def test_work_that_is_constant() -> None:
    assert findings("for i in range(3):\n    print(x); y = len(x); z = x.sum(); fnp.exp(x)") == [
        ("FS004", 2)
    ]


@pytest.mark.parametrize(
    "place",
    ["examples", "packages/whestbench/examples", "packages/whestbench/src", "packages/flops-fit",
     "python/flopscope"],
)  # fmt: skip
def test_no_finding_that_is_none(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--json", str(ROOT / place)])
    found: list[Any] = json.loads(capsys.readouterr().out)["findings"]
    assert [one for one in found if one["code"] in ("FS001", "FS002", "FS005")] == []


KINDS: st.SearchStrategy[Kind] = st.recursive(
    st.sampled_from([ARRAY, NOTHING, UNKNOWN]),
    lambda inner: st.one_of(
        st.builds(Many, inner),
        st.builds(Table, inner),
        st.lists(inner, max_size=3).map(lambda items: Several(tuple(items))),
    ),
    max_leaves=5,
)


@given(KINDS, KINDS, KINDS)
@settings(max_examples=200)
def test_join_is_that_of_a_lattice(a: Kind, b: Kind, c: Kind) -> None:
    assert join(a, a) == a
    assert join(a, b) == join(b, a)
    assert join(a, NOTHING) == a
    assert join(a, UNKNOWN) == UNKNOWN
    assert join(join(a, b), b) == join(a, b)  # it only rises
    if not any(isinstance(kind, Several) for kind in (a, b, c)):
        assert join(join(a, b), c) == join(a, join(b, c))
