"""The path search: optimal where it says so, never wrong, bounded, and clear about bad input."""

import pickle
import random
import threading

import numpy as np
import opt_einsum
import opt_einsum.paths as theirs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope import paths

from .path_problems import cost_of, least_cost, problems

SEARCHES = ["optimal", "dp", "random_greedy", "random_greedy_128", "auto", "auto_hq"]
EVERY = [name for name in paths.__all__ if isinstance(getattr(paths, name), paths.PathFunction)]
SMALL_SIZES = ([2], [1, 2, 3], [0, 1, 2, 3], [2, 3, 5, 7])


def steps_are_positions(path, count):
    for step in path:
        assert list(step) == sorted(set(step))
        assert all(0 <= position < count for position in step)
        count -= len(step) - 1
    return count == 1


def ring(count, size=2):
    inputs = [{i, (i + 1) % count} for i in range(count)]
    return inputs, set(), dict.fromkeys(range(count), size)


def clique(count, size=2):
    inputs = [{frozenset((i, j)) for j in range(count) if j != i} for i in range(count)]
    return inputs, set(), dict.fromkeys(set().union(*inputs), size)


def regular(count):
    rng = random.Random(count)
    edges = range(3 * count // 2)
    inputs = [set() for _ in range(count)]
    for edge in edges:
        for end in rng.sample(range(count), 2):
            inputs[end].add(edge)
    return inputs, set(), dict.fromkeys(edges, 2)


# --------------------------------------------------------------------------------------- optimum


@settings(max_examples=300, deadline=None)
@given(problems(6, SMALL_SIZES, smallest=2))
def test_optimal_is_the_best_of_all_trees(problem):
    assert cost_of(paths.optimal(*problem), *problem) == least_cost(*problem)


@settings(max_examples=100, deadline=None)
@given(problems(6, SMALL_SIZES, smallest=2))
def test_auto_is_optimal_for_few_operands(problem):
    assert cost_of(paths.auto(*problem), *problem) == least_cost(*problem)
    assert cost_of(paths.auto_hq(*problem), *problem) == least_cost(*problem)


@settings(max_examples=60, deadline=None)
@given(problems(10, SMALL_SIZES, smallest=7))
def test_searches_are_no_dearer_than_opt_einsum(problem):
    greedy = cost_of(paths.greedy(*problem), *problem)
    best = cost_of(paths.optimal(*problem), *problem)
    for name in SEARCHES:
        cost = cost_of(getattr(paths, name)(*problem), *problem)
        assert best <= cost <= greedy
    assert best <= cost_of(theirs.branch_1(*problem), *problem)


def test_outer_products_are_found():
    # Multiplying the two vectors first is cheaper than any step with a common label.
    inputs, size_dict = [{"a"}, {"b"}, {"a", "b", "c", "d"}], {"a": 2, "b": 2, "c": 9, "d": 9}
    best = paths.optimal(inputs, {"c", "d"}, size_dict)
    assert best == [(0, 1), (0, 1)]
    assert cost_of(best, inputs, {"c", "d"}, size_dict) == least_cost(
        [frozenset(term) for term in inputs], frozenset("cd"), size_dict
    )


# ------------------------------------------------------------------------------------- any input


@settings(max_examples=100, deadline=None)
@given(problems(12), st.sampled_from(EVERY))
def test_every_path_contracts_everything(problem, name):
    path = getattr(paths, name)(*problem)
    assert steps_are_positions(path, len(problem[0]))


@settings(max_examples=60, deadline=None)
@given(problems(6, ([1, 2, 3],)), st.sampled_from(SEARCHES), st.integers(0, 2**32 - 1))
def test_a_path_gives_the_array_of_a_direct_einsum(problem, name, seed):
    inputs, output, size_dict = problem
    numbers = {label: i for i, label in enumerate(sorted(size_dict))}
    rng = np.random.default_rng(seed)
    arguments = []
    for term in inputs:
        labels = sorted(term)
        shape = [size_dict[label] for label in labels]
        arguments += [rng.integers(-3, 4, shape), [numbers[label] for label in labels]]
    arguments.append([numbers[label] for label in sorted(output)])
    expected = np.einsum(*arguments)
    path = ["einsum_path", *getattr(paths, name)(inputs, output, size_dict)]
    np.testing.assert_array_equal(np.einsum(*arguments, optimize=path), expected)


@pytest.mark.parametrize("name", EVERY)
def test_scalars_single_operands_and_no_labels(name):
    find = getattr(paths, name)
    assert find([set()], set(), {}) in ([], [(0,)])
    assert find([{"a"}], set(), {"a": 3}) in ([], [(0,)])
    assert find([set(), set()], set(), {}) == [(0, 1)]
    assert steps_are_positions(find([set()] * 5, set(), {}), 5)
    assert steps_are_positions(find([{"a"}, set(), {"b"}], {"a", "b"}, {"a": 2, "b": 3}), 3)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("problem", [ring(70), ring(200), clique(13)], ids=["70", "200", "78"])
def test_more_than_64_labels(name, problem):
    assert steps_are_positions(getattr(paths, name)(*problem), len(problem[0]))


@pytest.mark.parametrize("name", SEARCHES)
def test_many_labels_in_common(name):
    """Two operands, a hundred labels each, next to a chain: labels beyond any fixed width."""
    wide = {("wide", i) for i in range(300)}
    inputs = [wide, wide | {0}, {0, 1}, {1, 2}, {2, 3}]
    size_dict = dict.fromkeys(wide, 1) | dict.fromkeys(range(4), 4)
    path = getattr(paths, name)(inputs, {3}, size_dict)
    assert cost_of(path, [frozenset(x) for x in inputs], frozenset({3}), size_dict) > 0


@pytest.mark.parametrize("name", EVERY)
def test_sizes_whose_product_is_no_number(name):
    inputs = [{i, i + 1, "s"} for i in range(40)]
    huge = dict.fromkeys(range(41), 2**62) | {"s": 2}
    assert steps_are_positions(getattr(paths, name)(inputs, {0, 20, 40}, huge), 40)
    assert steps_are_positions(getattr(paths, name)(inputs, set(), huge | {7: 0}), 40)


def test_labels_are_any_hashable_objects():
    labels = [("a", 1), 2.5, None, frozenset({3})]
    inputs = [[labels[0], labels[1]], (labels[1], labels[2]), {labels[2], labels[3]}]
    size_dict = dict(zip(labels, [100, 2, 50, np.int64(3)], strict=True))
    for name in SEARCHES:
        assert getattr(paths, name)(inputs, [labels[0], labels[3]], size_dict) == [(1, 2), (0, 1)]


def test_any_iterables_hold_the_labels():
    sizes = {"i": 100, "j": 2, "k": 50, "l": 3}
    thinned = set("abcdefghijkl")
    thinned -= set("abcdefghl")  # leaves gaps in its table
    thinned -= {"i"}
    terms = [{"i", "j"}, thinned, {"k": 0, "l": 0}]
    for inputs in (terms, tuple(terms), iter(terms), dict.fromkeys(["ij", ("j", "k"), "kl"])):
        assert paths.greedy(inputs, iter("il"), sizes) == [(1, 2), (0, 1)]


def test_a_claimed_length_is_not_believed():
    class Boaster:
        def __iter__(self):
            return iter(["ij", "jk"])

        def __length_hint__(self):
            return 2**62

    assert paths.greedy(Boaster(), set("ik"), dict.fromkeys("ijk", 2)) == [(0, 1)]


class Meddler:
    """A label that empties a container as soon as somebody asks which label it is."""

    def __init__(self, container):
        self.container = container
        self.is_awake = False

    def __hash__(self):
        if self.is_awake:
            self.container.clear()
        return 7


def test_labels_that_change_their_containers_do_no_harm():
    for kind, add in ((list, list.append), (set, set.add)):
        for depth in (0, 1):
            outer, inner = [], kind()
            meddler = Meddler(outer if depth else inner)
            for label in (meddler, *range(40)):
                add(inner, label)
            outer.extend([inner, {3}])
            meddler.is_awake = True
            sizes = dict.fromkeys([*range(40)], 2)
            with pytest.raises(ValueError, match="no size"):
                paths.greedy(outer, set(), sizes)


# ---------------------------------------------------------------------------------- memory limit


@settings(max_examples=100, deadline=None)
@given(problems(8, SMALL_SIZES, smallest=2), st.sampled_from(SEARCHES), st.integers(1, 40))
def test_intermediates_keep_the_memory_limit(problem, name, limit):
    inputs, output, size_dict = problem
    terms = [frozenset(term) for term in inputs]
    path = getattr(paths, name)(inputs, output, size_dict, limit)
    assert steps_are_positions(path, len(inputs))
    for step in path[:-1]:
        taken = frozenset().union(*(terms.pop(i) for i in reversed(step)))
        result = taken & frozenset(output).union(*terms)
        terms.append(result)
        assert np.prod([size_dict[label] for label in result], initial=1) <= limit


@pytest.mark.parametrize("limit", [None, -1, float("inf"), 1e30, 2**80])
def test_no_memory_limit(limit):
    assert paths.auto(*ring(9), limit) == paths.auto(*ring(9))


# ---------------------------------------------------------------------------------- work and time


@pytest.mark.parametrize("name", SEARCHES)
def test_equal_arguments_give_equal_paths(name):
    problem = clique(16)
    assert getattr(paths, name)(*problem) == getattr(paths, name)(*problem)


def test_other_seeds_give_other_paths():
    problem = regular(40)
    found = {str(paths.random_greedy(*problem, max_repeats=3, seed=s)) for s in range(20)}
    assert len(found) > 1


@pytest.mark.parametrize("name", ["optimal", "dp", "auto", "auto_hq", "random_greedy"])
@pytest.mark.parametrize("time_limit", [0.0, 1e-4, 0.01])
def test_the_limit_on_work_is_kept(name, time_limit):
    problem = clique(30)
    path = getattr(paths, name)(*problem, time_limit=time_limit)
    assert steps_are_positions(path, 30)
    assert cost_of(path, *problem) <= cost_of(paths.greedy(*problem), *problem)


@pytest.mark.parametrize("name", ["branch_all", "branch_2", "branch_1", "reference_optimal"])
def test_searches_over_orders_end(name):
    assert steps_are_positions(getattr(paths, name)(*clique(40), time_limit=0.01), 40)


def test_more_work_is_no_worse():
    problem = regular(50)
    small, large = (cost_of(paths.auto_hq(*problem, time_limit=t), *problem) for t in (0.001, 0.2))
    assert large <= small


def test_other_threads_run_meanwhile():
    ticks = []
    done = threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(None)

    thread = threading.Thread(target=tick)
    thread.start()
    for _ in range(5):
        paths.optimal(*clique(20), time_limit=0.1)
    done.set()
    thread.join()
    assert len(ticks) > 5


# ------------------------------------------------------------------------------------- bad input

BAD = [
    (([], set(), {}), {}, ValueError, "needs an operand"),
    (([{"a"}], {"b"}, {"a": 2, "b": 2}), {}, ValueError, "no operand has"),
    (([{"a"}, {"b"}], set(), {"a": 2}), {}, ValueError, "no size for label 'b'"),
    (([{"a"}], set(), {"a": -2}), {}, ValueError, "negative"),
    (([{"a"}], set(), {"a": 2**70}), {}, ValueError, "longer than any axis"),
    (([{"a"}], set(), {"a": 2.5}), {}, TypeError, "integer"),
    (([[[]]], set(), {}), {}, TypeError, "unhashable"),
    (([3], set(), {}), {}, TypeError, "iterable"),
    ((3, set(), {}), {}, TypeError, "iterable"),
    (([{"a"}], None, {"a": 2}), {}, TypeError, "iterable"),
    (([{"a"}], set(), {"a": 2}, -3), {}, ValueError, "memory_limit"),
    (([{"a"}], set(), {"a": 2}, float("nan")), {}, ValueError, "memory_limit"),
    (([{"a"}], set(), {"a": 2}, "max_input"), {}, TypeError, "number"),
]


@pytest.mark.parametrize(("arguments", "options", "error", "text"), BAD)
@pytest.mark.parametrize("name", ["greedy", "auto", "reference_auto"])
def test_bad_input(name, arguments, options, error, text):
    with pytest.raises(error, match=text):
        getattr(paths, name)(*arguments, **options)


def test_bad_options():
    problem = ring(4)
    for limit in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="time_limit"):
            paths.auto(*problem, time_limit=limit)
    with pytest.raises(ValueError, match="nbranch"):
        paths.branch(*problem, None, 3)
    with pytest.raises(ValueError, match="max_repeats"):
        paths.random_greedy(*problem, max_repeats=-1)
    with pytest.raises(ValueError, match="seed"):
        paths.random_greedy(*problem, seed=-1)


# ------------------------------------------------------------------------------------ opt_einsum


@pytest.mark.parametrize("name", EVERY)
def test_opt_einsum_takes_every_function(name):
    x = np.arange(12.0).reshape(3, 4)
    result = opt_einsum.contract("ab,cb,cd,ed->ae", x, x, x, x, optimize=getattr(paths, name))
    np.testing.assert_allclose(result, x @ x.T @ x @ x.T)


def test_functions_look_like_functions():
    assert repr(paths.auto) == "<path function flopscope.paths.auto>"
    assert paths.auto.__name__ == "auto"
    assert pickle.loads(pickle.dumps(paths.dp)) is paths.dp
    for name in EVERY:
        assert "Examples" in getattr(paths, name).__doc__
