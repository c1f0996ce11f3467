"""sweep.py — how long connectivity checks take: the whole edge healthy and with 30 of 40 addresses black-holed, in a network
namespace of our own, and the suite beside its slowest single check.

    rows() → [(what, value, unit, target)], or a reason why nothing could be measured.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAM = os.path.join(ROOT, "build", "sandwatch")
NETNS = os.path.join(ROOT, "tests", "netns")
UNSHARE = ["unshare", "--net", "--mount", "--propagation", "private"]
RUNS = 5


def median(values):
    return sorted(values)[len(values) // 2]


def wrong_verdicts(document, holes):
    """How many of the measured addresses, over each protocol, have another verdict than they deserve."""
    wrong = 0
    for check in document["checks"]:
        for one in check["addresses"]:
            address = one["address"].rsplit(":", 1)[0].strip("[]")
            wrong += one["passes"] is not (address not in holes)
    return wrong


def whole_edge(world, faults, holes, runs):
    world.reset()
    faults.forty(world, holes)
    times, wrong, seen = [], 0, 0
    for _ in range(runs):
        document, took = world.check({"targets": []})
        times.append(took)
        wrong = max(wrong, wrong_verdicts(document, holes))
        seen = sum(len(check["addresses"]) for check in document["checks"])
    return median(times), wrong, seen


def beside_slowest(world, target, only, runs):
    """The suite's time, and that of the slowest of its checks when it is all that is asked for."""
    def times(which):
        return median([world.check({"targets": target, "only": which})[1] for _ in range(runs)])
    return times(",".join(only)), max(times(which) for which in only)


def measure():
    """In the namespace: print the rows as JSON."""
    sys.path.insert(0, NETNS)
    import faults
    from world import World
    home = tempfile.mkdtemp(prefix="sweep-")
    world = World(PROGRAM, home)
    holes = faults.holes_of(1, 7) + faults.holes_of(2, 8)
    rows = []
    try:
        took, wrong, seen = whole_edge(world, faults, [], RUNS)
        rows.append(("edge, 40 addresses healthy: check", took * 1000, "ms", 5000))
        took, now_wrong, _ = whole_edge(world, faults, holes, 3)
        rows.append(("edge, 30 of 40 black-holed: check", took, "s", 5))
        rows.append((f"wrong verdicts among these {seen}", wrong + now_wrong, "", 0))
        world.reset()
        healthy = [("region1", "127.0.0.1", world.port, world.port)]
        suite, slowest = beside_slowest(world, healthy, ("api", "tcp", "udp"), 9)
        rows.append(("check of a healthy loopback world", suite * 1000, "ms", 300))
        rows.append(("the same over its slowest check", suite / slowest, "x", 1.2))
        faults.nft(f"in: udp dport {world.port} drop", f"in: tcp dport {world.port} drop")
        suite, slowest = beside_slowest(world, healthy, ("api", "tcp", "udp"), 1)
        rows.append(("check with 7844 dropped", suite, "s", 5))
        rows.append(("the same over its slowest check", suite / slowest, "x", 1.2))
    finally:
        world.close()
        shutil.rmtree(home, ignore_errors=True)
    print(json.dumps(rows))


def rows():
    if os.geteuid() != 0 or not all(shutil.which(name) for name in ("unshare", "ip", "nft", "openssl")):
        return "needs root, unshare, ip, nft and openssl"
    began = time.monotonic()
    run = subprocess.run(UNSHARE + [sys.executable, os.path.abspath(__file__)], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0 or not run.stdout:
        last = (run.stderr.strip().splitlines() or ["no output"])[-1]
        return f"it failed after {time.monotonic() - began:.0f} s: {last}"
    return json.loads(run.stdout)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    measure()
