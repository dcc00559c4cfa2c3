"""``whest doctor``."""

from __future__ import annotations

import click

from whestbench.cli.output import Output, command_options


@click.command(help="Check the machine and the installation.")
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@command_options
def command(output: Output, strict: bool) -> int:
    """Print the diagnosis; 1 when something failed."""
    from whestbench.doctor import diagnose

    diagnosis = diagnose()
    if output.is_json:
        output.json(diagnosis)
    else:
        for check in diagnosis["checks"]:
            click.echo(f"{check['status']:<4}  {check['label']}: {check['detail']}")
            if check["fix_hint"] and check["status"] != "ok":
                click.echo(f"      {check['fix_hint']}")
        click.echo(f"overall: {diagnosis['overall']}")
    bad = ("fail", "warn") if strict else ("fail",)
    return int(diagnosis["overall"] in bad)
