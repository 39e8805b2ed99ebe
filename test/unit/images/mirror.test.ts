import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mirrorAddress } from "../../../images/build/debian/mirror.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabnix-apt-"));
  await mkdir(join(folder, "sources.list.d"));
});

afterEach(() => rm(folder, { recursive: true }));

test("takes the variable before all", () => {
  expect(mirrorAddress({ DEBIAN_MIRROR: "http://mirror.test/debian//" }, folder)).toBe(
    "http://mirror.test/debian",
  );
  expect(() => mirrorAddress({ DEBIAN_MIRROR: "mirror.test" }, folder)).toThrow(
    "DEBIAN_MIRROR is not an http or https address: mirror.test",
  );
});

test("reads apt's one-line sources", async () => {
  await writeFile(
    join(folder, "sources.list"),
    `# deb http://commented.test/debian trixie main
deb-src http://source.test/debian trixie main
deb [signed-by=/a/b arch=amd64] https://vendor.test/apt vendor-bookworm main
deb cdrom:[Debian]/ trixie main
deb http://security.test/debian-security trixie-security main
deb [ arch=amd64 ] http://mirror.test/debian/ trixie main contrib # ours
`,
  );
  expect(mirrorAddress({}, folder)).toBe("http://mirror.test/debian");
});

test("reads apt's deb822 sources", async () => {
  await writeFile(
    join(folder, "sources.list.d/debian.sources"),
    `Types: deb
Enabled: no
URIs: http://disabled.test/debian
Suites: trixie
Components: main

# The mirror.
Types: deb deb-src
URIs: http://mirror.test/debian
Suites: trixie trixie-updates
Components: main contrib
`,
  );
  expect(mirrorAddress({}, folder)).toBe("http://mirror.test/debian");
});

test("says what is missing where apt knows no Debian", async () => {
  await writeFile(
    join(folder, "sources.list.d/other.list"),
    "deb http://other.test/ubuntu noble main\n",
  );
  expect(() => mirrorAddress({}, folder)).toThrow(
    "No Debian mirror is known: DEBIAN_MIRROR is not set and apt has none on this machine.",
  );
});
