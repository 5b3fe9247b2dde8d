"""Secrets in command lines, as programs really take them, and what only looks like one."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core.scrub import compile_patterns, hidden, scrub

SECRET = "hunter2S3cret"
HIDING = [
    ["app", f"--password={SECRET}"],
    ["app", f"--password={SECRET} and {SECRET}"],
    ["app", "--password", SECRET],
    ["app", "--db-password", SECRET],
    ["app", f"-password={SECRET}"],
    ["app", "-passwd", SECRET],
    ["app", f"--dbPassword={SECRET}"],
    ["app", f"--pass={SECRET}"],
    ["app", f"--token={SECRET}"],
    ["app", "--auth-token", SECRET],
    ["app", f"--api-key={SECRET}"],
    ["app", f"--apikey={SECRET}"],
    ["app", f"--key={SECRET}"],
    ["app", f"--secret={SECRET}"],
    ["app", f"--client_secret:{SECRET}"],
    ["app", "--secret", f"-{SECRET}"],
    ["app", f"-p{SECRET}"],
    ["mysql", "-u", "root", f"-p{SECRET}"],
    ["/usr/bin/mysqldump", "-psecretword"],
    ["sshpass", "-p", SECRET, "ssh", "host"],
    ["redis-cli", "-a", SECRET, "ping"],
    ["curl", "-u", f"user:{SECRET}", "https://host"],
    ["curl", f"-uuser:{SECRET}", "https://host"],
    ["ldapsearch", "-w", SECRET],
    ["curl", "-H", f"Authorization: Bearer {SECRET}"],
    ["curl", "-H", f"authorization: Basic {SECRET}"],
    ["curl", "--header", f"Authorization: {SECRET}"],
    ["curl", "-H", f"X-Api-Key: {SECRET}"],
    ["curl", f"https://user:{SECRET}@host/path"],
    ["app", f"postgres://user:{SECRET}@db:5432/name?sslmode=off"],
    ["app", f"amqp://:{SECRET}@mq"],
    ["app", f"https://host/?token={SECRET}&x=1"],
    ["env", f"PASSWORD={SECRET}", "app"],
    ["env", f"DB_PASSWORD={SECRET}", "app"],
    ["env", f"PGPASSWORD={SECRET}", "app"],
    ["env", f"MYSQL_PWD={SECRET}", "app"],
    ["env", f"AWS_SECRET_ACCESS_KEY={SECRET}", "app"],
    ["env", f"GITHUB_TOKEN={SECRET}", "app"],
    ["docker", "run", "-e", f"POSTGRES_PASSWORD={SECRET}", "postgres"],
    ["java", f"-Dspring.datasource.password={SECRET}", "-jar", "x.jar"],
    ["sh", "-c", f"PGPASSWORD={SECRET} psql -h db"],
    ["sh", "-c", f"app --token {SECRET} --verbose"],
    ["sh", "-c", f"app --token '{SECRET} {SECRET}' --verbose"],
    ["sh", "-c", f"curl https://a:{SECRET}@b"],
    [f"title: worker --password={SECRET} of 3"],
    [f"app --api-key {SECRET}"],
    ["app", f'{{"user": "x", "password": "{SECRET}"}}'],
    ["app", f"conninfo=host=db password={SECRET} user=x"],
]
HARMLESS = [
    ["kube-apiserver", "--authorization-mode=Node,RBAC", "--tls-private-key-file=/etc/kubernetes/pki/apiserver.key"],
    ["kube-apiserver", "--service-account-key-file=/sa.pub", "--token-auth-file=/tokens", "--secure-port=6443"],
    ["docker-proxy", "-proto", "tcp", "-host-ip", "0.0.0.0"],
    ["docker", "run", "-p8080:80", "-p", "127.0.0.1:443:443", "nginx"],
    ["ssh", "-p2222", "host"],
    ["app", "-path", "/a", "-pidfile=/run/x", "-port", "80", "-p/run/x"],
    ["app", "--keyspace=a", "--tokenizer=b", "--bypass=c", "--compass=d", "--keep-alive=e", "--monkey=f"],
    ["mkdir", "-p", "/a/b/c"],
    ["npm", "install", "@scope/package", "https://host/@scope/x"],
    ["nginx: master process /usr/sbin/nginx -g daemon off;"],
    ["env", "AWS_ACCESS_KEY_ID=AKIA", "SECRET_FILE=/run/secrets/x", "TOKEN_TTL=1h"],
    ["python", "-c", "import sys; print(sys.path)"],
]


@pytest.mark.parametrize("args", HIDING, ids=" ".join)
def test_a_secret_is_hidden(args: list[str]) -> None:
    line = scrub(args)
    for word in (SECRET, "secretword", "hunter2", "S3cret"):
        assert word not in line
    assert "***" in line


@pytest.mark.parametrize("args", HARMLESS, ids=" ".join)
def test_what_is_no_secret_is_left_as_it_is(args: list[str]) -> None:
    assert scrub(args) == " ".join(args)


def test_what_is_around_a_secret_stays() -> None:
    assert scrub(["curl", "-H", "Authorization: Bearer abcdefghij", "https://u:p@h/x"]) == (
        "curl -H Authorization: Bearer *** https://***@h/x"
    )
    assert scrub(["sh", "-c", "PGPASSWORD=abc psql -h db"]) == "sh -c PGPASSWORD=*** psql -h db"


def test_patterns_of_ones_own_hide_their_group_or_all_of_the_match() -> None:
    patterns = compile_patterns([r"customer-\d+", r"--pin (?P<secret>\d+)"])
    assert scrub(["app", "customer-123", "--pin", "4711"], patterns) == "app *** --pin ***"


def test_a_pattern_that_is_no_regular_expression_is_named() -> None:
    with pytest.raises(ValueError, match=r"'\(' is not a regular expression"):
        compile_patterns(["("])


EVIL = [
    "a-",
    "a ",
    "-",
    "=",
    "a=b ",
    "password ",
    "--a ",
    "://",
    "'",
    '"',
    "Authorization:",
    "-a ",
    "a.a:a_a",
    "x://a",
    "A1",
    "Bearer ",
]


@pytest.mark.parametrize("piece", EVIL)
def test_four_kilobytes_made_to_be_slow_take_no_time(piece: str) -> None:
    before = time.process_time()
    scrub(["app", piece * (4096 // len(piece))])
    assert time.process_time() - before < 0.5


@given(st.lists(st.text(max_size=80), max_size=12))
def test_any_arguments_can_be_shown(args: list[str]) -> None:
    assert isinstance(scrub(args), str)


PIECES = st.lists(
    st.sampled_from(["--", "-", "=", ":", " ", "p", "PW", "X9!", "key", "aPi", "a", "/", "@", "'", "_", "word", "."]),
    max_size=8,
)


@given(st.lists(st.one_of(st.text(max_size=40), PIECES.map("".join)), min_size=1, max_size=6))
def test_looking_for_a_hint_first_overlooks_nothing(args: list[str]) -> None:
    program = args[0].rsplit("/", 1)[-1]
    assert scrub(args) == hidden(program, args)
