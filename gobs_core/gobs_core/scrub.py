"""Takes secrets out of command lines: passwords, tokens and keys given as options, variables, headers or in URLs.

What is recognised is the name in front of a value, split into its words (`--db-password=`, `dbPassword:`,
`AWS_SECRET_ACCESS_KEY=`), an `Authorization` header, the user part of a URL, and the short options of programs known
to take a password so. What nobody named as a secret is not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

HIDDEN = "***"
_SECRET_WORD = re.compile(
    r".*password|.*passwd|.*passphrase|.*secrets?|.*tokens?|.*apikey|passcode|pwd|authkey|accesskey|secretkey|privatekey"
    r"|credentials?|bearer|jwt"
)
_SECRET_END = re.compile(r"key|auth|pass|pw|authorization|creds?|cookie|sas")
"""Words that mean so much else that they count only at the end of a name."""
_HARMLESS_END = re.compile(
    r"files?|path|dir|directory|mode|type|names?|ids?|ttl|timeout|ur[li]|endpoint|host|port|length|size|policy|class|format"
    r"|algorithm|alg|store|provider|prefix|header|field|column|rotation|expiry|expiration|enabled|disabled|required"
    r"|audience|issuer|user|username|count|limit|interval|webhook|methods?|plugins?"
)
_NAME = r"[A-Za-z][A-Za-z0-9]*(?:[_.-][A-Za-z0-9]+)*"
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_OPTION = re.compile(rf"-{{0,2}}({_NAME})")
_VALUE = r"""(?:"[^"]*"?|'[^']*'?|[^\s"']+)"""
_ASSIGNED = re.compile(
    rf"""(?P<front>(?<![A-Za-z0-9_.-])[_.-]*(?P<name>{_NAME})["']?\s{{0,2}}(?:=|:(?!//))\s{{0,2}})(?P<value>{_VALUE})"""
)
_SEPARATE = re.compile(rf"(?P<front>(?<!\S)--?(?P<name>{_NAME})\s+)(?P<value>(?!-){_VALUE})")
_SCHEMES = ("basic", "bearer", "digest", "token", "negotiate", "apikey", "aws4-hmac-sha256")
_HEADER = re.compile(
    rf"(?i)((?:proxy-)?authorization[\"']?\s{{0,2}}[:=]\s{{0,2}}[\"']?(?:(?:{'|'.join(_SCHEMES)})\s+)?)[^\"']+"
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}")
_USERINFO = re.compile(r"((?<![A-Za-z0-9+.-])[A-Za-z0-9+.-]+://)[^\s/?#]*@")
_SHORT_GUESS = re.compile(r"(-p)(?=[^\s=:/.,-]*[A-Z0-9!#$%&*+?@^_~])(?!\d+\Z)[^\s=:/.,-][^\s/:=]*")
"""`-pS3cret`, but no `-p8080:80`, `-p/a/path`, `-path`, `-pidfile=…`."""
_SHORT: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("mysql", "mysqldump", "mysqladmin", "mysqlimport", "mariadb", "mariadb-dump", "mariadb-admin"),
        frozenset({"p"}),
    ),
    **dict.fromkeys(
        ("sshpass", "mongo", "mongosh", "mongodump", "mongorestore", "mosquitto_pub", "mosquitto_sub"),
        frozenset({"p", "P"}),
    ),
    **dict.fromkeys(("curl", "smbclient", "wget"), frozenset({"u", "U"})),
    **dict.fromkeys(("redis-cli", "valkey-cli"), frozenset({"a"})),
    **dict.fromkeys(("ldapsearch", "ldapmodify", "ldapadd", "ldapwhoami"), frozenset({"w"})),
    **dict.fromkeys(("docker", "podman", "nerdctl", "helm"), frozenset()),
    "sqlcmd": frozenset({"P"}),
    "impala-shell": frozenset({"l"}),
}
"""Programs and their options of one letter that take a secret, attached or as the next argument."""
_HINT = re.compile(r"(?i)pass|pwd|pw|secret|token|key|cred|bearer|jwt|auth|cookie|sas|://|(?<!\S)-p")
"""Without any of these there is nothing to hide, whatever the program; most command lines have none."""
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "su", "ssh"))
"""Programs whose arguments are command lines of their own, so that a value ends where the next word begins."""
_ATTACHED_ONLY = frozenset(name for name in _SHORT if name.startswith(("mysql", "mariadb")))


def compile_patterns(patterns: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """Compile a user's own patterns; raises ValueError that names the one that is not valid."""
    compiled = []
    for pattern in patterns:
        try:
            compiled.append(re.compile(pattern))
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return tuple(compiled)


def scrub(args: Sequence[str], patterns: Iterable[re.Pattern[str]] = ()) -> str:
    """The command line as one text with `***` for what is secret.

    Of a match of a user's own pattern its group `secret` is hidden, or all of it where there is no such group.
    """
    line = " ".join(args)
    program = args[0].rsplit("/", 1)[-1] if args else ""
    if program in _SHORT or _HINT.search(line):
        line = hidden(program, args)
    return hide(line, patterns)


def hide(line: str, patterns: Iterable[re.Pattern[str]]) -> str:
    """The text without what a user's own patterns match."""
    for pattern in patterns:
        line = pattern.sub(_hide_match, line)
    return line


def hidden(program: str, args: Sequence[str]) -> str:
    """The command line without the secrets we know of, looked at word by word."""
    return " ".join(hidden_each(program, args))


def hidden_each(program: str, args: Sequence[str]) -> list[str]:
    """The arguments of a command line without the secrets we know of, each by itself and as many as there were."""
    shown = []
    hide_next = False
    for number, arg in enumerate(args):
        if hide_next and arg and not arg.startswith("--"):
            shown.append(HIDDEN)
            hide_next = False
            continue
        hide_next = number > 0 and _announces(program, arg)
        shown.append(_argument(program, arg) if number else _text(arg))
    return shown


def is_secret(name: str) -> bool:
    """Whether a name of an option, variable or field announces a secret."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or _HARMLESS_END.fullmatch(words[-1]):
        return False
    return bool(_SECRET_END.fullmatch(words[-1])) or any(map(_SECRET_WORD.fullmatch, words))


def _announces(program: str, arg: str) -> bool:
    """Whether the argument after this one is a secret."""
    if program not in _ATTACHED_ONLY and len(arg) == 2 and arg[0] == "-" and arg[1] in _SHORT.get(program, ""):
        return True
    match = _OPTION.fullmatch(arg)
    return match is not None and arg.startswith("-") and is_secret(match[1])


def _argument(program: str, arg: str) -> str:
    letters = _SHORT.get(program)
    if letters and len(arg) > 2 and arg[0] == "-" and arg[1] in letters:
        return arg[:2] + HIDDEN
    head, separator, _ = arg.partition("=")
    match = _OPTION.fullmatch(head)
    if separator and match and is_secret(match[1]) and program not in _SHELLS:
        return f"{head}={HIDDEN}"
    if letters is None and _SHORT_GUESS.fullmatch(arg):
        return arg[:2] + HIDDEN
    return _text(arg)


def _text(text: str) -> str:
    """A text that may be a command line itself: `sh -c "…"`, a title a program gave itself, a header, a URL."""
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _HEADER.sub(rf"\1{HIDDEN}", text)
    text = _BEARER.sub(rf"\1{HIDDEN}", text)
    text = _ASSIGNED.sub(_hide_value, text)
    return _SEPARATE.sub(_hide_value, text) if " " in text else text


def _hide_value(match: re.Match[str]) -> str:
    if match["value"].lower().strip("\"'") in _SCHEMES or not is_secret(match["name"]):
        return match[0]
    return match["front"] + HIDDEN


def _hide_match(match: re.Match[str]) -> str:
    if "secret" not in match.re.groupindex:
        return HIDDEN
    start, end = match.span("secret")
    if start < 0:
        return match[0]
    start, end = start - match.start(), end - match.start()
    return match[0][:start] + HIDDEN + match[0][end:]
