/** The bill of materials of an image: CycloneDX 1.6, JSON. */
import { createHash } from "node:crypto";
import { spdxIdentifier } from "./debian/licences.ts";
import type { UnpackedPackage } from "./debian/unpack.ts";

/** A part of the image that is no Debian package of its tree: emulator, kernel, BIOS, tools. */
export interface OtherComponent {
  type: "application" | "operating-system" | "firmware";
  name: string;
  version: string;
  /** An SPDX expression, "GPL-2.0-only" or "BSD-2-Clause". */
  licence: string;
  /** Package URL, if it has one. */
  purl?: string;
  /** What the bill calls it, if not by its package URL: two parts may come from one package. */
  reference?: string;
  /** Of the file it came in, lower-case hex, if there is one. */
  hash?: { algorithm: "SHA-256" | "SHA-512"; hex: string };
}

/** What a bill is made of. */
export interface Bill {
  /** The image's name. */
  image: string;
  description: string;
  /** Debian's codename and point release. */
  suite: string;
  release: string;
  /** Of the Debian release: equal inputs give an equal bill. */
  date: Date;
  packages: readonly UnpackedPackage[];
  others: readonly OtherComponent[];
}

/** The document as text, its components in the order of their names. */
export function writeBill(bill: Bill): string {
  const components = [
    ...bill.packages.map((entry) => packageComponent(entry, bill.suite)),
    ...bill.others.map(otherComponent),
  ].sort((a, b) => compareText(a.name, b.name) || compareText(a["bom-ref"], b["bom-ref"]));
  const subject = {
    type: "container",
    "bom-ref": `tabnix:${bill.image}`,
    name: bill.image,
    version: `${bill.suite}-${bill.release}`,
    description: bill.description,
  };
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: serialNumber({ subject, components }),
    version: 1,
    metadata: {
      timestamp: bill.date.toISOString(),
      tools: { components: [{ type: "application", name: "tabnix" }] },
      component: subject,
    },
    components,
    dependencies: [
      { ref: subject["bom-ref"], dependsOn: components.map((component) => component["bom-ref"]) },
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function packageComponent(entry: UnpackedPackage, suite: string) {
  const { name, version, architecture, sha256, maintainer, licences } = entry;
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=${suite}`;
  return {
    type: "library",
    "bom-ref": purl,
    ...(maintainer === "" ? {} : { supplier: { name: maintainer } }),
    name,
    version,
    hashes: [{ alg: "SHA-256", content: sha256 }],
    ...(licences.length === 0 ? {} : { licenses: uniqueLicences(licences) }),
    purl,
  };
}

function otherComponent(component: OtherComponent) {
  const { type, name, version, licence, purl, reference, hash } = component;
  return {
    type,
    "bom-ref": reference ?? purl ?? `tabnix:${name}@${version}`,
    name,
    version,
    ...(hash === undefined ? {} : { hashes: [{ alg: hash.algorithm, content: hash.hex }] }),
    licenses: [{ expression: licence }],
    ...(purl === undefined ? {} : { purl }),
  };
}

/** Several short names of Debian can stand for one SPDX identifier. */
function uniqueLicences(shortNames: readonly string[]) {
  const licences = shortNames.map((shortName) => {
    const id = spdxIdentifier(shortName);
    return { license: id === undefined ? { name: shortName } : { id } };
  });
  const unique = new Map(licences.map((entry) => [JSON.stringify(entry), entry]));
  return [...unique.keys()].sort(compareText).map((key) => unique.get(key));
}

/** A UUID (RFC 9562, version 8) made from the content. */
function serialNumber(content: unknown): string {
  const digest = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  const parts = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `8${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ];
  return `urn:uuid:${parts.join("-")}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
