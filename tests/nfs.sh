# shellcheck shell=sh
# Sourced after lib.sh: a real NFS server, a client of it, and the tunnel between the two as meshssh-config nfs prints it.

# nfs_start [COMMAND...]: the server, by way of the command, on port 2049; it exports $T/export, with a file in it.
nfs_start() {
	mkdir "$T/export" "$T/export/a folder" "$T/recovery"
	head -c 8000000 /dev/urandom >"$T/export/a folder/large"
	cat >"$T/ganesha.conf" <<-END
	NFS_CORE_PARAM { NFS_Port = 2049; Protocols = 4; Enable_NLM = false; Enable_RQUOTA = false; }
	NFSv4 { Graceless = true; RecoveryBackend = fs; RecoveryRoot = $T/recovery; Only_Numeric_Owners = true; }
	EXPORT {
		Export_Id = 1; Path = $T/export; Pseudo = /export; Protocols = 4; Access_Type = RW; Squash = None;
		SecType = sys; FSAL { Name = VFS; }
	}
	END
	"$@" ganesha.nfsd -F -L "$T/ganesha.log" -f "$T/ganesha.conf" -p "$T/ganesha.pid" &
	started $!
}

# nfs_read ADDRESS PORT [COMMAND...]: the file, by way of the command; 0 if it is the same.
nfs_read() {
	n_address=$1
	n_port=$2
	shift 2
	timeout 60 "$@" nfs-cat "nfs://$n_address/export/a folder/large?version=4&nfsport=$n_port" >"$T/large" &&
	    cmp "$T/large" "$T/export/a folder/large"
}

# nfs_tunnel FILE SSH-CONFIG [COMMAND...]: run the command of the unit in the file, as systemd would, but with this
# configuration in the place of root's own. Sets TUNNEL_PID; what it says is in $T/tunnel.err.
nfs_tunnel() {
	cat >"$T/unit.py" <<-'END'
	import os, shlex, sys
	line, = (line for line in open(sys.argv[1]) if line.startswith("ExecStart="))
	words = [word.replace("%%", "%") for word in shlex.split(line.split("=", 1)[1])]
	os.execv(words[0], words[:-1] + ["-F", sys.argv[2], words[-1]])
	END
	n_file=$1
	n_config=$2
	shift 2
	"$@" python3 "$T/unit.py" "$n_file" "$n_config" 2>"$T/tunnel.err" &
	TUNNEL_PID=$!
	started "$TUNNEL_PID"
}
