/** Kernel configurations: the fragment in the repository, and what the kernel makes of it. */

/**
 * The lines of a fragment that did not take effect, because an option was renamed, removed, or needs
 * another. Such a line is a mistake: its reason is no longer true.
 *
 * @param fragment `CONFIG_X=value` and `# CONFIG_X is not set`, among comments
 * @param result the whole configuration, `.config`
 */
export function ineffectiveLines(fragment: string, result: string): string[] {
  const actual = options(result);
  return [...options(fragment)]
    .filter(([name, value]) => (actual.get(name) ?? NOT_SET) !== value)
    .map(([name, value]) => (value === NOT_SET ? `# ${name} is not set` : `${name}=${value}`));
}

const NOT_SET = "";

function options(text: string): Map<string, string> {
  const lines = text.matchAll(/^(?:(CONFIG_\w+)=(.+)|# (CONFIG_\w+) is not set)$/gm);
  return new Map(
    [...lines].map(([, name, value, unset]) => [name ?? unset ?? "", value ?? NOT_SET]),
  );
}
