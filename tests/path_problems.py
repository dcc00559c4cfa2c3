"""Random contraction problems for the tests of paths, and what they are compared with."""

from functools import cache

from hypothesis import strategies as st
from opt_einsum.path_random import ssa_path_compute_cost
from opt_einsum.paths import linear_to_ssa

SIZES = ([2], [1, 2, 3], [0, 1, 2, 3], [2, 3, 5, 7], [2, 1000, 4096, 50_000])


@st.composite
def problems(draw, largest=8, sizes=SIZES, smallest=1):
    """Operands as sets of labels, the output, the sizes.

    Hyper-edges, batch labels, labels of one operand, repeated operands, scalars, disconnected parts
    and sizes 0 and 1 all occur.
    """
    labels = [f"x{i}" for i in range(draw(st.sampled_from([1, 4, 8, 20])))]
    operand = st.frozensets(st.sampled_from(labels), max_size=draw(st.sampled_from([2, 3, 6])))
    inputs = draw(st.lists(operand, min_size=smallest, max_size=largest))
    if len(inputs) < largest and draw(st.integers(0, 3)) == 0:
        inputs.append(draw(st.sampled_from(inputs)))
    if draw(st.integers(0, 4)) == 0:
        inputs = [labels_of | {labels[0]} for labels_of in inputs]
    used = sorted(frozenset().union(*inputs))
    output = draw(st.frozensets(st.sampled_from(used), max_size=3)) if used else frozenset()
    chosen = draw(st.sampled_from(sizes))
    size_dict = {label: draw(st.sampled_from(chosen)) for label in labels}
    return inputs, output, size_dict


def cost_of(path, inputs, output, size_dict):
    """FLOPs of a path of pairwise steps as opt_einsum counts them."""
    if len(inputs) == 1:
        return 0
    return ssa_path_compute_cost(linear_to_ssa(path), inputs, output, size_dict)[0]


def least_cost(inputs, output, size_dict):
    """The cost of the best of all trees, by trying them."""

    def union(members, *others):
        return frozenset().union(*(inputs[i] for i in members), *others)

    everything = frozenset(range(len(inputs)))

    def legs(members):
        if len(members) == 1:
            return union(members)
        return union(members) & union(everything - members, output)

    def size(labels):
        product = 1
        for label in labels:
            product *= size_dict[label]
        return product

    def splits(members):
        first, *rest = sorted(members)
        for mask in range(2 ** len(rest) - 1):
            left = frozenset([first, *(m for i, m in enumerate(rest) if mask >> i & 1)])
            yield left, members - left

    @cache
    def best(members):
        if len(members) == 1:
            return 0
        costs = []
        for a, b in splits(members):
            step = size(legs(a) | legs(b))
            if (legs(a) & legs(b)) - legs(members):
                step *= 2
            costs.append(best(a) + best(b) + step)
        return min(costs)

    return best(everything)
