"""taxonomy.py — the rows of src/probe/faults.def, and which of them a document of `check --json` has applied.

A check tells cause and next step apart, and the raw signal beside them; that is enough to say which row it was. So a row
of the taxonomy that no fault of faults.py provokes is found by the last test of `run`.
"""
import errno
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROW = re.compile(r'^FAULT\((\w+), (\w+), SIGNAL_(\w+), ([^,()]+|FAULT_ICMP\(\d+, \d+\)), ([^,]+), CHECK_(\w+),'
                 r'\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\)', re.M)
# Rows that differ in their signal only say it in these words.
WORDS = {"nxdomain": "NXDOMAIN", "nodata": "no record", "timeout": "no answer", "servfail": "SERVFAIL"}

# What a network cannot be made to do at the right microsecond, and the unit test that does it instead.
ELSEWHERE = {"KIND_ALL FAULT_ANY errno ECONNRESET": "a_connection_that_is_reset_at_once_is_cut_by_a_device",
             "KIND_ALL FAULT_ANY errno EPIPE": "a_connection_that_is_closed_and_reset_at_once_says_so",
             "KIND_UDP STAGE_quic unsure FAULT_ANY": "silence_is_a_doubt_until_its_handshake_is_due"}


class Row:
    """One line of the list; `name` is enough to find it there."""

    def __init__(self, match):
        (self.kinds, self.stage, self.signal, self.code, self.when, self.verdict, cause, step) = match.groups()
        self.cause, self.step = (re.sub(r"\\(.)", r"\1", part) for part in (cause, step))
        self.name = f"{self.kinds} {self.stage} {self.signal} {self.code} {self.when}: {self.cause}"

    def fits(self, check):
        if check["verdict"] != self.verdict:
            return False
        if self.verdict == "pass":
            return True
        text = check["note"] if self.verdict == "skip" else check["error"]
        said = text.startswith(f"{self.cause} (") if self.verdict == "skip" else \
            (check["cause"], check["next_step"]) == (self.cause, self.step)
        return said and self.speaks(text or "") and self.is_about(check)

    def speaks(self, text):
        """Is the signal in the text this row's?"""
        if self.signal == "errno" and self.code != "FAULT_ANY":
            return self.code in text
        words = [word for word in WORDS.values() if word in text]
        return self.signal not in WORDS or not words or WORDS[self.signal] in words

    def is_about(self, check):
        is_udp, is_api = check["protocol"].startswith("udp"), check["target"].startswith("api")
        return {"KIND_ALL": True, "KIND_API": is_api, "KIND_EDGE": not is_api, "KIND_UDP": is_udp,
                "KIND_TCP": not is_udp and not is_api}[self.kinds]


def read():
    with open(os.path.join(ROOT, "src/probe/faults.def"), encoding="utf-8") as file:
        text = file.read()
    rows = [Row(match) for match in ROW.finditer(text)]
    if len(rows) != len(re.findall(r"^FAULT\(", text, re.M)):
        raise RuntimeError("src/probe/faults.def has a row that cannot be read")
    codes = {row.code for row in rows if row.signal == "errno"} - {"FAULT_ANY"}
    if not codes <= set(errno.errorcode.values()):
        raise RuntimeError(f"src/probe/faults.def names an error that does not exist: {codes}")
    return rows


def has_unit_test(row):
    """Is one named for it, and is it in a list of tests that is run?"""
    name = next((test for start, test in ELSEWHERE.items() if row.name.startswith(start + " ")), None)
    folder = os.path.join(ROOT, "tests/unit")
    listed = re.compile(rf"cmocka_unit_test\w*\(\s*{name}\b")
    return name is not None and any(
        listed.search(open(os.path.join(folder, file), encoding="utf-8").read())
        for file in os.listdir(folder) if file.endswith(".c"))


def applied(rows, document):
    """The numbers of the rows; two that say the same of the same signal count as one, the first."""
    return sorted({next((n for n, row in enumerate(rows) if row.fits(check)), -1) for check in document["checks"]} - {-1})
