"""The recorded bills and results, through a client and a server."""

from __future__ import annotations

import fnmatch
from types import ModuleType

import numpy as np
import pytest

from ..golden_case import cases
from .golden_client import differences, run_remote

# What a client does differently on purpose, by case or pattern of cases. docs/remote.md lists the
# reasons.
DOCUMENTED = {
    "operations need an open budget: there is no default one": """
        budget.context-0000 budget.context-0059 budget.context-0060""",
    "namespaces, time limits and full records are in-process only": """
        budget.context-0017 budget.context-0018 budget.context-0019 budget.context-0020
        budget.context-0040 budget.context-0041 budget.context-0042 budget.context-0043
        budget.context-0044 budget.context-0047 budget.context-0048 budget.context-0049""",
    "configure only records": "budget.context-0038",
    "classes of the process with NumPy": """
        budget.context-0053 error.symmetry-0020 error.symmetry-0022 error.symmetry-0023
        meta.free-0043""",
    "NumPy's own functions do not take arrays of a server": """
        budget.context-0056 corrected.d1-0000 corrected.d1-0001 corrected.d1-0002 corrected.d1-0003
        corrected.d2-0000 dtype.argument-0048 dtype.contract_mixed-0039 dtype.method-0000
        dtype.method-0002 dtype.method-0003 dtype.method-0004 dtype.method-0007 dtype.method-0008
        dtype.method-0009 dtype.method-0012 dtype.method-0013 dtype.method-0019 dtype.method-0021
        dtype.method-0023 dtype.method-0024 dtype.method-0025 dtype.method-0027 dtype.method-0028
        dtype.method-0029 dtype.method-0031 dtype.method-0035""",
    "arrays are immutable": """
        corrected.s5-0000 corrected.s5-0001 corrected.s5-0002 corrected.s5-0003 corrected.s5-0004
        error.operator-0029 error.symmetry-0000 index.take-0006 index.write-0000 index.write-0001
        index.write-0002 index.write-0003 index.write-0004 index.write-0006 random.shuffle-0000
        random.shuffle-0001 random.shuffle-0002 random.shuffle-0003 random.shuffle-0004
        shape.copy-0028 sort.method-0002 sort.method-0003""",
    "callbacks are refused": """
        create.range-0024 dtype.create-0010 dtype.create-0015 dtype.formula-0066 dtype.formula-0067
        dtype.move_mixed-0061 dtype.numeric-0062 dtype.numeric-0063 dtype.numeric-0064
        dtype.numeric-0065 error.blocked-0034 index.functional-0000 index.functional-0001
        index.functional-0002 index.functional-0003 index.functional-0004 index.take-0021""",
    "text and iterators are in-process only": """
        create.array-0011 dtype.refused-0003 dtype.refused-0006 dtype.refused-0007
        dtype.refused-0009 dtype.refused-0010 dtype.refused-0011 dtype.refused-0013
        dtype.refused-0027 dtype.refused-0032 error.blocked-0002 error.blocked-0022 meta.free-0033
        meta.free-0037 meta.free-0038""",
    "an object that cannot be sent": "error.shape-0074",
    "dtypes are names": """
        meta.free-0001 meta.free-0003 meta.free-0004 meta.free-0012 meta.free-0024
        meta.free-0035""",
    "memory of an array is not seen": """
        meta.free-0015 shape.view-0033 shape.view-0044 shape.view-0045 names.methods-0001
        names.methods-0002 names.methods-0003 names.methods-0004 names.methods-0005""",
    "bit generators stay on the server": "random.generator_args-0045",
    "`flops.accounting` is in-process only": "accounting.* budget.context-0061",
    "the loop of a ufunc is not chosen": """
        dtype.forced-0001 dtype.forced-0008 dtype.forced-0009 dtype.forced-0016
        dtype.forced-0026""",
    "groups are described on a client, not computed with": """
        symmetry.cyclic_shape-0034 symmetry.group-0007 symmetry.group-0011 symmetry.group-0014
        symmetry.group-0020 symmetry.group-0028 symmetry.group-0041 symmetry.group-0042
        symmetry.group-0049 symmetry.group-0050 symmetry.group-0052 symmetry.group-0054
        symmetry.group-0056 symmetry.group-0057 symmetry.group-0058 symmetry.group-0080
        symmetry.group-0082 symmetry.group-0086 symmetry.group-0087 symmetry.group-0089
        symmetry.group-0102 symmetry.group-0112 symmetry.group-0119 symmetry.group-0126
        symmetry.group-0130 symmetry.group-0142 symmetry.partial_shape-0142""",
    "plans of contractions are in-process only": "einsum.path-0003",
    "a plain NumPy array that is given twice is two arrays": """
        einsum.repeat_equal_values-0011 einsum.repeat_equal_values-0015""",
    "names that a client does not have": """
        names.present-0005 names.present-0012 names.present-0014 names.present-0015
        names.present-0016 names.present-0019 names.present-0033 names.present-0036
        names.present-0038 names.present-0047 names.present-0054""",
}


@pytest.mark.skipif(not np.__version__.startswith("2.4."), reason="recorded with NumPy 2.4")
def test_bills_results_and_errors_are_the_recorded_ones(client: ModuleType) -> None:
    recorded = list(cases())
    patterns = [pattern for listed in DOCUMENTED.values() for pattern in listed.split()]
    names = [case["id"] for case in recorded]
    documented = {name for pattern in patterns for name in fnmatch.filter(names, pattern)}
    different = {}
    for case in recorded:
        found = differences(case, run_remote(case, client))
        if found:
            different[case["id"]] = (case["expr"], found)
    unexpected = {case: what for case, what in different.items() if case not in documented}
    assert unexpected == {}
    assert documented - different.keys() == set()
    assert len(recorded) - len(different) > 4_370
