"""The settings, shown."""

import json

import typer

from factcheck.cli.app import app
from factcheck.cli.options import ConfigOption


@app.command("config")
def show_config(*, config: ConfigOption = None) -> None:
    """Show every setting, its value, and where the value came from."""
    from factcheck.config import resolve  # noqa: PLC0415

    resolved = resolve({}, config)
    width = max(map(len, resolved.origins))
    for name, origin in resolved.origins.items():
        value = getattr(resolved.settings, name)
        shown = list(value) if isinstance(value, tuple) else value
        typer.echo(f"{name:<{width}} = {json.dumps(shown):<12} # {origin}")
