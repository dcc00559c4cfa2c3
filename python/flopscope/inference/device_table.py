"""Dense peaks and bandwidths of accelerators, in TFLOP/s (TOP/s for integers) and GB/s.

Sheets print figures with 2:4 sparsity first for Ada, Hopper and Blackwell: those are halved here.
GeForce parts run at half rate when they accumulate in FP32, which is the figure given. A part that
has no row is unknown.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["ROWS", "Row"]


class Row(NamedTuple):
    """A line of the table."""

    name: str
    date: str  # when the part was announced, which is what the source describes
    source: str
    bandwidth: float
    # Words that may stand beside the name: form, memory size and kind. The first row of a chip
    # that allows all words of a name is meant.
    words: str
    peaks: dict[str, float]
    sparsity: float = 1.0
    also: str = ""  # other spellings, separated by commas
    note: str = ""
    confirmed: bool = False  # the figure was read again in a public page
    estimate: bool = False  # derived from cores and clock; the vendor gives no figure


def _row(name: str, date: str, source: str, bandwidth: float, words: str, **rest: Any) -> Row:
    given = {field: rest.pop(field) for field in Row._fields if field in rest}
    return Row(name, date, source, bandwidth, words, rest, **given)


# fmt: off
ROWS = (
    _row("V100-SXM2", "2017-05", "V100 datasheet", 900, "sxm sxm2 16gb 32gb hbm2", fp16=125,
         fp32=15.7, note="no BF16 tensor path"),
    _row("V100-PCIe", "2017-06", "V100 datasheet", 900, "pcie 16gb 32gb hbm2", fp16=112, fp32=14,
         note="no BF16 tensor path"),
    _row("T4", "2018-09", "T4 datasheet", 320, "16gb gddr6 pcie", int8=130, fp16=65, fp32=8.1,
         note="no BF16 tensor path"),
    _row("A100-SXM-80GB", "2020-11", "A100 datasheet", 2039, "sxm sxm4 80gb hbm2e", int8=624,
         bf16=312, fp16=312, tf32=156, fp32=19.5, sparsity=2),
    _row("A100-SXM-40GB", "2020-05", "A100 datasheet", 1555, "sxm sxm4 40gb hbm2", int8=624,
         bf16=312, fp16=312, tf32=156, fp32=19.5, sparsity=2),
    _row("A100-PCIe-80GB", "2021-06", "A100 datasheet", 1935, "pcie 80gb hbm2e", int8=624,
         bf16=312, fp16=312, tf32=156, fp32=19.5, sparsity=2),
    _row("A100-PCIe-40GB", "2020-06", "A100 datasheet", 1555, "pcie 40gb hbm2", int8=624,
         bf16=312, fp16=312, tf32=156, fp32=19.5, sparsity=2),
    _row("A30", "2021-04", "A30 datasheet", 933, "24gb hbm2 pcie", int8=330, bf16=165, fp16=165,
         tf32=82, fp32=10.3, sparsity=2),
    _row("A10", "2021-04", "A10 datasheet", 600, "24gb gddr6 pcie", int8=250, bf16=125, fp16=125,
         tf32=62.5, fp32=31.2, sparsity=2),
    _row("A10G", "2021-11", "A10G product sheet (cloud variant)", 600, "24gb gddr6 pcie",
         int8=140, bf16=70, fp16=70, tf32=35, fp32=35, sparsity=2,
         note="fp32 is printed as 31.52 in some sheets"),
    _row("A40", "2020-10", "A40 datasheet", 696, "48gb gddr6 pcie", int8=299.3, bf16=149.7,
         fp16=149.7, tf32=74.8, fp32=37.4, sparsity=2, confirmed=True),
    _row("L4", "2023-03", "L4 datasheet (printed 242/485 with sparsity)", 300, "24gb gddr6 pcie",
         fp8=242.5, int8=242.5, bf16=121, fp16=121, tf32=60, fp32=30.3, sparsity=2,
         confirmed=True),
    _row("L40", "2022-09", "L40 datasheet", 864, "48gb gddr6 pcie", fp8=362, int8=362,
         bf16=181.05, fp16=181.05, tf32=90.5, fp32=90.5, sparsity=2, confirmed=True),
    _row("L40S", "2023-08", "L40S datasheet", 864, "48gb gddr6 pcie", fp8=733, int8=733,
         bf16=362.05, fp16=362.05, tf32=183, fp32=91.6, sparsity=2, confirmed=True),
    _row("H100-SXM", "2022-03", "H100 whitepaper/datasheet (printed 1979/3958 with sparsity)",
         3350, "sxm sxm5 80gb hbm3", fp8=1978.9, int8=1978.9, bf16=989.4, fp16=989.4, tf32=494.7,
         fp32=66.9, sparsity=2, confirmed=True),
    _row("H100-PCIe", "2022-03", "H100 datasheet (printed 1513/3026 with sparsity)", 2000,
         "pcie 80gb hbm2e", fp8=1513, int8=1513, bf16=756, fp16=756, tf32=378, fp32=51,
         sparsity=2),
    _row("H100-NVL", "2023-03", "H100 NVL datasheet, per GPU (printed 1671/3341 with sparsity)",
         3900, "nvl 94gb hbm3", fp8=1670.5, int8=1670.5, bf16=835.5, fp16=835.5, tf32=417.5,
         fp32=60, sparsity=2),
    _row("H200-SXM", "2023-11", "H200 datasheet", 4800, "sxm sxm5 141gb hbm3e", fp8=1978.9,
         int8=1978.9, bf16=989.4, fp16=989.4, tf32=494.7, fp32=66.9, sparsity=2, confirmed=True),
    _row("H200-NVL", "2024-11", "H200 NVL datasheet, per GPU (printed 1671/3341 with sparsity)",
         4800, "nvl 141gb hbm3e", fp8=1670.5, int8=1670.5, bf16=835.5, fp16=835.5, tf32=417.5,
         fp32=60, sparsity=2),
    _row("GH200", "2023-05", "GH200 datasheet (96 GB HBM3)", 4000, "96gb 480gb hbm3", fp8=1978.9,
         int8=1978.9, bf16=989.4, fp16=989.4, tf32=494.7, fp32=66.9, sparsity=2,
         also="grace hopper gh200"),
    _row("H20", "2023-11", "H20 product sheet", 4000, "96gb hbm3 sxm", fp8=296, int8=296,
         bf16=148, fp16=148, tf32=74, fp32=44),
    _row("B200", "2024-03", "HGX B200, 1000 W", 8000, "sxm 180gb 192gb hbm3e", fp4=9000, fp8=4500,
         int8=4500, bf16=2250, fp16=2250, tf32=1100, fp32=80, sparsity=2, confirmed=True),
    _row("GB200", "2024-03", "GB200, per GPU, 1200 W", 8000, "nvl72 186gb 192gb hbm3e", fp4=10000,
         fp8=5000, int8=5000, bf16=2500, fp16=2500, tf32=1250, fp32=90, sparsity=2,
         also="grace blackwell gb200", confirmed=True),
    _row("RTX 3090", "2020-09", "GA102 whitepaper, FP32 accumulate", 936, "24gb", int8=284,
         bf16=71, fp16=71, tf32=35.6, fp32=35.6, sparsity=2, also="3090",
         note="142 with FP16 accumulate"),
    _row("RTX 4080", "2022-09", "Ada whitepaper, FP32 accumulate", 717, "16gb", fp8=195,
         int8=389.9, bf16=97.5, fp16=97.5, tf32=48.7, fp32=48.7, sparsity=2, also="4080"),
    _row("RTX 4090", "2022-09", "Ada whitepaper, FP32 accumulate", 1008, "24gb", fp8=330.3,
         int8=660.6, bf16=165.2, fp16=165.2, tf32=82.6, fp32=82.6, sparsity=2, also="4090",
         note="330.3 with FP16 accumulate"),
    _row("RTX 5090", "2025-01", "RTX Blackwell whitepaper, FP32 accumulate", 1792, "32gb",
         fp8=419, int8=838, bf16=209.5, fp16=209.5, tf32=104.8, fp32=104.8, sparsity=2,
         also="5090"),
    _row("RTX A6000", "2020-10", "RTX A6000 datasheet/GA102 whitepaper", 768, "48gb", int8=309.7,
         bf16=154.8, fp16=154.8, tf32=77.4, fp32=38.7, sparsity=2, also="a6000"),
    _row("RTX 6000 Ada", "2022-09", "RTX 6000 Ada datasheet", 960, "48gb generation", fp8=728.5,
         int8=728.5, bf16=364.2, fp16=364.2, tf32=182.1, fp32=91.1, sparsity=2, also="6000 ada"),
    _row("MI250X", "2021-11", "MI250X datasheet, both dies", 3277, "oam 128gb hbm2e", int8=383,
         bf16=383, fp16=383, fp32=47.9),
    _row("MI300X", "2023-12", "MI300X datasheet", 5300, "oam 192gb hbm3", fp8=2614.9, int8=2614.9,
         bf16=1307.4, fp16=1307.4, tf32=653.7, fp32=163.4, sparsity=2),
    _row("MI325X", "2024-10", "MI325X datasheet", 6000, "oam 256gb hbm3e", fp8=2614.9,
         int8=2614.9, bf16=1307.4, fp16=1307.4, tf32=653.7, fp32=163.4, sparsity=2),
    _row("MI355X", "2025-06", "MI355X datasheet", 8000, "oam 288gb hbm3e", fp4=10066.3,
         fp8=5033.2, int8=5033.2, bf16=2516.6, fp16=2516.6, fp32=157.3, sparsity=2),
    _row("TPU v3", "2018-05", "Cloud TPU docs, per chip", 900, "32gb", bf16=123),
    _row("TPU v4", "2021-05", "Cloud TPU docs, per chip", 1228, "32gb", int8=275, bf16=275),
    _row("TPU v5e", "2023-08", "Cloud TPU docs, per chip", 819, "16gb", int8=393, bf16=197,
         also="tpu v5 lite", confirmed=True),
    _row("TPU v5p", "2023-12", "Cloud TPU docs, per chip", 2765, "95gb", int8=918, bf16=459),
    _row("TPU v6e", "2024-05", "Cloud TPU docs, per chip", 1638, "32gb", int8=1836, bf16=918,
         also="tpu v6 lite, trillium", confirmed=True),
    _row("Trainium2", "2024-12", "cloud vendor docs", 2900, "96gb", fp8=1299, bf16=667,
         also="trainium 2, trn2"),
    _row("Gaudi 2", "2022-05", "Gaudi 2 white paper", 2450, "96gb", fp8=865, bf16=432),
    _row("Gaudi 3", "2024-04", "Gaudi 3 white paper", 3700, "128gb oam", fp8=1835, bf16=1835),
    _row("M1 Max", "2021-10", "vendor press figure, 32-core GPU", 400, "", fp32=10.4),
    _row("M2 Ultra", "2023-06", "vendor press figure, 76-core GPU", 800, "", fp32=27.2),
    _row("M3 Max", "2023-10", "derived: 40 cores x 128 lanes x 2 x 1.4 GHz", 400, "", fp32=14.2,
         confirmed=True, estimate=True),
    _row("M3 Ultra", "2025-03", "derived: 80 cores x 128 x 2 x 1.38 GHz", 819, "", fp32=28.3,
         estimate=True),
    _row("M4 Max", "2024-10", "derived: 40 cores x 128 x 2 x 1.68 GHz", 546, "", fp32=17.2,
         confirmed=True, estimate=True),
)
