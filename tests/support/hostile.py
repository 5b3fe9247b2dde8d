"""Names as an attacker would give them to processes, interfaces, units and nodes."""

from __future__ import annotations

PAYLOADS = (
    "<script>window.hit=1</script>",
    "</title><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "' onmouseover='window.hit=1",
    '" autofocus onfocus="window.hit=1" x="',
    "javascript:window.hit=1",
    "data:text/html,<script>window.hit=1</script>",
    "<a href=javascript:window.hit=1>x</a>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<style>*{display:none}</style>",
    "<form action=//evil.example><input name=a>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<div hx-get=/ hx-trigger=load hx-on:click=window.hit=1>",
    "<math><mi//xlink:href='data:x,<script>window.hit=1</script>'>",
    "{{ 7 * 7 }}{% raw %}",
    "${window.hit=1}`;window.hit=1//",
    "<!--", "]]>", "&lt;script&gt;", "&#x3c;script&#x3e;",
)  # fmt: skip
SHAPES = (
    "../../../etc/passwd",
    "..%2f..%2f",
    "a/b",
    "//evil.example/x",
    "\\\\evil\\share",
    "?a=b#c",
    "100%",
    "%00",
    " leading and trailing ",
    "new\nline\rreturn\ttab",
    "\x1b[2J\x1b]0;title\x07",
    "line\u2028and\u2029paragraph",
    "right\u202eto\u2066left\u2069",
    "zero\u200bwidth\ufeff",
    "עברית العربية",
    "e\u0301\u0301\u0301\u0301",
    "🙂👩‍👩‍👧‍👦",
    "; rm -rf /; $(reboot) `reboot` | cat",
    "' OR 1=1; DROP TABLE nodes; --",
    "x" * 4096,
    "(parens) in comm) R 1",
)
HOSTILE_NAMES = PAYLOADS + SHAPES
