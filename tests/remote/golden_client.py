"""The recorded cases, carried out by a server for a client."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from .. import golden_case


def _elements(array: Any) -> Any:
    return np.array(array.tolist(), dtype=array.dtype).reshape(array.shape)


def describe_remote(value: Any, how: str = "digest") -> dict[str, Any]:
    """Describe a result of a client."""
    from flopscope.remote.client.array import RemoteArray
    from flopscope.remote.client.dtypes import DType
    from flopscope.remote.client.random import _Remote
    from flopscope.remote.client.scalar import RemoteScalar

    if type(value) is RemoteArray:
        found = golden_case.describe(_elements(value), how)
        found["tracked"] = True
        assert found["shape"] == list(value.shape)
        group = value.symmetry
        if group is not None:
            found["symmetry"] = {
                "axes": list(group.axes),
                "order": group.order(),
                "orbits": sorted(sorted(orbit) for orbit in group.orbits()),
            }
        return found
    if isinstance(value, RemoteScalar):
        return golden_case.describe(np.dtype(value.dtype).type(value.tolist()), how)
    if isinstance(value, DType):
        return {"kind": "dtype", "value": str(value)}
    if isinstance(value, _Remote):
        return {"kind": "object", "value": type(value).__name__}
    if isinstance(value, (tuple, list)):
        return {"kind": "sequence", "items": [describe_remote(item, how) for item in value]}
    if isinstance(value, dict):
        items = {str(key): describe_remote(item, how) for key, item in value.items()}
        return {"kind": "mapping", "items": items}
    return golden_case.describe(value, how)


def run_remote(case: golden_case.Case, client: Any) -> dict[str, Any]:
    """Carry a case out with a client's modules."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(golden_case, "flops", client)
        patch.setattr(golden_case, "fnp", client.numpy)
        original = golden_case.describe

        def described(value: Any, how: str = "digest") -> dict[str, Any]:
            patch.setattr(golden_case, "describe", original)
            return describe_remote(value, how)

        patch.setattr(golden_case, "describe", described)
        return golden_case.run(case)


def differences(case: golden_case.Case, outcome: dict[str, Any]) -> list[str]:
    """What differs from the record: "error", "flops", "ops", "result"."""
    found = [key for key in ("error", "flops", "ops") if outcome.get(key) != case.get(key)]
    if "result" in case and found[:1] != ["error"]:
        got = json.loads(json.dumps(outcome["result"]))
        if not golden_case.agrees(got, case["result"]):
            found.append("result")
    return found
