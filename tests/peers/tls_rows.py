"""tls_rows.py — TLS servers that others wrote: nginx and openssl s_server, as the edge's TCP port and as the API."""
import json

from pki import NAMES, Pki
from world import Watch, accepts, config, free_port, target, until

API_ERROR = '{"type":"error","error":{"type":"authentication_error","message":"x-api-key header is required"}}'
FRAME = """daemon off;
pid {path}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {path}/body;
    proxy_temp_path {path}/proxy;
    fastcgi_temp_path {path}/fastcgi;
    uwsgi_temp_path {path}/uwsgi;
    scgi_temp_path {path}/scgi;
{servers}
}}
"""


def nginx(home, servers, *ports):
    home.file("nginx.conf", FRAME.format(path=home.path, servers=servers))
    server = home.start("nginx", "-c", home.file("nginx.conf"), "-p", home.path)
    for port in ports:
        until("nginx", lambda port=port: accepts(port), server)


def nginx_tls(world, body, pair=None, listen="ssl"):
    """One server with these directives: its port and the PKI."""
    pki = Pki(world.home)
    cert, key = pair or pki.leaf("edge")
    port = free_port()
    nginx(world.home, f"""    server {{
        listen 127.0.0.1:{port} {listen};
        ssl_certificate {cert};
        ssl_certificate_key {key};
        {body}
    }}""", port)
    return port, pki


def s_server(world, *options, names=NAMES, **dates):
    pki = Pki(world.home)
    cert, key = pki.leaf("edge", names, **dates)
    port = free_port()
    server = world.home.start("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", cert, "-key", key, "-quiet",
                              *options)
    until("s_server", lambda: accepts(port), server)
    return port, pki


def edge(world, port, ca):
    document = world.check(config(target(tcp=port), ca=ca), "tcp")
    assert len(document["checks"]) == 1, document
    return document["checks"][0]


def fails(row, stage, *words):
    assert (row["verdict"], row["failed_stage"]) == ("fail", stage), row
    for word in words:
        assert word in row["error"], row
    assert row["cause"] and row["next_step"], row


def openssl_passes_as_the_edge(world):
    port, pki = s_server(world)
    row = edge(world, port, pki.ca)
    assert row["verdict"] == "pass" and "CN=ca" in row["note"], row
    assert row["stages"]["tcp"] >= 0 and row["stages"]["tls"] > 0, row


def openssl_with_tls_12_only_passes_too(world):
    port, pki = s_server(world, "-tls1_2")
    assert edge(world, port, pki.ca)["verdict"] == "pass"


def openssl_that_knows_another_name_refuses_ours(world):
    port, pki = s_server(world, "-servername", "portal.example.com", "-cert2", "edge.pem", "-key2", "edge.key",
                         "-servername_fatal")
    fails(edge(world, port, pki.ca), "tls", "TLS alert 112 (unrecognized name)")


def openssl_with_an_old_protocol_is_named(world):
    port, pki = s_server(world, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    fails(edge(world, port, pki.ca), "tls", "TLS alert 70 (protocol version)")


def openssl_with_an_expired_certificate(world):
    port, pki = s_server(world, end="20210101000000Z")
    fails(edge(world, port, pki.ca), "tls", "expired")


def openssl_with_a_certificate_of_tomorrow(world):
    port, pki = s_server(world, start="20480101000000Z")
    fails(edge(world, port, pki.ca), "tls", "not yet valid")


def openssl_with_another_name(world):
    port, pki = s_server(world, names="DNS:portal.example.com")
    fails(edge(world, port, pki.ca), "tls", "name")


def openssl_of_an_unknown_authority_shows_its_issuer(world):
    port, _ = s_server(world)
    row = edge(world, port, Pki(world.home, "other").ca)
    fails(row, "tls", "CN=ca")


def nginx_passes_as_the_edge(world):
    port, pki = nginx_tls(world, "server_name h2.cftunnel.com; return 204;")
    row = edge(world, port, pki.ca)
    assert row["verdict"] == "pass" and "CN=ca" in row["note"], row


def nginx_that_rejects_the_handshake_names_the_alert(world):
    port, pki = nginx_tls(world, "ssl_reject_handshake on;")
    fails(edge(world, port, pki.ca), "tls", "112")


def nginx_without_tls_is_no_edge(world):
    port, pki = nginx_tls(world, "return 204;", listen="")
    fails(edge(world, port, pki.ca), "tls")


def api(world, port, ca, scheme="https"):
    document = world.check(config(target(), api=f"{scheme}://127.0.0.1:{port}", ca=ca), "api")
    return next(row for row in document["checks"] if row["target"] == "api" and row["family"] == 4)


def nginx_that_answers_like_the_api_is_taken_for_it(world):
    port, pki = nginx_tls(world, f"""location / {{
            default_type application/json;
            add_header request-id req_peer always;
            return 401 '{API_ERROR}';
        }}""", listen="ssl http2")
    row = api(world, port, pki.ca)
    assert row["verdict"] == "pass", row
    assert row["stages"]["tls"] > 0 and row["stages"]["http"] > 0, row


def nginx_with_its_own_page_is_not_the_api(world):
    port, pki = nginx_tls(world, "location / { default_type text/html; return 200 '<html>Welcome to nginx!</html>'; }")
    fails(api(world, port, pki.ca), "http")


def nginx_that_sends_to_a_login_is_a_portal(world):
    port, pki = nginx_tls(world, "return 302 https://portal.example.com/login;")
    row = api(world, port, pki.ca)
    fails(row, "http")
    assert "portal" in row["cause"] + row["next_step"], row


def nginx_without_tls_is_no_api(world):
    port, pki = nginx_tls(world, "return 204;", listen="")
    fails(api(world, port, pki.ca), "tls")


def what_changes_while_it_is_watched_is_told(world):
    """The peer dies and comes back; the exit status is the last verdict's."""
    port, pki = nginx_tls(world, "return 204;")
    watch = Watch(world.home, world.program, config(target(tcp=port), ca=pki.ca), "tcp")
    documents = Watch(world.home, world.program, config(target(tcp=port), ca=pki.ca), "tcp", "--json")
    watch.line("ok: what was asked for passes")
    assert json.loads(documents.line("{"))["verdict"] == "ok"
    world.home.stop(world.home.processes[0])
    watch.line("Z  edge region1", "fail at tcp: ECONNREFUSED")
    watch.line("Z  critical: no connector can work here")
    broken = json.loads(documents.line("ECONNREFUSED"))
    assert broken["verdict"] == "critical" and broken["exit_code"] == 2, broken
    assert documents.end() == 2
    server = world.home.start("nginx", "-c", world.home.file("nginx.conf"), "-p", world.home.path)
    until("nginx", lambda: accepts(port), server)
    watch.line("Z  edge region1", "pass")
    watch.line("Z  ok: what was asked for passes")
    assert watch.end() == 0


ROWS = [
    ("nginx", what_changes_while_it_is_watched_is_told),
    ("openssl", openssl_passes_as_the_edge),
    ("openssl", openssl_with_tls_12_only_passes_too),
    ("openssl", openssl_that_knows_another_name_refuses_ours),
    ("openssl", openssl_with_an_old_protocol_is_named),
    ("openssl", openssl_with_an_expired_certificate),
    ("openssl", openssl_with_a_certificate_of_tomorrow),
    ("openssl", openssl_with_another_name),
    ("openssl", openssl_of_an_unknown_authority_shows_its_issuer),
    ("nginx", nginx_passes_as_the_edge),
    ("nginx", nginx_that_rejects_the_handshake_names_the_alert),
    ("nginx", nginx_without_tls_is_no_edge),
    ("nginx", nginx_that_answers_like_the_api_is_taken_for_it),
    ("nginx", nginx_with_its_own_page_is_not_the_api),
    ("nginx", nginx_that_sends_to_a_login_is_a_portal),
    ("nginx", nginx_without_tls_is_no_api),
]
