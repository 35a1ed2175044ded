"""The MCP server: two tools over standard input and output."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from typing import Any, Final, TypeAlias

import anyio
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

from factcheck import __version__
from factcheck.config import Settings
from factcheck.errors import FactcheckError
from factcheck.formats.records import to_json
from factcheck.jobs.bench import Workbench, prepare
from factcheck.jobs.progress import Progress
from factcheck.mcp import schemas
from factcheck.mcp.answers import hits_answer, verdicts_answer
from factcheck.mcp.arguments import search_arguments, verify_arguments
from factcheck.mcp.engine import TOGETHER, Engine, check_sources
from factcheck.types import JSON, Verdict

Context: TypeAlias = ServerRequestContext[Any, Any]
_Handler: TypeAlias = Callable[[Context, Mapping[str, Any]], Awaitable[dict[str, JSON]]]

_GRACE: Final = 1.0  # seconds that work under way has when the client has gone; clients kill after about two
_MAX_ERROR: Final = 1_000  # characters
_log = logging.getLogger(__name__)


def run(settings: Settings, showing: Callable[[], AbstractContextManager[Progress]]) -> None:
    """Serve the tools until standard input ends.

    The client is answered at once; model and index are loaded meanwhile, and the first call waits for them. Standard
    output carries the protocol alone: while serving, the SDK points its descriptor at standard error.

    Args:
        settings: What to verify with.
        showing: Opens what is told how loading goes; for each attempt anew.

    Raises:
        CorpusError: The documents or the index are not there.
    """
    check_sources(settings)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a thread that reads a terminal cannot be interrupted otherwise

    def load() -> Workbench:
        with showing() as progress:
            try:
                return prepare(settings, progress=progress)
            except FactcheckError as error:
                progress.note(f"error: {error}")
                raise

    engine = Engine(load)
    engine.warm()
    anyio.run(_serve, make_server(engine, has_corpus=bool(settings.corpus or settings.index)))
    if not engine.close(_GRACE):
        sys.stderr.flush()
        os._exit(0)  # nobody waits for what is under way: an index stands at its last finished version


def make_server(engine: Engine, *, has_corpus: bool) -> Server[Any]:
    """The server of an engine; without a corpus it only verifies claims that bring contexts."""
    handlers: dict[str, _Handler] = {"verify_claims": partial(_verify, engine, has_corpus)}
    if has_corpus:
        handlers["search_corpus"] = partial(_search, engine)

    async def list_tools(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=tools(has_corpus=has_corpus))

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        handler = handlers.get(params.name)
        if handler is None:
            known = ", ".join(handlers)
            raise MCPError(INVALID_PARAMS, f"there is no tool {params.name!r}; this server has {known}")
        try:
            text = to_json(await handler(context, params.arguments or {}))
        except FactcheckError as error:
            return _failure(str(error))
        except Exception:  # noqa: BLE001 (a fault must not end the conversation; the log has it)
            _log.exception("%s failed", params.name)
            return _failure("internal error: this is a fault of factcheck; the log of the server has the details")
        # Read back, since text of documents may hold what JSON has no place for, and `to_json` replaces.
        return CallToolResult(content=[TextContent(text=text)], structured_content=json.loads(text))

    return Server(
        "factcheck",
        version=__version__,
        title="factcheck",
        instructions=schemas.instructions(has_corpus=has_corpus),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def tools(*, has_corpus: bool) -> list[Tool]:
    """What the server offers."""
    verify = Tool(
        name="verify_claims",
        title="Verify claims against documents",
        description=schemas.verify_description(has_corpus=has_corpus),
        input_schema=schemas.verify_input(has_corpus=has_corpus),
        output_schema=schemas.VERIFY_OUTPUT,
        annotations=_READS_ONLY,
    )
    search = Tool(
        name="search_corpus",
        title="Search the documents",
        description=schemas.SEARCH_DESCRIPTION,
        input_schema=schemas.SEARCH_INPUT,
        output_schema=schemas.SEARCH_OUTPUT,
        annotations=_READS_ONLY,
    )
    return [verify, search] if has_corpus else [verify]


_READS_ONLY: Final = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


async def _verify(engine: Engine, has_corpus: bool, context: Context, given: Mapping[str, Any]) -> dict[str, JSON]:  # noqa: FBT001 (bound by name)
    asked = verify_arguments(given, has_corpus=has_corpus)
    await asyncio.wrap_future(engine.check(asked.claims))
    verdicts: list[Verdict] = []
    claims = iter(asked.claims)
    while some := list(islice(claims, TOGETHER)):
        decided = await asyncio.wrap_future(engine.verify(some))
        verdicts += decided
        await context.session.report_progress(len(verdicts), len(asked.claims))
    return verdicts_answer(verdicts, asked.evidence)


async def _search(engine: Engine, _: Context, given: Mapping[str, Any]) -> dict[str, JSON]:
    asked = search_arguments(given)
    hits = await asyncio.wrap_future(engine.search(asked.query, asked.limit))
    return hits_answer(asked.query, hits)


async def _serve(server: Server[Any]) -> None:
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def _failure(text: str) -> CallToolResult:
    """An error that the assistant reads, in one line."""
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    return CallToolResult(content=[TextContent(text=line[:_MAX_ERROR])], is_error=True)
