"""certificate_rows.py — the rules for the proxy's certificates (CA-1 to S-12): sets made by the openssl command, of which one
is right and each other breaks one rule, which `check` has to name; from files, and printed by a program."""
import functools
import json
import os
import re
import shutil
import tempfile
import threading

from world import ROOT, Home, config, target

MAKING = threading.Lock()
DOMAIN = "t.example.com"


@functools.cache
def made():
    """The certificates of tests/aid/certificates, with those that break rules of time and size: made once for all rows."""
    folder = tempfile.TemporaryDirectory(prefix="peers-")
    with Home() as home:
        home.run("sh", os.path.join(ROOT, "tests", "aid", "certificates"), folder.name)
    os.chmod(f"{folder.name}/tls.key", 0o644)
    return folder


def make(world):
    """A copy of them, to be spoilt."""
    path = world.home.file("made")
    with MAKING:
        shutil.copytree(made().name, path)
    return path


def settings(world, path, ca="ca.crt", cert="tls.crt", key="tls.key", **more):
    proxy = world.home.file("proxy.yaml", f"""listen_addr: ":8080"
tunnel_domain: {DOMAIN}
tls: {{cert_file: /data/tls.crt, key_file: /data/tls.key}}
routes: {{wiki: "http://127.0.0.1:9", tickets: "http://127.0.0.1:9"}}
upstream: {{allowed_ips: [127.0.0.0/8]}}
""")
    files = {"config_file": proxy, "ca_file": f"{path}/{ca}", "cert_file": f"{path}/{cert}", "key_file": f"{path}/{key}",
             **more}
    return "    proxy: " + json.dumps({name: value for name, value in files.items() if value}).replace("\\u2026", "…")


def layer_2(world, lines, base=None):
    text = base or config(target(), more=[])
    document = world.check(text + lines + "\n", "layers")
    layer = next(layer for layer in document["layers"] if layer["layer"] == 2)
    return {check["id"]: check for check in layer["checks"]}


def named(checks):
    """The rules that any check says are broken; the last line of L2-3 may list rules that were not seen."""
    text = " ".join(check["evidence"] for check in checks.values() if check["verdict"] in ("failed", "warning"))
    return set(re.findall(r"(?:CA|S)-\d+(?=:)", text))


def right(world, lines):
    checks = layer_2(world, lines)
    assert checks["L2-3"]["verdict"] == "verified", checks["L2-3"]
    assert checks["L2-4"]["verdict"] == "verified" and "89d" in checks["L2-4"]["evidence"], checks["L2-4"]
    assert named(checks) == set(), checks


def the_right_set_breaks_no_rule(world):
    right(world, settings(world, make(world)))


RULES = [ # (rule, what is told besides, files)
    ("CA-1", "several certificates", {"ca": "ca-1.crt"}),
    ("CA-1", "a private key too", {"ca": "ca-1b.crt"}),
    ("CA-1", "8192 bytes", {"ca": "ca-1c.crt"}),
    ("CA-2", "not critical", {"ca": "ca-2.crt"}),
    ("CA-2", "CA:FALSE", {"ca": "ca-2b.crt"}),
    ("CA-3", "it has none", {"ca": "ca-3.crt"}),
    ("CA-4", "lacks keyCertSign", {"ca": "ca-4.crt"}),
    ("CA-4", "no key usage", {"ca": "ca-4b.crt"}),
    ("CA-5", "expired", {"ca": "ca-5.crt"}),
    ("CA-5", "not valid before", {"ca": "ca-5b.crt"}),
    ("CA-6", "1024", {"ca": "ca-6.crt", "cert": "tls-by-6.crt"}),
    ("CA-6", "prime192v1", {"ca": "ca-6b.crt", "cert": "tls-by-6b.crt"}),
    ("CA-7", "SHA1", {"ca": "ca-7.crt"}),
    ("S-1", "not by the CA in", {"cert": "tls-1.crt"}),
    ("S-1", "not by the CA in", {"cert": "tls-1b.crt"}),
    ("S-2", "no authority key identifier", {"cert": "tls-2.crt"}),
    ("S-3", f"does not cover tickets.{DOMAIN}", {"cert": "tls-3.crt"}),
    ("S-3", f"does not cover wiki.{DOMAIN}", {"cert": "tls-3b.crt"}),
    ("S-4", "lacks serverAuth", {"cert": "tls-4.crt"}),
    ("S-5", "expired", {"cert": "tls-5.crt"}),
    ("S-5", "not valid before", {"cert": "tls-5b.crt"}),
    ("S-6", "1024", {"cert": "tls-6.crt", "key": "small.key"}),
    ("S-7", "SHA1", {"cert": "tls-7.crt"}),
    ("S-8", "more than the server certificate", {"cert": "tls-8.crt"}),
    ("S-9", "another certificate's key", {"key": "small.key"}),
    ("S-10", "longer than the CA", {"cert": "tls-10.crt"}),
    ("S-11", "0600", {"mode": 0o600}),
    ("S-11", "anybody can write it", {"mode": 0o666}),
]
# what cannot but be broken as well: the identifier of a key that has none, or of another key; a leaf outlives a CA of the past
FOLLOW = {"CA-3": {"S-2"}, "CA-5": {"S-10"}, "S-1": {"S-2"}}


def each_rule_is_named_when_it_is_broken(world):
    path = make(world)
    wrong = []
    for rule, words, files in RULES:
        os.chmod(f"{path}/tls.key", files.get("mode", 0o644))
        lines = settings(world, path, **{name: file for name, file in files.items() if name != "mode"})
        checks = layer_2(world, lines)
        told = " ".join(check["evidence"] for check in checks.values())
        found = named(checks)
        if rule not in found or found - FOLLOW.get(rule, set()) != {rule} or words.lower() not in told.lower():
            wrong.append(f"{rule} ({words}): found {sorted(found)} in {told}")
    assert not wrong, "\n".join(wrong)


def a_ca_key_in_the_proxys_folder_is_named(world):
    path = make(world)
    folder = world.home.file("data")
    os.mkdir(folder)
    for name in ("ca.crt", "tls.crt", "tls.key", "ca.key"):
        shutil.copy(f"{path}/{name}", f"{folder}/{name}")
    os.chmod(f"{folder}/tls.key", 0o644)
    lines = settings(world, path, ca_file=None, cert_file=None, key_file=None, data_dir=folder)
    checks = layer_2(world, lines)
    assert named(checks) == {"S-12"} and "ca.key lies in the folder" in checks["L2-3"]["evidence"], checks["L2-3"]


def a_ca_and_its_key_are_found_under_any_name(world):
    """As the setup component leaves them, whose names for the two are not documented."""
    path = make(world)
    folder = world.home.file("data")
    os.mkdir(folder)
    for name, to in (("ca.crt", "mcp-root.pem"), ("tls.crt", "tls.crt"), ("tls.key", "tls.key"), ("ca.key", "signing-secret")):
        shutil.copy(f"{path}/{name}", f"{folder}/{to}")
    for name in ("tunnel-token", "tunnel-domain"):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            file.write("x\n")
    os.chmod(f"{folder}/tls.key", 0o644)
    lines = settings(world, path, ca_file=None, cert_file=None, key_file=None, data_dir=folder)
    checks = layer_2(world, lines)
    assert named(checks) == {"S-12"} and "signing-secret lies in the folder" in checks["L2-3"]["evidence"], checks["L2-3"]


def a_ca_that_is_not_registered_is_named(world):
    """With the simulated API, which knows the fingerprint of its own proxy's CA only."""
    said, _ = world.home.start_json(world.program, "sim")
    with open(said["config"], encoding="utf-8") as file:
        base = file.read()
    checks = layer_2(world, "", base)
    assert checks["L2-2"]["verdict"] == "verified", checks["L2-2"]
    path = make(world)
    checks = layer_2(world, "", re.sub(r"(proxy:.*?ca_file: )\S+", rf"\g<1>{path}/ca.crt", base, count=1, flags=re.S))
    assert checks["L2-2"]["verdict"] == "failed" and "CA-8" in named(checks), checks["L2-2"]


def certificates_may_be_printed_by_a_program(world):
    """As `kubectl get secret` prints them: no file, no shell."""
    path = make(world)
    lines = settings(world, path, ca_file=None, cert_file=None, ca_command=["cat", f"{path}/ca.crt"],
                     cert_command=["openssl", "x509", "-in", f"{path}/tls.crt"])
    right(world, lines)
    lines = settings(world, path, cert_file=None, cert_command=["cat", f"{path}/tls-4.crt"])
    assert named(layer_2(world, lines)) == {"S-4"}


def a_program_that_fails_is_told_and_nothing_is_claimed(world):
    path = make(world)
    secret = "$(touch made/shell)"
    for command, words in ((["sh", "-c", "echo 'secrets \"mcp-tunnel\" not found' >&2; exit 1"], "exit status 1: secrets"),
                           (["no-such-program-here"], "cannot start"),
                           (["echo", secret], "no certificate in PEM form"),
                           (["sleep", "60"], "not done within 5 s"),
                           (["head", "-c", "100000", "/dev/zero"], "more than 65536 bytes")):
        checks = layer_2(world, settings(world, path, cert_file=None, cert_command=command))
        assert checks["L2-4"]["verdict"] == "not_observable" and words in checks["L2-4"]["evidence"], checks["L2-4"]
        assert checks["L2-3"]["verdict"] == "not_observable", checks["L2-3"]
    assert not os.path.exists(f"{path}/shell")


ROWS = [
    ("openssl", the_right_set_breaks_no_rule),
    ("openssl", each_rule_is_named_when_it_is_broken),
    ("openssl", a_ca_key_in_the_proxys_folder_is_named),
    ("openssl", a_ca_and_its_key_are_found_under_any_name),
    ("openssl", a_ca_that_is_not_registered_is_named),
    ("openssl", certificates_may_be_printed_by_a_program),
    ("openssl", a_program_that_fails_is_told_and_nothing_is_claimed),
]
