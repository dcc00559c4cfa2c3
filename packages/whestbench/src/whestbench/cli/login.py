"""``whest login``."""

from __future__ import annotations

import sys

import click

from whestbench.cli.output import CommandError, Output, command_options


@click.command(help="Verify the key of your account and store it.")
@click.option("--api-key", help="The key; else AICROWD_API_KEY, the stored one, or asked for.")
@command_options
def command(output: Output, api_key: str | None) -> None:
    """Verify and store."""
    from whestbench.submit import ApiError, Client, find_key, hosts_from_environment, store_key

    try:
        hosts = hosts_from_environment()
        key = find_key(api_key)
    except ValueError as error:
        raise CommandError("login", "CONFIG_ERROR", str(error)) from error
    if key is None and sys.stdin.isatty() and not output.is_json:
        key = click.prompt("API key", hide_input=True, err=True).strip()
    if not key:
        raise CommandError(
            "login",
            "NO_API_KEY",
            f"there is no key; copy yours from {hosts.site} and run `whest login --api-key KEY`",
            status=2,
        )
    client = Client(hosts, key)
    try:
        identity = client.identity()
    except ApiError as error:
        raise CommandError("login", error.code, str(error)) from error
    finally:
        client.close()
    try:
        path = store_key(key)
    except OSError as error:
        raise CommandError("login", "CONFIG_ERROR", f"cannot store the key: {error}") from error
    if output.is_json:
        output.json({"ok": True, "identity": identity, "config_path": str(path)})
    else:
        who = identity.get("name") or identity.get("username") or identity["id"]
        click.echo(f"logged in as {who}; the key is in {path}")
