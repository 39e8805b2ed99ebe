import { describe, expect, test } from "vitest";
import { parseStanzas } from "../../../images/build/debian/deb822.ts";
import { type DebianPackage, toPackage } from "../../../images/build/debian/packages.ts";
import { parseRelations } from "../../../images/build/debian/relations.ts";
import { Resolver } from "../../../images/build/debian/resolver.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";

/** An index from stanzas; what they leave out is version 1, i386. */
function index(text: string): Resolver {
  return new Resolver(packages(text), "i386");
}

function packages(text: string): DebianPackage[] {
  return parseStanzas(text.trim()).map((fields) =>
    toPackage(new Map([["Version", "1"], ["Architecture", "i386"], ...fields])),
  );
}

function resolved(resolver: Resolver, names: string[]): string[] {
  return resolver.resolve(names).map(({ name, version }) => `${name} ${version}`);
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof TabnixError) return `${error.code}: ${error.message}`;
  }
  return "nothing was thrown";
}

test("reads relations", () => {
  expect(parseRelations("a, b (>= 1:2.0~) | c:any, d:native (<<3), e (< 1) , , (bad")).toEqual([
    [{ name: "a", qualifier: "" }],
    [
      { name: "b", qualifier: "", version: { operator: ">=", bound: "1:2.0~" } },
      { name: "c", qualifier: "any" },
    ],
    [{ name: "d", qualifier: "native", version: { operator: "<<", bound: "3" } }],
    [{ name: "e", qualifier: "", version: { operator: "<=", bound: "1" } }],
  ]);
});

describe("choosing", () => {
  test("follows dependencies and puts them first", () => {
    const resolver = index(`
Package: app
Depends: lib (>= 2), tool

Package: lib
Version: 1

Package: lib
Version: 2
Pre-Depends: base

Package: tool
Architecture: all

Package: base

Package: unused
`);
    expect(resolved(resolver, ["app"])).toEqual(["base 1", "lib 2", "tool 1", "app 1"]);
  });

  test("takes an older version if only that one fits", () => {
    const resolver = index(`
Package: app
Depends: lib (<< 2)

Package: lib
Version: 1

Package: lib
Version: 2
`);
    expect(resolved(resolver, ["app"])).toEqual(["lib 1", "app 1"]);
  });

  test("adds essential packages, unless told not to", () => {
    const resolver = index(`
Package: app

Package: dpkg
Essential: yes
`);
    expect(resolved(resolver, ["app"])).toEqual(["dpkg 1", "app 1"]);
    expect(resolver.resolve(["app"], { essential: false }).map(({ name }) => name)).toEqual([
      "app",
    ]);
  });

  test("leaves out what is installed, and builds on it", () => {
    const text = `
Package: app
Depends: lib

Package: lib
`;
    const all = packages(text);
    const resolver = new Resolver(all, "i386");
    const installed = all.filter(({ name }) => name === "lib");
    expect(resolver.resolve(["app"], { installed }).map(({ name }) => name)).toEqual(["app"]);
  });

  test("takes the first alternative that there is, and what was asked for before it", () => {
    const resolver = index(`
Package: app
Depends: gone | first | second

Package: first

Package: second
`);
    expect(resolved(resolver, ["app"])).toEqual(["first 1", "app 1"]);
    expect(resolved(resolver, ["app", "second"])).toEqual(["second 1", "app 1"]);
  });

  test("prefers usr-is-merged to usrmerge", () => {
    const resolver = index(`
Package: app
Depends: usrmerge | usr-is-merged

Package: usrmerge
Depends: perl

Package: perl

Package: usr-is-merged
`);
    expect(resolved(resolver, ["app"])).toEqual(["usr-is-merged 1", "app 1"]);
  });

  test("takes the provider of highest priority, and versions of what is provided", () => {
    const resolver = index(`
Package: app
Depends: awk, python3-supported-min (>= 3.13)

Package: gawk
Priority: optional
Provides: awk

Package: mawk
Priority: required
Provides: awk

Package: python3
Provides: python3-supported-min (= 3.13)

Package: python2
Priority: required
Provides: python3-supported-min
`);
    expect(resolved(resolver, ["app"])).toEqual(["mawk 1", "python3 1", "app 1"]);
  });

  test("follows architecture qualifiers", () => {
    const text = `
Package: app
Depends: DEPENDENCY

Package: allowed
Multi-Arch: allowed

Package: plain
`;
    const answers = ["allowed:any", "plain:native", "plain:i386", "plain:any", "plain:amd64"].map(
      (dependency) =>
        messageOf(() => index(text.replace("DEPENDENCY", dependency)).resolve(["app"])),
    );
    expect(answers).toEqual([
      "nothing was thrown",
      "nothing was thrown",
      "nothing was thrown",
      "unsatisfiable: The packages cannot be installed together: app → plain:any is not available.",
      "unsatisfiable: The packages cannot be installed together: app → plain:amd64 is not available.",
    ]);
  });

  test("goes back when a choice leads to a conflict", () => {
    const resolver = index(`
Package: app
Depends: first | second, third

Package: first

Package: second

Package: third
Breaks: first (<= 1)
`);
    expect(resolved(resolver, ["app"])).toEqual(["second 1", "third 1", "app 1"]);
  });

  test("survives cycles and packages that conflict with what they provide", () => {
    const resolver = index(`
Package: a
Depends: b
Provides: mail
Conflicts: mail

Package: b
Depends: a
`);
    expect(resolved(resolver, ["a"])).toEqual(["b 1", "a 1"]);
  });
});

describe("refusing", () => {
  test("an unknown package", () => {
    expect(messageOf(() => index("Package: a").resolve(["nonesuch"]))).toBe(
      "unsatisfiable: There is no package nonesuch for i386 in this suite.",
    );
  });

  test("a version that is not there, with the chain that leads to it", () => {
    const resolver = index(`
Package: app
Depends: middle

Package: middle
Depends: lib (>= 2) | other

Package: lib
Version: 1
`);
    expect(messageOf(() => resolver.resolve(["app"]))).toBe(
      "unsatisfiable: The packages cannot be installed together: app → middle → lib (>= 2) | other is not available.",
    );
  });

  test("a conflict, with the package that states it", () => {
    const resolver = index(`
Package: app
Depends: middle

Package: middle
Conflicts: virtual

Package: other
Provides: virtual
`);
    expect(messageOf(() => resolver.resolve(["app", "other"]))).toBe(
      "unsatisfiable: The packages cannot be installed together: app → middle: middle conflicts with virtual.",
    );
  });
});
