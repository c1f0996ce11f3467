"""mcp_rows.py — MCP servers built with the official SDK, asked as layer 3 of the security layers."""
import json
import os
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pki import Pki
from tls_rows import nginx, nginx_tls
from world import config, free_port, target

DOMAIN = "tunnel.test"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
ALLOWED = {"initialize", None}  # a method of JSON-RPC; None: no body


class Servers:
    """All manners of mcp_servers.mjs, in one process."""

    def __init__(self, world, *issuer):
        self.ports, self.process = world.home.start_json(world.node, os.path.join(world.modules, "mcp_servers.mjs"), DOMAIN,
                                                         *issuer)

    def url(self, name):
        return f"http://127.0.0.1:{self.ports[name]}"

    def asked(self):
        """What the servers were asked until now, each request a dict."""
        open_sessions = json.load(urllib.request.urlopen(self.url("open") + "/peer/sessions", timeout=10))["open"]
        os.set_blocking(self.process.stdout.fileno(), False)
        requests = [json.loads(line) for line in self.process.stdout]
        return [request for request in requests if request["path"] != "/peer/sessions"], open_sessions


def layer_3(world, routes, ca=None):
    """The checks of layer 3 by id, for a proxy with these routes and no tunnel of the API."""
    proxy = world.home.file("proxy.yaml", "\n".join(
        ["listen_addr: \":8080\"", f"tunnel_domain: {DOMAIN}", "tls: {cert_file: /data/tls.crt, key_file: /data/tls.key}",
         "upstream: {allowed_ips: [127.0.0.0/8]}", "routes:", *(f"  {name}: {url}" for name, url in routes.items())]) + "\n")
    more = [f"    proxy: {{config_file: {proxy}}}"]
    document = world.check(config(target(), ca=ca, more=more), "layers")
    layer = next(layer for layer in document["layers"] if layer["layer"] == 3)
    return {check["id"]: check for check in layer["checks"]}, layer, document


def manner(world, name, **expected):
    """A server of that manner and its authorization server; expected: check id with _ for - → verdict, words."""
    servers = Servers(world)
    checks, layer, document = layer_3(world, {name: servers.url(name)})
    judged(checks, expected)
    return servers, layer, document


def judged(checks, expected):
    for key, (verdict, *words) in expected.items():
        check = checks[key.replace("_", "-")]
        assert check["verdict"] == verdict, check
        for word in words:
            assert word in check["evidence"], check


def a_protected_server_passes_with_its_authorization_server_behind_the_tunnel_too(world):
    """The issuer's host is a route, and no MCP server; so nothing fails, and the layer cannot be verified."""
    servers = Servers(world)
    checks, layer, document = layer_3(world, {"good": servers.url("good"), "auth": servers.url("auth")})
    assert layer["verdict"] == "not_observable" and document["exit_code"] in (1, 3), (layer, document["summary"])
    judged(checks, {"L3_1": ("not_observable", "auth: no MCP endpoint")})


def a_protected_server_is_verified(world):
    """Its authorization server stands elsewhere, on the public Internet: nginx with TLS."""
    port = free_port()
    issuer = f"https://127.0.0.1:{port}/"
    servers = Servers(world, issuer)
    pki = Pki(world.home)
    cert, key = pki.leaf("edge")
    nginx(world.home, f"""    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {cert};
        ssl_certificate_key {key};
        location / {{ proxy_pass {servers.url('auth')}; }}
    }}""", port)
    checks, layer, document = layer_3(world, {"good": servers.url("good")}, ca=pki.ca)
    judged(checks, {"L3_1": ("verified", "HTTP 401", "resource_metadata"), "L3_2": ("verified", "made-up"),
                    "L3_3": ("verified", "HTTP 401"), "L3_4": ("verified",), "L3_5": ("verified", issuer),
                    "L3_6": ("verified",)})
    assert layer["verdict"] == "verified", layer


def an_issuer_whose_name_leads_nowhere_is_not_judged(world):
    _, layer, _ = manner(world, "good", L3_1=("verified",), L3_4=("verified",), L3_5=("not_observable", "auth.tunnel.test"))
    assert layer["verdict"] == "not_observable", layer


def an_open_server_fails(world):
    _, layer, document = manner(world, "open", L3_1=("failed", "serves anybody", "serverInfo"),
                                L3_2=("failed", "accepts a made-up token"))
    assert layer["verdict"] == "failed" and document["exit_code"] == 2, document


def an_open_server_without_sessions_fails_and_its_stream_too(world):
    manner(world, "stateless", L3_1=("failed",), L3_2=("failed",), L3_3=("failed", "streams events"))


def an_open_server_at_the_root_is_found(world):
    manner(world, "root", L3_1=("failed", "serves anybody"))


def a_server_that_takes_any_token_fails(world):
    _, layer, _ = manner(world, "any-token", L3_1=("verified", "HTTP 401"), L3_2=("failed", "accepts a made-up token"))
    assert layer["verdict"] == "failed", layer


def a_challenge_without_metadata_is_enough_when_they_are_well_known(world):
    manner(world, "bare", L3_1=("verified", "without resource_metadata"), L3_4=("verified",))


def a_challenge_without_metadata_anywhere_fails(world):
    manner(world, "hidden", L3_1=("verified",), L3_4=("failed", "clients cannot discover"))


def metadata_of_a_developers_desk_fail_through_the_tunnel(world):
    manner(world, "local", L3_1=("verified",), L3_4=("failed", "works locally, fails through the tunnel"))


def the_sdks_own_verifier_answers_in_trouble_to_a_wrong_token(world):
    manner(world, "demo", L3_1=("verified",), L3_2=("not_observable", "HTTP 500"))


def a_server_of_the_older_transport_is_not_judged(world):
    manner(world, "sse", L3_1=("not_observable", "older HTTP+SSE"))


def host_protection_of_the_sdk_is_told_from_a_refusal(world):
    manner(world, "hosts", L3_1=("verified", "HTTP 401", "with the tunnel's name as Host"), L3_2=("verified",),
           L3_4=("verified",))


def host_protection_does_not_hide_an_open_server(world):
    manner(world, "rebinding", L3_1=("failed", "serves anybody", "with the tunnel's name as Host"), L3_2=("failed",))


def a_misdirected_request_is_tried_with_the_tunnels_name(world):
    """421 by nginx for every host but the tunnel's."""
    servers = Servers(world)
    port = free_port()
    nginx(world.home, f"""    server {{ listen 127.0.0.1:{port} default_server; return 421; }}
    server {{
        listen 127.0.0.1:{port};
        server_name good.{DOMAIN};
        location / {{ proxy_pass {servers.url('good')}; proxy_buffering off; }}
    }}""", port)
    checks, _, _ = layer_3(world, {"good": f"http://127.0.0.1:{port}"})
    judged(checks, {"L3_1": ("verified", "HTTP 401", "with the tunnel's name as Host"), "L3_2": ("verified",),
                    "L3_4": ("verified",)})


def a_password_of_nginx_is_no_mcp_authorization(world):
    port, _ = nginx_tls(world, "auth_basic realm; auth_basic_user_file /dev/null;", listen="")
    checks, _, _ = layer_3(world, {"wiki": f"http://127.0.0.1:{port}"})
    judged(checks, {"L3_1": ("warning", "Basic")})


def no_tool_is_called_no_session_is_left_and_no_token_is_sent_twice(world):
    servers = Servers(world)
    routes = {name: servers.url(name) for name in servers.ports}
    layer_3(world, routes)
    requests, open_sessions = servers.asked()
    assert len(requests) > 20, requests
    assert {request["call"] for request in requests} <= ALLOWED, requests
    assert all(request["agent"].startswith("sandwatch/") for request in requests), requests
    assert {request["client"] for request in requests if request["call"]} == {"sandwatch-check"}, requests
    tokens = [request["token"] for request in requests if request["token"]]
    calls = [request["token"] for request in requests if request["token"] and request["call"]]
    assert len(calls) == len(set(calls)) and set(tokens) == set(calls), tokens
    assert all(len(token) == len("Bearer ") + 43 for token in tokens), tokens
    assert open_sessions == 0, [request for request in requests if request["verb"] == "DELETE"]


class Canned:
    """A server of Python's own that answers with what stands at "METHOD path" of its table, and 404 otherwise. A token
    gets what stands at "token", when it stands there. headers and body: {} is the port."""

    def __init__(self, table):
        canned = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                key = "token" if "token" in table and "Authorization" in self.headers else f"{self.command} {self.path}"
                status, headers, body = table.get(key, (404, {}, ""))
                body = (body if isinstance(body, str) else json.dumps(body)).replace("{}", str(canned.port)).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value.replace("{}", str(canned.port)))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return f"http://127.0.0.1:{self.port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def canned(world, table, **expected):
    with Canned(table) as url:
        checks, layer, _ = layer_3(world, {"wiki": url})
        judged(checks, expected)
    return layer


def challenge(metadata):
    return (401, {"WWW-Authenticate": f'Bearer resource_metadata="{metadata}"'}, "")


def resource(issuer="https://wiki.tunnel.test"):
    return (200, {"Content-Type": "application/json"},
            {"resource": f"https://wiki.{DOMAIN}/mcp", "authorization_servers": [issuer]})


def a_name_below_the_tunnel_is_read_past_it_and_that_is_said(world):
    canned(world, {"POST /mcp": challenge(f"https://wiki.{DOMAIN}/meta"), "GET /meta": resource(),
                   "GET /.well-known/oauth-authorization-server": (503, {}, "")},
           L3_4=("verified", "read past the tunnel at http://127.0.0.1:"),
           L3_5=("not_observable", "in trouble", "HTTP 503"), L3_6=("verified",))


def metadata_elsewhere_than_the_challenge_says_are_a_warning(world):
    canned(world, {"POST /mcp": challenge(f"https://wiki.{DOMAIN}/gone"), f"GET {WELL_KNOWN}/mcp": resource()},
           L3_4=("warning", "HTTP 404", "/gone"),
           L3_5=("failed", "publishes no metadata", "HTTP 404 from http://127.0.0.1:"))


def no_metadata_at_all_says_where_they_were_looked_for(world):
    canned(world, {"POST /mcp": challenge(f"https://wiki.{DOMAIN}/gone")},
           L3_4=("failed", "HTTP 404 from http://127.0.0.1:", WELL_KNOWN))


def metadata_that_were_not_seen_are_not_called_missing(world):
    """At a place that does not answer, at one that is never asked, and at a server in trouble."""
    for place, word in ((f"https://127.0.0.1:{free_port()}/meta", "efused"), ("http://127.0.0.2:1/meta", "no https URL"),
                        (f"https://wiki.{DOMAIN}/meta", "HTTP 500")):
        canned(world, {"POST /mcp": challenge(place), "GET /meta": (500, {}, "")},
               L3_4=("not_observable", "not had from here", word))


def an_issuer_over_plain_http_is_warned_of_and_not_asked(world):
    canned(world, {"POST /mcp": challenge(f"https://wiki.{DOMAIN}/meta"), "GET /meta": resource("http://login.example")},
           L3_5=("not_observable", "http://login.example", "no https URL"), L3_6=("warning", "plain HTTP"))


def a_token_that_changes_the_answer_was_taken(world):
    canned(world, {"POST /mcp": challenge(f"https://wiki.{DOMAIN}/meta"),
                   "token": (200, {}, {"jsonrpc": "2.0", "id": 1, "error": {"code": -32600, "message": "no"}})},
           L3_1=("verified",), L3_2=("failed", "made-up token"))


def a_long_answer_is_judged_by_its_beginning(world):
    status, headers, _ = challenge(f"https://wiki.{DOMAIN}/meta")
    canned(world, {"POST /mcp": (status, headers, "x" * 200000)}, L3_1=("verified", "HTTP 401"))
    canned(world, {"POST /mcp": (302, {"Location": "https://login.example/"}, "x" * 200000)},
           L3_1=("warning", "login page", "https://login.example/"))


def a_complaint_about_the_request_says_nothing_of_the_stream(world):
    canned(world, {"POST /mcp": challenge(f"https://wiki.{DOMAIN}/meta"), "GET /mcp": (400, {}, "no session")},
           L3_1=("verified",), L3_3=("not_observable", "HTTP 400"))


ROWS = [
    ("", a_name_below_the_tunnel_is_read_past_it_and_that_is_said),
    ("", metadata_elsewhere_than_the_challenge_says_are_a_warning),
    ("", no_metadata_at_all_says_where_they_were_looked_for),
    ("", metadata_that_were_not_seen_are_not_called_missing),
    ("", an_issuer_over_plain_http_is_warned_of_and_not_asked),
    ("", a_token_that_changes_the_answer_was_taken),
    ("", a_long_answer_is_judged_by_its_beginning),
    ("", a_complaint_about_the_request_says_nothing_of_the_stream),
    ("node", a_protected_server_passes_with_its_authorization_server_behind_the_tunnel_too),
    ("node nginx", a_protected_server_is_verified),
    ("node", an_issuer_whose_name_leads_nowhere_is_not_judged),
    ("node", an_open_server_fails),
    ("node", an_open_server_without_sessions_fails_and_its_stream_too),
    ("node", an_open_server_at_the_root_is_found),
    ("node", a_server_that_takes_any_token_fails),
    ("node", a_challenge_without_metadata_is_enough_when_they_are_well_known),
    ("node", a_challenge_without_metadata_anywhere_fails),
    ("node", metadata_of_a_developers_desk_fail_through_the_tunnel),
    ("node", the_sdks_own_verifier_answers_in_trouble_to_a_wrong_token),
    ("node", a_server_of_the_older_transport_is_not_judged),
    ("node", host_protection_of_the_sdk_is_told_from_a_refusal),
    ("node", host_protection_does_not_hide_an_open_server),
    ("node nginx", a_misdirected_request_is_tried_with_the_tunnels_name),
    ("nginx", a_password_of_nginx_is_no_mcp_authorization),
    ("node", no_tool_is_called_no_session_is_left_and_no_token_is_sent_twice),
]
