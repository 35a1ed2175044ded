# noqa: INP001 (a script, no part of a package)
"""Writes the pages of all commands and all settings from the code itself.

python docs/reference.py            # writes docs/commands.md and docs/settings.md
python docs/reference.py --check    # exit status 1 where they do not say what the code says
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from typer.main import get_command

from factcheck import config
from factcheck.cli import app
from factcheck.cli.flags import FLAGS

HERE = Path(__file__).parent
MADE = "<!-- Made by docs/reference.py from the code: change it there, and run that again. -->"
KINDS = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "tuple": "list"}


def main(arguments: list[str]) -> int:
    """Exit status: 0, or 1 where `--check` finds a page that is not what would be written."""
    stale = []
    for name, text in (("commands.md", commands_page()), ("settings.md", settings_page())):
        page = HERE / name
        if not page.exists() or page.read_text("utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                page.write_text(text, "utf-8")
    if "--check" in arguments and stale:
        sys.stderr.write(f"docs: {', '.join(stale)}: not what the code says; run `python docs/reference.py`\n")
        return 1
    return 0


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its whole name, in the order of --help; a group's own commands after it."""
    for name, command in listed(get_command(app)):
        yield name, command
        yield from ((f"{name} {inner}", item) for inner, item in listed(command))


def listed(group: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 (typer keeps the types private)
    """The commands of a group as --help lists them; none where it is a command itself."""
    inner = getattr(group, "commands", {})
    return [(name, inner[name]) for name in (group.list_commands(None) if inner else []) if not inner[name].hidden]


def commands_page() -> str:
    """The page of all commands."""
    known = list(commands())
    lines = [
        *("# Commands", "", MADE, ""),
        "What `factcheck COMMAND --help` says, for every command. Most options are [settings](settings.md): they can",
        "stand in `factcheck.toml` too, and their defaults are told there. The exit status is 0 where all went well, 1",
        "where something is wrong that the message names, 2 where a command line cannot be read, and 130 or 143 where",
        "Ctrl-C or SIGTERM stopped the work; `gate` has [statuses of its own](runs.md#gate).",
        "",
        *("| command | what it does |", "| --- | --- |"),
        *(f"| [`{name}`](#{name.replace(' ', '-')}) | {cell(first_line(command))} |" for name, command in known),
    ]
    for name, command in known:
        lines += ["", *command_section(name, command)]
    return "\n".join(lines) + "\n"


def command_section(name: str, command: Any) -> list[str]:  # noqa: ANN401 (typer keeps the types private)
    """One command: how it is written, what it does, and all that it takes."""
    # Options stand for parameters that have a name on the command line only.
    arguments = [item for item in command.params if item.param_type_name == "argument"]
    options = [item for item in command.params if item.param_type_name == "option" and not item.hidden]
    text, examples = described(command)
    usage = " ".join([f"factcheck {name}", *(["COMMAND"] if listed(command) else []), *map(placed, arguments)])
    lines = [f"## {name}", "", "```text", usage + (" [OPTIONS]" if options else ""), "```", "", *text]
    if examples:
        lines += ["", "```console", *(f"$ {example}" for example in examples), "```"]
    if arguments:
        lines += ["", "| argument | what it is |", "| --- | --- |"]
        lines += [f"| `{placed(item)}` | {cell(item.help or '')} |" for item in arguments]
    if options:
        lines += ["", "| option | takes | what it does |", "| --- | --- | --- |", *map(option_row, options)]
    return lines


def described(command: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401 (typer keeps the types private)
    """The lines of a command's description, and its examples."""
    text, examples = [], []
    for line in inspect.cleandoc(command.help or "").splitlines():
        if found := re.match(r"(?:Examples?: *| {4,}|)(factcheck .*)", line):
            examples.append(found[1])
        elif not re.fullmatch(r"Examples?:|\f", line.strip()):
            text.append(plain(line.strip()))
    return "\n".join(text).strip().splitlines(), examples


def option_row(option: Any) -> str:  # noqa: ANN401 (typer keeps the types private)
    """A row of an option: its names, what it takes, and what it does."""
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    takes = "" if option.is_flag else kind_of(option)
    text = cell(option.help or "")
    default = option.default
    if not option.is_flag and default not in (None, "", (), []) and not callable(default):
        text += f" Default: `{default}`."
    if option.required:
        text += " Required."
    if option.multiple:
        text += " May be given several times."
    return f"| {names} | {takes} | {text.strip()} |"


def kind_of(parameter: Any) -> str:  # noqa: ANN401 (typer keeps the types private)
    """What a parameter takes, in a word, with the least and the most of a number."""
    kind = parameter.type_descriptor.annotation
    kind = get_args(kind)[0] if get_args(kind) else kind
    if issubclass(kind, Enum):
        return ", ".join(f"`{choice.value}`" for choice in kind)
    word = {int: "number", float: "number", str: "text", Path: "path"}[kind]
    reach = ((parameter.min, f" from {parameter.min}"), (parameter.max, f" up to {parameter.max}"))
    return word + "".join(said for bound, said in reach if bound is not None)


def placed(argument: Any) -> str:  # noqa: ANN401 (typer keeps the types private)
    """An argument as the usage line writes it."""
    name = (argument.metavar or argument.name.upper()) + ("…" if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def first_line(command: Any) -> str:  # noqa: ANN401 (typer keeps the types private)
    """The first sentence that a command says of itself."""
    return next(iter((command.help or "").strip().splitlines()), "")


def settings_page() -> str:
    """The page of all settings."""
    texts, flags, users = docstrings(), flags_of(), commands_of()
    lines = [
        *("# Settings", "", MADE, ""),
        "Settings stand in `factcheck.toml` of the folder where a command is started (or in the file that",
        "`--config` names), in options of the command line, which win, or in Python, always under the same names.",
        "`factcheck config` lists them with the value that each has and where it comes from. What is no setting is",
        "refused with the nearest name that is one, and a value that does not fit with what would.",
        "",
        "A setting *of the verdict* can change a verdict, so it belongs to what a run is: the same command with",
        "another value is refused in a run folder that has one ([runs](runs.md#the-run-folder)). The others can be",
        "changed at any time.",
        "",
        *("| setting | default | what it is |", "| --- | --- | --- |"),
    ]
    lines += [
        f"| [`{item.name}`](#{item.name}) | `{toml(item.default)}` | {cell(texts[item.name])} |"
        for item in fields(config.Settings)
    ]
    for item in fields(config.Settings):
        of_verdict = item.metadata.get("identity", True)
        kinds = [KINDS[type(item.default).__name__]]
        if also := item.metadata.get("or"):
            kinds.append(KINDS[also.__name__])
        lines += ["", f"## {item.name}", "", plain(texts[item.name]), ""]
        lines += ["| | |", "| --- | --- |"]
        lines += [f"| takes | {' or '.join(kinds)} |", f"| default | `{toml(item.default)}` |"]
        lines += [f"| option | {flags.get(item.name, 'none: in the file or from Python')} |"]
        lines += [f"| of the verdict | {'yes' if of_verdict else 'no'} |"]
        if item.name in users:
            links = (f"[{name}](commands.md#{name.replace(' ', '-')})" for name in users[item.name])
            lines += [f"| commands | {', '.join(links)} |"]
    return "\n".join(lines) + "\n"


def docstrings() -> dict[str, str]:
    """What stands below each setting in the code."""
    body = ast.parse(inspect.getsource(config.Settings)).body[0]
    assert isinstance(body, ast.ClassDef)
    texts: dict[str, str] = {}
    for above, below in zip(body.body, body.body[1:], strict=False):
        if isinstance(above, ast.AnnAssign) and isinstance(above.target, ast.Name) and isinstance(below, ast.Expr):
            assert isinstance(below.value, ast.Constant)
            texts[above.target.id] = " ".join(str(below.value.value).split())
    return texts


def flags_of() -> dict[str, str]:
    """The options of each setting, as they are written."""
    spelled: dict[str, list[str]] = {}
    for name, flag in FLAGS.items():
        dashed = f"--{name.replace('_', '-')}"
        names = list(flag.spelled) or [dashed, *([f"--no-{dashed[2:]}"] if flag.kind is bool else [])]
        known = spelled.setdefault(flag.setting or name, [])
        known += [f"`{item}`" for item in names if f"`{item}`" not in known]
    own: dict[str, list[str]] = {}
    for _, command in commands():
        for item in command.params:
            if item.name in _names() and item.name not in spelled and item.param_type_name == "option":
                own.setdefault(item.name, [f"`{name}`" for name in (*item.opts, *item.secondary_opts)])
    return {name: ", ".join(names) for name, names in (own | spelled).items()}


def commands_of() -> dict[str, list[str]]:
    """The commands with an option for each setting."""
    users: dict[str, list[str]] = {}
    for name, command in commands():
        options = [item.name for item in command.params if item.param_type_name == "option"]
        if "config" not in options:
            continue
        for option in options:
            setting = (FLAGS[option].setting or option) if option in FLAGS else option
            if setting in _names() and name not in users.setdefault(setting, []):
                users[setting].append(name)
    return users


def _names() -> set[str]:
    return {item.name for item in fields(config.Settings)}


def toml(value: object) -> str:
    """A value as factcheck.toml writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def cell(text: str) -> str:
    """A text as a table cell holds it."""
    return plain(" ".join(text.split())).replace("|", "\\|")


def plain(text: str) -> str:
    """A text whose options, files and upper-case names a page shows as code, and whose signs are no Markdown."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece.startswith("`") else _escaped(piece) for piece in pieces)


def _escaped(text: str) -> str:
    text = re.sub(r"(?<![\w`-])(--[a-z][\w-]*)", r"`\1`", text)
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*_<\[])", r"\\\1", part) for part in parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
