"""SymmetryGroup and Permutation against enumeration written from the definitions."""

import copy
import itertools
import math
import pickle
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
from flopscope import symmetry
from flopscope.symmetry import Permutation, parse_symmetry

SG = flops.SymmetryGroup


# The reference: elements by closure, everything else by looking at all of them.


def closure(literals):
    degree = len(literals[0])
    seen = {tuple(range(degree))}
    todo = list(seen)
    while todo:
        p = todo.pop()
        for g in literals:
            q = tuple(g[i] for i in p)
            if q not in seen:
                seen.add(q)
                todo.append(q)
    return seen


def position_orbits(elements):
    degree = len(next(iter(elements)))
    return {frozenset(p[i] for p in elements) for i in range(degree)}


def element_orbits(permutations, sizes):
    """Number of orbits of the elements of an array with these lengths."""

    def moved(index, p):
        image = [0] * len(index)
        for i, value in enumerate(index):
            image[p[i]] = value
        return tuple(image)

    indices = itertools.product(*(range(n) for n in sizes))
    return len({min(moved(index, p) for p in permutations) for index in indices})


def forms(group):
    return {tuple(p.array_form) for p in group.elements()}


NAMED = [
    SG.symmetric(axes=(0,)),
    SG.symmetric(axes=(0, 1)),
    SG.symmetric(axes=(1, 3)),
    SG.symmetric(axes=(0, 1, 2, 3)),
    SG.cyclic(axes=(0, 1, 2)),
    SG.cyclic(axes=(0, 1, 2, 3)),
    SG.cyclic(axes=tuple(range(6))),
    SG.dihedral(axes=(0, 1)),
    SG.dihedral(axes=(0, 1, 2)),
    SG.dihedral(axes=(0, 1, 2, 3)),
    SG.dihedral(axes=(4, 3, 2, 1, 0)),
    SG.young(blocks=((0, 1), (2, 3))),
    SG.young(blocks=((0,), (1, 2))),
    SG.direct_product(SG.symmetric(axes=(0, 1)), SG.cyclic(axes=(2, 3, 4))),
    SG.from_generators([[2, 3, 0, 1]], axes=(0, 1, 2, 3)),
    SG.from_generators([[1, 0, 3, 2], [1, 0, 2, 3]], axes=(0, 1, 2, 3)),
    SG.from_generators([[1, 0, 2]]),
]


@st.composite
def groups(draw, max_degree=5):
    degree = draw(st.integers(1, max_degree))
    literals = draw(st.lists(st.permutations(range(degree)), min_size=1, max_size=3))
    axes = draw(st.none() | st.permutations(range(degree)).map(tuple))
    return SG.from_generators(literals, axes=axes)


any_group = st.sampled_from(NAMED) | groups()
few = settings(deadline=None, max_examples=80)


@few
@given(any_group)
def test_elements_orders_and_orbits(group):
    expected = closure(group.generator_literals)
    assert forms(group) == expected
    assert group.order() == len(expected) == len(group.elements())
    assert group.elements()[0].is_identity
    assert set(group.orbits()) == position_orbits(expected)
    assert all(group.orbit(i) in position_orbits(expected) for i in range(group.degree))
    assert group.is_transitive == (len(position_orbits(expected)) == 1)
    assert group.is_symmetric() == (len(expected) == math.factorial(group.degree))
    assert group.is_abelian == all(
        p * q == q * p for p in group.elements() for q in group.elements()
    )
    for form in itertools.permutations(range(group.degree)):
        assert group.contains(Permutation(list(form))) == (form in expected)


@few
@given(any_group, st.sets(st.integers(0, 5)))
def test_stabilizers(group, positions):
    pointwise = group.pointwise_stabilizer(positions)
    setwise = group.setwise_stabilizer(positions)
    inside = {i for i in positions if i < group.degree}
    elements = closure(group.generator_literals)
    assert forms(pointwise) == {p for p in elements if all(p[i] == i for i in inside)}
    assert forms(setwise) == {p for p in elements if {p[i] for i in inside} == inside}
    assert pointwise.axes == setwise.axes == group.axes


@few
@given(any_group, st.data())
def test_restrict(group, data):
    size = data.draw(st.integers(1, group.degree))
    kept = tuple(data.draw(st.permutations(range(group.degree)))[:size])
    elements = closure(group.generator_literals)
    if any(p[i] not in kept for p in elements for i in kept):
        with pytest.raises(KeyError):
            group.restrict(kept)
        return
    result = group.restrict(kept)
    assert forms(result) == {tuple(kept.index(p[i]) for i in kept) for p in elements}
    assert result.axes == (None if group.axes is None else tuple(group.axes[i] for i in kept))


@few
@given(any_group, st.data())
def test_burnside_unique_count(group, data):
    length = {orbit: data.draw(st.integers(0, 3)) for orbit in group.orbits()}
    sizes = {i: length[group.orbit(i)] for i in range(group.degree)}
    expected = element_orbits(closure(group.generator_literals), [sizes[i] for i in sorted(sizes)])
    assert group.burnside_unique_count({**sizes, 99: 7}) == expected


@few
@given(groups(max_degree=4), groups(max_degree=4))
def test_equality_is_by_axes_and_action(a, b):
    def action(group):
        names = range(group.degree) if group.axes is None else group.axes
        elements = {
            frozenset((names[i], names[j]) for i, j in enumerate(p))
            for p in closure(group.generator_literals)
        }
        return group.axes is None, frozenset(elements)

    assert (a == b) == (action(a) == action(b)) == a.equals(b)
    if a == b:
        assert hash(a) == hash(b)


@few
@given(any_group)
def test_round_trips(group):
    again = pickle.loads(pickle.dumps(group))
    assert again == group
    assert again.generator_literals == group.generator_literals
    assert again.axes == group.axes
    assert copy.copy(group) is group
    assert copy.deepcopy([group])[0] is group
    if group.axes is None:
        with pytest.raises(ValueError, match="axes"):
            group.to_payload()
    else:
        payload = group.to_payload()
        assert payload == {"axes": list(group.axes), "generators": group.generator_literals}
        assert SG.from_payload(payload) == group


def test_generator_conventions():
    assert SG.symmetric(axes=(0, 1, 2)).generator_literals == [[1, 0, 2], [0, 2, 1]]
    assert SG.cyclic(axes=(0, 1, 2, 3)).generator_literals == [[1, 2, 3, 0]]
    assert SG.dihedral(axes=(0, 1, 2, 3)).generator_literals == [[1, 2, 3, 0], [0, 3, 2, 1]]
    assert SG.young(blocks=((0, 1), (2, 3))).generator_literals == [[1, 0, 2, 3], [0, 1, 3, 2]]
    assert SG.symmetric(axes=(5,)).generator_literals == [[0]]
    assert SG.dihedral(axes=(0, 1)) is SG.symmetric(axes=(0, 1))


def test_large_known_groups_need_no_listing():
    assert SG.symmetric(axes=range(25)).order() == math.factorial(25)
    assert SG.symmetric(axes=range(9)).burnside_unique_count(dict.fromkeys(range(9), 2)) == 10
    twelve = SG.young(blocks=(range(12), range(12, 24)))
    assert twelve.order() == math.factorial(12) ** 2
    assert twelve.setwise_stabilizer(range(3)).order() == 6 * math.factorial(9) * math.factorial(12)
    with pytest.raises(RuntimeError, match="more than"):
        SG.symmetric(axes=range(9)).elements()
    # The full group behind its other usual generators, as a payload may carry it.
    turn = [*range(1, 10), 0]
    swap = [1, 0, *range(2, 10)]
    assert SG.from_generators([turn, swap], axes=range(10)).order() == math.factorial(10)


def test_known_groups_are_interned():
    assert SG.symmetric(axes=(0, 1)) is SG.symmetric(axes=(0, 1))
    assert SG.cyclic(axes=(0, 1, 2)) is SG.cyclic(axes=[0, 1, 2])
    assert SG.dihedral(axes=(0, 1, 2, 3)) is SG.dihedral(axes=np.arange(4))
    assert SG.young(blocks=((0, 1), (2, 3))) is SG.young(blocks=[[0, 1], [2, 3]])
    first = SG.direct_product(SG.symmetric(axes=(0, 1)), SG.cyclic(axes=(2, 3, 4)))
    assert first is SG.direct_product(SG.symmetric(axes=(0, 1)), SG.cyclic(axes=(2, 3, 4)))


def test_repr():
    assert repr(SG.symmetric(axes=(0, 1))) == "SymmetryGroup([1, 0], axes=(0, 1))"
    assert repr(SG.symmetric(axes=(3,))) == "SymmetryGroup([0], axes=(3,))"
    group = SG.dihedral(axes=(0, 1, 2, 3))
    assert eval(repr(group), {"SymmetryGroup": SG}) == group


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SG.symmetric(axes=()), "axes must be non-empty"),
        (lambda: SG.cyclic(axes=(1, 1)), "axes must be unique"),
        (lambda: SG.symmetric(axes=(0, -1)), "non-negative"),
        (lambda: SG(), "At least one generator"),
        (lambda: SG.from_generators([], axes=(0, 1)), "At least one generator"),
        (lambda: SG.from_generators([[0, 0]], axes=(0, 1)), "not a bijection"),
        (lambda: SG.from_generators([[1, 0], [1, 0, 2]]), "has degree 3.* expected degree 2"),
        (lambda: SG.from_generators([[1, 0]], axes=(0, 1, 2)), "has degree 2.* expected degree 3"),
        (lambda: SG.young(blocks=((0, 1), (1, 2))), "requires disjoint supports"),
        (
            lambda: SG.direct_product(SG.symmetric(axes=(0, 1)), SG.symmetric(axes=(1, 2))),
            "requires disjoint supports",
        ),
        (lambda: SG.direct_product(), "requires at least one"),
        (lambda: SG.young(blocks=()), "requires at least one"),
        (lambda: SG.symmetric(axes=(0, 1)).burnside_unique_count({0: 2, 1: 3}), "in one orbit"),
        (lambda: SG.from_payload({"axes": [0, 1]}), "generators"),
        (lambda: SG.symmetric(axes=(0, 10**20)), "too large"),
        (lambda: SG.symmetric(axes=(0, 1)).burnside_unique_count({0: -1, 1: -1}), "non-negative"),
        (lambda: SG.symmetric(axes=(0, 1)).restrict(()), "non-empty"),
    ],
)
def test_value_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_other_errors():
    group = SG.symmetric(axes=(0, 1, 2))
    with pytest.raises(KeyError):
        group.restrict((0, 1))
    with pytest.raises(KeyError):
        group.orbit(3)
    with pytest.raises(KeyError):
        group.burnside_unique_count({0: 2})
    with pytest.raises(TypeError):
        SG.direct_product((0, 1))
    with pytest.raises(TypeError):
        SG.symmetric(axes=(0.0, 1.0))
    with pytest.raises(TypeError):
        SG.identity()
    assert group != "group"
    assert not group.equals((0, 1, 2))
    assert not group.contains(Permutation([1, 0]))


def test_numpy_integers_are_axes():
    group = SG.symmetric(axes=np.array([1, 3]))
    assert group.axes == (1, 3)
    assert all(type(axis) is int for axis in group.axes)
    assert group.burnside_unique_count({np.int64(0): np.int32(3), 1: 3}) == 6


def test_plain_constructor():
    p, q = Permutation([1, 0, 2]), Permutation([0, 2, 1])
    assert SG(p, q, axes=(0, 1, 2)) == SG([p, q], axes=(0, 1, 2)) == SG.symmetric(axes=(0, 1, 2))
    assert SG(p).axes is None
    assert SG(p).generators == [p]
    assert SG(p).identity == Permutation.identity(3)


def test_references_are_returned():
    axes = (7, 9)
    before = sys.getrefcount(axes)
    for _ in range(10):
        SG.symmetric(axes=axes)
        with pytest.raises(ValueError, match="not a bijection"):
            SG.from_generators([[0, 0]], axes=axes)
    assert sys.getrefcount(axes) == before


# Permutations.

permutations = st.integers(1, 7).flatmap(lambda n: st.permutations(range(n)))


@few
@given(permutations)
def test_permutation_attributes(form):
    p = Permutation(form)
    assert p.array_form == form
    assert p.size == len(form) == len(p)
    assert [p(i) for i in range(p.size)] == form
    assert ~p * p == p * ~p == Permutation.identity(p.size)
    assert p.is_identity == (form == sorted(form))
    assert Permutation(p.cyclic_form, size=p.size) == p
    assert sorted(i for cycle in p.full_cyclic_form for i in cycle) == list(range(p.size))
    assert sum(k * n for k, n in p.cycle_structure.items()) == p.size
    assert p.support() == [i for i, image in enumerate(form) if i != image]
    inversions = sum(a > b for a, b in itertools.combinations(form, 2))
    assert p.parity() == inversions % 2
    assert p.signature() == (-1) ** inversions
    product = Permutation.identity(p.size)
    for i, j in p.transpositions():
        product = product * Permutation.from_cycle(p.size, [i, j])
    assert product == p
    power, order = p, 1
    while not power.is_identity:
        power, order = power * p, order + 1
    assert p.order == order
    assert pickle.loads(pickle.dumps(p)) == p
    assert hash(Permutation(form)) == hash(p)


@few
@given(st.integers(1, 6).flatmap(lambda n: st.tuples(*[st.permutations(range(n))] * 2)))
def test_products_apply_the_right_factor_first(pair):
    p, q = map(Permutation, pair)
    assert [(p * q)(i) for i in range(p.size)] == [p(q(i)) for i in range(p.size)]


def test_permutation_forms():
    assert Permutation([[0, 1], [2, 3]]).array_form == [1, 0, 3, 2]
    assert Permutation([[0, 1, 2]], size=5).array_form == [1, 2, 0, 3, 4]
    assert Permutation([1, 0], size=4).array_form == [1, 0, 2, 3]
    assert Permutation.from_cycle(4, [0, 2]).array_form == [2, 1, 0, 3]
    assert repr(Permutation([1, 0])) == "Permutation([1, 0])"
    assert Permutation([1, 0]) != [1, 0]
    for bad in (lambda: Permutation([0, 0]), lambda: Permutation([[0, 0]])):
        with pytest.raises(ValueError, match="not a bijection"):
            bad()
    with pytest.raises(ValueError, match="size"):
        Permutation([1, 0, 2], size=2)
    with pytest.raises(ValueError, match="sizes 2 and 3"):
        Permutation([1, 0]) * Permutation([1, 0, 2])
    with pytest.raises(IndexError):
        Permutation([1, 0])(2)


# symmetry= arguments.


def test_symmetry_arguments():
    group = SG.cyclic(axes=(0, 1, 2))
    assert parse_symmetry(group) is group
    assert parse_symmetry((0, 2)) == SG.symmetric(axes=(0, 2))
    assert parse_symmetry([np.int64(0), 1]) == SG.symmetric(axes=(0, 1))
    assert parse_symmetry(((0, 1), (2, 3))) == SG.young(blocks=((0, 1), (2, 3)))
    assert parse_symmetry([[0, 1], [2, 3]], 4).order() == 4
    assert parse_symmetry(SG.from_generators([[1, 0]]), 2).axes is None


@pytest.mark.parametrize(
    ("argument", "error", "message"),
    [
        (None, ValueError, "symmetry must be provided"),
        ([SG.symmetric(axes=(0, 1))], TypeError, "single SymmetryGroup, not a list"),
        ("01", TypeError, "not str"),
        (1, TypeError, "not int"),
        ((0, 1.5), TypeError, "integers"),
        (((0, 1), 2), TypeError, "integers"),
        ((True, False), TypeError, "integers"),
        ((), ValueError, "non-empty"),
        ((0, 3), ValueError, "out of range"),
        ((-1, 0), ValueError, "non-negative"),
        ((0, 0), ValueError, "unique"),
        (((0, 1), (1, 2)), ValueError, "disjoint"),
        (SG.symmetric(axes=(0, 3)), ValueError, "out of range"),
        (SG.from_generators([[1, 0, 2, 3]]), ValueError, "out of range"),
    ],
)
def test_symmetry_argument_errors(argument, error, message):
    with pytest.raises(error, match=message):
        parse_symmetry(argument, 3)


def test_sympy_round_trip():
    pytest.importorskip("sympy")
    p = Permutation([1, 2, 0, 3])
    assert Permutation.from_sympy(p.as_sympy()) == p
    group = SG.dihedral(axes=(0, 1, 2, 3))
    assert group.as_sympy().order() == 8
    assert SG.from_sympy(group.as_sympy(), axes=(0, 1, 2, 3)) == group
    assert SG.from_sympy(group.as_sympy()).axes is None


def test_sympy_is_named_when_absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(ImportError, match="sympy"):
        SG.symmetric(axes=(0, 1)).as_sympy()


def test_exports():
    assert symmetry.SymmetryGroup is SG
    assert set(symmetry.__all__) <= set(dir(symmetry))
