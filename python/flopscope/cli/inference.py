"""``flopscope inference``: FLOPs, bytes, time floor and utilisation of a request."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flopscope.cli.output import print_json, print_table

if TYPE_CHECKING:
    from flopscope.inference import RequestEstimate

__all__ = ["DESCRIPTION", "SUMMARY", "run"]

SUMMARY = "FLOPs, time floor and MFU of a language model"
DESCRIPTION = """\
FLOPs and bytes of a language model's request, and on a device the least time it can take.
Matrix products only, one multiply-add two FLOPs. Times are floors: nothing but the arithmetic
peak and the memory bandwidth is in the way.
"""


class Known(str, Enum):
    """What can be listed."""

    models = "models"
    devices = "devices"


def _tokens(text: str) -> Any:
    try:
        number = int(str(text).replace("_", ""))  # defaults are numbers
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a whole number") from None
    if number < 0:
        raise typer.BadParameter(f"{number} is negative")
    return number


def _count(text: str) -> Any:
    return typer.Option(parser=_tokens, metavar="N", help=text)


def run(
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="a known model, as in llama-3.1-8b")
    ] = None,
    config: Annotated[
        str | None, typer.Option(metavar="PATH", help="a Hugging Face config.json or its folder")
    ] = None,
    listed: Annotated[Known | None, typer.Option("--list", help="print what is known")] = None,
    cpu_peak: Annotated[
        str | None,
        typer.Option(metavar="DTYPE", help="measure this machine in fp64 or fp32, print FLOP/s"),
    ] = None,
    prompt: Annotated[Any, _count("tokens read")] = 1024,
    output: Annotated[Any, _count("tokens generated")] = 128,
    batch: Annotated[Any, _count("sequences at once")] = 1,
    causal: Annotated[
        bool, typer.Option("--causal", help="count unmasked attention pairs only")
    ] = False,
    device: Annotated[
        str | None, typer.Option(metavar="NAME", help="as in H100, 'TPU v5e'")
    ] = None,
    num_devices: Annotated[Any, _count("how many of it")] = 1,
    dtype: Annotated[str, typer.Option(help="of weights and products")] = "bf16",
    kv_dtype: Annotated[str | None, typer.Option(help="of the key/value cache")] = None,
    seconds: Annotated[float | None, typer.Option(help="time it took: adds MFU and MBU")] = None,
    power: Annotated[
        float | None, typer.Option(metavar="WATTS", help="adds energy per token")
    ] = None,
    formulas: Annotated[
        bool, typer.Option("--formulas", help="add what papers' formulas say")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of tables")] = False,
) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope.inference import (
        compare_formulas,
        estimate_request,
        get_model,
        spec_from_config,
    )

    chosen = {"--model": model, "--config": config, "--list": listed, "--cpu-peak": cpu_peak}
    given = [option for option, value in chosen.items() if value is not None]
    if len(given) != 1:
        found = f"got {' and '.join(given)}" if given else "got none"
        raise ValueError(f"one of {', '.join(chosen)} is required; {found}")
    if listed is not None:
        return _list(listed.value, as_json)
    if cpu_peak is not None:
        return _measure(cpu_peak, as_json)
    spec = get_model(model or "") if config is None else spec_from_config(config)
    estimate = estimate_request(
        spec,
        prompt,
        output,
        batch=batch,
        device=device,
        n_devices=num_devices,
        dtype=dtype,
        kv_dtype=kv_dtype,
        causal=causal,
        seconds=seconds,
        power_w=power,
    )
    compared = compare_formulas(spec, batch, prompt) if formulas else None
    if as_json:
        figures = estimate.as_dict()
        if compared is not None:
            figures["prefill_formulas"] = compared
        print_json(figures)
        return 0
    title = f"{estimate.model}: {prompt} tokens in, {output} out"
    if batch != 1:
        title += f", {batch} sequences"
    print_table(title, ["", "", ""], _request_rows(estimate))
    if estimate.device is not None:
        print_table(*_device_table(estimate), numbers=1)
    if compared is not None:
        exact = compared["exact"]
        rows = [[n, f"{f:,}", f"{f / exact:.3f}" if exact else ""] for n, f in compared.items()]
        print_table("A pass over the prompt, all logits", ["formula", "FLOPs", "ratio"], rows)
    return 0


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
    if on is None:
        raise ValueError("the estimate is for no device")
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
