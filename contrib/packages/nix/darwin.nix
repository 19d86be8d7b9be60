# A module of nix-darwin:
#
#   imports = [ .../contrib/packages/nix/darwin.nix ];
#   programs.meshssh = { enable = true; hosts = [ "*.mesh.example" ]; };
{ config, lib, pkgs, ... }:
let
  cfg = config.programs.meshssh;
  common = import ./options.nix { inherit config lib pkgs; };
in
{
  inherit (common) options;
  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    # What other modules add stands behind it, and is for all hosts.
    programs.ssh.extraConfig = lib.mkIf (cfg.hosts != [ ]) "${common.text}\nHost *\n";
  };
}
