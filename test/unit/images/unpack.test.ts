import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseStanza } from "../../../images/build/debian/deb822.ts";
import { type DebianPackage, toPackage } from "../../../images/build/debian/packages.ts";
import { type UnpackOptions, unpackPackages } from "../../../images/build/debian/unpack.ts";
import { FileSystemTree } from "../../../images/build/guest/filesystem-tree.ts";
import { FileSystem } from "../../../workers/kernel/filesystem/filesystem.ts";
import { toText } from "../../../workers/kernel/filesystem/names.ts";
import { readInode, resolvePath, walk } from "../../../workers/kernel/filesystem/paths.ts";
import { debOf, type Member, sha256 } from "./mirror-fixture.ts";

const COPYRIGHT = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: GPL-2+ or Expat

License: Expat
 Permission is hereby granted.
`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabnix-unpack-"));
});

afterEach(() => rm(folder, { recursive: true }));

interface Source {
  control: string;
  data: Member[];
  scripts?: Record<string, string>;
}

/** Unpacks packages that are made on the spot. */
async function unpack(fs: FileSystem, sources: Source[], options: Partial<UnpackOptions> = {}) {
  const packages = new Map<DebianPackage, string>();
  for (const { control, data, scripts } of sources) {
    const bytes = await debOf(control, data, scripts);
    const entry = { ...toPackage(parseStanza(control)), sha256: sha256(bytes), size: bytes.length };
    const path = join(folder, `${entry.name}.deb`);
    await writeFile(path, bytes);
    packages.set(entry, path);
  }
  return await unpackPackages(packages, new FileSystemTree(fs), {
    architecture: "i386",
    documentation: false,
    mtime: 1_600_000_000,
    ...options,
  });
}

/** Every path with its permissions, and the target of links. */
function listing(fs: FileSystem): string[] {
  return [...walk(fs)].map(({ path, inode }) => {
    const target = inode.target === undefined ? "" : ` -> ${toText(inode.target)}`;
    return `${inode.mode.toString(8)} ${path}${target}`;
  });
}

async function textOf(fs: FileSystem, path: string): Promise<string> {
  return Buffer.from(await readInode(fs, resolvePath(fs, path))).toString();
}

const DPKG: Source = {
  control: "Package: dpkg\nVersion: 1\nArchitecture: i386\nMaintainer: Guillem\n",
  data: [{ name: "./bin/dpkg", mode: 0o755, content: "dpkg" }],
  scripts: { triggers: "interest-noawait /usr/share/watched\ninterest named\n" },
};

const APP: Source = {
  control:
    "Package: app\nVersion: 1:2-3\nArchitecture: i386\nMulti-Arch: same\nDescription: an app\n",
  data: [
    { name: "./", type: "directory", mode: 0o755 },
    { name: "./etc/", type: "directory", mode: 0o755 },
    { name: "./etc/app.conf", content: "setting\n" },
    { name: "./sbin/", type: "directory", mode: 0o755 },
    { name: "./sbin/app", mode: 0o4755, content: "app" },
    { name: "./sbin/same", type: "link", linkname: "./sbin/app" },
    { name: "./usr/share/", type: "directory", mode: 0o755 },
    { name: "./usr/share/doc/", type: "directory", mode: 0o755 },
    { name: "./usr/share/doc/app/", type: "directory", mode: 0o755 },
    { name: "./usr/share/doc/app/changelog.gz", content: "long" },
    { name: "./usr/share/doc/app/copyright", content: COPYRIGHT },
    { name: "./usr/share/doc/app-data", type: "symlink", linkname: "app", mode: 0o777 },
    { name: "./usr/share/info/", type: "directory", mode: 0o755 },
    { name: "./usr/share/info/app.info", content: "info" },
    { name: "./usr/share/man/", type: "directory", mode: 0o755 },
    { name: "./usr/share/man/de/", type: "directory", mode: 0o755 },
    { name: "./usr/share/man/de/man1/", type: "directory", mode: 0o755 },
    { name: "./usr/share/man/de/man1/app.1.gz", content: "Seite" },
    { name: "./usr/share/man/man1/", type: "directory", mode: 0o755 },
    { name: "./usr/share/man/man1/alternative.1.gz", content: "page" },
    { name: "./usr/share/man/man1/app.1.gz", content: "page" },
    { name: "./usr/share/watched/", type: "directory", mode: 0o755 },
    { name: "./usr/share/watched/file", content: "" },
  ],
  scripts: {
    conffiles: "/etc/app.conf\nremove-on-upgrade /etc/old.conf\n",
    postinst: "update-alternatives --slave x x /usr/share/man/man1/alternative.1.gz\n",
  },
};

test("unpacks into a merged /usr, without documentation, ready to be configured", async () => {
  const fs = new FileSystem();
  const unpacked = await unpack(fs, [DPKG, APP]);
  expect(listing(fs)).toEqual([
    "40755 /",
    "120777 /bin -> usr/bin",
    "40755 /etc",
    "100644 /etc/app.conf",
    "40755 /etc/dpkg",
    "40755 /etc/dpkg/dpkg.cfg.d",
    "100644 /etc/dpkg/dpkg.cfg.d/tabnix-documentation",
    "120777 /lib -> usr/lib",
    "120777 /sbin -> usr/sbin",
    "40755 /usr",
    "40755 /usr/bin",
    "100755 /usr/bin/dpkg",
    "40755 /usr/lib",
    "40755 /usr/sbin",
    "104755 /usr/sbin/app",
    "104755 /usr/sbin/same",
    "40755 /usr/share",
    "40755 /usr/share/doc",
    "40755 /usr/share/doc/app",
    "100644 /usr/share/doc/app/copyright",
    "120777 /usr/share/doc/app-data -> app",
    "40755 /usr/share/man",
    "40755 /usr/share/man/man1",
    "100644 /usr/share/man/man1/alternative.1.gz",
    "40755 /usr/share/watched",
    "100644 /usr/share/watched/file",
    "40755 /var",
    "40755 /var/lib",
    "40755 /var/lib/dpkg",
    "40755 /var/lib/dpkg/alternatives",
    "100644 /var/lib/dpkg/arch",
    "100644 /var/lib/dpkg/available",
    "40755 /var/lib/dpkg/info",
    "100644 /var/lib/dpkg/info/app:i386.conffiles",
    "100644 /var/lib/dpkg/info/app:i386.list",
    "100755 /var/lib/dpkg/info/app:i386.postinst",
    "100644 /var/lib/dpkg/info/dpkg.list",
    "100644 /var/lib/dpkg/info/dpkg.triggers",
    "100644 /var/lib/dpkg/info/format",
    "40755 /var/lib/dpkg/parts",
    "100644 /var/lib/dpkg/status",
    "40755 /var/lib/dpkg/triggers",
    "100644 /var/lib/dpkg/triggers/File",
    "100644 /var/lib/dpkg/triggers/Unincorp",
    "100644 /var/lib/dpkg/triggers/named",
    "40755 /var/lib/dpkg/updates",
  ]);
  expect(await textOf(fs, "/var/lib/dpkg/status")).toBe(`Package: dpkg
Status: install ok unpacked
Version: 1
Architecture: i386
Maintainer: Guillem

Package: app
Status: install ok unpacked
Version: 1:2-3
Architecture: i386
Multi-Arch: same
Description: an app
Conffiles:
 /etc/app.conf 2c1d4f59f062ce424618f4d25961fb76
`);
  expect(await textOf(fs, "/var/lib/dpkg/triggers/File")).toBe("/usr/share/watched dpkg/noawait\n");
  expect(await textOf(fs, "/var/lib/dpkg/triggers/named")).toBe("dpkg\n");
  expect(await textOf(fs, "/var/lib/dpkg/triggers/Unincorp")).toBe("/usr/share/watched -\n");
  const list = await textOf(fs, "/var/lib/dpkg/info/app:i386.list");
  expect(list.split("\n").slice(0, 3)).toEqual(["/.", "/etc", "/etc/app.conf"]);
  expect(list).toContain("\n/usr/share/man/man1/app.1.gz\n");
  expect(resolvePath(fs, "/sbin/app")).toBe(resolvePath(fs, "/usr/sbin/same"));
  expect(unpacked.map(({ sha256: _, ...rest }) => rest)).toEqual([
    { name: "dpkg", version: "1", architecture: "i386", maintainer: "Guillem", licences: [] },
    {
      name: "app",
      version: "1:2-3",
      architecture: "i386",
      maintainer: "",
      licences: ["Expat", "GPL-2+"],
    },
  ]);
});

test("keeps documentation where it is wanted", async () => {
  const fs = new FileSystem();
  await unpack(fs, [DPKG, APP], { documentation: true });
  const paths = [...walk(fs, "/usr/share/man")].map(({ path }) => path);
  expect(paths).toContain("/usr/share/man/de/man1/app.1.gz");
  expect(() => resolvePath(fs, "/etc/dpkg/dpkg.cfg.d")).toThrow("ENOENT");
});

test("adds packages to a system that is there", async () => {
  const fs = new FileSystem();
  await unpack(fs, [DPKG]);
  const installed = [toPackage(parseStanza(DPKG.control))];
  await unpack(fs, [APP], { installed });
  const status = await textOf(fs, "/var/lib/dpkg/status");
  expect(status.match(/^(Package|Status): .*$/gm)).toEqual([
    "Package: dpkg",
    "Status: install ok unpacked",
    "Package: app",
    "Status: install ok unpacked",
  ]);
  expect(await textOf(fs, "/var/lib/dpkg/triggers/Unincorp")).toBe("/usr/share/watched -\n");
});

test("writes no database without dpkg, and refuses what only dpkg can configure", async () => {
  const fs = new FileSystem();
  const { control, data } = DPKG;
  await unpack(fs, [{ control: control.replace("dpkg", "busybox-static"), data }]);
  expect(listing(fs)).toEqual([
    "40755 /",
    "120777 /bin -> usr/bin",
    "120777 /lib -> usr/lib",
    "120777 /sbin -> usr/sbin",
    "40755 /usr",
    "40755 /usr/bin",
    "100755 /usr/bin/dpkg",
    "40755 /usr/lib",
    "40755 /usr/sbin",
  ]);
  await expect(unpack(fs, [APP])).rejects.toMatchObject({
    code: "invalid-input",
    message: "The package app must be configured by dpkg, which is not among the packages.",
  });
});

test("refuses device nodes", async () => {
  const data: Member[] = [{ name: "./dev/sda", type: "block-device", devmajor: 8, devminor: 0 }];
  await expect(unpack(new FileSystem(), [{ ...DPKG, data }])).rejects.toMatchObject({
    code: "malformed",
    message: "The package dpkg has a block-device at /dev/sda; Debian's packages have none.",
  });
});
