# nix-build contrib/packages/nix, or nix-env -f contrib/packages/nix -i
{ pkgs ? import <nixpkgs> { } }:
pkgs.callPackage ./package.nix { }
