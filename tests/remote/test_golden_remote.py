"""The recorded bills and results, through a client and a server."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from .golden_client import cases, differences, run_remote

# What a client does differently on purpose, by case. docs/remote.md lists the reasons.
DOCUMENTED = {
    "operations need an open budget: there is no default one": """
        budget.context-0000 budget.context-0059 budget.context-0060""",
    "namespaces, time limits and full records are in-process only": """
        budget.context-0017 budget.context-0018 budget.context-0019 budget.context-0020
        budget.context-0040 budget.context-0041 budget.context-0042 budget.context-0043
        budget.context-0044 budget.context-0047 budget.context-0048 budget.context-0049""",
    "configure only records": "budget.context-0038",
    "classes of the process with NumPy": "budget.context-0053 meta.free-0043",
    "NumPy's own functions do not take arrays of a server": """
        budget.context-0056 corrected.d1-0000 corrected.d1-0001 corrected.d1-0002
        corrected.d1-0003 corrected.d2-0000""",
    "arrays are immutable": """
        corrected.s5-0000 corrected.s5-0001 corrected.s5-0002 error.operator-0029 index.take-0006
        index.write-0000 index.write-0001 index.write-0002 index.write-0003 index.write-0004
        index.write-0006 shape.copy-0028 sort.method-0002 sort.method-0003 random.shuffle-0000
        random.shuffle-0001 random.shuffle-0002 random.shuffle-0003 random.shuffle-0004""",
    "callbacks are refused": """
        create.range-0024 index.functional-0000 index.functional-0001 index.functional-0002
        index.functional-0003 index.functional-0004 index.take-0021""",
    "text and iterators are in-process only": """
        create.array-0011 meta.free-0033 meta.free-0037 meta.free-0038""",
    "an object that cannot be sent": "error.shape-0074",
    "dtypes are names": """
        meta.free-0001 meta.free-0003 meta.free-0004 meta.free-0012 meta.free-0024
        meta.free-0035""",
    "memory of an array is not seen": """
        meta.free-0015 shape.view-0033 shape.view-0044 shape.view-0045 names.methods-0001
        names.methods-0002 names.methods-0003 names.methods-0004 names.methods-0005""",
    "bit generators stay on the server": "random.generator_args-0045",
}


@pytest.mark.skipif(not np.__version__.startswith("2.4."), reason="recorded with NumPy 2.4")
def test_bills_results_and_errors_are_the_recorded_ones(client: ModuleType) -> None:
    documented = {case for listed in DOCUMENTED.values() for case in listed.split()}
    different = {}
    total = 0
    for case in cases():
        total += 1
        found = differences(case, run_remote(case, client))
        if found:
            different[case["id"]] = (case["expr"], found)
    unexpected = {case: what for case, what in different.items() if case not in documented}
    assert unexpected == {}
    assert documented - different.keys() == set()
    assert total - len(different) > 2_300
