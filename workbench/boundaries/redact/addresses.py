"""Addresses of people and of their machines: e-mail, IPv4 and IPv6.

Version numbers look like IPv4 and parts of code like e-mail; what tells them apart is what stands around them.
"""

import ipaddress
import re

from workbench.boundaries.redact.kind import Kind, Place

_NO_DOMAINS = frozenset(
    {
        *("png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "bmp", "pdf"),  # icon@2x.png
        *("css", "scss", "js", "mjs", "ts", "tsx", "jsx", "json", "yaml", "yml", "toml", "lock", "tgz", "whl"),
        *("transpose", "reshape", "dtype", "shape", "dot"),  # a@b.transpose
    }
)
"""Last parts of names with an `@` that are files, packages and code."""
_PROGRAMS = frozenset({"git", "hg", "svn"})
"""Users of an address that is the place of a repository: `git@github.com:team/app.git`."""
_DOMAIN = re.compile(
    r"(?:@|%40)(?:[^\W_](?:[^\W_]|-)*+\.){1,8}(?P<last>[^\W\d_]{2,24}|xn--[0-9A-Za-z-]{2,59})(?![\w(]|-\w)"
)
_USER = re.compile(r"(?<![\w.+-])(?:[\w.+-]|%(?!40)[0-9a-fA-F]{2})++\Z")
_USER_REACH = 64
"""Characters before the `@`, RFC 5321."""
_ESCAPE = re.compile(r"\\(?:[bfnrt]|u(?P<code>[0-9a-fA-F]{4}))")
_IPV4 = re.compile(r"\.(?<=[0-9]\.)[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?![\w+]|\.\w|-[A-Za-z])", re.ASCII)
"""From the first dot on, which is rarer than a digit; the first number is looked for backwards from there."""
_FIRST = re.compile(r"(?:(?<![\w./-])|(?<=\\[bfnrt])|(?<=[^0-9A-Za-z]/)|(?<=\A/))[0-9]{1,3}\Z", re.ASCII)
_VERSION = re.compile(r"(?:version|ver|release|build|firmware|section|chapter|v)\W{0,4}\Z", re.IGNORECASE)
_VERSION_REACH = 13
_SMALL = 32
"""Below it lie the parts of versions and of section numbers; one of 4,000 addresses has only such parts."""
_NOBODY = frozenset({0, 127, *range(224, 256)})
"""First parts: every machine's own address, groups of machines, and masks of networks."""
_LOCAL = 10
"""First part of the addresses inside of a company, whose others are small."""
_IPV6 = re.compile(
    r"[23f](?:(?<![\w:.-].)|(?<=\\[bfnrt].))(?:(?<=[23])[0-9a-f]{3}|(?<=f)(?:[cd][0-9a-f]{2}|e[89ab][0-9a-f]))"
    r"(?::[0-9a-f]{0,4}){2,7}+(?![\w:])",
    re.ASCII | re.IGNORECASE,
)


def _mail(found: re.Match[str]) -> Place | None:
    """Return the place of an address whose `@` was found; its user is looked for backwards from there."""
    text, at = found.string, found.start()
    reach = max(0, at - _USER_REACH)
    user = _USER.search(text, reach, at)
    if user is None:
        return None
    start, is_empty = user.start(), False
    if start and (escape := _ESCAPE.match(text, start - 1)):
        start = escape.end()
        is_letter = escape["code"] is not None and chr(int(escape["code"], 16)).isalnum()
        is_empty = start >= at and not is_letter
    is_other = is_empty or text[start:at] in _PROGRAMS or found["last"].lower() in _NO_DOMAINS
    return None if is_other else (start, found.end())


def _machine(found: re.Match[str]) -> Place | None:
    text, dot = found.string, found.start()
    first = _FIRST.search(text, max(0, dot - 3), dot)
    if first is None:
        return None
    numbers = [first[0], *found[0][1:].split(".")]
    parts = [int(number) for number in numbers]
    is_other = (
        max(parts) >= 1 << 8
        or parts[0] in _NOBODY
        or (max(parts) < _SMALL and parts[0] != _LOCAL)
        or any(number != str(part) for number, part in zip(numbers, parts, strict=True))
        or _VERSION.search(text, max(0, first.start() - _VERSION_REACH), first.start())
    )
    return None if is_other else (first.start(), found.end())


def _machine6(found: re.Match[str]) -> Place | None:
    text = found[0] if found[0].endswith("::") else found[0].rstrip(":")
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return None
    return found.start(), found.start() + len(text)


EMAIL = Kind("email", r"(?:@|%40)[^\s@\"'\\]+\.[^\s0-9@\"'\\.]", _DOMAIN, _mail)
MACHINES = (
    Kind(
        "ip",
        r"(?:^|[^0-9A-Za-z_./-]|\\[bfnrt]|(?:^|[^0-9A-Za-z])/)[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}",
        _IPV4,
        _machine,
    ),
    Kind(
        "ip",
        r"(?:[23][0-9a-fA-F]{3}|[fF](?:[cdCD][0-9a-fA-F]{2}|[eE][89abAB][0-9a-fA-F])):[0-9a-fA-F]{0,4}:",
        _IPV6,
        _machine6,
    ),
)
