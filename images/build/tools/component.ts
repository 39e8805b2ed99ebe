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
    purl: packageUrl(tool),
    reference: `tabnix:${path}`,
    hash: { algorithm: "SHA-512", hex: sha512 },
  };
}

/** "pkg:npm/%40scope/name@1.2.3" or "pkg:deb/debian/name@1.2.3?arch=source" */
function packageUrl(tool: InstalledTool): string {
  const { name, version } = splitPackage(tool.package);
  const parts = name.split("/").map(encodeURIComponent);
  const place = `${parts.join("/")}@${encodeURIComponent(version)}`;
  return tool.origin === "npm" ? `pkg:npm/${place}` : `pkg:deb/debian/${place}?arch=source`;
}
