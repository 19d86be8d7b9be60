"""status-server.py SOCKET COUNT|hostile|broken|NAME,NAME... [KEY...]: what tailscaled says of itself and so many peers, or of those
that are called so and publish these host keys, at a unix socket.

Only GET /localapi/v0/status is answered; with ?peers=false there are none in it, as with tailscaled. $HEALTH is its
complaint, if it has one, $CURADDR where it reaches its peers, and $PEER_OS what they run. With "broken" the answer with
peers is no status."""
import http.server, json, os, socketserver, sys

EVIL = "x\nUser evil"


def peer(n, **more):
    name = f"peer-{n:05}"
    return dict({"ID": str(n), "HostName": name, "DNSName": f"{name}.mesh.test.", "OS": os.environ.get("PEER_OS", "linux"),
                 "UserID": 1 + n % 2, "TailscaleIPs": [f"100.{64 + (n >> 16)}.{n >> 8 & 255}.{n & 255}", f"fd7a:115c:a1e0::{n:x}"],
                 "AllowedIPs": [f"100.64.{n >> 8 & 255}.{n & 255}/32"], "Tags": ["tag:server"] if n % 10 == 0 else None,
                 "Addrs": None, "CurAddr": os.environ.get("CURADDR", ""), "Relay": "lab", "RxBytes": 0, "TxBytes": 0, "Online": n % 4 != 0,
                 "Created": "2026-08-20T09:01:02.123456789Z", "LastSeen": "0001-01-01T00:00:00Z",
                 "CapMap": {"https://tailscale.com/cap/ssh": None}, "InNetworkMap": True}, **more)


def hostile():
    names = ["localhost", "10", "0x7f", "nas", "-oUser=evil", "a b", EVIL, "$(id)", "*", "!nas", "n\u00e4s", 'a"b', "n" * 63]
    for n, name in enumerate(names, 1):
        yield peer(n, DNSName=name + ".mesh.test.", UserID=EVIL, OS=EVIL, ID=EVIL)
    yield peer(50, DNSName="github.com.")
    yield peer(51, DNSName="nas.friends.ts.net.")
    yield peer(52, DNSName="local.mesh.test.", TailscaleIPs=["127.0.0.1", "192.168.1.1", EVIL, "100.64.0.52\nevil", 7])
    yield peer(53, DNSName=".".join(["m" * 60] * 4) + ".mesh.test.")
    yield peer(54, DNSName="NAS.mesh.test.")
    yield {"DNSName": 7, "TailscaleIPs": {}, "sshHostKeys": [EVIL]}


path, what, *keys = sys.argv[1:]
if what == "hostile":
    peers = list(hostile())
elif what == "broken":
    peers = []
elif what.isdigit():
    peers = [peer(n) for n in range(1, int(what) + 1)]
else:
    peers = [peer(n, DNSName=name + ".mesh.test.", sshHostKeys=keys) for n, name in enumerate(what.split(","), 1)]
status = {"Version": "1.102.3", "TUN": False, "BackendState": "Running", "TailscaleIPs": ["100.127.0.1"],
          "Self": peer(0, DNSName="self.mesh.test."), "Health": [os.environ["HEALTH"]] if "HEALTH" in os.environ else [],
          "MagicDNSSuffix": "mesh.test",
          "CurrentTailnet": {"Name": "mesh", "MagicDNSSuffix": "mesh.test", "MagicDNSEnabled": True},
          "Peer": None, "User": {"1": {"LoginName": "alice@mesh.test"}, "2": {"LoginName": "bob@mesh.test"}}}
alone = json.dumps(status, indent="\t").encode()
status["Peer"] = {f"nodekey:{n:064x}": one for n, one in enumerate(peers)}
whole = b"[]" if what == "broken" else json.dumps(status, indent="\t").encode()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = alone if self.path == "/localapi/v0/status?peers=false" else whole
        self.send_response(200 if self.path.startswith("/localapi/v0/status") else 404)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def address_string(self):
        return "unix"

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


with Server(path + ".new", Handler) as server:
    os.rename(path + ".new", path)
    server.serve_forever()
