"""Turns an event into the messages that tell it: once for each way of speaking, however many clients hear it."""

import json
import struct
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from pydantic.alias_generators import to_camel

from api.live.messages import Compat, ControlMessage
from station.domain.events import EventType
from station.domain.outcome import Outcome
from station.storage.events import Event

LARGEST = 2**16
"""Bytes a message may have; what does not fit is cut."""

_COPIES: Mapping[str, tuple[str, ...]] = {
    EventType.STEP_START: ("step", "index"),
    EventType.STEP_PROGRESS: ("step",),
    EventType.STEP_COMPLETE: ("step",),
    EventType.SEQUENCE_COMPLETE: ("result",),
    EventType.LOG: ("level", "message"),
    EventType.ERROR: ("error",),
}
"""What of an event's data its message also has at the top, as the service's design document has it."""
FREE = frozenset({"answer", "data", "default", "defaults", "details", "exit", "facts", "given_up", "limit", "outputs"})
"""Keys whose values are somebody's own: names in there are never changed."""
_CUTS = ((4000, 200), (1000, 50), (300, 10), (80, 3))
"""Letters of a text and entries of a list that are left, one try after the other."""
_TEXT = 0x81
"""The first byte of a frame that is a whole text message."""
_UP = frozenset({"running"})


class Telling:
    """An event, and the frames that tell it.

    Attributes:
        event: The event.
        size: Bytes of its message in our own words.
    """

    __slots__ = ("_frames", "event", "size")

    def __init__(self, event: Event) -> None:
        """Tell an event; in other words than ours once somebody wants them."""
        self.event = event
        ours = _frame(_ours(event))
        self._frames = {Compat.NONE: ours}
        self.size = len(ours)

    def frames(self, compat: Compat) -> bytes:
        """The messages of this event in somebody's words; the last one is the event, those before have no id."""
        found = self._frames.get(compat)
        if found is None:
            texts = _v1(self.event) if compat is Compat.V1 else (_pipelined(self.event),)
            found = self._frames[compat] = b"".join(map(_frame, texts))
        return found


def control(message: ControlMessage, compat: Compat) -> bytes:
    """Write a message that is no event."""
    told = message.model_dump(mode="json")
    return _frame(json.dumps(camel(told) if compat is Compat.V1 else told, separators=(",", ":")))


def _frame(text: str) -> bytes:
    """A whole text message as it goes to a client: without a mask, so that all clients are sent the same bytes."""
    body = text.encode()
    if len(body) < 126:
        return struct.pack("!BB", _TEXT, len(body)) + body
    if len(body) < 2**16:
        return struct.pack("!BBH", _TEXT, 126, len(body)) + body
    return struct.pack("!BBQ", _TEXT, 127, len(body)) + body


def camel(value: Any) -> Any:  # noqa: ANN401 - JSON of the same kind
    """Write keys in camelCase, apart from those that somebody else has chosen."""
    if isinstance(value, dict):
        return {to_camel(key): inner if key in FREE else camel(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [camel(each) for each in value]
    return value


def _ours(event: Event) -> str:
    return _fitted(event.data, lambda data: _message(event, data))


def _v1(event: Event) -> tuple[str, ...]:
    def told(data: dict[str, Any]) -> dict[str, Any]:
        head = _message(event, data)
        del head["data"]
        if event.type == EventType.LOG:
            head["type"] = "log_entry"
        return camel(head) | {"data": camel(data)}  # type: ignore[no-any-return] # a dict, where a dict goes in

    text = _fitted(event.data, told)
    if event.type not in {EventType.STEP_START, EventType.STEP_COMPLETE}:
        return (text,)
    status = event.data.get("outcome", "RUNNING")
    where = {"step": event.data.get("step"), "index": event.data.get("index"), "attempt": event.data.get("attempt")}
    also = {"type": "step_progress", "batchId": event.batch, "executionId": event.run_id, "time": _time(event.time)}
    return (_dump(also | {"step": where["step"], "data": {**where, "status": status}}), text)


def _message(event: Event, data: dict[str, Any]) -> dict[str, Any]:
    message = {
        "type": event.type,
        "id": event.id,
        "time": _time(event.time),
        "batch_id": event.batch,
        "execution_id": event.run_id,
        **{name: data.get(name) for name in _COPIES.get(event.type, ())},
        "data": data,
    }
    if event.type == EventType.STEP_COMPLETE:
        message["result"] = data
    return message


def _pipelined(event: Event) -> str:
    data = event.data
    run = {"id": event.id, "batch_id": event.batch, "pipeline_id": event.run_id, "timestamp": _time(event.time)}
    device = {"id": event.id, "device_id": event.batch, "timestamp": _time(event.time)}
    match event.type:
        case EventType.RUN_ACCEPTED:
            told = run | {"type": "pipeline_started", "node_count": data.get("steps", 0)}
        case EventType.STEP_START:
            told = run | {"type": "node_executing", "node_id": data.get("step")}
        case EventType.STEP_COMPLETE:
            node = run | {"type": "node_completed", "node_id": data.get("step"), "outcome": data.get("outcome")}
            return _fitted({"outputs": _outputs(data)}, lambda fitting: node | fitting)
        case EventType.SEQUENCE_COMPLETE:
            told = run | {"type": "pipeline_completed"} | _completion(data.get("result"))
        case EventType.RUN_REFUSED:
            reason = data.get("reason")
            told = run | {"type": "pipeline_error", "error": reason["message"] if isinstance(reason, dict) else ""}
        case EventType.ERROR if event.run_id:
            told = run | {"type": "pipeline_error", "error": data.get("error")}
        case EventType.ERROR:
            told = device | {"type": "device_error", "error_message": data.get("error")}
        case EventType.BATCH_STATUS if data.get("process_state") in _UP:
            told = device | {"type": "device_connected", "status": data["process_state"]}
        case EventType.BATCH_STATUS if "process_state" in data:
            told = device | {"type": "device_disconnected", "reason": data.get("alert") or data["process_state"]}
        case _:
            return _ours(event)
    return _dump(told)


def _outputs(data: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    measurements = data.get("measurements")
    if not isinstance(measurements, list):
        return {}
    return {str(one["name"]): one.get("value") for one in measurements if isinstance(one, dict)}


def _completion(result: JsonValue) -> dict[str, Any]:
    found = result if isinstance(result, dict) else {}
    begun, ended = (datetime.fromisoformat(str(found[name])) for name in ("started_at", "completed_at"))
    return {
        "success": found.get("outcome") == Outcome.PASSED,
        "outcome": found.get("outcome"),
        "execution_time": (ended - begun).total_seconds(),
    }


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _fitted(data: dict[str, Any], shape: Callable[[dict[str, Any]], dict[str, Any]]) -> str:
    """Write a message; where it is too large, with texts and lists cut until it is not."""
    text = _dump(shape(data))
    if len(text) * 4 <= LARGEST or len(text.encode()) <= LARGEST:
        return text
    for letters, entries in _CUTS:
        text = _dump(shape(_cut(data, letters, entries)) | {"shortened": True})
        if len(text.encode()) <= LARGEST:
            break
    return text


def _cut(value: Any, letters: int, entries: int) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return value if len(value) <= letters else f"{value[:letters]}..."
    if isinstance(value, list):
        return [_cut(each, letters, entries) for each in value[:entries]]
    if isinstance(value, dict):
        # Never among an event's own keys, of which none has so many.
        kept = list(value.items())[: max(entries, 20)]
        return {key: _cut(inner, letters, entries) for key, inner in kept}
    return value


def _dump(message: Mapping[str, Any]) -> str:
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(message, separators=(",", ":"))
    return text
