/** Files outlive the page: the guest's memory, what it has cached, and what was written meet again. */
import { expect } from "./support/engines.ts";
import { test } from "./support/scripted-page.ts";
import { Shell } from "./support/shell.ts";
import { reload, storageShown, withoutHandles } from "./support/storage.ts";

// What goes by a service worker the browser's driver cannot change on its way.
test.use({ serviceWorkers: "block" });

for (const [kind, prepare] of [
  ["its private file system", async () => {}],
  ["IndexedDB", withoutHandles],
] as const) {
  test(`files in ${kind} are there after a reload, the system's too`, async ({
    page,
    browserName,
  }) => {
    const isDatabase = kind === "IndexedDB";
    test.skip(
      browserName === "webkit" && !isDatabase,
      "WebKitGTK's private file system has no handles for workers, though it offers them",
    );
    if (browserName !== "webkit") await prepare(page);
    const shell = await Shell.open(page, "base");
    await shell.output("echo written > /root/note && echo live > /workspace/note && sync");
    await shell.output("echo tabnix.example > /etc/mailname && rm /etc/issue && sync");
    const sum = await shell.output(
      "head -c 1000000 /dev/urandom > /home/large && sync && sha256sum < /home/large",
    );
    // Nothing but the prompt is between these and the end of the page.
    await shell.output(
      "mkdir -p /root/a/b && ln -s b /root/a/c && chmod 700 /root/a && sync /root",
    );
    const again = await reload(page);
    await expect(page.locator(".status-item", { hasText: "Storage" })).toHaveText(
      "Storage saved in this browser",
    );
    expect(await again.output("cat /root/note /workspace/note /etc/mailname")).toBe(
      "written\nlive\ntabnix.example",
    );
    expect((await again.run("test -e /etc/issue")).status).toBe(1);
    expect(await again.output("sha256sum < /home/large")).toBe(sum);
    expect(await again.output("stat -c '%a %N' /root/a /root/a/c")).toBe(
      "700 '/root/a'\n777 '/root/a/c' -> 'b'",
    );
    expect(await storageShown(page)).toContain(`(${kind})`);
  });
}
