# As much of nixpkgs' lib as our package and modules use, and an evaluation of one module.
rec {
  inherit (builtins) head;
  licenses.isc = "ISC";
  platforms.unix = [ ];
  last = list: builtins.elemAt list (builtins.length list - 1);
  optional = condition: one: if condition then [ one ] else [ ];
  optionalString = condition: text: if condition then text else "";
  hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
  removePrefix = prefix: text:
    if hasPrefix prefix text then builtins.substring (builtins.stringLength prefix) (-1) text else text;
  splitString = separator: text: builtins.filter builtins.isString (builtins.split separator text);
  concatMapStringsSep = separator: f: list: builtins.concatStringsSep separator (map f list);
  literalExpression = text: text;
  genAttrs = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);

  mkOption = option: option // { _type = "option"; };
  mkEnableOption = description: mkOption { default = false; type = types.bool; inherit description; };
  mkIf = condition: content: { _type = "if"; inherit condition content; };
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkDefault = value: value;
  mkAfter = value: value;
  types = {
    bool = builtins.isBool;
    package = value: true;
    port = value: builtins.isInt value && value > 0 && value < 65536;
    strMatching = pattern: value: builtins.isString value && builtins.match pattern value != null;
    listOf = type: value: builtins.isList value && builtins.all type value;
    nullOr = type: value: value == null || type value;
  };

  # What is set, in a list of one; an empty one where a condition does not hold.
  resolve = value:
    if !(builtins.isAttrs value) || value ? outPath then [ value ]
    else if value._type or "" == "if" then (if value.condition then resolve value.content else [ ])
    else if value._type or "" == "merge" then
      [ (builtins.foldl' merge { } (builtins.concatMap resolve value.contents)) ]
    else [ (builtins.mapAttrs (name: list: head list) (keep (builtins.mapAttrs (name: resolve) value))) ];
  keep = set: removeAttrs set (builtins.filter (name: set.${name} == [ ]) (builtins.attrNames set));
  merge = one: other: one // builtins.mapAttrs (name: value:
    if one ? ${name} && builtins.isAttrs one.${name} && builtins.isAttrs value then merge one.${name} value
    else value) other;

  # The options of a module with what is given: values that their types take, or an error.
  values = path: options: given: builtins.mapAttrs (name: option:
    let value = given.${name} or option.default or (throw "${path}${name} is not set");
    in if option._type or "" != "option" then values "${path}${name}." option (given.${name} or { })
    else if option.type value then value else throw "${path}${name} is of another type") options;

  # eval MODULE PKGS GIVEN: what the module sets.
  eval = module: pkgs: given:
    let
      evaluated = module { inherit config pkgs; lib = self; };
      config = merge given (values "" evaluated.options given);
      set = head (resolve evaluated.config);
      failed = builtins.filter (one: !one.assertion) (set.assertions or [ ]);
    in
    if failed != [ ] then throw (head failed).message else set;
  self = { inherit head last optional optionalString hasPrefix removePrefix splitString concatMapStringsSep
    literalExpression genAttrs licenses platforms mkOption mkEnableOption mkIf mkMerge mkDefault mkAfter types; };
}
