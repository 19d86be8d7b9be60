# A module of home-manager:
#
#   imports = [ .../contrib/packages/nix/home.nix ];
#   programs.ssh.enable = true;
#   programs.meshssh = { enable = true; hosts = [ "*.mesh.example" ]; };
{ config, lib, pkgs, ... }:
let
  cfg = config.programs.meshssh;
  common = import ./options.nix { inherit config lib pkgs; };
in
{
  inherit (common) options;
  config = lib.mkIf cfg.enable {
    home.packages = [ cfg.package ];
    assertions = [
      {
        assertion = cfg.hosts == [ ] || config.programs.ssh.enable;
        message = "programs.meshssh.hosts: without programs.ssh.enable, home-manager writes no ~/.ssh/config";
      }
    ];
    # home-manager has it above all blocks, and in ssh_config the first value counts.
    programs.ssh.includes = lib.mkIf (cfg.hosts != [ ]) [ "${pkgs.writeText "meshssh-ssh-config" common.text}" ];
  };
}
