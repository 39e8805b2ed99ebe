/** What a login shell starts with. */
import { expect, test } from "vitest";
import { loginShell } from "../../../workers/machine/shell.ts";

test("a machine's own variables are over the image's, and those over every shell's", () => {
  const manifest = { shell: "/bin/bash", environment: { LANG: "C", PAGER: "less" } };
  const own = { LANG: "de_DE.UTF-8", COURSE: "1", SHELL: "/bin/false", HOME: "/srv" };
  expect(loginShell(manifest, own)).toEqual({
    argv: ["/bin/bash", "-l"],
    environment: {
      HOME: "/srv",
      USER: "root",
      LOGNAME: "root",
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      TERM: "xterm-256color",
      COLORTERM: "truecolor",
      LANG: "de_DE.UTF-8",
      PAGER: "less",
      COURSE: "1",
      SHELL: "/bin/bash",
    },
    directory: "/srv",
    raw: false,
  });
});
