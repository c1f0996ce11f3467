"""world.py — programs that others wrote, on loopback: started, awaited, and always ended; and `sandwatch check` run on them."""
import contextlib
import ctypes
import json
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

READY_S = 60
CHECK_S = 60
LOWEST_PORT = 21000
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KEPT = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def own_ports():
    """In any order, the ports that the kernel gives to nobody who does not name them, above those where connectors are looked
    for: what is free now is free as well when its server comes to take it, or takes it a second time."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first, last = map(int, file.read().split())
    every = range(LOWEST_PORT, 65536)
    own = [port for port in every if not first <= port <= last] or list(every)
    random.shuffle(own)
    return iter(own)


def free_port(kind=socket.SOCK_STREAM):
    for port in PORTS:
        with socket.socket(socket.AF_INET, kind) as probe:
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise RuntimeError("no port is free")


PORTS = own_ports()


def until(what, condition, process=None):
    """Wait for what, no longer than READY_S, and not at all for a process that has ended."""
    deadline = time.monotonic() + READY_S
    while not condition():
        if process and process.poll() is not None:
            raise RuntimeError(f"{what}: the program ended with status {process.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {READY_S} s")
        time.sleep(0.01)


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def has_udp(port):
    with open("/proc/net/udp", encoding="ascii") as table:
        return any(line.split()[1].endswith(f":{port:04X}") for line in table.readlines()[1:])


class Home:
    """A folder and the programs that were started for it; leaving it ends them all."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="peers-")
        self.processes = []
        self.env = {"HOME": self.path, "TMPDIR": self.path, "LC_ALL": "C.UTF-8",
                    **{key: os.environ[key] for key in KEPT if key in os.environ}}

    def __enter__(self):
        return self

    @staticmethod
    def stop(process):
        """The program and those that it started."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def __exit__(self, *_):
        for process in self.processes:
            self.stop(process)
            if process.stdout:
                process.stdout.close()
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name, content=None):
        path = os.path.join(self.path, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        return path

    def run(self, *argv):
        done = subprocess.run(argv, cwd=self.path, env=self.env, capture_output=True, text=True, timeout=CHECK_S,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}")
        return done.stdout

    def start(self, *argv, **options):
        log = open(self.file(f"{len(self.processes)}.log"), "wb")  # pylint: disable=consider-using-with
        process = subprocess.Popen(argv, cwd=self.path, env=self.env, stdin=options.get("stdin", subprocess.DEVNULL),
                                   stdout=options.get("stdout", log), stderr=log, start_new_session=True,
                                   preexec_fn=die_with_parent)
        log.close()
        self.processes.append(process)
        return process

    def start_json(self, *argv):
        """A program whose first line of output is JSON: that, and the process."""
        process = self.start(*argv, stdout=subprocess.PIPE)
        if not select.select([process.stdout], [], [], READY_S)[0]:
            raise RuntimeError(f"{argv[0]}: said nothing within {READY_S} s")
        line = process.stdout.readline()
        if not line:
            process.wait(READY_S)
            raise RuntimeError(f"{' '.join(argv)}: {open(self.file(f'{len(self.processes) - 1}.log')).read()}")
        return json.loads(line), process

    def check(self, program, config, only, expected_s=CHECK_S):
        """`sandwatch check --json`: its document, with the exit status that it ended with."""
        path = self.file("config.yaml", config)
        done = subprocess.run([program, "--config", path, "check", "--json", "--only", only], env=self.env,
                              capture_output=True, text=True, timeout=expected_s, check=False)
        if not done.stdout:
            raise RuntimeError(f"check said nothing: {done.stderr.strip()} (exit {done.returncode})")
        document = json.loads(done.stdout)
        assert document["exit_code"] == done.returncode, f"{document['exit_code']} and exit {done.returncode}"
        return document


class Watch:
    """A running `sandwatch check --watch`, line by line."""

    def __init__(self, home, program, text, only, *options):
        path = home.file("config.yaml", text)
        self.process = home.start(program, "--config", path, "--interval", "1", "check", "--watch", "--only", only, *options,
                                  stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.rest, self.said = b"", []

    def line(self, *words):
        """The next line that has these words; what comes before it is skipped."""
        found = []

        def has_come():
            self.rest += self.process.stdout.read() or b""
            while b"\n" in self.rest:
                line, self.rest = self.rest.split(b"\n", 1)
                self.said.append(line.decode())
                if all(word in line.decode() for word in words):
                    found.append(line.decode())
                    return True
            return False
        try:
            until(f"a line with {words}", has_come, self.process)
        except RuntimeError as late:
            raise RuntimeError(f"{late}; it said: {self.said}") from late
        return found[0]

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(READY_S)


def config(targets="[]", api="http://127.0.0.1:9", ca=None, more=()):
    """A configuration for one sweep; more: lines of the context."""
    lines = ["context: t", "contexts:", "  t:", f"    api: {{base_url: \"{api}\"{f', ca_file: {ca}' if ca else ''}}}",
             "    edge:"]
    if ca:
        lines.append(f"      ca_file: {ca}")
    lines += [f"      targets: {targets}", "    checks: {enabled: true, discover_connectors: false}", *more]
    return "\n".join(lines) + "\n"


def target(tcp=0, udp=0):
    return f"[{{name: region1, host: 127.0.0.1, tcp_port: {tcp}, udp_port: {udp}}}]"
