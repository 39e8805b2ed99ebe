/** Directives that say who may show a page, or that turn http addresses into https ones. */
const LEFT_OUT = new Set(["frame-ancestors", "upgrade-insecure-requests"]);
const SCRIPT = ["script-src-elem", "script-src", "default-src"];

/**
 * A Content-Security-Policy that lets the pane show the page and the preview's own script run, and is
 * otherwise what the server has sent. @param value one or more policies, with commas between them
 */
export function policyForPreview(value: string, nonce: string): string {
  return value
    .split(",")
    .map((policy) => onePolicy(policy, nonce))
    .join(",");
}

function onePolicy(policy: string, nonce: string): string {
  const directives = policy
    .split(";")
    .map((directive) => directive.trim().split(/\s+/))
    .filter(([name = ""]) => name !== "" && !LEFT_OUT.has(name.toLowerCase()));
  const nameOf = ([name = ""]: string[]) => name.toLowerCase();
  const deciding = SCRIPT.map((name) => directives.find((it) => nameOf(it) === name)).find(Boolean);
  if (deciding) {
    const sources = deciding.slice(1).map((source) => source.toLowerCase());
    const usesNonces = sources.some((source) => /^'(nonce|sha\d+)-|^'strict-dynamic'/.test(source));
    const rest = sources.filter((source) => source !== "'none'");
    const allowsSelf = rest.includes("'self'") || rest.includes("*");
    // A nonce would switch 'unsafe-inline' off, so it is the last resort.
    if (usesNonces || !allowsSelf) {
      const needsSelf = !usesNonces && rest.includes("'unsafe-inline'");
      const kept = deciding.slice(1).filter((source) => source.toLowerCase() !== "'none'");
      const added = needsSelf ? "'self'" : `'nonce-${nonce}'`;
      deciding.splice(0, deciding.length, deciding[0]!, ...kept, added);
    }
  }
  return directives.map((directive) => directive.join(" ")).join("; ");
}
