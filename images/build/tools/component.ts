/** Tools as parts of an image's bill of materials. */
import type { OtherComponent } from "../sbom.ts";
import { type InstalledTool, splitPackage } from "./tool.ts";

/** The component of a tool: its package by URL, and the hash of the tarball it came in. */
export function toolComponent(tool: InstalledTool): OtherComponent {
  const { name, version, path, licence, sha512 } = tool;
  return {
    type: "application",
    name,
    version,
    licence,
    purl: packageUrl(tool.package),
    reference: `tabnix:${path}`,
    hash: { algorithm: "SHA-512", hex: sha512 },
  };
}

/** "pkg:npm/%40scope/name@1.2.3" */
function packageUrl(text: string): string {
  const { name, version } = splitPackage(text);
  const parts = name.split("/").map(encodeURIComponent);
  return `pkg:npm/${parts.join("/")}@${encodeURIComponent(version)}`;
}
