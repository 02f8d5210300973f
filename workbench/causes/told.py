"""What root spans tell in `attributes` with few different values: a user's locale, a feature flag, a host.

Every app records something of its own that splits its traffic; it can be a cause like any column. What has nearly as
many values as traces, such as an id, cannot.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec
import polars as pl

N_SAMPLED = 2_000
"""Root spans in which the attributes are looked for: what fewer than one in a hundred of them has is too rare."""
MIN_SHARE = 0.01
"""Of the sampled spans that must have the attribute."""
MAX_VALUES = 40
"""Different values in the sample; an attribute with more names its traces rather than a part of the traffic."""
MAX_VALUE_CHARACTERS = 80
"""A longer text is said, not chosen."""
MAX_ATTRIBUTES = 24
"""Attributes taken, those that most spans have; each is one more thing to be wrong about."""
MAX_DEPTH = 3
"""Of objects in objects: resource attributes lie at the third."""
LOCALE = "locale"
_LOCALES = frozenset({"locale", "user_locale", "language", "lang"})
"""Last words of keys that say in which language, and for where, a user asked."""
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.\-]{1,80}")
_NAMES_ONE = re.compile(r"(?:^|[._\-])(?:id|uuid|key)$", re.IGNORECASE)
"""Ends of keys that name one thing, such as a user."""
_OF_SDK = (
    *("telemetry.sdk.", "telemetry.auto.", "otel.", "gen_ai.", "llm.", "openinference.", "process.", "os."),
    *("service.name", "service.version", "deployment.environment"),
)
"""Beginnings of keys that name the instrumentation, or whose content has a column: as `release`, it may be circular."""

_OTLP = "otlp"
"""Where the OTLP loader puts what belongs to the resource and the scope of a span."""

Path = tuple[str, ...]


def told_attributes(spans: pl.LazyFrame, traces: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the attributes that the root spans tell, each a frame with trace, value (a category) and attribute.

    Parameters
    ----------
    spans
        schemas.SPANS; trace_id, parent_span_id and attributes are read.
    traces
        trace_id and trace, its number.
    """
    wanted = spans.filter(pl.col("parent_span_id").is_null(), pl.col("attributes").str.len_bytes() > len("{}"))
    roots = wanted.select("trace_id", "attributes").collect(engine="streaming").join(traces, on="trace_id")
    sample = roots.sort(pl.col("trace_id").hash(), "attributes").head(N_SAMPLED)["attributes"]
    found: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for path in _paths(sample.to_list()):
        value = pl.col("attributes").str.json_path_match("$" + "".join(f"['{key}']" for key in path))
        told = roots.select("trace", value=value).drop_nulls().unique()
        if told["value"].n_unique() <= 2 * MAX_VALUES:
            found[name_of(path)].append(told.with_columns(pl.col("value").cast(pl.Categorical)))
    return [pl.concat(parts).unique().with_columns(attribute=pl.lit(name)) for name, parts in sorted(found.items())]


def name_of(path: Path) -> str:
    """Return what an attribute is called: `locale`, whatever the app calls it, else its keys.

    >>> name_of(("app.user.locale",)), name_of(("otlp", "resource", "host.name")), name_of(("judge", "model"))
    ('locale', 'host.name', 'judge.model')
    """
    if re.split(r"[.\-]", path[-1].lower())[-1] in _LOCALES:
        return LOCALE
    return path[-1] if path[0] == _OTLP else ".".join(path)


def _paths(sample: list[str]) -> list[Path]:
    """Return where attributes lie that split the sample: more than one value, and few."""
    values: dict[Path, set[str]] = defaultdict(set)
    n_spans: dict[Path, int] = defaultdict(int)
    for text in sample:
        for path, value in _texts(_parsed(text)):
            n_spans[path] += 1
            if len(values[path]) <= MAX_VALUES:
                values[path].add(value)
    chosen = [
        path
        for path, n in n_spans.items()
        if n >= MIN_SHARE * len(sample) and 2 <= len(values[path]) <= min(MAX_VALUES, n / 2)
    ]
    return sorted(sorted(chosen), key=lambda path: -n_spans[path])[:MAX_ATTRIBUTES]


def _texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the texts and truth values of an object, with where they lie."""
    if isinstance(value, dict) and len(path) < MAX_DEPTH:
        for key, inner in value.items():
            if _PLAIN_KEY.fullmatch(key) and not key.startswith(_OF_SDK) and not _NAMES_ONE.search(key):
                yield from _texts(inner, (*path, key))
    elif isinstance(value, bool):
        yield path, str(value).lower()
    elif isinstance(value, str) and 0 < len(value) <= MAX_VALUE_CHARACTERS:
        yield path, value


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
