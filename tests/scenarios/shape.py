"""shape — what `status --json` and the simulator's first line promise (docs: the manual page), checked strictly.

A promise is a dictionary from a member's name to a judge: a function that says whether a value is allowed. Members that
are not promised may be there; promised ones may never be missing.
"""
import re

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class Misshapen(Exception):
    """A promise that was not kept."""


def is_string(value):
    return isinstance(value, str) and not CONTROL.search(value)


def is_name(value):
    return is_string(value) and value != ""


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_time(value):
    return isinstance(value, str) and TIME.match(value) is not None


def is_lines(value):
    return isinstance(value, list) and all(is_name(line) for line in value)


def is_some_lines(value):
    return is_lines(value) and len(value) > 0


def is_stages(value):
    return isinstance(value, dict) and set(value) <= {"dns", "tcp", "tls", "http", "quic"} and all(
        isinstance(ms, (int, float)) and not isinstance(ms, bool) and ms >= 0 for ms in value.values())


def one_of(*words):
    return lambda value: value in words


def or_null(judge):
    return lambda value: value is None or judge(value)


def rows_of(promise):
    return lambda value: isinstance(value, list) and all(check(row, promise, "row") is None for row in value)


CERTIFICATE = {
    "id": is_name,
    "fingerprint": or_null(is_name),
    "expires_at": or_null(is_time),
}

FLAGS = {"stale_heartbeat", "starting_too_long", "stuck_stopping", "bounced", "orphaned", "waiting_human", "slot_held",
         "failed_turn", "retrying", "budget_reached", "refused_turn"}

LAYER_CHECK = {
    "id": lambda value: is_string(value) and re.match(r"^L[123]-\d$", value) is not None,
    "proves": is_name,
    "verdict": one_of("verified", "warning", "failed", "not_observable", "accepted_risk"),
    "evidence": is_name,
}

ROWS = {
    "sources": {
        "name": one_of("environments", "stats", "work", "sessions", "tunnels", "certificates", "connectors", "checks",
                       "proxy", "upstreams"),
        "state": one_of("ok", "stale", "error", "disabled"),
        "age_seconds": or_null(is_count),
        "error": or_null(is_name),
    },
    "pools": {
        "id": is_name,
        "name": is_name,
        "health": one_of("healthy", "busy", "idle", "backlogged", "no_workers", "stalled", "archived", "unknown"),
        "reason": or_null(is_name),
        "workers_polling": or_null(is_count),
        "active": or_null(is_count),
        "depth": or_null(is_count),
        "pending": or_null(is_count),
        "oldest_queued_seconds": or_null(is_count),
    },
    "jobs": {
        "id": is_name,
        "pool_id": or_null(is_name),
        "session_id": or_null(is_name),
        "title": or_null(is_name),
        "state": or_null(is_name),
        "age_seconds": or_null(is_count),
        "heartbeat_age_seconds": or_null(is_count),
        "session_status": or_null(is_name),
        "stop_reason": or_null(is_name),
        "flags": lambda value: is_lines(value) and set(value) <= FLAGS,
        "from": one_of("work", "session"),
    },
    "tunnels": {
        "id": is_name,
        "name": is_name,
        "domain": or_null(is_name),
        "state": one_of("archived", "failed", "warning", "connected", "unobserved"),
        "certificates": rows_of(CERTIFICATE),
    },
    "connectors": {
        "name": is_name,
        "url": is_name,
        "ready_connections": or_null(is_count),
        "state": one_of("unknown", "ready", "degraded", "down", "unreachable"),
    },
    "checks": {
        "target": is_name,
        "protocol": lambda value: is_string(value) and re.match(r"^(tcp|udp)/\d+$", value) is not None,
        "family": one_of(4, 6),
        "verdict": one_of("pass", "warn", "fail", "skip", "unsupported"),
        "stages": is_stages,
        "error": or_null(is_name),
        "hint": or_null(is_name),
    },
    "layers": {
        "tunnel_id": is_name,
        "layer": one_of(1, 2, 3),
        "verdict": one_of("verified", "warning", "failed", "not_observable", "accepted_risk"),
        "evidence": is_some_lines,
        "checks": rows_of(LAYER_CHECK),
    },
    "diagnosis": {
        "severity": one_of("info", "warn", "critical"),
        "rule": lambda value: is_string(value) and re.match(r"^[a-z]+\.[a-z_]+$", value) is not None,
        "subject": is_name,
        "summary": is_name,
        "evidence": is_some_lines,
        "next_step": is_name,
    },
}

HELLO = {
    "api": is_name,
    "config": is_name,
    "connectors": is_lines,
    "edge": lambda value: isinstance(value, dict) and is_name(value.get("tcp")) and is_name(value.get("udp")),
    "mcp": is_lines,
    "pid": is_count,
}


def check(row, promise, where):
    if not isinstance(row, dict):
        raise Misshapen(f"{where}: expected an object, found {row!r:.80}")
    for member, judge in promise.items():
        if member not in row:
            raise Misshapen(f"{where}: \"{member}\" is missing")
        if not judge(row[member]):
            raise Misshapen(f"{where}: \"{member}\" may not be {row[member]!r:.120}")


def check_order(document):
    """The worst finding comes first."""
    order = [("critical", "warn", "info").index(finding["severity"]) for finding in document["diagnosis"]]
    if order != sorted(order):
        raise Misshapen(f"diagnosis: not the worst first: {order}")


def check_layers(document):
    """Three for each tunnel; when the API lists none that the proxy serves, three for the proxy's domain too."""
    listed = [tunnel["id"] for tunnel in document["tunnels"]]
    found = [(layer["tunnel_id"], layer["layer"]) for layer in document["layers"]]
    unlisted = sorted({tunnel for tunnel, _ in found} - set(listed))
    if len(unlisted) > 1 or sorted(found) != sorted((tunnel, n) for tunnel in listed + unlisted for n in (1, 2, 3)):
        raise Misshapen(f"layers: expected three for each tunnel, found {found}")


def check_status(document):
    check(document, {"generated_at": is_time, "context": is_name}, "document")
    for name, promise in ROWS.items():
        if not isinstance(document.get(name), list):
            raise Misshapen(f"\"{name}\" is not an array")
        for number, row in enumerate(document[name]):
            check(row, promise, f"{name}[{number}]")
    for name in ("pools", "jobs", "tunnels"):
        ids = [row["id"] for row in document[name]]
        if len(ids) != len(set(ids)):
            raise Misshapen(f"{name}: an id appears twice")
    check_order(document)
    check_layers(document)


def check_hello(hello):
    check(hello, HELLO, "the simulator's line")


def check_bytes(raw):
    """Printed text: well-formed UTF-8, no control character but the newline (and the tab of printed JSON)."""
    found = CONTROL.search(raw.decode("utf-8").replace("\n", "").replace("\t", ""))
    if found:
        raise Misshapen(f"output: control character U+{ord(found.group()):04X}")
