"""What can be wrong between client and server: the half of class Lab (see lab.py) that breaks things. clear() undoes
every change."""

WAYS = {"forward": 'iifname "rc" ', "reverse": 'iifname "rs" ', "both": ""}
# From the router: the networks behind it, by the way that packets take to there.
ROUTES = {"forward": ("rs", 2), "reverse": ("rc", 1)}
RULES = """flush ruleset
table inet lab {
	chain pass { type filter hook forward priority 0; }
	chain dead { type filter hook forward priority 1; }
	chain own { type filter hook output priority 0; }
}
"""


class Path:
    def __init__(self):
        self.undo = []

    def clear(self):
        """The path is whole, and no kernel remembers another."""
        while self.undo:
            self.undo.pop()()
        self.run("router", "nft", "-f", "-", text=RULES)
        for space in ("client", "router", "server"):
            self.run(space, "ip", "route", "flush", "cache")
            self.run(space, "ip", "-6", "route", "flush", "cache")

    def rule(self, rule, chain="pass"):
        self.run("router", "nft", f"add rule inet lab {chain} {rule}")

    # too long for the path

    def hole(self, size, way="both"):
        """Packets of more than size bytes vanish."""
        self.rule(f"{WAYS[way]}meta length gt {size} counter drop")

    def pmtud(self, size, way="both"):
        """The router's next link takes size bytes, and the router says so. It is a route's MTU: were it the link's, the
        link would drop what comes from its other end as well."""
        for name, (dev, net) in ROUTES.items():
            if way in (name, "both"):
                self.ip("router", f"route replace 10.77.{net}.0/24 dev {dev} mtu lock {size}",
                        f"-6 route replace fd77:{net}::/64 dev {dev} metric 10 mtu lock {size}")
                self.undo.append(lambda dev=dev, net=net: self.ip(
                    "router", f"route replace 10.77.{net}.0/24 dev {dev}",
                    f"-6 route del fd77:{net}::/64 dev {dev} metric 10"))

    def icmp_hole(self, size, way="both"):
        """As pmtud, but what the router says is filtered. It still fragments what may be fragmented."""
        self.pmtud(size, way)
        self.rule("icmp type destination-unreachable counter drop", "own")
        self.rule("icmpv6 type packet-too-big counter drop", "own")

    # marked

    def drop_dscp(self, way="both", marks=None):
        """Packets that have a DSCP mark, or one of these, vanish."""
        match = "{ " + ", ".join(marks) + " }" if marks else "!= cs0"
        self.rule(f"{WAYS[way]}ip dscp {match} counter drop")
        self.rule(f"{WAYS[way]}ip6 dscp {match} counter drop")

    # any

    def dead(self):
        self.rule("counter drop", "dead")

    def unreachable(self):
        """As dead, but the router says that it cannot reach the server."""
        self.rule('iifname "rc" reject with icmpx type host-unreachable', "dead")
        self.rule("counter drop", "dead")

    def alive(self):
        self.run("router", "nft", "flush chain inet lab dead")

    def address_hole(self):
        self.rule("meta nfproto ipv6 counter drop")

    def loss(self, percent):
        """At random, each way. Only where a packet comes in: with a delay, it passes the router's rules twice."""
        self.rule(f'iifname {{ "rc", "rs" }} numgen random mod 1000 lt {int(percent * 10)} counter drop')

    def unlucky(self, dscp, packets):
        """The client's first packets of one byte with this mark are lost."""
        self.rule(f'iifname "rc" ip dscp {dscp} meta length 53 quota until {54 * packets} bytes counter drop')

    def answer_lost(self, number):
        """This one of the server's SYN-ACKs: from its next one the client takes a round trip of 1 s, and a timer of 3 s."""
        self.rule(f'iifname "rs" tcp flags & (syn | ack) == syn | ack numgen inc mod 1000 == {number - 1} counter drop')

    def first_lost(self):
        """Of each connection to the server the first packet with data vanishes, once."""
        self.run("router", "nft", "-f", "-", text="""
            add set inet lab lost { type inet_service; size 4096; flags dynamic; }
            add rule inet lab pass iifname "rc" tcp flags & (syn | fin | rst) == 0 meta length > 60 \
                tcp sport != @lost add @lost { tcp sport } counter drop
""")

    def delay(self, ms):
        """So long one way, each way."""
        helper = self.start("router", self.site.path("delaytun"), "late", str(ms), log=self.name + "-delaytun.log")
        self.undo.append(lambda: self.end(helper))
        self.wait_link("router", "late")
        self.ip("router", "link set late mtu 1600 up")
        for family in ("", "-6 "):
            self.ip("router", f"{family}route add default dev late table 90",
                    *(f"{family}rule add pref 90 iif {dev} lookup 90" for dev in ("rc", "rs")))
            self.undo.append(lambda family=family: self.ip("router", *[f"{family}rule del pref 90"] * 2))

    def rate(self, mbit):
        for dev in ("rc", "rs"):
            self.run("router", *f"tc qdisc add dev {dev} root tbf rate {mbit}mbit burst 32kb latency 50ms".split())
            self.undo.append(lambda dev=dev: self.run("router", "tc", "qdisc", "del", "dev", dev, "root"))

    # the server's own

    def limit(self, connections, verdict="reject"):
        """As ufw limit: the server takes so many connections from an address, and no more for a minute."""
        self.run("server", "nft", "-f", "-", text=f"""table ip limits {{
	set came {{ type ipv4_addr; size 16; flags dynamic; timeout 1m; }}
	chain input {{
		type filter hook input priority 0
		tcp flags & (syn | ack) == syn add @came {{ ip saddr limit rate over 1/minute burst {connections} packets }} {verdict}
	}}
}}
""")
        self.undo.append(lambda: self.run("server", "nft", "delete table ip limits"))

    # the client's own

    def address_gone(self):
        self.ip("client", "addr del 10.77.1.2/24 dev c0", "-6 addr del fd77:1::2/64 dev c0")
        self.undo.append(self.address_back)

    def address_back(self):
        self.ip("client", "addr replace 10.77.1.2/24 dev c0", "-6 addr replace fd77:1::2/64 dev c0 nodad")
        self.client_routes()

    def mend(self):
        """What a session has been through is over."""
        self.alive()
        self.address_back()

    def tunnel(self, mtu=1280):
        """The server as 10.77.9.2 and, behind a router, 10.77.8.2, through a tunnel over the path: 28 bytes more."""
        for space, peer, host in (("client", "10.77.2.2", 1), ("server", "10.77.1.2", 2)):
            helper = self.start(space, self.site.path("udptun"), "tun", peer, "7777", log=self.name + "-udptun.log")
            self.undo.append(lambda helper=helper: self.end(helper))
            self.wait_link(space, "tun")
            self.ip(space, f"link set tun mtu {mtu} up", f"addr add 10.77.9.{host}/24 dev tun")
        self.ip("server", "addr add 10.77.8.2/32 dev lo")
        self.undo.append(lambda: self.ip("server", "addr del 10.77.8.2/32 dev lo"))
        self.ip("client", "route add 10.77.8.0/24 via 10.77.9.2")
