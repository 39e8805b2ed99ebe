/** On Debian's real archive, by the machine's mirror and the build's own cache. */
import { beforeAll, expect, test } from "vitest";
import { Cache } from "../../../images/build/cache.ts";
import { DebianArchive } from "../../../images/build/debian/archive.ts";
import type { DebianPackage } from "../../../images/build/debian/packages.ts";
import { formatRelations, parseRelations } from "../../../images/build/debian/relations.ts";
import { silent } from "../../../images/build/progress.ts";
import { loadRecipe } from "../../../images/build/recipe.ts";

let archive: DebianArchive;
let base: DebianPackage[];

beforeAll(async () => {
  archive = await DebianArchive.open(
    { suite: "trixie", architecture: "i386" },
    await Cache.open(),
    silent,
  );
  base = archive.resolve((await loadRecipe("base")).packages);
});

test("is Debian 13", () => {
  expect(archive.release.codename).toBe("trixie");
  expect(archive.release.version).toMatch(/^13\.[0-9]+$/);
});

test("resolves the base recipe, once each, with everything it names", async () => {
  const names = base.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining([...(await loadRecipe("base")).packages]));
  expect(names).toEqual(expect.arrayContaining(["base-files", "dpkg", "libc6", "perl-base"]));
  expect(names).not.toContain("usrmerge");
  expect(names).not.toContain("systemd");
});

test("leaves no dependency open", () => {
  const provided = new Set(
    base.flatMap(({ name, provides }) => [
      name,
      ...parseRelations(provides).flatMap((group) => group.map((relation) => relation.name)),
    ]),
  );
  const open = base.flatMap(({ name, preDepends, depends }) =>
    parseRelations(`${preDepends}, ${depends}`)
      .filter((group) => !group.some((relation) => provided.has(relation.name)))
      .map((group) => `${name}: ${formatRelations(group)}`),
  );
  expect(open).toEqual([]);
});

test("puts Pre-Depends before what needs them", () => {
  const position = new Map(base.map(({ name }, index) => [name, index]));
  const late = base.flatMap(({ name, preDepends }, index) =>
    parseRelations(preDepends)
      .flat()
      .filter((relation) => (position.get(relation.name) ?? 0) > index)
      .map((relation) => `${name} before ${relation.name}`),
  );
  expect(late).toEqual([]);
});

test("gives the same answer twice, and adds to it", async () => {
  expect(archive.resolve((await loadRecipe("base")).packages)).toEqual(base);
  const more = archive.resolve((await loadRecipe("python")).packages, { installed: base });
  expect(more.map(({ name }) => name)).toContain("python3");
  expect(more.filter((entry) => base.includes(entry))).toEqual([]);
});
