# In a flake: inputs.meshssh.url = "git+https://.../meshssh?dir=contrib/packages/nix";
{
  description = "meshssh: a ProxyCommand and front door for ssh that gets through broken mesh networks";
  inputs.nixpkgs.url = "nixpkgs";
  outputs =
    { self, nixpkgs }:
    let
      each = nixpkgs.lib.genAttrs [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      package = pkgs: pkgs.callPackage ./package.nix { };
      # a module with the package of this tree
      with_package = module: { pkgs, ... }: {
        imports = [ module ];
        programs.meshssh.package = nixpkgs.lib.mkDefault (package pkgs);
      };
    in
    {
      packages = each (system: { default = package nixpkgs.legacyPackages.${system}; });
      overlays.default = final: prev: { meshssh = package final; };
      nixosModules.default = with_package ./nixos.nix;
      darwinModules.default = with_package ./darwin.nix;
      homeModules.default = with_package ./home.nix;
    };
}
