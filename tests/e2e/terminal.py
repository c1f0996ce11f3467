#!/usr/bin/env python3
"""terminal.py - what the console does to a terminal, seen on the raw bytes of a pty: it gives it back after everything,
runs on odd ones, sends nothing but known sequences, and never queues for a slow one. Prints TAP."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("SANDWATCH", os.path.join(ROOT, "build/release/sandwatch"))
DEADLINE = float(os.environ.get("DEADLINE", "60"))
INSTRUMENTED = "asan" in PROGRAM or "tsan" in PROGRAM  # slower, and with handlers of their own
PTY_HOLDS = 4095
results = []

# What the console may send, and no more: text, cursor and screen (CSI), modes, character sets, OSC 52.
GRAMMAR = re.compile(
    rb"(?:[\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
    rb"|\r|\n|\x08|\x0e|\x0f"
    rb"|\x1b\[[?>]?[0-9;]*[A-Za-z@`]"  # CSI
    rb"|\x1b[()][0AB]|\x1b[=>78M]"
    rb"|\x1b\]52;c;[A-Za-z0-9+/=]*\x07)*")


class Console:
    """One run in a pty of its own. Every wait has a deadline."""

    def __init__(self, scenario="healthy", size=(80, 24), environment=None, ignore=(), answer=True, command=None):
        self.bytes = b""
        self.answers = answer
        self.master, slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.home = tempfile.mkdtemp()
        env = {"HOME": self.home, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        env.update(environment or {})
        argv = command or os.environ.get("CONSOLE", "").split() or [PROGRAM, "demo", "--scenario", scenario, "--seed", "7"]
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(slave, fd)
            os.closerange(3, 256)
            for number in ignore:
                signal.signal(number, signal.SIG_IGN)
            os.execvpe(argv[0], argv, {k: v for k, v in env.items() if v is not None})
        self.status = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None and not self.ended(0):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)

    def resize(self, w, h):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", h, w, 0, 0))

    def read(self, seconds):
        """What comes within so many seconds, answering status requests as a terminal does."""
        ready, _, _ = select.select([self.master], [], [], max(seconds, 0))
        if not ready:
            return b""
        try:
            got = os.read(self.master, 65536)
        except OSError:
            return b""
        self.take(got)
        return got

    def take(self, got):
        """A request may come in two pieces."""
        tail = self.bytes[-3:] + got
        self.bytes += got
        if self.answers:
            os.write(self.master, b"\x1b[0n" * tail.count(b"\x1b[5n"))

    def see(self, pattern, seconds=None):
        """Wait until the pattern has been sent since the last forget()."""
        end = time.monotonic() + (seconds or DEADLINE)
        while not re.search(pattern, self.bytes):
            if time.monotonic() >= end or (not self.read(0.2) and self.ended(0)):
                return re.search(pattern, self.bytes) is not None
        return True

    def forget(self):
        self.bytes = b""

    def press(self, keys):
        os.write(self.master, keys)

    def ended(self, seconds):
        """Did the program end within so many seconds? Reads meanwhile."""
        end = time.monotonic() + seconds
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
                while self.master >= 0 and self.read(0):
                    pass
                return True
            if time.monotonic() >= end:
                return False
            if self.master >= 0:
                self.read(0.01)
            else:
                time.sleep(0.002)
        return True

    def fill(self):
        """Have it drawn again until there is more of it than a terminal holds that does not read."""
        def is_full():
            return struct.unpack("i", fcntl.ioctl(self.master, termios.FIONREAD, b"\0" * 4))[0] >= PTY_HOLDS

        def fills_up():
            self.read(0)
            self.press(b"\x0c")
            return until(is_full, 0.3)
        return until(fills_up)

    def is_the_shell_s(self):
        """Is the command in the foreground that the pty began with, and nothing that it started?"""
        return os.tcgetpgrp(self.master) == self.pid

    def given_back(self):
        """Nothing of ours is left: screen, cursor, keypad, paste marks, modes."""
        last = {}
        for mode, on in re.findall(rb"\x1b\[\?(1049|25|2004|1)([hl])", self.bytes):
            last[mode] = on
        wanted = {b"1049": b"l", b"25": b"h", b"2004": b"l", b"1": b"l"}
        return all(last.get(mode, on) == on for mode, on in wanted.items()) and \
            termios.tcgetattr(self.slave)[:6] == self.before[:6]


def until(condition, seconds=DEADLINE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(0.005)
    return True


def check(name, passed, why=""):
    results.append(passed)
    print(("ok" if passed else "not ok") + f" {len(results)} - {name}", flush=True)
    if not passed and why:
        print(f"# {why}"[:400])


READY = rb"Running jobs"
DATA = "● [1-9]|\\+ [1-9]".encode()


def gives_the_terminal_back():
    polite = {"INT": 130, "TERM": 143, "QUIT": 131, "HUP": 129}
    for name, status in polite.items():
        with Console() as console:
            console.see(DATA)
            os.kill(console.pid, getattr(signal, "SIG" + name))
            ended = console.ended(5)
            code = os.waitstatus_to_exitcode(console.status) if ended else None
            check(f"the_terminal_is_given_back_after_{name}", ended and console.given_back(), repr(console.bytes[-200:]))
            check(f"the_status_after_{name}_is_that_of_the_signal", code in (status, status - 128 and -(status - 128)), repr(code))
    for name in ("SEGV", "ABRT", "BUS", "FPE", "ILL"):
        with Console() as console:
            console.see(DATA)
            os.kill(console.pid, getattr(signal, "SIG" + name))
            ended = console.ended(10)
            check(f"the_terminal_is_given_back_after_{name}", ended and console.given_back(), repr(console.bytes[-200:]))
            if not INSTRUMENTED:
                check(f"{name}_still_kills", ended and os.WIFSIGNALED(console.status)
                      and os.WTERMSIG(console.status) == getattr(signal, "SIG" + name), repr(console.status))
    for keys in (b"q", b"\x03", b"\x1b[21~"):
        with Console() as console:
            console.see(DATA)
            console.press(keys)
            ended = console.ended(5)
            check(f"the_terminal_is_given_back_after_{keys!r}", ended and console.given_back() and console.status == 0)


def ends_after_its_terminal(ignore):
    """Seconds that it took; None when it had not ended after DEADLINE."""
    with Console(ignore=ignore) as console:
        console.see(DATA)
        os.close(console.slave)
        os.close(console.master)
        console.slave = console.master = -1
        began = time.monotonic()
        return time.monotonic() - began if console.ended(DEADLINE) else None


def a_closed_terminal_ends_it():
    """At once: to notice it only at the next second of the clock would take half a second each time."""
    for name, ignored in (("", ()), ("_even_when_hup_is_ignored", (signal.SIGHUP,))):
        took = [ends_after_its_terminal(ignored) for _ in range(1 if INSTRUMENTED else 6)]
        check("a_closed_terminal_ends_it" + name,
              None not in took and (sum(took) < len(took) / 4 or INSTRUMENTED), f"{took} s")


def runs_on_odd_terminals():
    with Console(environment={"TERM": "no-such-term"}) as console:
        check("an_unknown_TERM_falls_back_and_says_so", console.see(rb"TERM=no-such-term is not known"))
    with Console(environment={"TERM": "vt100"}) as console:
        check("a_vt100_is_enough", console.see(READY) and not re.search(rb"\x1b\[[0-9;]*3[0-9]m", console.bytes))
        console.press(b"q")
        console.ended(5)
    with Console(environment={"TERM": "vt220", "LC_ALL": "C"}) as console:
        console.see(READY)
        console.see(rb"\+ [1-9]")
        check("without_UTF-8_everything_is_ASCII", all(byte < 0x80 for byte in console.bytes))
    with Console(environment={"NO_COLOR": "1"}) as console:
        console.see(DATA)
        check("NO_COLOR_sends_no_colour", not re.search(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7])(?:;[0-9;]*)?m", console.bytes))
    with Console(environment={"TERM": "dumb"}) as console:
        check("TERM=dumb_gets_words_and_no_sequences", console.ended(60) and b"\x1b" not in console.bytes
              and b"TERM=dumb" in console.bytes, repr(console.bytes[:200]))
    with Console(size=(1, 1)) as console:
        check("one_cell_shows_the_worst_symbol", console.see("●|✘|▲|◌|◆".encode()))
        console.press(b"q")
        check("and_q_quits_there_too", console.ended(5) and console.status == 0)


def survives_every_size():
    with Console() as console:
        console.see(DATA)
        for w in list(range(1, 300, 23)) + [1, 300, 80]:
            for h in (1, 2, 9, 10, 24, 40, 60, 100):
                console.resize(w, h)
                console.read(0.003)
        console.resize(100, 30)
        console.forget()
        console.press(b"\x0c")
        check("a_storm_of_resizes_ends_in_a_whole_picture", console.see(READY))
        console.press(b"q")
        check("and_it_still_quits", console.ended(5) and console.status == 0)


def sends_only_what_it_may():
    with Console(scenario="hostile", size=(120, 40)) as console:
        console.see(DATA)
        for keys in (b"\r", b"\x1b", b"w", b"\x1b", b"!", b"\x1b", b"1\r", b"\x1b", b"3\r", b"\x1b", b"5", b"6", b"y", b"Y", b"2G", b"\x1b[6~"):
            console.press(keys)
            for _ in range(4):
                console.read(0.05)
        console.press(b"q")
        console.ended(5)
        end = GRAMMAR.match(console.bytes).end()
        check("nothing_from_a_remote_reaches_the_terminal_as_a_control", end == len(console.bytes),
              f"at {end}: {console.bytes[end:end + 40]!r}")
        text = console.bytes.decode("utf-8", "replace")
        check("nor_as_a_C1_or_bidirectional_control", not re.search("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f]", text))


def does_not_queue_for_a_slow_line():
    with Console(answer=True) as console:
        console.see(DATA)
        end = time.monotonic() + 6
        while time.monotonic() < end:  # 2,400 bit/s, with keys held down
            console.press(b"j" if int(time.monotonic() * 4) % 2 else b"k")
            try:
                console.take(os.read(console.master, 75))
            except OSError:
                break
            select.select([], [], [], 0.25)
        waiting = 0
        while True:
            got = console.read(0.3)
            if not got or waiting > 100000:
                break
            waiting += len(got)
        check("a_slow_line_holds_a_frame_or_two_and_no_more", waiting < 6000, f"{waiting} bytes were waiting")
        console.press(b"q")
        check("and_the_console_still_quits", console.ended(5) and console.status == 0)
    with Console(answer=False) as console:
        console.see(DATA)
        fcntl.ioctl(console.slave, termios.TCXONC, termios.TCOOFF) if hasattr(termios, "TCXONC") else termios.tcflow(console.slave, termios.TCOOFF)
        console.press(b"jjjj")
        console.read(1.2)
        os.kill(console.pid, signal.SIGTERM)
        check("a_stopped_line_does_not_keep_it_from_ending", console.ended(5))


def drops_what_is_pasted():
    with Console() as console:
        console.see(DATA)
        console.forget()
        console.press(b"\x1b[200~q and q\x1b[201~")
        check("pasted_text_is_dropped_and_said_so", console.see(rb"pasted text is dropped") and not console.ended(0.2))


def leaves_the_shell_alone():
    """A change that was not drawn yet, and a frame that was not sent whole, when it is stopped."""
    demo = f"'{PROGRAM}' demo --scenario healthy --seed 7"
    until_over = "while wait %1; [ $? = 148 ]; do sleep 0.02; done"  # 148: still taken for stopped
    with Console(command=["bash", "--norc", "-mc", f"{demo}; echo stopped; kill -TERM %1; {until_over}; echo over"]) as console:
        console.see(DATA)
        console.press(b"j\x1a")
        console.see(b"over")
        between = re.search(rb"stopped(.*)over", console.bytes, re.DOTALL)
        check("nothing_is_drawn_on_the_shell_s_screen", between is not None and b"\x1b" not in between[1], repr(console.bytes[-300:]))
    with Console(command=["bash", "--norc", "-mc", f"{demo}; echo stopped; read _; fg"], size=(300, 200)) as console:
        console.see(DATA)
        console.fill()
        console.press(b"\x1a")
        check("a_frame_that_is_not_taken_does_not_keep_it_from_stopping", until(console.is_the_shell_s) and console.see(b"stopped"))
        console.forget()
        console.press(b"\n")
        console.see(READY)
        check("its_rest_is_not_sent_to_the_shell_s_screen",
              re.match(rb"[^\x1b]*\x1b\[\?1049h", console.bytes) is not None, repr(console.bytes[:200]))


TESTS = (gives_the_terminal_back, a_closed_terminal_ends_it, runs_on_odd_terminals, survives_every_size,
         sends_only_what_it_may, does_not_queue_for_a_slow_line, drops_what_is_pasted, leaves_the_shell_alone)

if __name__ == "__main__":
    for test in TESTS:
        if len(sys.argv) < 2 or test.__name__ in sys.argv[1:]:
            test()
    print(f"1..{len(results)}")
    print(f"# {results.count(True)} passed, {results.count(False)} failed")
    sys.exit(not all(results))
