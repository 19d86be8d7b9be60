// A server of golang.org/x/crypto/ssh: lets in whoever has one of the keys, and runs commands by sh -c.
//
// usage: goserver ADDRESS HOSTKEY AUTHORIZED_KEYS
package main

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"os/exec"

	"golang.org/x/crypto/ssh"
)

func read(path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	return text
}

func config(hostKey, authorized []byte) *ssh.ServerConfig {
	signer, err := ssh.ParsePrivateKey(hostKey)
	if err != nil {
		log.Fatal(err)
	}
	allowed, _, _, _, err := ssh.ParseAuthorizedKey(authorized)
	if err != nil {
		log.Fatal(err)
	}
	conf := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if !bytes.Equal(key.Marshal(), allowed.Marshal()) {
				return nil, errors.New("another key")
			}
			return nil, nil
		},
	}
	conf.AddHostKey(signer)
	return conf
}

// run returns the command's exit status. Its end does not wait for the end of its input.
func run(line string, channel ssh.Channel) uint32 {
	command := exec.Command("sh", "-c", line)
	command.Stdout, command.Stderr = channel, channel.Stderr()
	input, err := command.StdinPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		log.Print(err)
		return 255
	}
	go func() {
		io.Copy(input, channel)
		input.Close()
	}()
	command.Wait()
	return uint32(command.ProcessState.ExitCode())
}

func session(channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	for request := range requests {
		var exec struct{ Line string }
		known := request.Type == "exec" && ssh.Unmarshal(request.Payload, &exec) == nil
		request.Reply(known, nil)
		if known {
			go ssh.DiscardRequests(requests)
			status := struct{ Status uint32 }{run(exec.Line, channel)}
			channel.SendRequest("exit-status", false, ssh.Marshal(&status))
			return
		}
	}
}

func serve(conn net.Conn, conf *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(conn, conf)
	if err != nil {
		log.Print(err)
		conn.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	for asked := range channels {
		if asked.ChannelType() != "session" {
			asked.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		if channel, requests, err := asked.Accept(); err == nil {
			go session(channel, requests)
		}
	}
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: goserver ADDRESS HOSTKEY AUTHORIZED_KEYS")
	}
	conf := config(read(os.Args[2]), read(os.Args[3]))
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(conn, conf)
	}
}
