# meshssh as a package of Nix, for callPackage of nixpkgs; built from this tree.
{
  lib,
  stdenv,
  autoreconfHook,
  pkg-config,
  libevent,
  jansson,
  libsodium,
  cmocka,
  openssh,
}:
let
  # What a build leaves in the tree is no source.
  clean = path: type: !(builtins.elem (baseNameOf path) [ ".git" "autom4te.cache" "build" "result" ]);
  init = builtins.substring 0 200 (builtins.readFile ../../../configure.ac);
in
stdenv.mkDerivation {
  pname = "meshssh";
  version = builtins.head (builtins.match ".*AC_INIT\\(\\[meshssh], \\[([0-9.]+)].*" init);
  src = builtins.path {
    path = ../../..;
    name = "meshssh";
    filter = clean;
  };
  nativeBuildInputs = [ autoreconfHook pkg-config ];
  buildInputs = [ libevent jansson libsodium ];
  checkInputs = [ cmocka ];
  nativeCheckInputs = [ openssh ];
  doCheck = stdenv.buildPlatform.canExecute stdenv.hostPlatform;
  enableParallelBuilding = true;
  # the tests connect to themselves
  __darwinAllowLocalNetworking = true;
  meta = {
    description = "A ProxyCommand and front door for ssh that gets through broken mesh networks";
    license = lib.licenses.isc;
    mainProgram = "meshssh";
    platforms = lib.platforms.unix;
  };
}
