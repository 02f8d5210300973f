"""A sample's events with what they refer to put back in: long texts, messages and requests that are written only once.

Events repeat the whole chat at each model call; the log holds each text and message once and refers to it. So a small
log can refer to gigabytes: what is put in is counted, and an event beyond the limit is refused.
"""

from collections.abc import Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.reading.parts import as_list, as_object
from workbench.loaders.reading.strict import dump

ATTACHMENT = "attachment://"
MAX_RESOLVED_CHARACTERS = 256 << 20
"""Put in for the events of one sample: 250 model calls with a chat of 1 MB each."""


class References:
    """What the events of one sample refer to.

    Parameters
    ----------
    sample
        The sample.
    """

    def __init__(self, sample: Mapping[str, Any]) -> None:
        pools = as_object(sample.get("events_data"))
        self._attachments = as_object(sample.get("attachments"))
        self._pools = {name: as_list(pools.get(name)) for name in ("messages", "calls")}
        self._whole: dict[tuple[str, int], tuple[Any, int]] = {}
        self._n_left = MAX_RESOLVED_CHARACTERS

    def resolved(self, value: Any) -> Any:
        """Return a value with the texts that it refers to; the value itself is not changed.

        Raises
        ------
        RecordError
            If the sample's events refer to more than MAX_RESOLVED_CHARACTERS, with the reason too_large.
        """
        if isinstance(value, str):
            text = self._attachments.get(value.removeprefix(ATTACHMENT)) if value.startswith(ATTACHMENT) else None
            if not isinstance(text, str):
                return value
            self._spend(len(text))
            return text
        if isinstance(value, list):
            return [self.resolved(entry) for entry in value]
        if isinstance(value, dict):
            return {name: self.resolved(entry) for name, entry in value.items()}
        return value

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return an event with the messages, requests and texts that it refers to.

        Raises
        ------
        RecordError
            As `resolved`, and if it refers to messages that are not there, with the reason wrong_type.
        """
        whole = self.resolved(event)
        if event.get("input_refs") is not None:
            whole["input"] = self._referred("messages", event["input_refs"])
            del whole["input_refs"]
        call = whole.get("call")
        if isinstance(call, dict) and call.get("call_refs") is not None and isinstance(call.get("request"), dict):
            key = call.get("call_key")
            name = key if isinstance(key, str) and key else "messages"
            request = call["request"] | {name: self._referred("calls", call["call_refs"])}
            beside = {name: entry for name, entry in call.items() if name not in ("call_refs", "call_key")}
            whole["call"] = beside | {"request": request}
        return dict(whole)

    def _referred(self, pool: str, refs: Any) -> list[Any]:
        entries = []
        for ref in refs if isinstance(refs, list) else [None]:
            if not isinstance(ref, list) or len(ref) != 2 or not all(isinstance(end, int) for end in ref):
                raise RecordError(f"a reference to {pool} is no pair of places")
            first, last = ref
            if not 0 <= first <= last <= len(self._pools[pool]):
                raise RecordError(f"a reference to {pool} leads to none")
            for place in range(first, last):
                entry, n_characters = self._entry(pool, place)
                self._spend(n_characters)
                entries.append(entry)
        return entries

    def _entry(self, pool: str, place: int) -> tuple[Any, int]:
        if (pool, place) not in self._whole:
            entry = self.resolved(self._pools[pool][place])
            self._whole[pool, place] = entry, len(dump(entry))
        return self._whole[pool, place]

    def _spend(self, n_characters: int) -> None:
        self._n_left -= n_characters + 1
        if self._n_left < 0:
            raise RecordError(
                f"the sample's events refer to more than {MAX_RESOLVED_CHARACTERS:,} characters", reason="too_large"
            )
