/** Content codings of HTTP (RFC 9110, section 8.4.1): a browser undoes those of the network only. */

const FORMATS: Readonly<Record<string, "gzip" | "deflate">> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
};
const ZLIB_METHOD = 8;
const METHOD_BITS = 0x0f;
const ZLIB_CHECK = 31;

/** The codings of a content, those applied last first; `identity` is none. */
export function codingsOf(contentEncoding: string): string[] {
  return contentEncoding
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity")
    .reverse();
}

/** The first coding that cannot be undone; undefined when all can. */
export function unknownCoding(codings: readonly string[]): string | undefined {
  return codings.find((coding) => FORMATS[coding] === undefined);
}

/** A content without its codings, which must be known. */
export function decodeContent(
  content: ReadableStream<Uint8Array<ArrayBuffer>>,
  codings: readonly string[],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return codings.reduce((stream, coding) => {
    if (FORMATS[coding] === "gzip") return stream.pipeThrough(new DecompressionStream("gzip"));
    return inflated(stream);
  }, content);
}

/** Some servers take “deflate” by its name and leave the zlib format out that the standard means. */
function inflated(
  content: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = content.getReader();
  let decoded: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  return new ReadableStream({
    async pull(controller) {
      decoded ??= await begin(reader);
      const { value } = await decoded.read();
      if (value) controller.enqueue(value);
      else controller.close();
    },
    async cancel(reason) {
      await (decoded ?? reader).cancel(reason);
    },
  });
}

async function begin(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Promise<ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>> {
  let first = (await reader.read()).value;
  if (first?.length === 1) {
    const next = (await reader.read()).value ?? new Uint8Array(0);
    first = Uint8Array.of(first[0]!, ...next);
  }
  const [a = 0, b = 0] = first ?? [];
  const isZlib = (a & METHOD_BITS) === ZLIB_METHOD && ((a << 8) | b) % ZLIB_CHECK === 0;
  const whole = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      if (first) controller.enqueue(first);
      else controller.close();
    },
    async pull(controller) {
      const { value } = await reader.read();
      if (value) controller.enqueue(value);
      else controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  });
  // Nothing at all is an empty content, not a broken one.
  if (!first) return whole.getReader();
  return whole.pipeThrough(new DecompressionStream(isZlib ? "deflate" : "deflate-raw")).getReader();
}
