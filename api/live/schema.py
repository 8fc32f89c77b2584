"""The protocol of the socket as one JSON schema and one page, made of its models."""

import copy
import inspect
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.alias_generators import to_camel

from api.live.announcements import Announcement, EventMessage
from api.live.client import PING_EVERY, QUEUE, QUEUE_BYTES
from api.live.hub import MOST_SOCKETS, STALLED_AFTER
from api.live.messages import MOST_BATCHES, ClientMessage, Compat, ControlMessage, Pong, Subscribe, Unsubscribe
from api.live.pipelines import PipelineMessage
from api.live.recent import REACH
from api.live.shapes import LARGEST
from api.live.socket import MOST_MESSAGES

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/"
_V1 = "V1"


class StepProgressAlso(BaseModel):
    """With `compat=v1` only: an attempt begins or has its result; comes before the event that says so, without id."""

    type: str
    batch_id: str | None
    execution_id: str | None
    time: str
    step: str | None
    data: dict[str, Any]


def protocol_schema() -> dict[str, Any]:
    """Give the JSON schema: in `$defs` each message, what clients say, and what they hear by `compat`."""
    adapters: dict[str, TypeAdapter[Any]] = {
        "client": TypeAdapter(ClientMessage),
        "control": TypeAdapter(ControlMessage),
        "event": TypeAdapter(EventMessage),
        "pipelined": TypeAdapter(PipelineMessage),
        "also": TypeAdapter(StepProgressAlso),
    }
    modes: list[tuple[str, Any, TypeAdapter[Any]]] = [
        (name, "validation", adapter) for name, adapter in adapters.items()
    ]
    refs, found = TypeAdapter.json_schemas(modes, ref_template=_REF + "{model}", by_alias=False)
    parts = {name: refs[name, "validation"] for name in adapters}
    definitions = found["$defs"]
    v1 = {f"{name}{_V1}": _in_camel(each) for name, each in definitions.items()}
    v1["LogLineV1"]["properties"]["type"]["const"] = "log_entry"
    v1["StepProgressAlsoV1"]["properties"]["type"]["const"] = "step_progress"
    answers = {
        Compat.NONE.value: {"anyOf": [_open(parts["control"]), _open(parts["event"])]},
        Compat.V1.value: {
            "anyOf": [_in_camel(_open(parts[name])) for name in ("control", "event", "also")],
        },
        Compat.PIPELINE.value: {"anyOf": [_open(parts[name]) for name in ("control", "pipelined", "event")]},
    }
    named: dict[str, Any] = {"client": _open(parts["client"]), **answers}
    used = _reached(named, definitions | v1)
    return {"$schema": _DIALECT, "title": "The station's WebSocket", "$defs": {**named, **used}}


def _reached(node: Any, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """The definitions that something refers to, directly or not."""
    found: dict[str, Any] = {}
    waiting = [node]
    while waiting:
        match waiting.pop():
            case {"$ref": str(ref)} if (name := ref.removeprefix(_REF)) not in found:
                found[name] = definitions[name]
                waiting.append(definitions[name])
            case dict(inner):
                waiting += inner.values()
            case list(inner):
                waiting += inner
            case _:
                pass
    return dict(sorted(found.items()))


def _open(schema: dict[str, Any]) -> dict[str, Any]:
    """A choice without its discriminator, whose mapping no validator needs."""
    return {key: value for key, value in copy.deepcopy(schema).items() if key != "discriminator"}


def _in_camel(node: Any) -> Any:  # noqa: ANN401 - JSON of the same kind
    """The schema of the same messages with keys in camelCase."""
    if isinstance(node, list):
        return [_in_camel(each) for each in node]
    if not isinstance(node, dict):
        return node
    made: dict[str, Any] = {}
    for key, value in node.items():
        match key, value:
            case "$ref", str():
                made[key] = value + _V1
            case "properties", dict():
                made[key] = {to_camel(name): _in_camel(inner) for name, inner in value.items()}
            case "required", list():
                made[key] = [to_camel(name) for name in value]
            case _:
                made[key] = _in_camel(value)
    return made


def protocol_page() -> str:
    """Write the page of the protocol."""
    lines = [_HEAD.format(ping=PING_EVERY, reach=REACH)]
    lines += ["## What a client says", "", "| message | what it does | keys |", "|---|---|---|"]
    lines += [_row(model) for model in (Subscribe, Unsubscribe, Pong)]
    lines += ["", "Keys may be written in camelCase, too.", "", "## What the station says", ""]
    lines += ["| message | when | keys |", "|---|---|---|"]
    lines += [_row(model) for model in get_args(ControlMessage)]
    lines += ["", _EVENTS, "", "| type | at the top, besides | `data` |", "|---|---|---|"]
    lines += [_event_row(model) for model in _members(EventMessage)]
    lines += ["", _COMPAT, "", "| type | when | keys |", "|---|---|---|"]
    lines += [_row(model) for model in _members(PipelineMessage)]
    lines += ["", _LIMITS.format(
        most=MOST_MESSAGES, batches=MOST_BATCHES, largest=LARGEST // 1024, queue=QUEUE, megabytes=QUEUE_BYTES // 2**20,
        stalled=STALLED_AFTER.seconds, sockets=MOST_SOCKETS,
    )]  # fmt: skip
    return "\n".join(lines)


def _members(union: Any) -> tuple[type[BaseModel], ...]:  # noqa: ANN401 - a type with its discriminator
    choice, *_ = get_args(union)
    members: tuple[type[BaseModel], ...] = get_args(choice)
    return members


def _row(model: type[BaseModel]) -> str:
    told = (inspect.getdoc(model) or "").split("\n\n")[0].replace("\n", " ")
    keys = ", ".join(f"`{name}`" for name in model.model_fields if name != "type")
    return f"| `{_type(model)}` | {told} | {keys} |"


def _event_row(model: type[BaseModel]) -> str:
    usual = {"type", "data", *Announcement.model_fields}
    copies = ", ".join(f"`{name}`" for name in model.model_fields if name not in usual)
    data = model.model_fields["data"].annotation
    keys = ", ".join(f"`{name}`" for name in getattr(data, "model_fields", {}))
    return f"| `{_type(model)}` | {copies} | {keys} |"


def _type(model: type[BaseModel]) -> str:
    (name,) = get_args(model.model_fields["type"].annotation)
    return str(name)


_HEAD = """\
# WebSocket

<!-- Generated by `python -m tests.docs.generate`; edit api/live. -->

`ws://<station>/ws`: every live event as it happens, as JSON text. The whole protocol is in
[websocket.schema.json](websocket.schema.json): `$defs/client` is what clients say; `$defs/none`, `$defs/v1` and
`$defs/pipeline` are what they hear, by `?compat=`. How to use it:
[follow a station live](../how-to/follow-a-station-live.md).

The socket is for watching; commands go over REST. Whoever may watch may connect; a browser only from the station's own
pages. A backend that wants to know how its stations stand connects as any client does.

`id` is the cursor. It grows with every event, and everything up to the last `id` a client has heard has been sent to
it, as far as it is subscribed. A client that subscribes with `last_id` is sent what came after it, in order, without a
gap and without a double, and goes on with what happens: up to {reach} events; after more it gets `snapshot`.

`epoch` names the database. It is a row of it, made once: an empty or another database has another one, a restored copy
has the same. Whoever also sends `last_time` is told of that, too: the event under that id must still be the same one.

The address may hold a first subscription: `?last_id=`, `last_time=`, `epoch=`, and `batch_ids=` with commas. Without
any of these nothing is subscribed before a client says so.

A `ping` comes every {ping:g} s while the station sees its events. After three seconds without one, what is shown is
stale.
"""

_EVENTS = """\
### Events

All have `type`, `id`, `time`, `batch_id`, `execution_id` and `data`, which holds what [events](events.md) says of the
type. Some keys of `data` also stand at the top. A message that would be larger than 64 KB has its texts and lists cut,
and `shortened: true`."""

_COMPAT = """\
## In the words of others

* `?compat=v1`: all keys are in camelCase (`batchId`); names that a sequence or a driver has chosen stay as they are.
  `log` is called `log_entry`. Before each `step_start` and `step_complete` comes a `step_progress` with
  `data: {step, index, attempt, status}`, whose `status` is `RUNNING` or the outcome, for clients that know no other
  message of steps; it has no `id`.
* `?compat=pipeline`: a run is a pipeline, a step a node, a batch with its instruments a device, as in the table below.
  What has no name there is told as without `compat`.

Both are subscribed to everything from the start."""

_LIMITS = """\
## Limits

A client that is more than {queue} messages or {megabytes} MB behind is sent less: `coalesced`, then of `batch_status`
(every field), `step_progress`, `measurement` and `log` the latest of each batch, step and name, and everything else. If
that is too much still, it is sent `snapshot`.

| limit | what happens |
|---|---|
| a message of a client above {largest} KB | closed, 1009 |
| more than {most} messages a second of a client, or 100 pings and parts of messages | closed, 1008 |
| more than {batches} batches in a message; bad JSON; unknown type or batch | `error`; at the fourth closed, 1008 |
| a binary message | closed, 1003 |
| nothing taken for {stalled} s | cut off; the client could not take a close either |
| more than {sockets} sockets | closed at once, 1013 |
| the login is over, or its role may not watch any more | closed within a minute, 1008 |
| the station goes down | closed, 1001 |
"""
