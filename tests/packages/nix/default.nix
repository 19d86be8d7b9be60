# A stand-in for nixpkgs: packages are what the machine has, and a package is built with its tools. What it does not name,
# a package of ours may not use.
{ ... }:
let
  lib = (import ./lib.nix).self;
  pkgs = {
    inherit lib;
    callPackage = file: more:
      let function = import file;
      in function (builtins.intersectAttrs (builtins.functionArgs function) pkgs // more);
    autoreconfHook = "autoreconf";
    pkg-config = "pkg-config";
    libevent = "libevent_core";
    jansson = "jansson";
    libsodium = "libsodium";
    cmocka = "cmocka";
    openssh = "openssh";
    stdenv = {
      hostPlatform.system = builtins.currentSystem;
      # without the unit tests, which are run elsewhere
      buildPlatform.canExecute = platform: false;
      mkDerivation = args: derivation {
        name = "${args.pname}-${args.version}";
        system = builtins.currentSystem;
        builder = "/bin/sh";
        PATH = "/usr/bin:/bin";
        args = [ "-euc" ''
          cp -r $src source
          chmod -R u+w source
          cd source
          # only what is named is there
          PKG_CONFIG_LIBDIR=$NIX_BUILD_TOP/pc
          export PKG_CONFIG_LIBDIR
          mkdir "$PKG_CONFIG_LIBDIR"
          for library in $libraries; do
            cp "$(env -u PKG_CONFIG_LIBDIR pkg-config --variable=pcfiledir $library)/$library.pc" "$PKG_CONFIG_LIBDIR"
          done
          autoreconf -fi >log 2>&1 || { cat log; exit 1; }
          ./configure --prefix=$out CFLAGS=-O0 --disable-hardening >log 2>&1 || { cat log; exit 1; }
          make -s -j2 install
        '' ];
        inherit (args) src;
        libraries = args.buildInputs ++ (if args.doCheck then args.checkInputs else [ ]);
      } // { inherit (args) meta pname version; };
    };
  };
in
pkgs
