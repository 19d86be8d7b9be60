// Program control is the control server of the tests' mesh: Tailscale's own test server, with a MagicDNS domain and an
// address that other network namespaces reach, which its ready-made program (cmd/testcontrol) has not. Nobody needs a
// key to log in. A relay (DERP, STUN) runs beside it at the same address.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/netip"
	"testing"

	"tailscale.com/tailcfg"
	"tailscale.com/tstest/integration"
	"tailscale.com/tstest/integration/testcontrol"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

var (
	ip     = flag.String("ip", "127.0.0.1", "the address of the control server and of the relay")
	port   = flag.String("port", "9911", "the port of the control server")
	domain = flag.String("domain", "mesh.test", "the MagicDNS domain")
	fakes  = flag.Int("nfake", 0, "so many peers that are only names")
)

// dress gives a fake peer what a peer of a fleet has: a name, both addresses, host keys. AddFakeNode's have nothing but
// an address, drawn from all of IPv4.
func dress(node *tailcfg.Node, n int) {
	name := fmt.Sprintf("fake-%d", n)
	hostinfo := &tailcfg.Hostinfo{
		Hostname:     name,
		OS:           "linux",
		SSH_HostKeys: []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
	}
	node.ID = tailcfg.NodeID(100000 + n) // the server counts the true ones from 1
	node.StableID = tailcfg.StableNodeID(name)
	node.Name = name + "." + *domain + "."
	node.User = 1
	node.Addresses = []netip.Prefix{
		netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 80, byte(n >> 8), byte(n)}), 32),
		netip.MustParsePrefix(fmt.Sprintf("fd7a:115c:a1e0::50:%x/128", n)),
	}
	node.AllowedIPs = node.Addresses
	node.Hostinfo = hostinfo.View()
	node.HomeDERP = 1
	node.Online = new(true)
	node.Cap = tailcfg.CurrentCapabilityVersion
}

// everybody may log in as root to a node that runs Tailscale SSH.
func everybody() *tailcfg.SSHPolicy {
	return &tailcfg.SSHPolicy{Rules: []*tailcfg.SSHRule{{
		Principals: []*tailcfg.SSHPrincipal{{Any: true}},
		SSHUsers:   map[string]string{"*": "root"},
		Action:     &tailcfg.SSHAction{Accept: true},
	}}}
}

func main() {
	flag.Parse()
	control := &testcontrol.Server{
		Logf:            logger.Discard,
		DERPMap:         integration.RunDERPAndSTUN(tb{}, logger.Discard, *ip),
		ExplicitBaseURL: "http://" + *ip + ":" + *port,
		MagicDNSDomain:  *domain,
		DNSConfig:       &tailcfg.DNSConfig{Proxied: true, Domains: []string{*domain}},
		SSHPolicy:       everybody(),
	}
	here := &presence{control: control, streams: map[key.NodePublic]int{}}
	control.HoldMapRequest = here.hold
	for range *fakes {
		control.AddFakeNode()
	}
	for n, node := range control.AllNodes() {
		dress(node, n+1)
		control.UpdateNode(node)
	}
	log.Fatal(http.ListenAndServe(*ip+":"+*port, switches(here)))
}

// tb is the little of a test that RunDERPAndSTUN asks for; whatever else it called would end the program.
type tb struct{ testing.TB }

func (tb) Cleanup(func())            {}
func (tb) Helper()                   {}
func (tb) Fatal(args ...any)         { log.Fatal(args...) }
func (tb) Fatalf(f string, a ...any) { log.Fatalf(f, a...) }
func (tb) Logf(string, ...any)       {}
