"""mcp_rows.py — MCP servers built with the official SDK, asked as layer 3 of the security layers."""
import json
import os
import urllib.request

from pki import Pki
from tls_rows import nginx, nginx_tls
from world import config, free_port, target

DOMAIN = "tunnel.test"
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


ROWS = [
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
