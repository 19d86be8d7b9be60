# What the modules of NixOS, nix-darwin and home-manager have in common: the options, and the text for ssh, which is that
# of meshssh-config stanza --match=PATTERN. The program is that of the package, which stays as long as the text does.
{ config, lib, pkgs }:
let
  cfg = config.programs.meshssh;
  socket = lib.optionalString (cfg.tailscaled != null) " --tailscaled=${cfg.tailscaled}";
  block = pattern: ''
    Host ${pattern}
        # meshssh finds the way, and says what is wrong if there is none
        ProxyCommand ${cfg.package}/bin/meshssh${socket} --relay -- "%h" "%p"
        # meshssh gives up earlier, and says why
        ConnectTimeout 45
        # a session outlasts an outage of ten minutes
        ServerAliveInterval 15
        ServerAliveCountMax 40
        # some routers drop marked packets: where ssh has the connection itself, it shall not mark them
        IPQoS none
  '';
in
{
  text = lib.concatMapStringsSep "\n" block cfg.hosts;
  options.programs.meshssh = {
    enable = lib.mkEnableOption "meshssh";
    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.meshssh or (pkgs.callPackage ./package.nix { });
      defaultText = lib.literalExpression "pkgs.meshssh";
      description = "The package of meshssh.";
    };
    hosts = lib.mkOption {
      type = lib.types.listOf (lib.types.strMatching "[A-Za-z0-9._:%*?][A-Za-z0-9._:%*?-]*");
      default = [ ];
      example = [ "nas" "*.mesh.example" "100.64.*" ];
      description = "Hosts that ssh is to reach through meshssh; patterns as in ssh_config(5).";
    };
    tailscaled = lib.mkOption {
      type = lib.types.nullOr (lib.types.strMatching "/[A-Za-z0-9/._+-]+");
      default = null;
      description = "The socket of tailscaled, if it is not in one of the usual places.";
    };
  };
}
