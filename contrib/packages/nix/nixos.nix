# A module of NixOS:
#
#   imports = [ .../contrib/packages/nix/nixos.nix ];
#   programs.meshssh = { enable = true; hosts = [ "*.mesh.example" ]; };
#   services.meshssh.serve = { enable = true; listen = [ "100.64.0.7" ]; };
#
# The second makes this machine's sessions outlive their connections, as the module does that meshssh-config serve --nixos
# prints. With programs.meshssh, the modules of meshssh-config take the package, too.
{ config, lib, pkgs, ... }:
let
  cfg = config.programs.meshssh;
  serve = config.services.meshssh.serve;
  common = import ./options.nix { inherit config lib pkgs; };
  is_v6 = address: builtins.match ".*:.*" address != null;
  v6 = builtins.any is_v6 serve.listen;
  port = toString serve.port;
  sshd = toString (builtins.head (config.services.openssh.ports ++ [ 22 ]));
  listen = address: if is_v6 address then "[${address}]:${port}" else "${address}:${port}";
  ip = "${pkgs.iproute2}/bin/ip";

  # The lines of the unit that other distributions install.
  lines = lib.splitString "\n" (builtins.readFile ../../systemd/meshssh.service);
  values = wanted: builtins.concatLists (map (line:
    let parts = builtins.match "([A-Za-z]+)=(.*)" line;
    in lib.optional (parts != null && wanted (builtins.head parts)) parts) lines);
  unit = [ "Description" "Documentation" "Requires" "ExecStart" "ExecStartPre" ];
  service = builtins.listToAttrs (map (parts: {
    name = builtins.head parts;
    value = lib.last parts;
  }) (values (key: !(builtins.elem key unit))));
  before = map (parts: "-+${ip} " + lib.removePrefix "-+/sbin/ip " (lib.last parts))
    (values (key: key == "ExecStartPre"));
  is_6 = command: lib.hasPrefix "-+${ip} -6 " command;
in
{
  options = {
    programs = common.options.programs;
    services.meshssh.serve = {
      enable = lib.mkEnableOption "SSH sessions that outlive their connections";
      listen = lib.mkOption {
        type = lib.types.listOf (lib.types.strMatching "[0-9a-fA-F:.]+");
        example = [ "100.64.0.7" "fd7a:115c:a1e0::7" ];
        description = "The addresses at which sessions are resumed: those of this machine in the mesh, and no others.";
      };
      port = lib.mkOption {
        type = lib.types.port;
        default = 4622;
        description = ''
          The port at which sessions are resumed; sshd announces it to clients. Open it in the firewall on the mesh
          interface: networking.firewall.interfaces.tailscale0.allowedTCPPorts = [ 4622 ];
        '';
      };
    };
  };
  config = lib.mkMerge [
    (lib.mkIf cfg.enable {
      environment.systemPackages = [ cfg.package ];
      # What other modules add stands behind it, and is for all hosts.
      programs.ssh.extraConfig = lib.mkIf (cfg.hosts != [ ]) "${common.text}\nHost *\n";
    })
    (lib.mkIf serve.enable {
      assertions = [
        {
          assertion = serve.listen != [ ];
          message = "services.meshssh.serve.listen: name the addresses of this machine in the mesh";
        }
      ];
      users.users._meshssh = {
        isSystemUser = true;
        group = "_meshssh";
      };
      users.groups._meshssh = { };
      systemd.sockets.meshssh = {
        description = "Where SSH sessions are resumed";
        wantedBy = [ "sockets.target" ];
        listenStreams = map listen serve.listen;
        socketConfig.FreeBind = true;
      };
      systemd.services.meshssh = {
        description = "SSH sessions that outlive their connections";
        requires = [ "meshssh.socket" ];
        serviceConfig = service // {
          ExecStartPre = builtins.filter (command: v6 || !is_6 command) before;
          ExecStart = "${cfg.package}/bin/meshssh-serve --sshd=127.0.0.22:${sshd}"
            + lib.optionalString v6 " --sshd=[fdfe::22]:${sshd}" + " --source=client";
        };
      };
      services.openssh.settings.VersionAddendum = "meshssh=${port}";
      services.openssh.extraConfig = lib.mkAfter ''
        Match LocalAddress 127.0.0.22${lib.optionalString v6 ",fdfe::22"}
            ClientAliveInterval 0
        Match all
      '';
    })
  ];
}
