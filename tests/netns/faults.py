"""faults.py — every fault that a network can have, as one row: what is injected, and what `check` must say.

Row: name, and a function of the world that injects the fault and returns a plan: what to check (`only`, `targets`, `api`,
`env`), and `expect`: for (protocol, family) the verdict, the stage, a part of the error and a part of the hint; with
`exit`, `advice` and `within` seconds where they matter.
"""
import shutil
import subprocess

from world import (API_ERROR, ForgetfulDevice, Http, KeepAlive, Mumbler, NarrowLink, NosyDevice, OtherQuic, SmallLink, Tcp, alerts, babbles,
                   closes, date, filters_name, filters_size, forward_proxy, mumbles, old_certificate, resets, sh, stalls, talks_http,
                   tls_server)

ROWS = []


def fault(name):
    def keep(inject):
        ROWS.append((name, inject))
        return inject
    return keep


def nft(*rules):
    """Rules for arriving packets ("in: …") and leaving ones ("out: …")."""
    sh("nft 'add table inet t; add chain inet t in { type filter hook input priority 0; };"
       " add chain inet t out { type filter hook output priority 0; }'")
    for rule in rules:
        where, what = rule.split(": ", 1)
        sh(f"nft add rule inet t {where} '{what}'")


def rule_row(name, rules, expect, **more):
    def inject(world):
        nft(*(rule.replace("PORT", str(world.port)) for rule in rules))
        return {"expect": expect, **more}
    ROWS.append((name, inject))


def sim_row(name, sim_fault, expect, **more):
    def inject(world):
        world.sim_fault(sim_fault, True)
        return {"expect": expect, "undo": lambda: world.sim_fault(sim_fault, False), **more}
    ROWS.append((name, inject))


UDP4, UDP6, TCP4, TCP6, API4 = ("udp", 4), ("udp", 6), ("tcp", 4), ("tcp", 6), ("api", 4)
SIX = {"targets": None}  # replaced by ::1, see run

# --- UDP ---
rule_row("udp dropped on the path", ["in: udp dport PORT drop"],
         {UDP4: ("fail", "quic", "timeout", "drops UDP 7844"), TCP4: ("pass",)}, exit=1, advice="protocol: http2")
for kind, code, word in (("port-unreachable", "3/3", "rejects UDP"), ("admin-prohibited", "3/13", "a router forbids it"),
                         ("host-prohibited", "3/10", "forbids that host"), ("net-prohibited", "3/9", "forbids that network"),
                         ("host-unreachable", "3/1", "no way there"), ("net-unreachable", "3/0", "no way there")):
    rule_row(f"udp rejected with {kind}", [f"in: meta nfproto ipv4 udp dport PORT reject with icmp type {kind}"],
             {UDP4: ("fail", "quic", f"ICMP {code}", word)}, only="udp", exit=2)
for kind, code, word in (("port-unreachable", "1/4", "rejects UDP"), ("admin-prohibited", "1/1", "a router forbids it"),
                         ("addr-unreachable", "1/3", "no way there"), ("no-route", "1/0", "no way there")):
    rule_row(f"udp over IPv6 rejected with {kind}",
             [f"in: meta nfproto ipv6 udp dport PORT reject with icmpv6 type {kind}"],
             {UDP6: ("fail", "quic", f"ICMPv6 {code}", word)}, only="udp", host="::1", exit=2)
rule_row("udp dropped by this host's own firewall", ["out: udp dport PORT drop"],
         {UDP4: ("fail", "quic", "EPERM", "OUTPUT")}, only="udp", exit=2)
rule_row("udp rejected by this host's own firewall", ["out: udp dport PORT reject"],
         {UDP4: ("fail", "quic", "", "")}, only="udp", exit=2)
rule_row("an MTU black hole above 1300 bytes", ["in: udp dport PORT meta length > 1300 drop"],
         {UDP4: ("warn", "quic", "1252 bytes pass, 1280 bytes vanish", "MTU black hole")}, only="udp", exit=1)
rule_row("an MTU black hole above 1240 bytes", ["in: udp dport PORT meta length > 1240 drop"],
         {UDP4: ("fail", "quic", "1200 bytes pass, 1232 bytes vanish", "MTU black hole")}, only="udp", exit=2)
rule_row("only version negotiation is dropped",
         ["in: udp dport PORT @th,72,32 & 0x0f0f0f0f == 0x0a0a0a0a drop"],
         {UDP4: ("pass", None, "", "")}, only="udp", exit=0,
         note="no answer to version negotiation; 1472-byte datagrams pass")
rule_row("version negotiation is dropped, and what is above 1300 bytes",
         ["in: udp dport PORT @th,72,32 & 0x0f0f0f0f == 0x0a0a0a0a drop", "in: udp dport PORT meta length > 1300 drop"],
         {UDP4: ("warn", "quic", "1252 bytes pass, 1280 bytes vanish", "MTU black hole")}, only="udp", exit=1,
         note="no answer to version negotiation")
rule_row("only QUIC v1 is dropped", ["in: udp dport PORT @th,72,32 0x00000001 drop"],
         {UDP4: ("fail", "quic", "QUIC v1 gets no answer", "drops QUIC v1")}, only="udp", exit=2)


rule_row("QUIC whose larger answers are lost",
         ["out: udp sport PORT meta length > 1000 drop"],
         {UDP4: ("fail", "quic", "the QUIC handshake stopped", "larger packets are lost")}, only="udp", exit=2)


@fault("a link that is too small for QUIC, and says so")
def _(world):
    nft(f"in: udp dport {world.port} drop")
    link = SmallLink(world.port)
    return {"only": "udp", "exit": 2, "within": 3, "undo": link.stop,
            "expect": {UDP4: ("fail", "quic", "ICMP 3/4 (fragmentation needed) from 127.0.0.1", "too small for QUIC")}}


@fault("a QUIC server of another version")
def _(_world):
    return {"targets": [("region1", "127.0.0.1", 0, OtherQuic().port)], "only": "udp", "exit": 2, "within": 3,
            "expect": {UDP4: ("fail", "quic", "does not speak QUIC v1", "something other than the edge")}}


@fault("something that answers anything over UDP")
def _(_world):
    return {"targets": [("region1", "127.0.0.1", 0, Mumbler().port)], "only": "udp", "exit": 2, "within": 6,
            "expect": {UDP4: ("fail", "quic", "datagrams that are no answer", "does not speak QUIC")}}


@fault("empty datagrams between those of the edge")
def _(world):
    return {"targets": [("region1", "127.0.0.1", 0, KeepAlive(world.port).port)], "only": "udp", "exit": 0, "within": 3,
            "expect": {UDP4: ("pass",)}}


@fault("an interface too small for QUIC")
def _(_world):
    sh("ip link set lo mtu 1200")
    return {"only": "udp", "expect": {UDP4: ("fail", "quic", "EMSGSIZE", "MTU is too small")}, "exit": 2}


sim_row("an edge that ignores version negotiation", "vn-silent", {UDP4: ("pass", None, "", "")}, only="udp", exit=0)
sim_row("an edge that ignores QUIC v1", "quic-silent", {UDP4: ("fail", "quic", "no answer", "drops QUIC v1")}, only="udp")
sim_row("another QUIC server", "quic-other-alpn", {UDP4: ("fail", "tls", "TLS alert 120", "middlebox")}, only="udp", exit=2)
sim_row("an edge that refuses QUIC connections", "quic-refused",
        {UDP4: ("fail", "quic", "QUIC close 0x2 (connection refused)", "refuses the connection")}, only="udp", exit=2)
sim_row("a lossy path", "udp-lossy", {UDP4: ("pass", None, "", "")}, only="udp", exit=0)
sim_row("QUIC intercepted by an unknown CA", "tls-intercepted", {UDP4: ("fail", "tls", "issuer O=", "TLS inspection")},
        only="udp", exit=2)
sim_row("a QUIC certificate that expired", "tls-expired", {UDP4: ("fail", "tls", "expired", "clock")}, only="udp", exit=2)
sim_row("a QUIC certificate for another name", "tls-other-name",
        {UDP4: ("fail", "tls", "hostname mismatch", "wrong address")}, only="udp", exit=2)

rule_row("UDP policed: single datagrams pass, bursts lose",
         ["in: udp dport PORT limit rate over 3/second burst 6 packets drop"],
         {UDP4: ("warn", "quic", "and 0 of 5 single ones", "polices UDP")}, only="loss", exit=1)
sim_row("a lossy path, measured in a burst", "udp-lossy", {UDP4: ("warn", "quic", "of 20 datagrams", "a lossy path")},
        only="loss", exit=1)

# --- TCP ---
rule_row("tcp dropped on the path", ["in: tcp dport PORT drop"],
         {TCP4: ("fail", "tcp", "timeout", ""), UDP4: ("pass",)}, exit=1)
rule_row("tcp rejected with a reset", ["in: tcp dport PORT reject with tcp reset"],
         {TCP4: ("fail", "tcp", "ECONNREFUSED", "rejects")}, only="tcp", exit=2)
for kind, code, word in (("port-unreachable", "3/3 (port unreachable)", "a firewall rejects the connection"),
                         ("admin-prohibited", "3/13 (administratively prohibited)", "a router forbids the connection"),
                         ("host-prohibited", "3/10 (host administratively prohibited)", "connections to that host"),
                         ("net-prohibited", "3/9 (network administratively prohibited)", "connections to that network"),
                         ("host-unreachable", "3/1 (host unreachable)", "no way for the connection"),
                         ("net-unreachable", "3/0 (network unreachable)", "no way for the connection")):
    rule_row(f"tcp rejected with {kind}", [f"in: meta nfproto ipv4 tcp dport PORT reject with icmp type {kind}"],
             {TCP4: ("fail", "tcp", f"ICMP {code} from 127.0.0.1", word)}, only="tcp", exit=2, within=3)
rule_row("tcp over IPv6 rejected with admin-prohibited", ["in: meta nfproto ipv6 tcp dport PORT reject with icmpv6 type admin-prohibited"],
         {TCP6: ("fail", "tcp", "ICMPv6 1/1 (administratively prohibited) from ::1", "a router forbids the connection")}, only="tcp", host="::1", exit=2)
rule_row("tcp dropped, and everything else passes", ["in: tcp dport PORT drop"],
         {TCP4: ("fail", "tcp", "timeout", "a firewall drops the connection"), UDP4: ("pass",), API4: ("pass",)}, only="api,edge", exit=1)
rule_row("tcp dropped by this host's own firewall", ["out: tcp dport PORT drop"],
         {TCP4: ("fail", "tcp", "", "")}, only="tcp", exit=2)
rule_row("tcp rejected by this host's own firewall", ["out: tcp dport PORT reject with tcp reset"],
         {TCP4: ("fail", "tcp", "ECONNREFUSED", "")}, only="tcp", exit=2)
rule_row("an allow-list that drops 7844 and lets 443 pass", ["in: meta l4proto { tcp, udp } th dport PORT drop"],
         {TCP4: ("fail", "tcp", "timeout", "allow-list"), UDP4: ("fail", "quic", "timeout", "allow-list"), API4: ("pass",)},
         only="api,edge", exit=2, advice="protocol: none works")


@fault("an edge that is dropped, and a cloudflared with a proxy's address")
def _(world):
    nft(f"in: meta l4proto {{ tcp, udp }} th dport {world.port} drop")
    program = f"{world.home}/cloudflared"
    shutil.copy(shutil.which("sleep"), program)
    process = subprocess.Popen([program, "60"], env={"TUNNEL_TOKEN": "x" * 9000, "https_proxy": "http://10.0.0.1:3128"})
    def undo():
        process.kill()
        process.wait()
    return {"exit": 2, "expect": {TCP4: ("fail",), UDP4: ("fail",)}, "undo": undo,
            "note": "https_proxy is set for cloudflared (process "}


@fault("no route at all")
def _(world):
    return {"targets": [("region1", "203.0.113.7", world.port, world.port)], "exit": 2, "within": 3,
            "expect": {TCP4: ("fail", "tcp", "ENETUNREACH", "default route"),
                       UDP4: ("fail", "quic", "ENETUNREACH", "default route")}}


# --- families ---
rule_row("IPv6 broken and IPv4 fine", ["in: meta nfproto ipv6 th dport PORT drop"],
         {TCP4: ("pass",), UDP4: ("pass",), TCP6: ("fail", "tcp", "timeout", "IPv6 path is broken"),
          UDP6: ("fail", "quic", "timeout", "IPv6 path is broken")}, host="edge.test", exit=1, advice="edge-ip-version: 4")
rule_row("IPv4 broken and IPv6 fine", ["in: meta nfproto ipv4 th dport PORT drop"],
         {TCP4: ("fail", "tcp", "timeout", ""), UDP4: ("fail", "quic", "timeout", ""), TCP6: ("pass",), UDP6: ("pass",)},
         host="edge.test", exit=1, advice="edge-ip-version: 6")


@fault("one region over IPv6 only, the other over IPv4 only")
def _(world):
    sh("ip -6 addr add fd00::9/128 dev lo")
    nft("in: ip6 daddr fd00::9 drop", "in: ip daddr 127.0.0.9 drop")
    world.names.answers.update({"one.test": ["127.0.0.9", "::1"], "two.test": ["127.0.0.1", "fd00::9"]})
    return {"targets": [(name, f"{name}.test", world.port, world.port) for name in ("one", "two")], "exit": 1,
            "expect": {}, "advice": "edge-ip-version: leave it at auto; some region", "some": "leave edge-ip-version at auto",
            "undo": lambda: sh("ip -6 addr del fd00::9/128 dev lo")}


@fault("IPv6 addresses, and no IPv6 route")
def _(world):
    world.names.answers["edge.test"] = ["127.0.0.1", "2001:db8::7"]
    return {"host": "edge.test", "exit": 0, "expect": {TCP4: ("pass",), TCP6: ("skip", None, "", ""), UDP6: ("skip",)}}


@fault("IPv4 addresses, and no IPv4 route")
def _(world):
    world.names.answers["edge.test"] = ["203.0.113.7", "::1"]
    return {"host": "edge.test", "exit": 0, "expect": {TCP4: ("skip",), UDP4: ("skip",), TCP6: ("pass",)}}


@fault("IPv6 switched off on this host")
def _(world):
    sh("sysctl -qw net.ipv6.conf.lo.disable_ipv6=1")
    return {"host": "edge.test", "exit": 0, "expect": {TCP4: ("pass",), TCP6: ("skip",), UDP6: ("skip",)}}


@fault("nothing but IPv6, and that switched off")
def _(world):
    sh("sysctl -qw net.ipv6.conf.lo.disable_ipv6=1")
    return {"host": "::1", "exit": 2, "within": 3, "expect": {TCP6: ("fail", "tcp", "EADDRNOTAVAIL", "no address of that family")}}


@fault("a route that forbids")
def _(world):
    sh("ip route add prohibit 203.0.113.0/24")
    return {"targets": [("region1", "203.0.113.7", world.port, world.port)], "exit": 2, "within": 3,
            "expect": {TCP4: ("fail", "tcp", "EACCES", "forbids it"), UDP4: ("fail", "quic", "EACCES", "forbids it")}}


@fault("a route that says the host is unreachable")
def _(world):
    sh("ip route add unreachable 203.0.113.0/24")
    return {"targets": [("region1", "203.0.113.7", world.port, world.port)], "exit": 2, "within": 3, "only": "tcp",
            "undo": lambda: sh("ip route del unreachable 203.0.113.0/24"),
            "expect": {TCP4: ("fail", "tcp", "EHOSTUNREACH", "a route of this host says so")}}


@fault("the API over IPv6 broken, over IPv4 fine")
def _(world):
    world.names.answers["localhost"] = ["127.0.0.1", "::1"]
    nft(f"in: meta nfproto ipv6 tcp dport {world.good_api.port} drop")
    return {"api": f"http://localhost:{world.good_api.port}", "only": "api", "exit": 1,
            "expect": {API4: ("pass",), ("api", 6): ("fail", "tcp", "timeout", "/etc/gai.conf")}}


# --- DNS ---
for manner, part, hint in (("nxdomain", "NXDOMAIN", "does not know the name"), ("servfail", "SERVFAIL", "upstream is broken"),
                           ("refused", "", "refuses"), ("silent", "no answer", "port 53"), ("nodata", "", "no address for it")):
    def inject(world, manner=manner, part=part, hint=hint):
        world.names.answers = {"*": manner}
        return {"host": "edge.test", "exit": 2, "within": 4, "expect": {TCP4: ("fail", "dns", part, hint),
                                                                        UDP4: ("fail", "dns", part, hint)}}
    ROWS.append((f"a resolver that answers {manner}", inject))


@fault("a resolver that filters the edge's names only")
def _(world):
    world.names.answers = {"api.test": ["127.0.0.1"], "edge.test": "nxdomain"}
    return {"host": "edge.test", "only": "api,edge", "exit": 2, "within": 3,
            "expect": {TCP4: ("fail", "dns", "NXDOMAIN", "filters names of the tunnel edge"), API4: ("pass",)}}


@fault("a resolver that answers for IPv4 only")
def _(world):
    world.names.answers = {("edge.test", 28): "silent", ("edge.test", 1): ["127.0.0.1"]}
    return {"host": "edge.test", "exit": 1, "expect": {TCP4: ("pass",), TCP6: ("warn", "dns", "no answer", "one family only")}}


for manner, verdict, part in (("servfail", "warn", "one family only"), ("nxdomain", "skip", "")):
    def inject(world, manner=manner, verdict=verdict, part=part):
        world.names.answers = {("edge.test", 28): manner, ("edge.test", 1): ["127.0.0.1"]}
        return {"host": "edge.test", "exit": 1 if verdict == "warn" else 0,
                "expect": {TCP4: ("pass",), TCP6: (verdict, "dns", "", part)}}
    ROWS.append((f"a resolver that answers {manner} for IPv6 only", inject))


for rule, part in (("", "refuses to be asked over TCP"), ("in: tcp dport 53 drop", "does not answer over TCP")):
    def inject(world, rule=rule, part=part):
        nft(*([rule] if rule else []))
        world.names.answers = {"edge.test": "truncated"}
        return {"host": "edge.test", "exit": 2, "within": 4,
                "expect": {TCP4: ("fail", "dns", f"truncated, and the resolver {part}", "DNS over TCP is blocked")}}
    ROWS.append((f"a truncated answer, and TCP 53 is {'dropped' if rule else 'refused'}", inject))


@fault("a truncated answer for IPv6 only, and TCP 53 is refused")
def _(world):
    world.names.answers = {("edge.test", 28): "truncated", ("edge.test", 1): ["127.0.0.1"]}
    return {"host": "edge.test", "exit": 1,
            "expect": {TCP4: ("pass",), TCP6: ("warn", "dns", "truncated", "DNS over TCP is blocked")}}


@fault("a truncated answer for one family, and silence for the other")
def _(world):
    world.names.answers = {("edge.test", 28): "truncated", ("edge.test", 1): "silent"}
    return {"host": "edge.test", "exit": 2, "expect": {TCP4: ("fail", "dns", "no answer from the resolver", ""),
                                                       TCP6: ("fail", "dns", "truncated", "DNS over TCP is blocked")}}


@fault("a name of the hosts file, and no resolver")
def _(world):
    world.hosts("127.0.0.1 edge.test")
    nft("in: udp dport 53 reject", "in: tcp dport 53 reject")
    return {"host": "edge.test", "exit": 0, "expect": {TCP4: ("pass",), TCP6: ("skip",)}}


rule_row("port 53 rejected", ["in: udp dport 53 reject", "in: tcp dport 53 reject"],
         {TCP4: ("fail", "dns", "cannot reach the resolver (127.0.0.1:53)", "")}, host="edge.test", exit=2,
         advice="cannot be told before the names")
rule_row("port 53 dropped", ["in: udp dport 53 drop", "in: tcp dport 53 drop"],
         {TCP4: ("fail", "dns", "", "53")}, host="edge.test", exit=2)


def edge_names(world, addresses):
    world.names.answers = {("_v2-origintunneld._tcp.argotunnel.com", 33):
                           [("region1.v2.argotunnel.com", 7844), ("region2.v2.argotunnel.com", 7844)]}
    for number in (1, 2):
        world.names.answers[f"region{number}.v2.argotunnel.com"] = addresses(number)


def to_edge(world, **ports):
    """Whatever goes to port 7844 ends at the pretend edge, or at another port of this host."""
    sh("nft 'add table ip n; add chain ip n out { type nat hook output priority -100; }'")
    for protocol in ("tcp", "udp"):
        sh(f"nft add rule ip n out {protocol} dport 7844 redirect to :{ports.get(protocol, world.port)}")
    sh("ip route add local 198.41.192.0/19 dev lo 2>/dev/null || true")


def ten(number):
    return [f"198.41.{192 if number == 1 else 200}.{host}" for host in range(10, 20)]


@fault("a resolver that lies about the edge")
def _(world):
    to_edge(world)
    edge_names(world, lambda _number: ["127.0.0.1"])
    return {"targets": [], "exit": 1,
            "expect": {TCP4: ("warn", "dns", "outside the published ranges", "DNS rewriting"),
                       UDP4: ("warn", "dns", "outside the published ranges", "DNS rewriting")}}


@fault("no SRV record, and names that resolve")
def _(world):
    to_edge(world)
    edge_names(world, ten)
    world.names.answers[("_v2-origintunneld._tcp.argotunnel.com", 33)] = "servfail"
    return {"targets": [], "exit": 1, "expect": {TCP4: ("warn", "dns", "SRV", "SRV record")}}


# --- DNS beside a public resolver over TLS, and beside getaddrinfo ---
SRV = "_v2-origintunneld._tcp.argotunnel.com"


def hidden_row(name, answers, expect, **more):
    """The edge's own names; `answers` of the system's resolver, while the public one knows them all."""
    def inject(world):
        to_edge(world)
        edge_names(world, ten)
        world.public.answers = dict(world.names.answers)
        world.names.answers = {**world.names.answers, **answers} if "*" not in answers else answers
        return {"targets": [], "within": 4.5, "expect": {TCP4: expect, UDP4: expect}, "exit": 2, **more}
    ROWS.append((name, inject))


HOSTS = ("region1.v2.argotunnel.com", "region2.v2.argotunnel.com")
hidden_row("names of the edge filtered, a public resolver knows them", {"*": "nxdomain"},
           ("fail", "dns", "NXDOMAIN", "filters names of the tunnel edge, which a public resolver knows"),
           note="over TLS: 10 addresses")
hidden_row("SERVFAIL, a public resolver answers", {"*": "servfail"},
           ("fail", "dns", "SERVFAIL", "a public resolver answers"), note="over TLS: 10 addresses")
hidden_row("a silent resolver, a public one answers", {"*": "silent"},
           ("fail", "dns", "no answer", "a public one answers over TLS"), note="over TLS: 10 addresses", within=3.5)
hidden_row("the SRV record given and its hosts filtered", dict.fromkeys(HOSTS, "nxdomain"),
           ("fail", "dns", "NXDOMAIN", "gives the SRV record and hides its hosts, which a public resolver knows"))
hidden_row("the SRV record given and its hosts emptied", dict.fromkeys(HOSTS, "nodata"),
           ("fail", "dns", "no record", "gives the SRV record and hides its hosts"))
hidden_row("the addresses of the edge rewritten", dict.fromkeys(HOSTS, ["127.0.0.1"]),
           ("warn", "dns", "outside the published ranges", "gives other addresses, which are published"), exit=1)
hidden_row("the SRV record filtered, and had over TLS", {(SRV, 33): "servfail"},
           ("warn", "dns", "SRV", "cloudflared will get it from 1.1.1.1 over TLS, as we did"), exit=1)
hidden_row("the SRV record filtered, and TLS to the public resolver refused", {(SRV, 33): "servfail"},
           ("warn", "dns", "SRV", "cloudflared will not start"), exit=2, dot="127.0.0.1:9", note="ECONNREFUSED",
           summary="no connector can start here")
hidden_row("somebody in the public resolver's place", {"*": "servfail"},
           ("fail", "dns", "SERVFAIL", "compare with 1.1.1.1"), distrusted=True, note="issuer O=Public")


hidden_row("the SRV record given and its hosts filtered, nobody to compare with", dict.fromkeys(HOSTS, "nxdomain"),
           ("fail", "dns", "NXDOMAIN", "gives the SRV record and hides its hosts"), dot="")
hidden_row("the SRV record filtered, nobody to compare with", {(SRV, 33): "servfail"},
           ("warn", "dns", "SRV", "needs DNS over TLS to 1.1.1.1:853 instead"), exit=1, dot="")


@fault("port 53 rejected, a public resolver answers")
def _(world):
    to_edge(world)
    edge_names(world, ten)
    world.public.answers = dict(world.names.answers)
    nft("in: udp dport 53 reject", "in: tcp dport 53 reject")
    expect = ("fail", "dns", "cannot reach the resolver", "port 53 is rejected: a public resolver answers")
    return {"targets": [], "exit": 2, "within": 4, "expect": {TCP4: expect, UDP4: expect}}


@fault("a public resolver that gives the same strange addresses")
def _(world):
    to_edge(world)
    edge_names(world, lambda _number: ["127.0.0.1"])
    world.public.answers = dict(world.names.answers)
    return {"targets": [], "exit": 1, "expect": {TCP4: ("warn", "dns", "outside", "gives them too")}}


hidden_row("an SRV record of one region", {(SRV, 33): [("region1.v2.argotunnel.com", 7844)]},
           ("warn", "dns", "SRV: 1 of 2 regions", "needs two regions"), exit=2, summary="no connector can start here")


@fault("one of two regions that does not resolve")
def _(world):
    to_edge(world)
    edge_names(world, ten)
    world.public.answers = dict(world.names.answers)
    world.names.answers["region2.v2.argotunnel.com"] = "nxdomain"
    return {"targets": [], "exit": 2, "within": 4, "expect": {}, "summary": "no connector can start here",
            "some": "gives the SRV record and hides its hosts", "advice": "QUIC reaches 1 of 2 regions, and TCP no more"}


API_HOST = "api.anthropic.com"
for manner, part in (("nxdomain", "filters the name, which a public resolver knows"),
                     ("nodata", "hides the addresses of the name")):
    def inject(world, manner=manner, part=part):
        world.names.answers = {API_HOST: manner}
        world.public.answers = {API_HOST: ["160.79.104.10"]}
        return {"targets": [], "api": f"https://{API_HOST}", "only": "api", "exit": 2, "within": 4.5,
                "expect": {API4: ("fail", "dns", "", part)}}
    ROWS.append((f"the API's name answered with {manner}", inject))


@fault("the API at an address that nobody publishes")
def _(world):
    pem = world.certificate("api", "/O=Test/CN=api", f"subjectAltName=DNS:{API_HOST}")
    world.names.answers = {API_HOST: ["127.0.0.1"]}
    Http(401, {"Date": date(0), **GOOD}, API_ERROR, pem=pem, port=443)
    return {"targets": [], "api": f"https://{API_HOST}", "only": "api", "exit": 1, "api_ca": pem,
            "expect": {API4: ("warn", "dns", "127.0.0.1 is outside the published ranges", "a forward proxy")}}


@fault("a name that exists nowhere")
def _(world):
    world.names.answers = world.public.answers = {"*": "nxdomain"}
    return {"targets": [], "region": "nowhere", "exit": 2, "within": 3,
            "expect": {TCP4: ("fail", "dns", "NXDOMAIN", "check edge.region")}}


@fault("SERVFAIL everywhere")
def _(world):
    world.names.answers = world.public.answers = {"*": "servfail"}
    return {"targets": [], "exit": 2, "within": 3, "expect": {TCP4: ("fail", "dns", "SERVFAIL", "own servers are broken")}}


@fault("the resolver that Docker embeds, without an answer")
def _(world):
    world.resolvers("127.0.0.11")
    nft("in: ip daddr 127.0.0.11 udp dport 53 drop")
    return {"targets": [], "exit": 2, "within": 4.5, "expect": {TCP4: ("fail", "dns", "no answer", "that Docker embeds")}}


@fault("NAT64 instead of the edge's IPv6 addresses")
def _(world):
    to_edge(world)
    edge_names(world, lambda number: ten(number) + [f"64:ff9b::c629:c0{number:02x}"])
    world.public.answers = dict(world.names.answers)
    edge_names(world, lambda number: ten(number) + [f"2606:4700:a0::{number}"])
    world.public.answers, world.names.answers = world.names.answers, world.public.answers
    return {"targets": [], "within": 5.5, "expect": {TCP4: ("pass",), TCP6: ("skip", None, "", "")}}


@fault("a hosts file that overrides DNS")
def _(world):
    to_edge(world)
    edge_names(world, ten)
    world.hosts("198.41.192.99 region1.v2.argotunnel.com", "198.41.200.99 region2.v2.argotunnel.com")
    return {"targets": [], "only": "tcp,ipv4", "exit": 1,
            "expect": {TCP4: ("warn", "dns", "getaddrinfo says 198.41", "/etc/hosts")}}


@fault("a dead resolver before a living one")
def _(world):
    to_edge(world)
    edge_names(world, ten)
    world.resolvers("127.0.0.2", "127.0.0.1")
    nft("in: ip daddr 127.0.0.2 udp dport 53 drop")
    return {"targets": [], "exit": 1, "within": 5,
            "expect": {TCP4: ("warn", "dns", "127.0.0.2:53: no answer", "take it out of /etc/resolv.conf")}}


def region_row(region, ranges):
    def inject(world):
        to_edge(world)
        names = [f"{region}-region{number}.v2.argotunnel.com" for number in (1, 2)]
        world.names.answers = {f"_{region}-v2-origintunneld._tcp.argotunnel.com": [(name, 7844) for name in names]}
        for name, prefix in zip(names, ranges):
            sh(f"ip route add local {prefix}.0/24 dev lo 2>/dev/null || true")
            world.names.answers[name] = [f"{prefix}.{host}" for host in range(1, 11)]
        return {"targets": [], "region": region, "exit": 0, "within": 5, "expect": {TCP4: ("pass",), UDP4: ("pass",)},
                "named": [f"edge {region}-region1", f"edge {region}-region2"]}
    ROWS.append((f"the region {region}, healthy", inject))


region_row("us", ("198.41.218", "198.41.219"))
region_row("fed", ("162.159.234", "172.64.234"))


# --- forty addresses ---
def to_edge6(world):
    sh("nft 'add table ip6 n; add chain ip6 n out { type nat hook output priority -100; }'")
    for protocol in ("tcp", "udp"):
        sh(f"nft add rule ip6 n out {protocol} dport 7844 redirect to :{world.port}")
    sh("ip -6 route replace local 2606:4700:a0::/44 dev lo")


def twenty(number):
    """As published: ten of each family."""
    return ten(number) + [f"2606:4700:a{0 if number == 1 else 8}::{host}" for host in (*range(1, 10), 10)]


def forty(world, holes):
    """The whole edge; `holes` swallow everything."""
    to_edge(world)
    to_edge6(world)
    edge_names(world, twenty)
    world.public.answers = dict(world.names.answers)
    for family, kind in (("ip", 4), ("ip6", 6)):
        own = [hole for hole in holes if (":" in hole) == (kind == 6)]
        if own:
            sh(f"nft 'add table {family} d; add chain {family} d out {{ type filter hook output priority -150; }}'")
            sh(f"nft add rule {family} d out '{family} daddr {{ {', '.join(own)} }} th dport 7844 meta mark set 7'")
    if holes:
        nft("in: meta mark 7 drop")


def holes_of(number, per_family):
    four, six = twenty(number)[:10], twenty(number)[10:]
    return four[:per_family] + six[10 - per_family:]


@fault("40 addresses, all of them healthy")
def _(world):
    forty(world, [])
    return {"targets": [], "exit": 0, "within": 10, "holes": [], "addresses": 40,
            "expect": {TCP4: ("pass",), UDP4: ("pass",), TCP6: ("pass",), UDP6: ("pass",)}}


@fault("40 addresses, 30 of them black holes")
def _(world):
    holes = holes_of(1, 7) + holes_of(2, 8)
    forty(world, holes)
    few = ("warn", None, "addresses fail", "")
    return {"targets": [], "exit": 1, "within": 12, "holes": holes, "addresses": 40, "note": "failing: ",
            "expect": {TCP4: few, UDP4: few, TCP6: few, UDP6: few}}


@fault("40 addresses, a whole region a black hole")
def _(world):
    holes = holes_of(2, 10)
    forty(world, holes)
    return {"targets": [], "exit": 1, "within": 12, "holes": holes, "addresses": 40, "expect": {},
            "dead": "edge region2", "advice": "QUIC reaches 1 of 2 regions, and TCP no more"}


@fault("few files, and more checks: they wait for each other, and all end well")
def _(world):
    to_edge(world)
    edge_names(world, ten)
    return {"targets": [], "files": 40, "exit": 0, "addresses": 20, "holes": [], "expect": {TCP4: ("pass",), UDP4: ("pass",)}}


@fault("too few files for so many checks")
def _(world):
    """Sixty targets that swallow everything keep their sockets for seconds."""
    nft(f"in: th dport {world.port} drop")
    return {"targets": [(f"r{n}", "127.0.0.1", world.port, world.port) for n in range(60)], "files": 64, "expect": {},
            "timeout": 5, "exit": 3, "unjudged": "may open few files (ulimit -n)"}


# --- TLS over TCP ---
def tcp_row(name, manner, expect, **more):
    def inject(world):
        make = manner(world) if manner.__name__ == "<lambda>" else manner
        return {"targets": [("region1", "127.0.0.1", Tcp(make).port, 0)], "only": "tcp",
                "expect": {TCP4: expect}, "exit": 2, **more}
    ROWS.append((name, inject))


tcp_row("TLS that stalls", stalls, ("fail", "tls", "nothing came back after ClientHello", "swallows"))
tcp_row("TLS that is reset", resets, ("fail", "tls", "ECONNRESET", "inspection"))
tcp_row("TLS that is closed", closes, ("fail", "tls", "closed by the peer", "transparent proxy"))
for number, part in ((40, "ciphers"), (47, "does not understand"), (70, "protocol versions"), (112, "virtual host"), (80, "refuses the handshake")):
    tcp_row(f"TLS alert {number}", lambda _world, number=number: alerts(number),
            ("fail", "tls", f"TLS alert {number}", part))
tcp_row("plain HTTP on the edge's port", talks_http, ("fail", "tls", "not TLS", "captive portal"))
tcp_row("a filter that resets the production name",
        lambda world: filters_name(b"h2.cftunnel.com", world.port, resets),
        ("fail", "tls", "probe.cftunnel.com passes", "filters by name"))
tcp_row("a filter that swallows the production name",
        lambda world: filters_name(b"h2.cftunnel.com", world.port, stalls), ("fail", "tls", "", ""))
tcp_row("a device that cannot reassemble a large ClientHello", lambda world: filters_size(900, world.port),
        ("warn", "tls", "one of two packets does not", "post-quantum"), exit=1)
tcp_row("nonsense inside TLS", mumbles, ("fail", "tls", "", "does not speak TLS properly"))


def certificate_row(name, subject, extensions, expect, trusted=False, api=False, **more):
    def inject(world):
        pem = world.certificate("peer", subject, *extensions)
        port = Tcp(tls_server(pem)).port
        plan = {"targets": [] if api else [("region1", "127.0.0.1", port, 0)], "only": "api" if api else "tcp",
                "expect": {API4 if api else TCP4: expect}, **more}
        if api:
            plan["api"] = f"https://127.0.0.1:{port}"
        if trusted:
            plan["edge_ca"] = pem
        return plan
    ROWS.append((name, inject))


ORIGIN = "/O=CloudFlare, Inc./CN=CloudFlare Origin SSL Certificate Authority"
certificate_row("the edge's own authority, which we do not have", ORIGIN, ["subjectAltName=DNS:h2.cftunnel.com"],
                ("warn", "tls", "CloudFlare Origin", "lacks Cloudflare"), exit=1)
certificate_row("an origin server in the API's place", ORIGIN, ["subjectAltName=IP:127.0.0.1"],
                ("fail", "tls", "CloudFlare Origin", "an origin server"), api=True, exit=2)
certificate_row("a certificate for clients only", "/O=Test/CN=edge",
                ["subjectAltName=DNS:h2.cftunnel.com", "extendedKeyUsage=clientAuth"],
                ("fail", "tls", "purpose", "chain is broken"), trusted=True, exit=2)


@fault("an expired certificate, and a clock that agrees with the API's")
def _(world):
    world.sim_fault("tls-expired", True)
    return {"only": "api,tcp", "exit": 2, "undo": lambda: world.sim_fault("tls-expired", False),
            "expect": {TCP4: ("fail", "tls", "expired", "clock agrees with the API"), API4: ("pass",)}}


@fault("an expired certificate, and a clock that the API disagrees with")
def _(world):
    world.sim_fault("tls-expired", True)
    server = Http(401, {"Date": date(-900), **GOOD}, API_ERROR)
    return {"only": "api,tcp", "exit": 2, "undo": lambda: world.sim_fault("tls-expired", False),
            "api": f"http://127.0.0.1:{server.port}",
            "expect": {TCP4: ("fail", "tls", "expired", "as the API's Date shows"), API4: ("fail", "http", "ahead", "")}}


sim_row("TLS intercepted by an unknown CA", "tls-intercepted", {TCP4: ("fail", "tls", "issuer O=", "TLS inspection")},
        only="tcp", exit=2)
sim_row("a TLS certificate that expired", "tls-expired", {TCP4: ("fail", "tls", "expired", "clock")}, only="tcp", exit=2)
sim_row("a TLS certificate for another name", "tls-other-name",
        {TCP4: ("fail", "tls", "hostname mismatch", "wrong address")}, only="tcp", exit=2)


# --- the API ---
def api_row(name, server, expect, **more):
    def inject(_world):
        return {"api": f"http://127.0.0.1:{server().port}", "only": "api", "expect": {API4: expect}, **more}
    ROWS.append((name, inject))


HTML = {"Content-Type": "text/html"}
GOOD = {"request-id": "req_1"}
api_row("a captive portal that redirects", lambda: Http(302, {"Location": "http://portal.test/", **HTML}),
        ("fail", "http", "portal.test", "captive portal"), exit=2)
api_row("a captive portal that answers itself", lambda: Http(200, HTML, b"<html>log in</html>"),
        ("fail", "http", "HTTP 200", "captive portal"), exit=2)
api_row("a proxy that wants credentials", lambda: Http(407, {"Via": "1.1 squid", **HTML}),
        ("fail", "http", "HTTP 407", "wants credentials"), exit=2)
api_row("a proxy that forbids the host", lambda: Http(403, {"Via": "1.1 squid", "Server": "squid", **HTML}),
        ("fail", "http", "HTTP 403", "policy"), exit=2)
api_row("a gateway that drops the API's headers", lambda: Http(401, {"Date": date(0)}, API_ERROR),
        ("warn", "http", "no request-id", "gateway"), exit=1)
for status, kind, what in ((403, "permission_error", "a credential without the scope"), (401, "authentication_error", "no credential"),
                           (429, "rate_limit_error", "a limit of requests")):
    api_row(f"{what}, which is no fault of the network",
            lambda status=status, kind=kind: Http(status, {"Date": date(0), **GOOD}, API_ERROR.replace(b"authentication_error", kind.encode())),
            ("pass",), exit=0, note=f"HTTP {status}, request-id req_1")
api_row("an API in trouble", lambda: Http(529, GOOD, API_ERROR), ("warn", "http", "529", "status page"), exit=1)
api_row("an API that never answers", lambda: Http(200, GOOD, b"{}", 30), ("fail", "http", "no answer within", "status page"), exit=2)
for minutes, verdict, code in ((2, "warn", 1), (10, "fail", 2)):
    api_row(f"a clock that is {minutes} minutes behind",
            lambda minutes=minutes: Http(401, {"Date": date(60 * minutes), **GOOD}, API_ERROR),
            (verdict, "http", "behind", "synchronise"), exit=code)
    api_row(f"a clock that is {minutes} minutes ahead",
            lambda minutes=minutes: Http(401, {"Date": date(-60 * minutes), **GOOD}, API_ERROR),
            (verdict, "http", "ahead", "synchronise"), exit=code)
api_row("nobody at the API's address", lambda: type("Nobody", (), {"port": 9}), ("fail", "tcp", "ECONNREFUSED", ""), exit=2)


# --- through a proxy ---
def proxy_row(name, status, part):
    def inject(_world):
        nft("in: tcp dport 9 drop")
        proxy = Http(status, {"Via": "1.1 squid", **HTML})
        return {"api": "https://api.test:9", "only": "api", "targets": [], "exit": 2,
                "env": {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"},
                "expect": {API4: ("warn", "tcp", "timeout", "a proxy is configured"),
                           ("proxy", 4): ("fail", "http", f"CONNECT with {status}", part)}}
    ROWS.append((name, inject))


@fault("direct egress refused, and a proxy that forbids the host")
def _(_world):
    proxy = Http(403, {"Via": "1.1 squid", **HTML})
    return {"api": "https://api.test:9", "only": "api", "targets": [], "exit": 2,
            "env": {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"},
            "expect": {API4: ("warn", "tcp", "ECONNREFUSED", "are refused, and a proxy is configured")}}


def proxied(world, proxy, more, **plan):
    """The API at a name of its own, straight on a port that nobody listens at; `proxy` is what HTTPS_PROXY says."""
    return {"api": "https://api.test:9", "only": "api", "targets": [], "env": {"HTTPS_PROXY": proxy, **more}, **plan}


REFUSED = ("warn", "tcp", "ECONNREFUSED", "are refused, and a proxy is configured")
PROXY4 = ("proxy", 4)


def api_behind(world):
    """A proxy to the genuine API: its port, and whom to trust."""
    pem = world.certificate("api", "/O=Test/CN=api", "subjectAltName=DNS:api.test")
    return Tcp(forward_proxy(Http(401, {"Date": date(0), **GOOD}, API_ERROR, pem=pem).port)).port, pem


@fault("direct egress refused, and a proxy that works")
def _(world):
    port, pem = api_behind(world)
    return proxied(world, f"http://127.0.0.1:{port}", {}, api_ca=pem, exit=1, expect={API4: REFUSED, PROXY4: ("pass",)})


@fault("direct egress refused, and a proxy in lower case that works, and one in upper case that does not")
def _(world):
    port, pem = api_behind(world)
    return proxied(world, "http://127.0.0.1:8", {"https_proxy": f"127.0.0.1:{port}"}, api_ca=pem, exit=1,
                   expect={API4: REFUSED, PROXY4: ("pass",)})


for exceptions in (".test", "other.test,test", "api.test", "*"):
    def inject(world, exceptions=exceptions):
        port, pem = api_behind(world)
        return proxied(world, f"http://127.0.0.1:{port}", {"NO_PROXY": exceptions}, api_ca=pem, exit=2, absent="api via proxy",
                       expect={API4: ("fail", "tcp", "ECONNREFUSED", "a firewall rejects it")})
    ROWS.append((f"a proxy that the API is an exception of: {exceptions}", inject))


@fault("a proxy that inspects TLS")
def _(world):
    pem = world.certificate("inspector", "/O=Acme Security/CN=inspector", "subjectAltName=DNS:api.test")
    port = Tcp(forward_proxy(Tcp(tls_server(pem)).port)).port
    return proxied(world, f"http://127.0.0.1:{port}", {}, exit=2,
                   expect={API4: REFUSED, PROXY4: ("fail", "tls", "issuer O=Acme Security", "somebody else answers for the API")})


@fault("a proxy that leads to somebody else")
def _(world):
    pem = world.certificate("other", "/O=Test/CN=other", "subjectAltName=DNS:other.test")
    port = Tcp(forward_proxy(Tcp(tls_server(pem)).port)).port
    return proxied(world, f"http://127.0.0.1:{port}", {}, exit=2, api_ca=pem,
                   expect={PROXY4: ("fail", "tls", "certificate subject name", "wrong address")})


@fault("a proxy that is not there")
def _(world):
    return proxied(world, "http://127.0.0.1:8", {}, exit=2, within=3,
                   expect={PROXY4: ("fail", "tcp", "ECONNREFUSED", "nobody listens at the proxy's address")})


@fault("a proxy that does not answer")
def _(world):
    nft("in: tcp dport 8 drop")
    return proxied(world, "http://127.0.0.1:8", {}, exit=2, expect={PROXY4: ("fail", "tcp", "timeout", "the proxy does not answer")})


@fault("a proxy that is no URL")
def _(world):
    return proxied(world, "http://[::1", {}, exit=2, within=3, expect={PROXY4: ("fail", "dns", "", "the proxy's name cannot be resolved")})


@fault("a proxy of another kind")
def _(world):
    port, _ = api_behind(world)
    return proxied(world, f"socks5://127.0.0.1:{port}", {}, exit=2, expect={PROXY4: ("fail", "http", "", "a proxy of that kind")})


@fault("direct egress rejected by a router, and a proxy")
def _(world):
    nft("in: meta nfproto ipv4 tcp dport 9 reject with icmp type admin-prohibited")
    return proxied(world, "http://127.0.0.1:8", {}, exit=2,
                   expect={API4: ("warn", "tcp", "ICMP 3/13", "are rejected, and a proxy is configured")})


for off_s, part in ((0, "really ran out"), (120, "or the certificate really ran out"), (-3600, "as the API's Date shows")):
    def inject(world, off_s=off_s, part=part):
        pem = old_certificate(world.home, "old", "subjectAltName=IP:127.0.0.1")
        server = Http(401, {"Date": date(off_s), **GOOD}, API_ERROR, pem=pem)
        return {"api": f"https://127.0.0.1:{server.port}", "api_ca": pem, "only": "api", "targets": [], "exit": 2,
                "expect": {API4: ("fail", "tls", "expired", part)}}
    ROWS.append((f"the API's certificate ran out, and its clock is {off_s} s away", inject))


def behind_port_80(world, part, status, headers, body=b"", place="http://portal.test/login"):
    """Somebody else at the API's port, and that on port 80."""
    pem = world.certificate("portal", "/O=Guests/CN=portal", "subjectAltName=DNS:portal.test")
    plain = Http(status, {**headers, **({"Location": place} if status == 302 else {})}, body)
    sh("nft 'add table ip n; add chain ip n out { type nat hook output priority -100; }'")
    sh(f"nft add rule ip n out tcp dport 80 redirect to :{plain.port}")
    return {"api": f"https://api.test:{Tcp(tls_server(pem)).port}", "targets": [], "only": "api", "exit": 2, "within": 4,
            "expect": {API4: ("fail", "tls", *part)}}


@fault("a captive portal that has a certificate of its own, and redirects")
def _(world):
    return behind_port_80(world, ("http:// answers 302 to http://portal.test/login", "a captive portal answers"), 302, HTML)


@fault("a captive portal that has a certificate of its own, and answers itself")
def _(world):
    return behind_port_80(world, ("http:// answers 200, text/html", "a captive portal answers"), 200, HTML, b"<html>")


@fault("an inspected API, that redirects to itself over plain HTTP")
def _(world):
    return behind_port_80(world, ("issuer O=Guests", "somebody else answers for the API"), 302, {}, place="https://api.test/")


proxy_row("direct egress dropped, and a proxy that wants credentials", 407, "wants credentials")
proxy_row("direct egress dropped, and a proxy that forbids the host", 403, "policy")


@fault("an MTU black hole on the way to all ten addresses")
def _(world):
    to_edge(world)
    edge_names(world, ten)
    nft(f"in: udp dport {world.port} meta length > 1300 drop")
    return {"targets": [], "only": "udp,ipv4", "exit": 1, "within": 6,
            "expect": {UDP4: ("warn", "quic", "1252 bytes pass, 1280 bytes vanish", "MTU black hole")}}


# --- what this host itself refuses ---
@fault("a sandbox without IPv6")
def _(_world):
    return {"host": "edge.test", "exit": 0, "refuse": ("AF_INET6", "EAFNOSUPPORT"),
            "expect": {TCP4: ("pass",), UDP4: ("pass",), TCP6: ("skip",), UDP6: ("skip",)}}


@fault("nothing but IPv6, in a sandbox without it")
def _(_world):
    expect = ("fail", None, "EAFNOSUPPORT", "RestrictAddressFamilies")
    return {"host": "::1", "exit": 2, "refuse": ("AF_INET6", "EAFNOSUPPORT"), "expect": {TCP6: expect, UDP6: expect}}


for error, part in (("ENFILE", "fs.file-max"), ("EMFILE", "ulimit -n")):
    def inject(_world, error=error, part=part):
        return {"only": "tcp", "exit": 3, "refuse": ("AF_INET", error), "expect": {TCP4: ("skip",)}, "unjudged": part}
    ROWS.append((f"no more files: {error}", inject))


@fault("no more files to ask a resolver with")
def _(_world):
    return {"only": "tcp", "host": "edge.test", "exit": 3, "refuse": ("AF_INET", "EMFILE"), "expect": {TCP4: ("skip",)},
            "unjudged": "asking the resolver"}


# --- the path, again ---
@fault("a device that drops all but the handshake of TCP, and an impatient kernel")
def _(world):
    sh("sysctl -qw net.ipv4.tcp_retries2=1")
    nft(f"in: tcp dport {world.port} tcp flags & (syn | psh) == psh drop")
    return {"only": "tcp", "exit": 2, "undo": lambda: sh("sysctl -qw net.ipv4.tcp_retries2=15"),
            "expect": {TCP4: ("fail", "tls", "ETIMEDOUT", "kernel gave up")}}


@fault("a link on the path that is narrower than the interface")
def _(world):
    sh("ip link set lo gso_max_segs 1")
    link = NarrowLink(world.port)
    nft(f"in: tcp dport {world.port} meta length > {link.SIZE} drop")
    return {"only": "tcp", "exit": 1, "undo": link.stop, "expect": {TCP4: ("warn", "tls", "takes packets of 1300 bytes", "narrower")}}


@fault("NAT64 in place of the edge's IPv6 addresses, and it works")
def _(world):
    to_edge(world)
    to_edge6(world)
    sh("ip -6 route replace local 64:ff9b::/96 dev lo")
    edge_names(world, lambda number: ten(number) + [f"64:ff9b::c629:c0{number:02x}"])
    return {"targets": [], "exit": 1, "expect": {TCP4: ("pass",), UDP4: ("pass",),
            TCP6: ("warn", "dns", "is 198.41.192.", "NAT64"), UDP6: ("warn", "dns", "behind NAT64", "DNS64")}}


certificate_row("the API's connection inspected", "/O=Acme Security/CN=inspector", ["subjectAltName=IP:127.0.0.1"],
                ("fail", "tls", "Acme Security", "somebody else answers for the API"), api=True, exit=2)
api_row("nonsense instead of HTTP", lambda: Tcp(babbles), ("fail", "http", "", "does not speak HTTP"), exit=2)


@fault("a device that cannot reassemble a large ClientHello in QUIC")
def _(world):
    return {"targets": [("region1", "127.0.0.1", 0, ForgetfulDevice(world.port).port)], "only": "udp", "exit": 1, "within": 9,
            "expect": {UDP4: ("warn", "quic", "one of two packets does not", "post-quantum")}}


@fault("devices that cannot reassemble a large ClientHello before all ten addresses")
def _(world):
    to_edge(world, tcp=Tcp(filters_size(900, world.port)).port, udp=ForgetfulDevice(world.port).port)
    edge_names(world, ten)
    return {"targets": [], "only": "edge,ipv4", "exit": 1, "within": 9,
            "expect": {UDP4: ("warn", "quic", "one of two packets does not", "post-quantum"),
                       TCP4: ("warn", "tls", "one of two packets does not", "post-quantum")}}


@fault("a filter that swallows the production name in QUIC")
def _(world):
    return {"targets": [("region1", "127.0.0.1", 0, NosyDevice(world.port, b"quic.cftunnel.com").port)], "only": "udp", "exit": 2,
            "within": 6, "expect": {UDP4: ("fail", "quic", "probe.cftunnel.com passes", "filters QUIC by name")}}
