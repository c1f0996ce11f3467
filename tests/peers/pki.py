"""pki.py — certificates for servers that play the edge or the API, made by the openssl command."""

NAMES = "DNS:quic.cftunnel.com,DNS:h2.cftunnel.com,DNS:probe.cftunnel.com,DNS:localhost,IP:127.0.0.1"
CONF = """[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = hash
keyUsage = critical,keyCertSign,cRLSign
[any]
policy = anything
database = index
serial = serial
new_certs_dir = .
default_md = sha256
unique_subject = no
[anything]
commonName = supplied
"""


class Pki:
    """`name`.pem and `name`.key in a home, signed by `ca`.pem."""

    def __init__(self, home, authority="ca"):
        self.home, self.authority = home, authority
        home.file("openssl.conf", CONF)
        home.file("index", "")
        home.file("serial", "1000\n")
        home.run("openssl", "req", "-x509", "-config", "openssl.conf", "-extensions", "ca", "-subj",
                 f"/O=Peers/CN={authority}", "-days", "30", "-nodes", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-keyout", f"{authority}.key", "-out", f"{authority}.pem")
        self.ca = home.file(f"{authority}.pem")

    def leaf(self, name, names=NAMES, start="20200101000000Z", end="20490101000000Z"):
        home = self.home
        home.file(f"{name}.ext", f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")
        home.run("openssl", "req", "-new", "-config", "openssl.conf", "-subj", f"/CN={name}", "-nodes", "-newkey", "ec",
                 "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        home.run("openssl", "ca", "-batch", "-notext", "-config", "openssl.conf", "-name", "any", "-cert",
                 f"{self.authority}.pem", "-keyfile", f"{self.authority}.key", "-extfile", f"{name}.ext", "-startdate",
                 start, "-enddate", end, "-in", f"{name}.csr", "-out", f"{name}.pem")
        return home.file(f"{name}.pem"), home.file(f"{name}.key")
