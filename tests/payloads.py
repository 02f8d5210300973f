"""Texts that would run, or fetch, were they ever taken for markup: what a stranger may write into a trace.

Each pushes onto `window.__xss` where it runs, or asks `outside.example`, which no page of ours may. The first is run by
the controls, which show that a test would see it.
"""

_PUSH = "__xss.push"
FIRST = (
    f"<img src=x onerror={_PUSH}('img')>",
    f"</script></style></title><script>{_PUSH}('script')</script>",
    f"<svg/onload={_PUSH}('svg')>",
    f'"><img src=x onerror="{_PUSH}(\'attribute\')">',
    f"</q></blockquote></td></table><iframe srcdoc=\"<script>parent.{_PUSH}('frame')</script>\">",
    f"<math><mtext><table><mglyph><style><img src=x onerror={_PUSH}('mutation')>",
    "<link rel=stylesheet href=https://outside.example/x.css><img src=https://outside.example/x.png>",
    f"![x](https://outside.example/y.png) [click](javascript:{_PUSH}('link')) $\\href{{javascript:{_PUSH}(1)}}{{x}}$",
)
"""One of each way: what a page of a report is tried with."""
_RUN_BY = (
    "img src=x onerror=",
    "img src onerror=",
    "image src=x onerror=",
    "body onload=",
    "body onpageshow=",
    "svg onload=",
    "svg><animate onbegin=",
    "svg><set attributename=x onbegin=",
    "svg><animatetransform onbegin=",
    "details open ontoggle=",
    "video src=x onerror=",
    "video><source onerror=",
    "audio src=x onerror=",
    "input autofocus onfocus=",
    "select autofocus onfocus=",
    "textarea autofocus onfocus=",
    "button autofocus onfocus=",
    "marquee onstart=",
    "iframe onload=",
    "object data=x onerror=",
    "embed src=x onerror=",
    "style onload=",
    "link rel=stylesheet href=data:, onload=",
    "script src=x onerror=",
    "div style='animation:x' onanimationstart=",
    "p tabindex=1 autofocus onfocus=",
    "a autofocus href=x onfocus=",
    "dialog open onclose=",
)
_WRAPPED = (
    "</textarea>{0}",
    "</title>{0}",
    "</style>{0}",
    "</script>{0}",
    "<!--{0}-->{0}",
    "<![CDATA[{0}]]>",
    "'>{0}",
    '">{0}',
    "`>{0}",
    '\\">{0}',
    "]]>{0}",
    "<noscript><p title='</noscript>{0}'>",
    "<template>{0}</template>{0}",
    "<select><option>{0}</option></select>{0}",
    "<form><math><mtext></form><form><mglyph><style></math>{0}",
    "<svg></p><style><a id='</style>{0}'>",
    "&lt;x&gt;{0}",
    "{{{{7*7}}}} ${{7*7}} <%= 7*7 %> {0}",
)
_OTHERS = (
    f"javascript:{_PUSH}('url')",
    f"data:text/html,<script>parent.{_PUSH}('data')</script>",
    f"<a href=\"javascript:{_PUSH}('a')\">click</a>",
    f"<form action=javascript:{_PUSH}('form')><button autofocus>x</button></form>",
    f"<iframe src=\"javascript:parent.{_PUSH}('src')\">",
    f"<object data=\"data:text/html,<script>parent.{_PUSH}('object')</script>\">",
    f"<script>{_PUSH}('plain')</script>",
    f"<script type=module>{_PUSH}('module')</script>",
    "<base href=https://outside.example/>",
    "<meta http-equiv=refresh content='0;url=https://outside.example/'>",
    "<style>@import 'https://outside.example/i.css';</style>",
    '<div style="background:url(https://outside.example/b.png)">x</div>',
    "<video poster=https://outside.example/p.png>",
    "<img srcset=https://outside.example/s.png>",
    "$$\\require{html}\\href{javascript:__xss.push('tex')}{x}$$ \\(\\unicode{x3c}img\\)",
    "\x1b]8;;https://outside.example/\x07link\x1b]8;;\x07\x1b[31mred",
    "user\u202e\u2066txt.exe\u2069 zero\u200bwidth \U000e0041tag",
    "e" + "\u0301" * 40,
)
PAYLOADS = (
    *FIRST,
    *(f"<{element}{_PUSH}('{at}')>" for at, element in enumerate(_RUN_BY)),
    *(wrapping.format(FIRST[0]) for wrapping in _WRAPPED),
    *_OTHERS,
)
"""All of them."""
