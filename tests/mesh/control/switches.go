package main

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"tailscale.com/tailcfg"
)

// switches lets a test do what an administrator, or time, does to a node: /test/WHAT/NODE.
func switches(p *presence) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", p.control)
	alter := func(what string, how func(*tailcfg.Node)) {
		mux.HandleFunc("/test/"+what+"/{node}", func(w http.ResponseWriter, r *http.Request) {
			if node := p.named(r.PathValue("node")); node != nil {
				p.change(node.Key, how)
			} else {
				http.NotFound(w, r)
			}
		})
	}
	// Nodes know by themselves when a key of another one expires, unless the server's clock is as wrong as that of ours.
	alter("expire", func(node *tailcfg.Node) {
		node.KeyExpiry = time.Now().Add(-50 * time.Hour)
		node.Expired = true
	})
	alter("expire-soon", func(node *tailcfg.Node) { node.KeyExpiry = time.Now().Add(74 * time.Hour) })
	alter("disapprove", func(node *tailcfg.Node) { node.MachineAuthorized = false })
	// It is one that was made a moment ago.
	alter("new", func(node *tailcfg.Node) { node.Created = time.Now() })
	// The subnet routes of a node are approved, ?PREFIX,PREFIX...: 0.0.0.0/0 makes it an exit node.
	mux.HandleFunc("/test/routes/{node}", func(w http.ResponseWriter, r *http.Request) {
		node := p.named(r.PathValue("node"))
		if node == nil {
			http.NotFound(w, r)
			return
		}
		var routes []netip.Prefix
		for text := range strings.SplitSeq(r.URL.RawQuery, ",") {
			routes = append(routes, netip.MustParsePrefix(text))
		}
		p.control.SetSubnetRoutes(node.Key, routes)
	})
	// The node drops what the other one begins, as rules that allow it nothing would have it.
	mux.HandleFunc("/test/deny/{node}/{other}", func(w http.ResponseWriter, r *http.Request) {
		node, other := p.named(r.PathValue("node")), p.named(r.PathValue("other"))
		if node != nil && other != nil {
			p.control.SetJailed(node.Key, other.Key, true)
		} else {
			http.NotFound(w, r)
		}
	})
	// From now on the node is no peer of any other, as if an administrator had removed it. The others get no more news.
	mux.HandleFunc("/test/remove/{node}", func(w http.ResponseWriter, r *http.Request) {
		if node := p.named(r.PathValue("node")); node != nil {
			for _, other := range p.control.AllNodes() {
				if other.Key != node.Key {
					p.control.AddRawMapResponse(other.Key,
						&tailcfg.MapResponse{PeersRemoved: []tailcfg.NodeID{node.ID}})
				}
			}
		} else {
			http.NotFound(w, r)
		}
	})
	// Others may choose the node as their exit node.
	mux.HandleFunc("/test/exit/{node}", func(w http.ResponseWriter, r *http.Request) {
		if node := p.named(r.PathValue("node")); node != nil {
			p.control.SetSubnetRoutes(node.Key, []netip.Prefix{
				netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")})
		} else {
			http.NotFound(w, r)
		}
	})
	return mux
}

// named is the newest node of this name, or nil.
func (p *presence) named(name string) *tailcfg.Node {
	var newest *tailcfg.Node
	for _, node := range p.control.AllNodes() {
		if node.Name == name+"."+*domain+"." && (newest == nil || node.ID > newest.ID) {
			newest = node
		}
	}
	return newest
}
