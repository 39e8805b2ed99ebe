import { expect, test } from "vitest";
import { licencesOf } from "../../../images/build/debian/licences.ts";
import { type Bill, writeBill } from "../../../images/build/sbom.ts";
import { toolComponent } from "../../../images/build/tools/component.ts";

const BILL: Bill = {
  image: "tiny",
  description: "BusyBox alone",
  suite: "trixie",
  release: "13.7",
  date: new Date("2026-09-12T07:55:41Z"),
  packages: [
    {
      name: "libstdc++6",
      version: "1:2-3+b1",
      architecture: "i386",
      sha256: "aa",
      maintainer: "A <a@debian.test>",
      licences: ["Expat", "GPL-2+", "MIT-like", "zlib", "Zlib"],
    },
    {
      name: "base-files",
      version: "13",
      architecture: "all",
      sha256: "bb",
      maintainer: "",
      licences: [],
    },
  ],
  others: [
    {
      type: "application",
      name: "v86",
      version: "0.5",
      licence: "BSD-2-Clause",
      purl: "pkg:npm/v86@0.5",
    },
    {
      type: "firmware",
      name: "SeaBIOS",
      version: "1",
      licence: "LGPL-3.0-only",
      hash: { algorithm: "SHA-256", hex: "cc" },
    },
  ],
};

test("lists everything, sorted, with SPDX identifiers where they are clear", () => {
  const { serialNumber, ...document } = JSON.parse(writeBill(BILL));
  expect(serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const libstdc = "pkg:deb/debian/libstdc%2B%2B6@1%3A2-3%2Bb1?arch=i386&distro=trixie";
  const baseFiles = "pkg:deb/debian/base-files@13?arch=all&distro=trixie";
  expect(document).toEqual({
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: "2026-09-12T07:55:41.000Z",
      tools: { components: [{ type: "application", name: "tabnix" }] },
      component: {
        type: "container",
        "bom-ref": "tabnix:tiny",
        name: "tiny",
        version: "trixie-13.7",
        description: "BusyBox alone",
      },
    },
    components: [
      {
        type: "firmware",
        "bom-ref": "tabnix:SeaBIOS@1",
        name: "SeaBIOS",
        version: "1",
        hashes: [{ alg: "SHA-256", content: "cc" }],
        licenses: [{ expression: "LGPL-3.0-only" }],
      },
      {
        type: "library",
        "bom-ref": baseFiles,
        name: "base-files",
        version: "13",
        hashes: [{ alg: "SHA-256", content: "bb" }],
        purl: baseFiles,
      },
      {
        type: "library",
        "bom-ref": libstdc,
        supplier: { name: "A <a@debian.test>" },
        name: "libstdc++6",
        version: "1:2-3+b1",
        hashes: [{ alg: "SHA-256", content: "aa" }],
        licenses: [
          { license: { id: "GPL-2.0-or-later" } },
          { license: { id: "MIT" } },
          { license: { id: "Zlib" } },
          { license: { name: "MIT-like" } },
        ],
        purl: libstdc,
      },
      {
        type: "application",
        "bom-ref": "pkg:npm/v86@0.5",
        name: "v86",
        version: "0.5",
        licenses: [{ expression: "BSD-2-Clause" }],
        purl: "pkg:npm/v86@0.5",
      },
    ],
    dependencies: [
      {
        ref: "tabnix:tiny",
        dependsOn: ["tabnix:SeaBIOS@1", baseFiles, libstdc, "pkg:npm/v86@0.5"],
      },
    ],
  });
});

test("a tool is named by its place, so that two may come from one package", () => {
  const tool = (name: string) =>
    toolComponent({
      name,
      version: "1.2.3-rc.1+b",
      path: `/usr/local/bin/${name}`,
      bytes: 1,
      package: "@scope/tools@1.2.3-rc.1+b",
      origin: "npm",
      licence: "PSF-2.0 AND Apache-2.0",
      sha512: "dd",
    });
  const bill = writeBill({ ...BILL, packages: [], others: [tool("b"), tool("a")] });
  const { components, dependencies } = JSON.parse(bill);
  expect(components[0]).toEqual({
    type: "application",
    "bom-ref": "tabnix:/usr/local/bin/a",
    name: "a",
    version: "1.2.3-rc.1+b",
    hashes: [{ alg: "SHA-512", content: "dd" }],
    licenses: [{ expression: "PSF-2.0 AND Apache-2.0" }],
    purl: "pkg:npm/%40scope/tools@1.2.3-rc.1%2Bb",
  });
  expect(dependencies[0].dependsOn).toEqual(["tabnix:/usr/local/bin/a", "tabnix:/usr/local/bin/b"]);
});

test("gives the same document for the same parts in any order", () => {
  const shuffled = {
    ...BILL,
    packages: [...BILL.packages].reverse(),
    others: [...BILL.others].reverse(),
  };
  expect(writeBill(shuffled)).toBe(writeBill(BILL));
});

test("reads licences from machine-readable copyright files only", () => {
  const readable = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: x

Files: *
License: GPL-2+ or Expat
 The text.

Files: a
License: BSD-3-clause and ISC

License: GPL-3+ with Autoconf exception
 The text.
`;
  expect(licencesOf(readable)).toEqual([
    "BSD-3-clause",
    "Expat",
    "GPL-2+",
    "GPL-3+ with Autoconf exception",
    "ISC",
  ]);
  expect(licencesOf("This is free software.\n\nLicense: GPL-2\n")).toEqual([]);
});
