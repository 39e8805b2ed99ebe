/** Reads the documents of set-ups. Nothing in them is believed before it was looked at. */
import {
  SETUP_BYTES,
  SETUP_COMMANDS,
  SETUP_ENVIRONMENT_BYTES,
  SETUP_FILES,
  SETUP_PORTS,
  SETUP_TERMINALS,
  SETUP_VARIABLES,
} from "../../workers/shared/limits.ts";
import { MAX_PORT } from "../../workers/shared/port-number.ts";
import { isRelayAddress } from "../../workers/shared/relay-address.ts";
import { parseJson } from "./json.ts";
import { placeOf, wrong } from "./place.ts";
import {
  entries,
  fields,
  flag,
  kindOf,
  list,
  oneOf,
  type Read,
  set,
  text,
  whole,
} from "./readers.ts";
import { RULES } from "./rules.ts";
import type { Setup, SetupContent, SetupFile, SetupNetwork, SetupPane } from "./setup.ts";

const DEFAULT_IMAGE = "base";
/** Any: what is relative must be sound with some. */
const SOME_SITE = "https://site.example/";

const readCommand = text(RULES.command);
const readCommands = list(readCommand, SETUP_COMMANDS);
const readRun: Read<string[]> = (value, place) =>
  typeof value === "string" ? [readCommand(value, place)] : readCommands(value, place);

const readText = text(RULES.content);
const readLines = list(readText, SETUP_BYTES);
const readContent: Read<string> = (value, place) =>
  Array.isArray(value)
    ? readLines(value, place)
        .map((line) => `${line}\n`)
        .join("")
    : readText(value, place);

const readUrl: Read<string> = (value, place) => {
  const url = text(RULES.url)(value, place);
  if (!URL.canParse(url, SOME_SITE)) throw wrong(place, `must be ${RULES.url.is}`);
  const { username, password } = new URL(url, SOME_SITE);
  if (username !== "" || password !== "") throw wrong(place, "must not hold a password");
  return url;
};

const readFileFields = fields<{ content: string; base64: string; url: string; mode: string }>({
  content: readContent,
  base64: text(RULES.base64),
  url: readUrl,
  mode: text(RULES.mode),
});

const readFile: Read<Omit<SetupFile, "path">> = (value, place) => {
  if (typeof value === "string" || Array.isArray(value)) {
    return { content: utf8(readContent(value, place)), mode: undefined };
  }
  const { content, base64, url, mode } = readFileFields(value, place);
  const contents: SetupContent[] = [];
  if (content !== undefined) contents.push(utf8(content));
  if (base64 !== undefined) contents.push({ bytes: fromBase64(base64) });
  if (url !== undefined) contents.push({ url });
  const [only] = contents;
  if (!only || contents.length > 1) throw wrong(place, "must have one of content, base64, url");
  return { content: only, mode: mode === undefined ? undefined : Number.parseInt(mode, 8) };
};

const readFileEntries = entries(text(RULES.path), readFile, SETUP_FILES);
const readFiles: Read<SetupFile[]> = (value, place) => {
  const files = readFileEntries(value, place).map(([path, file]) => ({ path, ...file }));
  const paths = new Set(files.map(({ path }) => path));
  for (const { path } of files) {
    for (let cut = path.indexOf("/", 1); cut > 0; cut = path.indexOf("/", cut + 1)) {
      const folder = path.slice(0, cut);
      if (paths.has(folder))
        throw wrong(placeOf(place, path), `is below ${folder}, which is a file`);
    }
  }
  return files;
};

const readVariables = entries(text(RULES.variable), text(RULES.value), SETUP_VARIABLES);
const readEnvironment: Read<Record<string, string>> = (value, place) => {
  const variables = readVariables(value, place);
  const all = variables.map(([name, content]) => `${name}=${content}\0`).join("");
  if (utf8(all).bytes.length > SETUP_ENVIRONMENT_BYTES) {
    throw wrong(place, `must have at most ${SETUP_ENVIRONMENT_BYTES} bytes in all`);
  }
  // Defines members: "__proto__" is one like any other.
  return Object.fromEntries(variables);
};

const readNetworkFields = fields<{ relay: string; token: string; lan: string }>({
  relay: (value, place) => {
    const relay = text(RULES.relay)(value, place);
    if (!isRelayAddress(relay)) throw wrong(place, `must be ${RULES.relay.is}`);
    return relay;
  },
  token: text(RULES.token),
  lan: text(RULES.lan),
});
const readNetwork: Read<SetupNetwork> = (value, place) => {
  if (typeof value === "boolean") return value ? "visitor" : "none";
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(place, `must be true, false or an object, not ${kindOf(value)}`);
  }
  const { relay, token, lan } = readNetworkFields(value, place);
  if (token !== undefined && relay === undefined) throw wrong(place, "has a token without a relay");
  if (relay === undefined && lan === undefined) throw wrong(place, "must have a relay or a lan");
  return {
    ...(relay === undefined
      ? {}
      : { relay: { url: relay, ...(token === undefined ? {} : { token }) } }),
    ...(lan === undefined ? {} : { lan }),
  };
};

interface Document {
  $schema: string;
  title: string;
  description: string;
  image: string;
  files: SetupFile[];
  env: Record<string, string>;
  run: string[];
  terminals: string[][];
  ports: number[];
  panes: SetupPane[];
  network: SetupNetwork;
  persist: boolean;
}

const readDocument = fields<Document>({
  $schema: text(RULES.schema),
  title: text(RULES.title),
  description: text(RULES.description),
  image: text(RULES.image),
  files: readFiles,
  env: readEnvironment,
  run: readRun,
  terminals: list(readRun, SETUP_TERMINALS),
  ports: set(whole(1, MAX_PORT), SETUP_PORTS),
  panes: set(oneOf("files", "preview"), SETUP_PORTS),
  network: readNetwork,
  persist: flag,
});

/**
 * Reads a set-up.
 *
 * @param document the text of a `tabnix.json`
 * @throws TabnixError `invalid-input` with the place in the document
 */
export function parseSetup(document: string): Setup {
  const read = readDocument(parseJson(document), "");
  return {
    title: read.title ?? "",
    description: read.description ?? "",
    image: read.image ?? DEFAULT_IMAGE,
    files: read.files ?? [],
    environment: read.env ?? {},
    terminals: [read.run ?? [], ...(read.terminals ?? [])],
    ports: read.ports ?? [],
    panes: read.panes ?? [],
    network: read.network ?? "none",
    persist: read.persist ?? false,
  };
}

function utf8(content: string): { bytes: Uint8Array<ArrayBuffer> } {
  return { bytes: new TextEncoder().encode(content) };
}

function fromBase64(content: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
}
