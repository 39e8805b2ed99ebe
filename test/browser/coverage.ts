/**
 * Where each spec runs, and why not everywhere: playwright.config.ts makes its projects of it, and
 * matrix-reporter.ts the table in docs/browsers.md. A spec that is not here does not run at all, and fails the
 * configuration.
 */

/** Engine and whether the page is isolated from other origins. */
export const PLACES = [
  "chromium-isolated",
  "chromium-plain",
  "firefox-isolated",
  "firefox-plain",
  "webkit-isolated",
  "webkit-plain",
] as const;

export type Place = (typeof PLACES)[number];

export interface Group {
  title: string;
  /** File names without their ending. */
  specs: readonly string[];
  places: readonly Place[];
  /** Why nowhere else. */
  why?: string;
}

const ISOLATED: readonly Place[] = ["chromium-isolated", "firefox-isolated", "webkit-isolated"];
const CHROMIUM: readonly Place[] = ["chromium-isolated", "chromium-plain"];
const ONE: readonly Place[] = ["chromium-isolated"];

const SAME_ENGINE =
  "what an engine changes of it is in the tests of machines, programs and hosts above";

export const GROUPS: readonly Group[] = [
  { title: "Machines", specs: ["machine"], places: PLACES },
  { title: "WebAssembly programs", specs: ["wasm"], places: PLACES },
  {
    title: "Sites on plain hosts: first visit, offline, new versions",
    specs: ["static-host"],
    places: ISOLATED,
    why: "the hosts are the tests' own, and isolate the page or do not whatever the column",
  },
  {
    title: "Sites that a browser has no room for",
    specs: ["static-host-quota"],
    places: ISOLATED,
    why: "the host is the tests' own, and the page isolated by it",
  },
  {
    title: "Files after a reload",
    specs: ["files-reload"],
    places: [...CHROMIUM, "webkit-isolated"],
    why: "isolation changes nothing of it in WebKit, and Firefox has the storage that Chromium has",
  },
  {
    title: "Servers in the page's pane",
    specs: ["preview"],
    places: CHROMIUM,
    why: "Firefox and WebKit cannot keep a preview apart from the page, and show it in a tab",
  },
  {
    title: "Servers in a tab",
    specs: ["preview-tab"],
    places: ["firefox-isolated", "firefox-plain", "webkit-isolated"],
    why: "Chromium shows previews in the page; in WebKit isolation changes nothing of it",
  },
  { title: "Tools of images", specs: ["tools"], places: CHROMIUM, why: SAME_ENGINE },
  { title: "The API in a page", specs: ["api"], places: CHROMIUM, why: SAME_ENGINE },
  {
    title: "The API in a page that is left",
    specs: ["api-leave"],
    places: ISOLATED,
    why: "isolation changes nothing of it",
  },
  {
    title: "Machines in frames of other sites, by code",
    specs: ["embed-code"],
    places: ISOLATED,
    why: "the hosts are the tests' own, and isolate their pages or do not whatever the column",
  },
  {
    title: "Machines in frames of other sites, as they look",
    specs: ["embed", "embed-accessibility", "embed-hostile"],
    places: ONE,
    why: "it opens isolated pages and others, in browsers that let frames store and in others; the drivers of Firefox and WebKit do not reach into such frames",
  },
  {
    title: "The gallery and the live docs",
    specs: ["docs", "gallery"],
    places: ONE,
    why: "the hosts are the tests' own; what they show are frames and set-ups, as above and below",
  },
  {
    title: "WASIX programs",
    specs: ["wasix"],
    places: ONE,
    why: "they run only where the page is isolated; the SDK was not tried in other engines",
  },
  {
    title: "The library for npm",
    specs: ["library"],
    places: ONE,
    why: `its projects have pages of their own; ${SAME_ENGINE}`,
  },
  {
    title: "Whole machines on Debian's images",
    specs: [
      "damage",
      "debian",
      "examples",
      "export",
      "file-panel",
      "files",
      "images",
      "lan",
      "preview-bodies",
      "setup",
      "terminal-volume",
    ],
    places: ONE,
    why: SAME_ENGINE,
  },
  {
    title: "The page itself, with a machine that is played",
    specs: [
      "page-accessibility",
      "page-boot",
      "page-files",
      "page-input",
      "page-loading",
      "page-preview",
      "page-screen-reader",
      "page-settings",
      "page-setup",
      "page-share",
      "page-terminal",
    ],
    places: ONE,
    why: "its code asks neither for the engine nor for isolation",
  },
];

/** The group of a spec. @throws Error when it is in none */
export function groupOf(spec: string): Group {
  const group = GROUPS.find(({ specs }) => specs.includes(spec));
  if (!group) throw new Error(`test/browser/${spec}.spec.ts is not in test/browser/coverage.ts`);
  return group;
}
