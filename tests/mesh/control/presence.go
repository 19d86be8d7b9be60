package main

import (
	"sync"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/tstest/integration/testcontrol"
	"tailscale.com/types/key"
)

// presence has each node online while it listens for news, as a control server of the real world does; the test server
// knows only of all or none.
type presence struct {
	control *testcontrol.Server
	// The server writes a node's record while it handles a request that tells something (read), and so do we (write).
	mu      sync.RWMutex
	streams map[key.NodePublic]int
}

// hold is the server's HoldMapRequest: called before a request is handled; what it returns, after.
func (p *presence) hold(req *tailcfg.MapRequest) func() {
	if req.ReadOnly || !req.Stream {
		p.mu.RLock()
		return p.mu.RUnlock
	}
	p.count(req.NodeKey, 1)
	return func() { p.count(req.NodeKey, -1) }
}

func (p *presence) count(node key.NodePublic, delta int) {
	p.change(node, func(record *tailcfg.Node) {
		p.streams[node] += delta
		online := p.streams[node] > 0
		record.Online = &online
		if !online {
			now := time.Now()
			record.LastSeen = &now
		}
	})
}

// change alters the record of a node, if there is one, and tells everybody.
func (p *presence) change(node key.NodePublic, alter func(*tailcfg.Node)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if record := p.control.Node(node); record != nil {
		alter(record)
		p.control.UpdateNode(record)
	}
}
