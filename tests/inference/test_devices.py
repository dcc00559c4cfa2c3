"""Devices: the table, names, peaks by format."""

from __future__ import annotations

import pickle
import re
from typing import Any

import pytest

from flopscope.errors import FlopscopeWarning
from flopscope.inference import Device, device_names, find_device, get_device
from flopscope.inference.device_table import ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_rows(row: Any) -> None:
    device = get_device(row.name)
    assert device.name == row.name
    assert device.source == row.source != ""
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", device.date)
    assert device.bandwidth is not None
    assert 100 < device.bandwidth < 10_000
    assert device.sparsity in (1.0, 2.0)
    assert device.default_peak() is not None
    # Narrower formats are not slower.
    order = [device.peaks[k] for k in ("fp32", "tf32", "bf16", "fp8", "fp4") if k in device.peaks]
    assert order == sorted(order)
    name = row.name
    for spelling in (name.lower(), name.upper(), name.replace("-", " "), name.replace(" ", "-"),
                     f"  {name} ", *row.also.split(",")):  # fmt: skip
        if spelling:
            assert find_device(spelling) == device, spelling


def test_names_are_different() -> None:
    assert len(set(device_names())) == len(ROWS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A100", "A100-SXM-80GB"), ("A100 40GB", "A100-SXM-40GB"), ("A100 PCIe", "A100-PCIe-80GB"),
        ("NVIDIA A100-PCIE-40GB", "A100-PCIe-40GB"), ("H100", "H100-SXM"),
        ("NVIDIA H100 80GB HBM2e", "H100-PCIe"), ("H100 SXM5 80G", "H100-SXM"),
        ("NVIDIA H200 NVL", "H200-NVL"), ("V100", "V100-SXM2"),
        ("Tesla V100-PCIE-32GB", "V100-PCIe"), ("4090", "RTX 4090"), ("rtx4090", "RTX 4090"),
        ("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada"), ("A6000", "RTX A6000"),
        ("TPU v5 lite", "TPU v5e"), ("TPU v6 lite", "TPU v6e"), ("tpu-v4", "TPU v4"),
        ("AMD Instinct MI300X OAM", "MI300X"), ("gaudi2", "Gaudi 2"), ("trn2", "Trainium2"),
        ("DGX H100", "H100-SXM"), ("NVIDIA GB200 NVL72", "GB200"), ("Apple M1 Max", "M1 Max"),
    ],
)  # fmt: skip
def test_spellings(name: str, expected: str) -> None:
    assert get_device(name).name == expected


@pytest.mark.parametrize(
    "name",
    ["", "-", "NVIDIA", "GPU", "NVIDIA T400 4GB", "QuantumGPU", "T4G", "L4S", "L400", "L20", "A1",
     "A10M", "A100X", "A1000", "A800", "H800", "H10", "H100S", "H1000", "GH100", "B300", "GB300",
     "NVIDIA A100-SXM4-40GB MIG 1g.5gb", "GRID A100-10C", "A100-SXM-64GB", "NVIDIA H100 144GB",
     "NVIDIA GH200 144G HBM3e", "Tesla V100S-PCIE-32GB", "Tesla V100-SXM3-32GB",
     "NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA GeForce RTX 4090 D", "RTX 4080 SUPER",
     "RTX 3090 Ti", "Quadro RTX 6000", "RTX 6000", "RTX PRO 6000", "MI300", "MI300A", "MI250",
     "TPU", "TPU v5", "TPU v2", "M3", "M3 Pro", "M4", "M5 Max", "Gaudi", "Trainium", "40",
     "H100 L4", "L4 L4", None, 4090],
)  # fmt: skip
def test_near_misses_are_unknown(name: Any) -> None:
    assert find_device(name) is None
    with pytest.raises(KeyError, match="unknown device"):
        get_device(name)


# Names without a form, which may be written longer: H100-SXM5 is H100-SXM.
CHIPS = [name for name in device_names() if "-" not in name]


@pytest.mark.parametrize("name", CHIPS)
def test_one_more_letter_is_another_part(name: str) -> None:
    for letter in "abcdefghijklmnopqrstuvwxyz0123456789":
        for other in (name + letter, letter + name):
            found = find_device(other)  # H20 with a 0 is an H200
            assert found is None or found.name.lower().startswith(other.lower())


def test_the_message_has_the_nearest_names() -> None:
    with pytest.raises(KeyError, match=r"unknown device 'L40X'; nearest: .*'L40S?'"):
        get_device("L40X")


def test_peaks() -> None:
    h100 = get_device("H100")
    assert h100.peak() == h100.peak("bfloat16") == h100.peak("torch.bfloat16") == 989.4
    assert h100.peak("bf16", sparse=True) == pytest.approx(1978.8)
    assert get_device(h100) is h100
    with pytest.raises(ValueError, match="unknown dtype 'int3'; nearest: 'int"):
        h100.peak("int3")
    for call, message in (
        (lambda: get_device("V100").peak(), "V100-SXM2 has no bf16 peak; it has fp16, fp32"),
        (lambda: get_device("T4").peak("bf16"), "T4 has no bf16 peak"),
        (lambda: h100.peak("fp32", sparse=True), "H100-SXM has no sparse fp32 peak"),
        (lambda: get_device("TPU v4").peak(sparse=True), "TPU v4 has no sparse bf16 peak"),
    ):
        with pytest.warns(FlopscopeWarning, match=message):
            assert call() is None


def test_a_device_of_ones_own() -> None:
    mine = Device("mine", {"float32": 2.0}, 100.0)
    assert mine.peak("fp32") == mine.default_peak() == 2.0
    with pytest.raises(TypeError):
        mine.peaks["fp32"] = 3.0  # type: ignore[index]
    with pytest.raises(ValueError, match="fp32 must be finite and positive"):
        Device("none", {"fp32": 0.0})
    with pytest.raises(ValueError, match="bandwidth"):
        Device("none", {"fp32": 1.0}, -1.0)
    with pytest.raises(ValueError, match="unknown dtype"):
        Device("none", {"fp33": 1.0})
    assert pickle.loads(pickle.dumps(mine)) == mine
    assert len({mine, get_device("H100"), get_device("NVIDIA H100 80GB HBM3")}) == 2
    assert Device("integers", {"int8": 1.0}).default_peak() is None
