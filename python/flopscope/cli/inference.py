"""``flopscope inference``: FLOPs, bytes, time floor and utilisation of a request."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from flopscope.cli.output import print_json, print_table

if TYPE_CHECKING:
    from flopscope.inference import ModelSpec, RequestEstimate

__all__ = ["add_parser", "run"]

_DESCRIPTION = """\
FLOPs and bytes of a language model's request, and on a device the least time it can take.
Matrix products only, one multiply-add two FLOPs. Times are floors: nothing but the arithmetic
peak and the memory bandwidth is in the way.
"""


def _tokens(text: str) -> int:
    try:
        number = int(text.replace("_", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is negative")
    return number


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Describe the subcommand and its options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "inference", help="FLOPs, time floor and MFU of a language model", description=_DESCRIPTION
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", metavar="NAME", help="a known model, as in llama-3.1-8b")
    what.add_argument("--config", metavar="PATH", help="a Hugging Face config.json or its folder")
    what.add_argument("--list", choices=["models", "devices"], help="print what is known")
    what.add_argument(
        "--cpu-peak", metavar="DTYPE", help="measure this machine in fp64 or fp32, print FLOP/s"
    )
    size = parser.add_argument_group("the request")
    size.add_argument("--prompt", type=_tokens, default=1024, metavar="N", help="tokens read")
    size.add_argument("--output", type=_tokens, default=128, metavar="N", help="tokens generated")
    size.add_argument("--batch", type=_tokens, default=1, metavar="N", help="sequences at once")
    size.add_argument("--causal", action="store_true", help="count unmasked attention pairs only")
    machine = parser.add_argument_group("the machine")
    machine.add_argument("--device", metavar="NAME", help="as in H100, 'TPU v5e'")
    machine.add_argument("--num-devices", type=_tokens, default=1, metavar="N")
    machine.add_argument("--dtype", default="bf16", help="of weights and products")
    machine.add_argument("--kv-dtype", help="of the key/value cache")
    machine.add_argument("--seconds", type=float, help="time it took: adds MFU and MBU")
    machine.add_argument("--power", type=float, metavar="WATTS", help="adds energy per token")
    shown = parser.add_argument_group("output")
    shown.add_argument("--formulas", action="store_true", help="add what papers' formulas say")
    shown.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser


def run(options: argparse.Namespace) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope.inference import estimate_request, get_model, spec_from_config

    if options.list:
        return _list(options.list, options.json)
    if options.cpu_peak:
        return _measure(options.cpu_peak, options.json)
    spec = get_model(options.model) if options.model else spec_from_config(options.config)
    estimate = estimate_request(
        spec,
        options.prompt,
        options.output,
        batch=options.batch,
        device=options.device,
        n_devices=options.num_devices,
        dtype=options.dtype,
        kv_dtype=options.kv_dtype,
        causal=options.causal,
        seconds=options.seconds,
        power_w=options.power,
    )
    formulas = _formulas(spec, options) if options.formulas else None
    if options.json:
        figures = estimate.as_dict()
        if formulas is not None:
            figures["prefill_formulas"] = formulas
        print_json(figures)
        return 0
    title = f"{estimate.model}: {options.prompt} tokens in, {options.output} out"
    if options.batch != 1:
        title += f", {options.batch} sequences"
    print_table(title, ["", "", ""], _request_rows(estimate))
    if estimate.device is not None:
        print_table(*_device_table(estimate), numbers=1)
    if formulas is not None:
        exact = formulas["exact"]
        rows = [[n, f"{f:,}", f"{f / exact:.3f}" if exact else ""] for n, f in formulas.items()]
        print_table("A pass over the prompt, all logits", ["formula", "FLOPs", "ratio"], rows)
    return 0


def _formulas(spec: ModelSpec, options: argparse.Namespace) -> dict[str, int]:
    from flopscope.inference import compare_formulas

    return compare_formulas(spec, options.batch, options.prompt)


# --- rows ----------------------------------------------------------------------------------------


def _scaled(value: float, unit: str, base: float = 1000.0) -> str:
    prefixes: tuple[str, ...] = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
    if base == 1024.0:
        prefixes = tuple(prefix and f"{prefix.upper()}i" for prefix in prefixes)
    place = 0
    while abs(value) >= base and place < len(prefixes) - 1:
        value, place = value / base, place + 1
    return f"{value:.4g} {prefixes[place]}{unit}"


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds / 1e-9:.4g} ns"


def _request_rows(estimate: RequestEstimate) -> list[list[str]]:
    counts = [
        ("parameters", estimate.params_total, ""),
        ("active parameters", estimate.params_active, ""),
        ("prefill", estimate.prefill_flops, "FLOP"),
        ("decode", estimate.decode_flops, "FLOP"),
        ("request", estimate.total_flops, "FLOP"),
        ("without KV cache", estimate.total_flops_no_kv_cache, "FLOP"),
    ]
    sizes = [
        (f"weights, {estimate.dtype}", estimate.weight_bytes),
        (f"KV cache at the end, {estimate.kv_dtype}", estimate.kv_cache_bytes),
    ]
    rows = [[label, f"{value:,}", _scaled(value, unit)] for label, value, unit in counts]
    return rows + [[label, f"{value:,}", _scaled(value, "B", 1024.0)] for label, value in sizes]


def _device_table(estimate: RequestEstimate) -> tuple[str, list[str], list[list[str]]]:
    on = estimate.device
    assert on is not None
    count = "" if on.n_devices == 1 else f"{on.n_devices} x "
    title = (
        f"{count}{on.name}: {_scaled(on.peak_flops_per_s, 'FLOP/s')} {estimate.dtype} dense, "
        f"{_scaled(on.bandwidth_bytes_per_s, 'B/s')}"
    )
    rows = [
        ["prefill", _time(on.prefill_seconds), on.prefill_bound, f"{on.prefill_intensity:.4g}"],
        ["decode", _time(on.decode_seconds), on.decode_bound or "", f"{on.decode_intensity:.4g}"],
        ["request", _time(on.total_seconds), f"MFU at most {on.max_mfu_percent:.2f} %", ""],
    ]
    if on.seconds is not None:
        used = f"MFU {on.mfu_percent:.2f} %, MBU {on.mbu_percent:.2f} %"
        rows.append(["measured", _time(on.seconds), used, ""])
    if on.joules_per_token is not None:
        rows.append(["energy", f"{on.joules_per_token:.4g} J", "per generated token", ""])
    return title, ["", "time floor", "bound", f"FLOP/B (ridge {on.ridge_intensity:.4g})"], rows


def _measure(dtype: str, as_json: bool) -> int:
    from flopscope.inference import measured_cpu_peak

    peak = measured_cpu_peak(dtype)
    if as_json:
        print_json(peak._asdict())
    else:
        print(f"{_scaled(peak.flops_per_s, 'FLOP/s')} ({peak.source}: {peak.detail})")
    return 0


def _list(kind: str, as_json: bool) -> int:
    from flopscope.inference import device_names, get_device, get_model, model_names

    if kind == "models":
        specs = [get_model(name) for name in model_names()]
        if as_json:
            print_json({s.name: {"params_total": s.params_total, "params_active": s.params_active}
                         for s in specs})  # fmt: skip
            return 0
        rows = [[s.name, f"{s.params_total:,}", f"{s.params_active:,}"] for s in specs]
        print_table("Known models", ["model", "parameters", "active"], rows)
        return 0
    devices = [get_device(name) for name in device_names()]
    if as_json:
        print_json({d.name: {
            "peaks_tflops": dict(d.peaks), "bandwidth_gb_per_s": d.bandwidth,
            "sparsity": d.sparsity, "source": d.source, "date": d.date, "note": d.note,
            "confirmed": d.confirmed, "estimate": d.estimate,
        } for d in devices})  # fmt: skip
        return 0
    rows = []
    for d in devices:
        main = next(key for key in ("bf16", "fp16", "fp32") if key in d.peaks)
        rows.append([d.name, f"{d.peaks[main]:,g} {main}", f"{d.bandwidth:,g}", d.date, d.source])
    heads = ["device", "dense TFLOP/s", "GB/s", "date", "source"]
    print_table("Known devices", heads, rows, numbers=2)
    return 0
