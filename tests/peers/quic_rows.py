"""quic_rows.py — QUIC servers that others wrote: Debian's ngtcp2 and quiche, both as the edge's UDP port."""
import os
import socket

from pki import NAMES, Pki
from world import config, free_port, has_udp, target, until

SWEEPS = 5  # a datagram of another layout reaches quiche three times in ten


def ngtcp2(world, *options):
    pki = Pki(world.home)
    cert, key = pki.leaf("edge")
    port = free_port(socket.SOCK_DGRAM)
    server = world.home.start("gtlsserver", "--quiet", *options, "127.0.0.1", str(port), key, cert)
    until("gtlsserver", lambda: has_udp(port), server)
    return world.check(config(target(udp=port), ca=pki.ca), "udp")["checks"][0], pki


def quiche(world, alpn="argotunnel", names=NAMES, **dates):
    pki = Pki(world.home)
    cert, key = pki.leaf("edge", names, **dates)
    said, _ = world.home.start_json(world.node, os.path.join(world.modules, "quic_server.mjs"), cert, key, alpn)
    return said["port"], pki


def sweep(world, port, ca):
    document = world.check(config(target(udp=port), ca=ca), "udp")
    assert len(document["checks"]) == 1, document
    return document["checks"][0]


def refuses_our_protocol(row):
    assert (row["verdict"], row["failed_stage"]) == ("fail", "tls"), row
    assert "0x178, TLS alert 120 (no application protocol)" in row["error"], row
    assert "v1" in row["note"], row


def an_h3_server_of_ngtcp2_refuses_the_tunnels_protocol(world):
    refuses_our_protocol(ngtcp2(world)[0])


def so_it_does_after_a_retry(world):
    row, _ = ngtcp2(world, "--validate-addr")
    refuses_our_protocol(row)
    assert "Retry" in row["note"], row


def quiche_passes_with_its_retry(world):
    port, pki = quiche(world)
    row = sweep(world, port, pki.ca)
    assert row["verdict"] == "pass" and row["error"] is None, row
    assert "QUIC v1 after Retry" in row["note"] and "CN=ca" in row["note"], row
    assert 0 < row["stages"]["quic"] < 4000, row


def quiche_answers_our_version_negotiation_every_time(world):
    port, pki = quiche(world)
    for _ in range(SWEEPS):
        row = sweep(world, port, pki.ca)
        assert "1472-byte datagrams pass" in row["note"], row
        assert "no answer" not in row["note"], row


def quiche_with_another_protocol_refuses_ours(world):
    port, pki = quiche(world, alpn="h3")
    refuses_our_protocol(sweep(world, port, pki.ca))


def quiche_with_a_certificate_that_nobody_trusts_shows_its_issuer(world):
    port, _ = quiche(world)
    other = Pki(world.home, "other")
    row = sweep(world, port, other.ca)
    assert (row["verdict"], row["failed_stage"]) == ("fail", "tls"), row
    assert "CN=ca" in row["error"] + row["note"], row


def quiche_with_another_name_is_named(world):
    port, pki = quiche(world, names="DNS:portal.example.com")
    row = sweep(world, port, pki.ca)
    assert (row["verdict"], row["failed_stage"]) == ("fail", "tls"), row
    assert "name" in row["error"], row


def quiche_with_an_expired_certificate_is_named(world):
    port, pki = quiche(world, end="20210101000000Z")
    row = sweep(world, port, pki.ca)
    assert (row["verdict"], row["failed_stage"]) == ("fail", "tls"), row
    assert "expired" in row["error"], row


ROWS = [
    ("gtlsserver", an_h3_server_of_ngtcp2_refuses_the_tunnels_protocol),
    ("gtlsserver", so_it_does_after_a_retry),
    ("node", quiche_passes_with_its_retry),
    ("node", quiche_answers_our_version_negotiation_every_time),
    ("node", quiche_with_another_protocol_refuses_ours),
    ("node", quiche_with_a_certificate_that_nobody_trusts_shows_its_issuer),
    ("node", quiche_with_another_name_is_named),
    ("node", quiche_with_an_expired_certificate_is_named),
]
