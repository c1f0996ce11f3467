"""world.py — inside a network namespace of our own: the pretend edge and API, a name server, and peers that misbehave."""
import hmac
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DEADLINE_S = 60
REFUSE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "refuse.py")
API_ERROR = b'{"type":"error","error":{"type":"authentication_error","message":"no"}}'


def sh(line):
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{line}: {done.stderr.strip()}")


class NameServer:
    """UDP port 53 of 127.0.0.1. `answers`: (name, type) or name → list of addresses, or a manner as text."""

    CODES = {"nxdomain": 3, "servfail": 2, "refused": 5, "nodata": 0, "truncated": 0x200}

    def __init__(self):
        self.answers = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self.serve, daemon=True).start()

    @staticmethod
    def read_name(packet):
        at, labels = 12, []
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode())
            at += 1 + packet[at]
        return ".".join(labels).lower(), struct.unpack("!H", packet[at + 1:at + 3])[0], at + 5

    @staticmethod
    def record(kind, value):
        if kind == 33:
            host, port = value
            data = struct.pack("!HHH", 1, 1, port)
            data += b"".join(bytes([len(part)]) + part.encode() for part in host.split(".")) + b"\0"
        else:
            data = socket.inet_pton(socket.AF_INET if kind == 1 else socket.AF_INET6, value)
        return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data

    def reply(self, packet):
        """None: silence."""
        name, kind, end = self.read_name(packet)
        answer = self.answers.get((name, kind), self.answers.get(name, self.answers.get("*", "nxdomain")))
        if answer == "silent":
            return None
        values = [] if isinstance(answer, str) else answer
        values = [v for v in values if isinstance(v, tuple) == (kind == 33)
                  and (kind == 33 or (":" in v) == (kind == 28))]
        code = self.CODES[answer] if isinstance(answer, str) else 0
        head = packet[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(values), 0, 0)
        return head + packet[12:end] + b"".join(self.record(kind, v) for v in values)

    def serve(self):
        while True:
            packet, sender = self.socket.recvfrom(2048)
            reply = self.reply(packet)
            if reply:
                self.socket.sendto(reply, sender)


class PublicResolver(NameServer):
    """The same over TLS (RFC 7858), with answers of its own and a certificate made by openssl; .address, .ca_file."""

    def __init__(self, home):  # pylint: disable=super-init-not-called
        self.answers = {}
        self.ca_file, key = f"{home}/dot.pem", f"{home}/dot.key"
        sh(f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /O=Public/CN=resolver"
           f" -addext subjectAltName=DNS:cloudflare-dns.com -keyout {key} -out {self.ca_file}")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.ca_file, key)
        self.server = Tcp(lambda _server, peer: self.one(peer))
        self.address = f"127.0.0.1:{self.server.port}"

    def one(self, peer):
        peer.settimeout(5)
        with self.context.wrap_socket(peer, server_side=True) as stream:
            head = stream.recv(2)
            if len(head) < 2:
                return
            size = struct.unpack("!H", head)[0]
            packet = b""
            while len(packet) < size:
                packet += stream.recv(size - len(packet))
            reply = self.reply(packet)
            if reply:
                stream.sendall(struct.pack("!H", len(reply)) + reply)


def certificate(home, name, subject, *extensions):
    """Self-signed by the openssl command; the path of certificate and key in one file."""
    path = f"{home}/{name}.pem"
    more = " ".join(f"-addext {extension}" for extension in extensions)
    sh(f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '{subject}' {more}"
       f" -keyout {path}.key -out {path} && cat {path}.key >> {path}")
    return path


def old_certificate(home, name, extension):
    """The same, and it ran out ten years ago."""
    path = f"{home}/{name}.pem"
    for file in ("index.txt", "serial"):
        with open(f"{home}/{name}.{file}", "w", encoding="ascii") as out:
            out.write("" if file == "index.txt" else "01\n")
    with open(f"{home}/{name}.cnf", "w", encoding="ascii") as out:
        out.write(f"[ca]\ndefault_ca=c\n[c]\ndatabase={home}/{name}.index.txt\nserial={home}/{name}.serial\nnew_certs_dir={home}\n"
                  f"default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n[e]\n{extension}\n")
    sh(f"openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=old -keyout {path}.key -out {path}.csr"
       f" && openssl ca -batch -notext -config {path[:-4]}.cnf -selfsign -keyfile {path}.key -in {path}.csr -extensions e"
       f" -startdate 20150101000000Z -enddate 20160101000000Z -out {path} && cat {path}.key >> {path}")
    return path


def tls_server(path):
    """A manner: a handshake with that certificate, and nothing after it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def manner(_server, peer):
        peer.settimeout(5)
        with context.wrap_socket(peer, server_side=True) as stream:
            stream.recv(1)
    return manner


def mumbles(_server, peer):
    """A record of a handshake, and nonsense in it."""
    hello(peer)
    peer.recv(16384)
    peer.sendall(b"\x16\x03\x03\x00\x08\x02\x00\x00\x04nope")
    peer.close()


class OtherQuic:
    """UDP on 127.0.0.1: it negotiates a version that we do not speak, whatever comes."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            packet, sender = self.socket.recvfrom(2048)
            if len(packet) < 7 or not packet[0] & 0x80:
                continue
            own = packet[6:6 + packet[5]]
            at = 6 + packet[5]
            theirs = packet[at + 1:at + 1 + packet[at]]
            self.socket.sendto(b"\x80\0\0\0\0" + bytes([len(theirs)]) + theirs + bytes([len(own)]) + own
                               + b"\x6b\x33\x43\xcf", sender)


class UdpDevice:
    """Before the edge's UDP port: it hands on what comes, both ways, unless `takes` of a flow says no."""

    def __init__(self, port):
        self.edge, self.flows = ("127.0.0.1", port), {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    @staticmethod
    def is_initial(packet):
        return packet[0] & 0xf0 == 0xc0 and packet[1:5] == b"\0\0\0\1"

    def serve(self):
        while True:
            packet, sender = self.socket.recvfrom(2048)
            flow = self.flows.get(sender)
            if not flow:
                flow = self.flows[sender] = {"out": socket.socket(socket.AF_INET, socket.SOCK_DGRAM), "is_dead": False, "sender": sender}
                flow["out"].connect(self.edge)
                threading.Thread(target=self.back, args=(flow["out"], sender), daemon=True).start()
            if not flow["is_dead"] and self.takes(flow, packet):
                flow["out"].send(packet)

    def back(self, out, sender):
        while True:
            self.socket.sendto(out.recv(2048), sender)


class Mumbler(OtherQuic):
    """It answers whatever comes, and never says anything."""

    def serve(self):
        while True:
            packet, sender = self.socket.recvfrom(2048)
            self.socket.sendto(bytes(reversed(packet[:64])), sender)


class KeepAlive(UdpDevice):
    """Before anything else it sends an empty datagram, as some devices do to keep a flow open."""

    def takes(self, flow, packet):
        self.socket.sendto(b"", flow["sender"])
        return True


class ForgetfulDevice(UdpDevice):
    """A flow that begins with two QUIC v1 Initials, because its ClientHello is that long, is too much for it. It holds the
    first for a moment to see whether another follows."""

    MOMENT_S = 0.05

    def takes(self, flow, packet):
        if flow.get("held"):
            flow["is_dead"] = True
        elif self.is_initial(packet) and "held" not in flow:
            flow["held"] = packet
            threading.Timer(self.MOMENT_S, self.release, args=(flow,)).start()
        else:
            return True
        return False

    @staticmethod
    def release(flow):
        held, flow["held"] = flow["held"], None
        if not flow["is_dead"]:
            flow["out"].send(held)


class NosyDevice(UdpDevice):
    """It reads the name in a QUIC v1 Initial, as anybody on the path can (RFC 9001 section 5.2), and swallows one of them."""

    SALT = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")

    def __init__(self, port, name):
        self.name = name
        super().__init__(port)

    def takes(self, flow, packet):
        flow["is_dead"] = self.is_initial(packet) and self.name in self.plaintext(packet)
        return not flow["is_dead"]

    @staticmethod
    def expand(secret, label, size):
        label = b"tls13 " + label
        info = struct.pack("!HB", size, len(label)) + label + b"\0\1"
        return hmac.digest(secret, info, "sha256")[:size]

    @staticmethod
    def aes(mode, key, data, iv=None):
        more = ["-iv", iv.hex()] if iv else []
        return subprocess.run(["openssl", "enc", f"-aes-128-{mode}", "-nopad", "-K", key.hex(), *more], input=data,
                              capture_output=True, check=True).stdout

    @staticmethod
    def number(packet, at):
        """RFC 9000 section 16: the value, and where it ends."""
        size = 1 << (packet[at] >> 6)
        return int.from_bytes(packet[at:at + size], "big") & ((1 << (8 * size - 2)) - 1), at + size

    def plaintext(self, packet):
        own_id = packet[6:6 + packet[5]]
        at = 6 + len(own_id)
        at += 1 + packet[at]
        n_token, at = self.number(packet, at)
        n, at = self.number(packet, at + n_token)
        secret = self.expand(hmac.digest(self.SALT, own_id, "sha256"), b"client in", 32)
        key, iv, hide = (self.expand(secret, label, size) for label, size in ((b"quic key", 16), (b"quic iv", 12), (b"quic hp", 16)))
        mask = self.aes("ecb", hide, packet[at + 4:at + 20])
        n_number = ((packet[0] ^ mask[0]) & 3) + 1
        number = bytes(a ^ b for a, b in zip(packet[at:at + n_number], mask[1:]))
        nonce = bytes(a ^ b for a, b in zip(iv, number.rjust(12, b"\0")))
        return self.aes("ctr", key, packet[at + n_number:at + n - 16], nonce + b"\0\0\0\2")


class SmallLink:
    """A router that finds every datagram to this port too large, and says so (RFC 1191): ICMP 3/4 from 127.0.0.1."""

    PROTOCOL, SIZE = 17, 1000

    def __init__(self, port):
        self.port, self.is_on = port, True
        self.seen = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.seen.bind(("lo", 0))
        self.icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        threading.Thread(target=self.serve, daemon=True).start()

    @staticmethod
    def checksum(data):
        total = sum(struct.unpack(f"!{len(data) // 2}H", data))
        total = (total >> 16) + (total & 0xffff)
        return ~(total + (total >> 16)) & 0xffff

    def serve(self):
        while self.is_on:
            packet = self.seen.recv(65535)[14:]
            start = (packet[0] & 15) * 4
            if packet[9] != self.PROTOCOL or not self.is_too_large(packet) or struct.unpack("!H", packet[start + 2:start + 4])[0] != self.port:
                continue
            quoted = packet[:start + 8]
            head = struct.pack("!BBHHH", 3, 4, 0, 0, self.SIZE)
            head = struct.pack("!BBHHH", 3, 4, self.checksum(head + quoted), 0, self.SIZE)
            self.icmp.sendto(head + quoted, ("127.0.0.1", 0))

    def is_too_large(self, _packet):
        return True

    def stop(self):
        self.is_on = False


class NarrowLink(SmallLink):
    """The same for TCP, as a tunnel on the path: what is larger than SIZE is lost, and it says how large a packet may be."""

    PROTOCOL, SIZE = 6, 1300

    def is_too_large(self, packet):
        return len(packet) > self.SIZE


class Tcp:
    """A TCP server on 127.0.0.1 whose manner is a function of the connection."""

    def __init__(self, manner):
        self.manner = manner
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.kept = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            peer, _ = self.socket.accept()
            threading.Thread(target=self.one, args=(peer,), daemon=True).start()

    def one(self, peer):
        try:
            self.manner(self, peer)
        except OSError:
            pass


def hello(peer):
    """The ClientHello, all of it, without taking it."""
    peer.settimeout(5)
    for _ in range(200):
        seen = peer.recv(16384, socket.MSG_PEEK)
        if len(seen) >= 5 and len(seen) >= 5 + struct.unpack("!H", seen[3:5])[0]:
            return seen
        time.sleep(0.01)
    return b""


def relay(peer, port):
    """To the pretend edge and back."""
    other = socket.create_connection(("127.0.0.1", port))

    def pump(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        b.close()
    peer.settimeout(None)
    threading.Thread(target=pump, args=(other, peer), daemon=True).start()
    pump(peer, other)


def request_of(peer):
    """The head of an HTTP request, all of it."""
    peer.settimeout(5)
    head = b""
    while b"\r\n\r\n" not in head:
        more = peer.recv(4096)
        head += more
        if not more or not head[:1].isalpha():
            break
    return head


def forward_proxy(port):
    """A manner: whatever host is asked for (CONNECT), it is that port of this one."""
    def manner(_server, peer):
        if request_of(peer).startswith(b"CONNECT "):
            peer.sendall(b"HTTP/1.1 200 Connection established\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n")
            relay(peer, port)
        peer.close()
    return manner


def closes(_server, peer):
    hello(peer)
    peer.recv(16384)
    peer.close()


def resets(_server, peer):
    hello(peer)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def stalls(server, peer):
    server.kept.append(peer)


def alerts(number):
    def manner(_server, peer):
        hello(peer)
        peer.recv(16384)
        peer.sendall(bytes([21, 3, 3, 0, 2, 2, number]))
        peer.close()
    return manner


def talks_http(_server, peer):
    hello(peer)
    peer.recv(16384)
    peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://portal.test/login\r\nContent-Length: 0\r\n\r\n")
    peer.close()


def babbles(_server, peer):
    peer.recv(16384)
    peer.sendall(b"\x00\x01nonsense\r\n\r\n")
    peer.close()


def filters_name(name, port, refuse):
    def manner(server, peer):
        if name in hello(peer):
            refuse(server, peer)
        else:
            relay(peer, port)
    return manner


def filters_size(limit, port):
    def manner(server, peer):
        if len(hello(peer)) > limit:
            stalls(server, peer)
        else:
            relay(peer, port)
    return manner


class Http:
    """What answers where the API should. Plain HTTP is accepted on loopback."""

    def __init__(self, status, headers=None, body=b"", delay_s=0, pem=None, port=0):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version = "nobody"

            def answer(self):
                time.sleep(delay_s)
                self.send_response_only(status)
                for key, value in {"Content-Type": "application/json", **(headers or {})}.items():
                    self.send_header(key, value() if callable(value) else value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_HEAD = do_CONNECT = answer

            def log_message(self, *_):
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        if pem:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def date(offset_s):
    return lambda: time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + offset_s))


class World:
    def __init__(self, program, home):
        self.program, self.home = program, home
        sh("ip link set lo up")
        self.resolvers("127.0.0.1")
        self.hosts()
        for name in ("resolv.conf", "hosts"):
            sh(f"mount --bind {home}/{name} /etc/{name}")
        self.names = NameServer()
        self.public = PublicResolver(home)
        env = {"HOME": home, "TMPDIR": home, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        for key in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if key in os.environ:
                env[key] = os.environ[key]
        self.env = env
        self.sim = subprocess.Popen([program, "sim"], stdout=subprocess.PIPE, text=True, env=env)
        self.ready = json.loads(self.sim.stdout.readline())
        self.port = int(self.ready["edge"]["tcp"].rsplit(":", 1)[1])
        self.ca = next(line.split(":", 1)[1].strip() for line in open(self.ready["config"], encoding="utf-8")
                       if line.strip().endswith("edge-ca.pem"))
        self.good_api = Http(401, {"request-id": "req_1", "Date": date(0)}, API_ERROR)

    def close(self):
        self.sim.terminate()
        self.sim.wait(20)

    def resolvers(self, *servers):
        self.write("resolv.conf", "".join(f"nameserver {server}\n" for server in servers)
                   + "options timeout:1 attempts:1\n")

    def hosts(self, *lines):
        self.write("hosts", "".join(line + "\n" for line in ("127.0.0.1 localhost", "::1 localhost", *lines)))

    def write(self, name, text):
        with open(f"{self.home}/{name}", "w", encoding="ascii") as file:
            file.write(text)

    def certificate(self, name, subject, *extensions):
        return certificate(self.home, name, subject, *extensions)

    def sim_fault(self, name, on):
        data = json.dumps({"name": name, "on": on}).encode()
        with urllib.request.urlopen(urllib.request.Request(self.ready["api"] + "/sim/fault", data), timeout=10):
            pass

    def reset(self):
        subprocess.run("nft flush ruleset; ip route del prohibit 203.0.113.0/24; ip link set lo mtu 65536; sysctl -qw net.ipv6.conf.lo.disable_ipv6=0;"
                       "ip route flush cache; ip link set lo gso_max_segs 65535;"
                       "ip -6 addr add ::1/128 dev lo 2>/dev/null", shell=True, check=False, capture_output=True)
        self.names.answers = {"edge.test": ["127.0.0.1", "::1"], "api.test": ["127.0.0.1"]}
        self.public.answers = {}
        self.resolvers("127.0.0.1")
        self.hosts()

    def check(self, plan):
        """Run `sandwatch check --json`: the document and how long it took."""
        targets = plan.get("targets", [("region1", "127.0.0.1", self.port, self.port)])
        api = plan.get("api") or f"http://127.0.0.1:{self.good_api.port}"
        lines = ["context: t", "contexts:", "  t:", "    api:", f"      base_url: {api}",
                 *([f"      ca_file: {plan['api_ca']}"] if "api_ca" in plan else []), "    edge:",
                 f"      ca_file: {plan.get('edge_ca', self.ca)}"]
        if plan.get("region"):
            lines.append(f"      region: {plan['region']}")
        if targets:
            lines.append("      targets:")
            lines += [f"        - {{name: {n}, host: \"{h}\", tcp_port: {t}, udp_port: {u}}}" for n, h, t, u in targets]
        lines.append("    checks: {enabled: true, discover_connectors: false, "
                     f"dns_over_tls: \"{plan.get('dot', self.public.address)}\", "
                     f"dns_over_tls_ca_file: {self.ca if plan.get('distrusted') else self.public.ca_file}}}")
        path = f"{self.home}/config.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        began = time.monotonic()
        limit = ["prlimit", f"--nofile={plan['files']}"] if "files" in plan else []
        if "refuse" in plan:
            limit = [sys.executable, REFUSE, *plan["refuse"]]
        within = ["--timeout", str(plan["timeout"])] if "timeout" in plan else []
        done = subprocess.run([*limit, self.program, "--config", path, "check", "--json", "--only", plan.get("only", "edge"), *within],
                              env={**self.env, **plan.get("env", {})}, capture_output=True, text=True,
                              timeout=DEADLINE_S, check=False)
        took = time.monotonic() - began
        if not done.stdout:
            raise RuntimeError(f"check said nothing: {done.stderr.strip()} (exit {done.returncode})")
        document = json.loads(done.stdout)
        document["status"] = done.returncode
        return document, took
