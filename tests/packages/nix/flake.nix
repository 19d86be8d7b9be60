{
  outputs = { self }: {
    lib = (import ./lib.nix).self;
    legacyPackages.x86_64-linux = import ./. { };
  };
}
