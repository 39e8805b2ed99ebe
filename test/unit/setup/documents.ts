/** Documents of set-ups for tests: sound ones, and wrong ones with what is said of them. */
import {
  SETUP_COMMANDS,
  SETUP_FILES,
  SETUP_TERMINALS,
  SETUP_TEXT_CHARACTERS,
  SETUP_TITLE_CHARACTERS,
  SETUP_VARIABLES,
} from "../../../workers/shared/limits.ts";

const many = (count: number, name: (index: number) => string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [name(index), "x"]));

export const GOOD: readonly unknown[] = [
  {},
  { $schema: "./tabnix.schema.json", title: "A title", description: "", image: "tiny" },
  { files: {} },
  { files: { "/root/a": "text", "/root/b c/日本": ["a line", "another"], "/.x": [] } },
  { files: { "/a": { content: "x" }, "/b": { content: ["x"], mode: "0755" } } },
  { files: { "/a": { base64: "" }, "/b": { base64: "AAE=" }, "/c": { base64: "AAEC" } } },
  { files: { "/a": { url: "https://site.example/a?b#c" }, "/b": { url: "../b", mode: "600" } } },
  { files: { "/a": { url: "http://127.0.0.1:8080/" }, "/b": { url: "a/b:c" } } },
  { files: { "/devices": "x", "/root/proc/x": "x", "/a..b/...": "x" } },
  { files: many(SETUP_FILES, (index) => `/root/${index}`) },
  { env: { A: "", _b1: "some text" } },
  { env: JSON.parse('{ "__proto__": "x", "constructor": "y" }') },
  { env: many(SETUP_VARIABLES, (index) => `V${index}`) },
  { run: "echo 'é' | wc -c" },
  { run: [] },
  { run: Array.from({ length: SETUP_COMMANDS }, () => "x".repeat(SETUP_TEXT_CHARACTERS)) },
  // A character outside of the basic plane counts as one.
  { title: "😀".repeat(SETUP_TITLE_CHARACTERS) },
  { terminals: ["top", ["cd /", "ls"], []] },
  { ports: [1, 8080, 65_535] },
  { panes: ["preview", "files"] },
  { network: true },
  { network: false },
  { network: { relay: "wss://relay.example/wisp/" } },
  { network: { relay: "ws://127.0.0.1:8080/", token: "a.b~c", lan: "class-3a" } },
  { network: { lan: "a" } },
  { persist: true },
];

/** Wrong ones: the place, and the rest of what is said. */
export const BAD: readonly (readonly [unknown, string, string])[] = [
  [[], "", "must be an object, not a list"],
  [null, "", "must be an object, not null"],
  ["x", "", "must be an object, not a string"],
  [
    { file: {} },
    " at file",
    "is not known; there are $schema, title, description, image, files, env, run, terminals, ports, panes, network, persist",
  ],
  [
    JSON.parse('{ "__proto__": {} }'),
    " at __proto__",
    "is not known; there are $schema, title, description, image, files, env, run, terminals, ports, panes, network, persist",
  ],
  [
    { constructor: 1 },
    " at constructor",
    "is not known; there are $schema, title, description, image, files, env, run, terminals, ports, panes, network, persist",
  ],
  [{ title: 7 }, " at title", "must be one line of text, not a number"],
  [{ title: "a\nb" }, " at title", "must be one line of text"],
  [{ title: "\ud800" }, " at title", "must be one line of text"],
  [
    { title: "x".repeat(SETUP_TITLE_CHARACTERS + 1) },
    " at title",
    "must have at most 100 characters",
  ],
  [
    { title: "😀".repeat(SETUP_TITLE_CHARACTERS + 1) },
    " at title",
    "must have at most 100 characters",
  ],
  [{ description: null }, " at description", "must be one line of text, not null"],
  [
    { image: "imported:base-01234567" },
    " at image",
    "must be the name of an image: lower-case letters, digits, dots and dashes",
  ],
  [
    { image: "../x" },
    " at image",
    "must be the name of an image: lower-case letters, digits, dots and dashes",
  ],
  [{ files: [] }, " at files", "must be an object, not a list"],
  ...[
    "root/a",
    "/",
    "/a/",
    "/a//b",
    "/a/../b",
    "/./a",
    "/a\u0000",
    "/proc/sys/x",
    "/dev/x",
    "/a\u202eb",
  ].map(
    (path) =>
      [
        { files: { [path]: "" } },
        ` at files[${JSON.stringify(path)}]`,
        "must be an absolute path without “.”, “..” and empty parts, and not below /dev, /proc, /run or /sys",
      ] as const,
  ),
  [
    { files: { [`/${"x".repeat(1000)}`]: "" } },
    ` at files["/${"x".repeat(79)}…"]`,
    "must have at most 1000 characters",
  ],
  [
    { files: many(SETUP_FILES + 1, (index) => `/${index}`) },
    " at files",
    "must have at most 200 entries",
  ],
  [{ files: { "/a": 1 } }, ' at files["/a"]', "must be an object, not a number"],
  [{ files: { "/a": ["x", 1] } }, ' at files["/a"][1]', "must be text, not a number"],
  [{ files: { "/a": "\udc00" } }, ' at files["/a"]', "must be text"],
  [{ files: { "/a": {} } }, ' at files["/a"]', "must have one of content, base64, url"],
  [
    { files: { "/a": { mode: "644" } } },
    ' at files["/a"]',
    "must have one of content, base64, url",
  ],
  [
    { files: { "/a": { content: "", url: "x" } } },
    ' at files["/a"]',
    "must have one of content, base64, url",
  ],
  [
    { files: { "/a": { content: "", owner: "x" } } },
    ' at files["/a"].owner',
    "is not known; there are content, base64, url, mode",
  ],
  [
    { files: { "/a": { content: "", mode: 644 } } },
    ' at files["/a"].mode',
    'must be permissions in octal, such as "755", not a number',
  ],
  [
    { files: { "/a": { content: "", mode: "888" } } },
    ' at files["/a"].mode',
    'must be permissions in octal, such as "755"',
  ],
  ...["A", "AA=", "A===", "AA==AA==", "A-A=", "=", "AAAA "].map(
    (base64) =>
      [{ files: { "/a": { base64 } } }, ' at files["/a"].base64', "must be base64"] as const,
  ),
  ...[
    "",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:,x",
    " https://a.example/",
    "https:///",
    "a b",
  ].map(
    (url) =>
      [
        { files: { "/a": { url } } },
        ' at files["/a"].url',
        "must be an address: http, https, or relative to the set-up",
      ] as const,
  ),
  [
    { env: { "1A": "" } },
    ' at env["1A"]',
    "must be the name of a variable: letters, digits and “_”",
  ],
  [{ env: { A: 1 } }, " at env.A", "must be one line of text, not a number"],
  [{ env: { A: "a\u0000b" } }, " at env.A", "must be one line of text"],
  [
    { env: many(SETUP_VARIABLES + 1, (index) => `V${index}`) },
    " at env",
    "must have at most 50 entries",
  ],
  [{ run: "" }, " at run", "must be a command in one line"],
  [{ run: "a\rb" }, " at run", "must be a command in one line"],
  [{ run: "ls \u202e" }, " at run", "must be a command in one line"],
  [{ run: { a: 1 } }, " at run", "must be a list, not an object"],
  [{ run: ["ls", "\u001b[A"] }, " at run[1]", "must be a command in one line"],
  [
    { run: Array.from({ length: SETUP_COMMANDS + 1 }, () => "x") },
    " at run",
    "must have at most 50 entries",
  ],
  [{ terminals: "top" }, " at terminals", "must be a list, not a string"],
  [
    { terminals: [["a"], [1]] },
    " at terminals[1][0]",
    "must be a command in one line, not a number",
  ],
  [
    { terminals: Array.from({ length: SETUP_TERMINALS + 1 }, () => []) },
    " at terminals",
    "must have at most 7 entries",
  ],
  ...[0, 65_536, 80.5, "80", null].map(
    (port) =>
      [{ ports: [port] }, " at ports[0]", "must be a whole number from 1 to 65535"] as const,
  ),
  [{ ports: [80, 81, 80] }, " at ports[2]", "is 80, which is there already"],
  [{ panes: ["files", "settings"] }, " at panes[1]", "must be one of files, preview"],
  [
    { network: "wss://relay.example/" },
    " at network",
    "must be true, false or an object, not a string",
  ],
  [{ network: {} }, " at network", "must have a relay or a lan"],
  [{ network: { token: "x" } }, " at network", "has a token without a relay"],
  [
    { network: { relay: "https://relay.example/" } },
    " at network.relay",
    "must be the address of a relay, such as wss://relay.example/wisp/",
  ],
  [
    { network: { lan: "Class" } },
    " at network.lan",
    "must be the name of a network: lower-case letters, digits and dashes",
  ],
  [{ network: { lan: "a".repeat(33) } }, " at network.lan", "must have at most 32 characters"],
  [{ persist: "yes" }, " at persist", "must be true or false, not a string"],
];

/** What only the parser refuses: no schema can. */
export const BAD_TOGETHER: readonly (readonly [unknown, string, string])[] = [
  [{ files: { "/a/b/c": "", "/a": "" } }, ' at files["/a/b/c"]', "is below /a, which is a file"],
  [
    {
      env: Object.fromEntries(
        Array.from({ length: 5 }, (_, index) => [`V${index}`, "x".repeat(900)]),
      ),
    },
    " at env",
    "must have at most 4096 bytes in all",
  ],
  [
    { network: { relay: "wss://relay.example:123456/" } },
    " at network.relay",
    "must be the address of a relay, such as wss://relay.example/wisp/",
  ],
  [
    { files: { "/a": { url: "https://user:secret@site.example/" } } },
    ' at files["/a"].url',
    "must not hold a password",
  ],
  [
    { files: { "/a": { url: "https://site.example:123456/" } } },
    ' at files["/a"].url',
    "must be an address: http, https, or relative to the set-up",
  ],
];
