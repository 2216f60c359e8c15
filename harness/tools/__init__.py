"""The agent's tools. Each has a name, a description, arguments as a model, and `call`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache

from harness.messages import ToolSpec
from harness.protocols import Tool
from harness.tools.bash import Bash
from harness.tools.edit import Edit
from harness.tools.process import Process
from harness.tools.python import Python
from harness.tools.submit import Submit

TOOLS: Mapping[str, type[Tool]] = {
    tool.name: tool for tool in (Bash, Edit, Python, Process, Submit)
}


@contextmanager
def open_tools(names: Sequence[str]) -> Iterator[dict[str, Tool]]:
    """Fresh tools of one sample by name, closed after the `with`. Names are checked by schema."""
    with ExitStack() as stack:
        tools: dict[str, Tool] = {}
        for name in names:
            tools[name] = TOOLS[name]()
            stack.callback(tools[name].close)
        yield tools


@cache
def tool_spec(tool: type[Tool]) -> ToolSpec:
    """What a model is told of a tool."""
    schema = tool.Args.model_json_schema()
    schema.pop("title", None)
    schema.pop("description", None)
    return ToolSpec(name=tool.name, description=tool.description, input_schema=schema)
