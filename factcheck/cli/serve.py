"""The service."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.flags import takes_settings

if TYPE_CHECKING:
    from factcheck.config import Settings


@app.command()
@takes_settings(
    *("corpus", "index", "host", "port", "token_file", "model", "labels", "precision", "device", "language"),
    *("passages", "retriever", "embedder", "stages", "evidence", "context", "titles", "join"),
    *("support", "contradict", "quantities", "cues", "parts", "check_all", "languages", "as_of"),
    *("calibration", "max_error", "delta", "max_file_mb", "max_seconds", "cache", "no_cache", "cache_mb"),
)
def serve(  # noqa: PLR0913 (every option is a parameter)
    *,
    settings: "Settings",
    host: Annotated[str, typer.Option(help="Address to listen at. Others than this machine's own need a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes a free port.")] = 8080,
    token_file: Annotated[
        Path | None,
        typer.Option(help="File of tokens, one a line, any of which lets in; or one in FACTCHECK_TOKEN."),
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A further name that the Host header may have, where there is no token.")
    ] = None,
    max_claims: Annotated[int, typer.Option(min=1, help="Claims of one request.")] = 1000,
    max_claim_chars: Annotated[int, typer.Option(min=1, help="Characters of one claim.")] = 10_000,
    max_body_mb: Annotated[int, typer.Option(min=1, max=64, help="Body of one request, in MB.")] = 8,
    queue: Annotated[int, typer.Option(min=1, help="Claims accepted and not answered; more get 429.")] = 5000,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that a request may take; then 503.")] = 60,
    grace: Annotated[float, typer.Option(min=0.1, help="Seconds to answer what was accepted, when stopped.")] = 30,
    batch: Annotated[int, typer.Option(min=1, help="Claims verified together.")] = 64,
    log_claims: Annotated[bool, typer.Option("--log-claims", help="Write the claims into the log too.")] = False,
) -> None:
    """Answer requests over HTTP: POST /v1/verify and /v1/search, the same verdicts as `factcheck verify`.

    Ctrl-C and SIGTERM let it answer what was accepted first.

    Example: factcheck serve --index reports.idx
    """
    from factcheck.errors import ConfigError  # noqa: PLC0415

    if missing := _missing():
        fix = 'install them with `pip install "factcheck-nli[serve]"`'
        raise ConfigError("factcheck serve", f"needs {' and '.join(missing)}", fix)
    from factcheck.jobs.bench import prepare  # noqa: PLC0415
    from factcheck.listening import in_url, is_loopback, listen  # noqa: PLC0415
    from factcheck.server.guard import VARIABLE, read_tokens  # noqa: PLC0415
    from factcheck.server.limits import Limits  # noqa: PLC0415
    from factcheck.server.logs import json_log  # noqa: PLC0415
    from factcheck.server.serve import Notes, Options  # noqa: PLC0415
    from factcheck.server.serve import serve as run  # noqa: PLC0415

    if not (settings.corpus or settings.index or settings.evidence == "given"):
        fix = "name one with --index or --corpus, or serve --evidence given"
        raise ConfigError("factcheck serve", "there is no corpus", fix)
    limits = Limits(
        claims=max_claims,
        claim_chars=max_claim_chars,
        body=max_body_mb * 1_000_000,
        queue=queue,
        seconds=timeout,
        grace=grace,
        batch=batch,
    )
    tokens = tuple(read_tokens(token_file))
    listener = listen(host, port)
    if not tokens and not is_loopback(listener.getsockname()[0]):
        listener.close()
        found = "is reached from other machines, and there is no token"
        raise ConfigError(f"--host {host}", found, f"give one with --token-file, or in {VARIABLE}")
    log = json_log()
    asked = (in_url(host), f"{in_url(host)}:{listener.getsockname()[1]}")
    options = Options(tokens=tokens, hosts=(*asked, *(allow_host or ())), texts=log_claims)
    status = run(
        listener,
        lambda: prepare(settings, progress=Notes(log)),
        limits=limits,
        options=options,
        log=log,
    )
    raise typer.Exit(status)


def _missing() -> list[str]:
    """Packages of the extra `serve` that are not installed."""
    from importlib import import_module  # noqa: PLC0415

    missing = []
    for module, name in {"uvicorn": "uvicorn", "h11": "h11", "prometheus_client": "prometheus-client"}.items():
        try:
            import_module(module)
        except ModuleNotFoundError:
            missing.append(name)
    return missing
