"""Keys, tokens and passwords: what opens an account, whoever it was given to.

Known by what their makers put in front of them, because a random word alone tells nothing. A password in a sentence is
not seen.
"""

import re

from workbench.boundaries.redact.kind import Kind, Place, whole

_PREFIXED = (
    # OpenAI, Anthropic, OpenRouter, Langfuse and those who took the same prefix
    r"sk-(?:proj|svcacct|admin|ant|or|lf)-[0-9A-Za-z_-]{20,}",
    r"sk-[0-9A-Za-z]{32,}",
    r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}",  # AWS
    r"gh[opsur]_[0-9A-Za-z]{36,}",
    r"github_pat_[0-9A-Za-z_]{22,}",
    r"glpat-[0-9A-Za-z_-]{20,}",  # GitLab
    r"xox[abeoprs]-[0-9A-Za-z-]{10,}",  # Slack
    r"xapp-[0-9]-[0-9A-Za-z-]{20,}",
    r"AIza[0-9A-Za-z_-]{35}",  # Google
    r"ya29\.[0-9A-Za-z_-]{20,}",
    r"GOCSPX-[0-9A-Za-z_-]{24,}",
    r"(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{16,}",  # Stripe
    r"whsec_[0-9A-Za-z]{24,}",
    r"hf_[0-9A-Za-z]{30,}",  # Hugging Face
    r"gsk_[0-9A-Za-z]{40,}",  # Groq
    r"xai-[0-9A-Za-z]{40,}",
    r"pplx-[0-9A-Za-z]{40,}",
    r"r8_[0-9A-Za-z]{37,}",  # Replicate
    r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}",  # LangSmith
    r"dapi[0-9a-f]{32}",  # Databricks
    r"dop_v1_[0-9a-f]{64}",  # DigitalOcean
    r"npm_[0-9A-Za-z]{36}",
    r"pypi-[0-9A-Za-z_-]{50,}",
    r"SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}",  # SendGrid
    r"shp(?:at|ca|pa|ss)_[0-9a-f]{32}",  # Shopify
)
_PEM_NAME = r"[0-9A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?-----"

_AUTHORIZATION = r"[Aa]uthorization\\*[\"']?[ ]{0,2}[:=][ ]{0,2}\\*[\"']?[Bb]asic "

_BEFORE = r"(?:(?<![0-9A-Za-z_-])|(?<=\\[bfnrt])|(?<=\\u[0-9a-fA-F]{4}))"
_KEY = re.compile(rf"{_BEFORE}(?:{'|'.join(_PREFIXED)})")
_PEM = re.compile(rf"-----BEGIN {_PEM_NAME}(?:[0-9A-Za-z+/=\s\\:,.()]|-(?!----))*+-----END {_PEM_NAME}")
_JWT = re.compile(rf"{_BEFORE}eyJ[0-9A-Za-z_-]{{8,}}+\.[0-9A-Za-z_-]{{8,}}+(?:\.[0-9A-Za-z_-]*+){{1,3}}")
_BEARER = re.compile(
    r"(?:(?<![0-9A-Za-z])|(?<=\\[bfnrt]))(?:[Bb]earer|BEARER)[ +]{1,2}(?P<token>[0-9A-Za-z._~+/-]{16,}+=*+)"
)
_BASIC = re.compile(rf"{_AUTHORIZATION}(?P<token>[0-9A-Za-z+/]{{8,}}+=*+)")
_IN_URL = re.compile(r"://((?:[^\s/?#\"'<>\\\[\]@]*+@)++)")


def _token(found: re.Match[str]) -> Place | None:
    """Return the token after its scheme; a word without a digit is a word: `bearer authentication-scheme`."""
    return found.span("token") if any(character.isdigit() for character in found["token"]) else None


def _basic(found: re.Match[str]) -> Place:
    return found.span("token")


def _user_info(found: re.Match[str]) -> Place | None:
    """Return what stands between `://` and the last `@` of the host, if there is a password in it."""
    start, end = found.span(1)
    return (start, end - 1) if ":" in found[1] else None


SECRETS = (
    Kind("credentials", r"://[^\s/?#\"'<>\\\[\]]*:[^\s/?#\"'<>\\\[\]]*@", _IN_URL, _user_info),
    Kind("key", "|".join(_PREFIXED), _KEY, whole),
    Kind("key", f"-----BEGIN {_PEM_NAME}", _PEM, whole),
    Kind("jwt", r"eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8}", _JWT, whole),
    Kind("token", r"(?:[Bb]earer|BEARER)[ +]{1,2}[0-9A-Za-z._~+/-]{16}", _BEARER, _token),
    Kind("token", rf"{_AUTHORIZATION}[0-9A-Za-z+/]{{8}}", _BASIC, _basic),
)
