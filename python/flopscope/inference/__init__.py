"""FLOPs of language models, and how well a machine is used.

>>> from flopscope import inference
>>> llama = inference.get_model("llama-3.1-8b")
>>> llama.request_flops(prompt=4096, output=256)
70363845230592
"""

from __future__ import annotations

from flopscope.inference.base import compute_mfu, estimate_flops, estimate_flops_no_kv_cache
from flopscope.inference.bounds import Roofline, roofline, time_floor
from flopscope.inference.counting import (
    breakdown,
    decode_flops,
    forward_flops,
    request_flops,
    training_flops,
)
from flopscope.inference.cpu import (
    FLOPS_PER_CYCLE,
    CpuPeak,
    cpu_peak,
    derived_cpu_peak,
    measured_cpu_peak,
)
from flopscope.inference.devices import Device, device_names, find_device, get_device
from flopscope.inference.formulas import (
    FORMULAS,
    chinchilla_forward_flops,
    compare_formulas,
    formula_flops,
    kaplan_flops_per_token,
    megatron_flops,
    palm_flops_per_token,
    palm_mfu,
)
from flopscope.inference.hf_config import spec_from_config
from flopscope.inference.memory import (
    Traffic,
    decode_bytes,
    decode_traffic,
    expected_experts,
    kv_cache_bytes,
    weight_bytes,
)
from flopscope.inference.models import get_model, model_names, resolve_model
from flopscope.inference.parameters import param_count
from flopscope.inference.request import OnDevice, RequestEstimate, estimate_request
from flopscope.inference.spec import ModelSpec
from flopscope.inference.utilization import (
    Efficiency,
    Utilization,
    efficiency,
    energy_per_token,
    hfu,
    ipj,
    mbu,
    mfu,
    mfu_fraction,
    training_utilization,
)

__all__ = [
    "FLOPS_PER_CYCLE",
    "FORMULAS",
    "CpuPeak",
    "Device",
    "Efficiency",
    "ModelSpec",
    "OnDevice",
    "RequestEstimate",
    "Roofline",
    "Traffic",
    "Utilization",
    "breakdown",
    "chinchilla_forward_flops",
    "compare_formulas",
    "compute_mfu",
    "cpu_peak",
    "decode_bytes",
    "decode_flops",
    "decode_traffic",
    "derived_cpu_peak",
    "device",
    "device_names",
    "efficiency",
    "energy_per_token",
    "estimate_flops",
    "estimate_flops_no_kv_cache",
    "estimate_request",
    "expected_experts",
    "find_device",
    "formula_flops",
    "forward_flops",
    "get_device",
    "get_model",
    "hfu",
    "ipj",
    "kaplan_flops_per_token",
    "kv_cache_bytes",
    "mbu",
    "measured_cpu_peak",
    "megatron_flops",
    "mfu",
    "mfu_fraction",
    "model_names",
    "model_spec",
    "palm_flops_per_token",
    "palm_mfu",
    "param_count",
    "request_flops",
    "resolve_model",
    "roofline",
    "spec_from_config",
    "time_floor",
    "training_flops",
    "training_utilization",
    "weight_bytes",
]

# Shorter names for the same things.
device = get_device
model_spec = get_model
