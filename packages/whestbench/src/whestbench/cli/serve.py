"""``whest serve``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from whestbench.cli.output import CommandError, Output, command_options, usage
from whestbench.cli.run_options import contest_options, live_spec
from whestbench.submit.hosts import DEFAULT_CHALLENGE


@click.command(help="Run an evaluator that `whest login` and `whest submit` speak to.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("whest-server"),
    show_default=True,
    help="Folder of database and uploads.",
)
@click.option("--add-account", metavar="NAME", help="Make an account, print its key, and end.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--database", metavar="URL", help="SQLAlchemy URL; a SQLite file in --data.")
@click.option(
    "--dataset",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Grade on the networks of this dataset.",
)
@click.option("--split", help="Split of the dataset.")
@click.option("--challenge", default=DEFAULT_CHALLENGE, show_default=True)
@click.option("--title", default="Estimators of random networks", show_default=True)
@click.option(
    "--graders",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Grader processes; each grades one submission at a time.",
)
@click.option(
    "--pool",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Workers that share the networks of one submission.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Grade on this Dask cluster.")
@click.option(
    "--max-per-day",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    help="Submissions of one account in 24 hours.",
)
@click.option("--max-threads", type=click.IntRange(1), help="Threads of a worker.")
@click.option("--worker-user", help="Run workers as this user; needs root.")
@click.option("--allow-network", is_flag=True, help="Leave workers the network.")
@click.option("--allow-files", is_flag=True, help="Let workers read what their user may read.")
@click.option(
    "--require-isolation",
    is_flag=True,
    help="Refuse to start where workers cannot be kept from network and files.",
)
@click.option("--certfile", type=click.Path(exists=True, dir_okay=False), help="TLS certificate.")
@click.option("--keyfile", type=click.Path(exists=True, dir_okay=False), help="Key to it.")
@contest_options
@command_options
def command(
    output: Output,
    data: Path,
    add_account: str | None,
    host: str,
    port: int,
    dataset: Path | None,
    graders: int,
    certfile: str | None,
    keyfile: str | None,
    **options: Any,
) -> int:
    """Serve until interrupted."""
    try:
        from whestbench.server.settings import ServerSettings
        from whestbench.server.store import Store
    except ImportError as error:
        raise CommandError(
            "serve",
            "MISSING_EXTRA",
            f"serving needs {error.name}: pip install 'whestbench[server]'",
        ) from error
    if bool(certfile) != bool(keyfile):
        usage("--certfile and --keyfile go together")
    data = data.expanduser().resolve()
    data.mkdir(parents=True, exist_ok=True)
    url = options["database"] or f"sqlite:///{data / 'whest.sqlite3'}"
    if add_account is not None:
        return _add_account(output, _store(Store, url), add_account)
    spec = live_spec(options)
    if dataset is not None and options["n_mlps"] is None:
        spec = replace(spec, n_mlps=10**9)  # all of them
    elif spec.seed is None and dataset is None:
        spec = replace(spec, seed=_kept_seed(data))
    settings = ServerSettings(
        data=data,
        database=url,
        spec=spec,
        challenge=options["challenge"],
        title=options["title"],
        dataset=None if dataset is None else str(dataset.resolve()),
        split=options["split"],
        max_per_day=options["max_per_day"],
        max_threads=options["max_threads"],
        pool=options["pool"],
        scheduler=options["scheduler"],
        isolate_network=not options["allow_network"],
        isolate_files=not options["allow_files"],
        worker_user=options["worker_user"],
    )
    _check_isolation(settings, options["require_isolation"])
    _store(Store, url).close()  # a wrong URL is told before anything starts
    from whestbench.server.serving import serve

    return serve(settings, host, port, graders, certfile=certfile, keyfile=keyfile)


def _store(kind: Any, url: str) -> Any:
    try:
        return kind(url)
    except ImportError as error:
        raise CommandError(
            "serve",
            "MISSING_EXTRA",
            f"this database needs {error.name}: pip install 'whestbench[postgres]'",
        ) from error
    except ValueError as error:
        raise CommandError("serve", "DATABASE_ERROR", str(error)) from error


def _check_isolation(settings: Any, required: bool) -> None:
    """Say what workers are not kept from on this machine, or refuse to go on."""
    from whestbench.runner.isolation import Isolation

    wanted = Isolation(no_network=settings.isolate_network, no_files=settings.isolate_files)
    missing = " and ".join(wanted.missing())
    if not missing:
        return
    message = f"this system does not keep workers from {missing}"
    if required:
        raise CommandError("serve", "NO_ISOLATION", f"{message}; see --require-isolation")
    click.echo(f"warning: {message}; grade submissions of people you trust only", err=True)


def _add_account(output: Output, store: Any, name: str) -> int:
    try:
        key = store.add_account(name)
    except ValueError as error:
        raise CommandError("serve", "ACCOUNT_ERROR", str(error)) from error
    if output.is_json:
        output.json({"ok": True, "name": name, "api_key": key})
    else:
        click.echo(key)
    return 0


def _kept_seed(data: Path) -> int:
    """The seed of an earlier start: all submissions are graded on the same networks."""
    from whestbench.seeds import draw_run_seed
    from whestbench.server.settings import ServerSettings

    try:
        seed = ServerSettings.load(data).spec.seed
    except ValueError:
        seed = None
    return draw_run_seed() if seed is None else seed
