"""Records as older releases wrote them, in today's form: the chain keeps every byte, so they are renewed when read."""

from typing import Any


def renew(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """Return a stored record with the fields of today's record of its kind; its digests of quoted texts stay.

    >>> renew("cause", {"id": "cau_1", "attribute": "model", "value": "3f2a"})
    {'id': 'cau_1', 'attributes': ['model'], 'values': ['3f2a']}
    """
    if kind == "cause" and "attribute" in content:  # one condition, until a cause could have several
        kept = {name: value for name, value in content.items() if name not in {"attribute", "value"}}
        return {**kept, "attributes": [content["attribute"]], "values": [content["value"]]}
    return content
