"""``whest submit``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from whestbench.cli.output import CommandError, Output, command_options, usage
from whestbench.submit.hosts import DEFAULT_CHALLENGE


@click.command(help="Send an archive, or an estimator with its folder.")
@click.argument("artifact", required=False, type=click.Path(path_type=Path))
@click.option(
    "--estimator",
    type=click.Path(path_type=Path),
    help="estimator.py or its folder; packaged first, the folder travels.",
)
@click.option("--class", "class_name", help="Class in the file.")
@click.option("--single-file", is_flag=True, help="Ship the one file, not its folder.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--challenge", default=DEFAULT_CHALLENGE, show_default=True)
@click.option("--description", default="", help="Shown beside the submission.")
@click.option("--watch", is_flag=True, help="Wait until it is graded.")
@click.option("--watch-timeout", type=click.FloatRange(0), default=600.0, show_default=True)
@click.option("--dry-run", is_flag=True, help="Package and show, send nothing.")
@click.option("--api-key", hidden=True)
@command_options
def command(
    output: Output,
    artifact: Path | None,
    estimator: Path | None,
    class_name: str | None,
    single_file: bool,
    dry_run: bool,
    **options: Any,
) -> int:
    """Package, check, send, watch."""
    if artifact is not None and estimator is not None:
        usage("give an ARTIFACT or --estimator, not both")
    if dry_run and estimator is None:
        usage("--dry-run packages an estimator: it needs --estimator")
    if artifact is None and estimator is None:
        usage("give an ARTIFACT or --estimator")
    if artifact is not None and not artifact.is_file():
        raise CommandError("submit", "ARTIFACT_MISSING", f"{artifact} does not exist", status=2)
    with tempfile.TemporaryDirectory(prefix="whest-submit-") as scratch:
        if dry_run:
            assert estimator is not None
            return _dry_run(output, estimator, class_name, single_file, Path(scratch))
        # Without a key nothing is packaged.
        key = _key(options["api_key"])
        if estimator is not None:
            path = _package(output, estimator, class_name, single_file, Path(scratch))
        else:
            assert artifact is not None
            path = artifact
        _check(path)
        if not _confirmed(output, options["yes"]):
            output.note("nothing was sent")
            return 0
        return _send(output, path, key, options)


def _key(given: str | None) -> str:
    from whestbench.submit import find_key

    try:
        key = find_key(given)
    except ValueError as error:
        raise CommandError("submit", "CONFIG_ERROR", str(error)) from error
    if key is None:
        raise CommandError(
            "submit", "NOT_LOGGED_IN", "you are not logged in; run `whest login`", status=2
        )
    return key


def _package(
    output: Output, estimator: Path, class_name: str | None, single_file: bool, scratch: Path
) -> Path:
    from whestbench.cli.package_options import chosen_files
    from whestbench.packaging import PackagingError, build_archive, default_archive_name

    selection = chosen_files(output, estimator, single_file=single_file)
    try:
        return build_archive(
            selection, class_name=class_name, output=scratch / default_archive_name()
        )
    except PackagingError as error:
        raise CommandError("package", error.code, str(error)) from error


def _check(path: Path) -> dict[str, Any]:
    from whestbench.packaging import PackagingError, verify_archive

    try:
        return verify_archive(path)
    except PackagingError as error:
        raise CommandError("package", error.code, str(error)) from error


def _dry_run(
    output: Output, estimator: Path, class_name: str | None, single_file: bool, scratch: Path
) -> int:
    path = _package(output, estimator, class_name, single_file, scratch)
    manifest = _check(path)
    size = path.stat().st_size
    if output.is_json:
        output.json({"ok": True, "dry_run": True, "manifest": manifest, "archive_bytes": size})
        return 0
    for name in ("whestbench", "flopscope", "python", "numpy"):
        click.echo(f"{name} {manifest[f'{name}_version']}")
    click.echo(f"archive of {size:,} bytes; nothing was sent")
    return 0


def _confirmed(output: Output, yes: bool) -> bool:
    from whestbench.cli.package_options import confirmed

    return confirmed(output, "send this submission?", yes=yes)


def _send(output: Output, path: Path, key: str, options: dict[str, Any]) -> int:
    from whestbench.submit import ApiError, Client, Submission, hosts_from_environment

    slug = options["challenge"]
    try:
        client = Client(hosts_from_environment(), key)
    except ValueError as error:
        raise CommandError("submit", "CONFIG_ERROR", str(error)) from error
    number: str | None = None

    def tell(state: Submission) -> None:
        output.note(f"submission {state.id}: {state.status}")

    try:
        identity = client.identity()
        client.check_registered(client.challenge_id(slug), identity["id"])
        stored = client.upload(slug, path)
        number = client.create(slug, stored, options["description"])
        link = client.tracking_link(slug, number)
        if not output.is_json:
            click.echo(f"submission {number}: {link}")
        state = None
        if options["watch"]:
            state = client.watch(number, options["watch_timeout"], tell)
    except ApiError as error:
        known = (
            f" (submission {number} was created: {client.tracking_link(slug, number)})"
            if number
            else ""
        )
        raise CommandError("submit", error.code, f"{error}{known}") from error
    finally:
        client.close()
    return _told(output, number, link, state)


def _told(output: Output, number: str, link: str, state: Any) -> int:
    failed = state is not None and state.status == "failed"
    if output.is_json:
        found: dict[str, Any] = {
            "ok": not failed,
            "submission_id": number,
            "tracking_url": link,
        }
        if state is not None:
            found |= {
                "status": state.status,
                "score": state.score,
                "score_secondary": state.score_secondary,
                "message": state.message,
            }
        output.json(found)
    elif state is not None and state.status == "graded":
        click.echo(f"graded: score {state.score}, secondary {state.score_secondary}")
    elif failed:
        click.echo(f"failed: {state.message}", err=True)
    elif state is not None:
        click.echo(f"still {state.status}; look later at {link}")
    return int(failed)
