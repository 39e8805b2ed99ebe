/** The numbers of a connection's messages: whatever is sent, each is taken once and in its turn. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Line } from "../../../src/embed/line.ts";

interface Message {
  id: number;
  text: string;
}

const RUNS = 500;

/** A line whose other end is in the test's hands. */
function lineTo(received: string[]) {
  const port = {
    onmessage: null as ((event: { data: unknown }) => void) | null,
    sent: [] as unknown[],
  };
  const line = new Line<Message, Message>({
    port: {
      ...port,
      set onmessage(handler: typeof port.onmessage) {
        port.onmessage = handler;
      },
      postMessage: (data: unknown) => port.sent.push(data),
      close: () => {},
    } as unknown as MessagePort,
    accept: (data) => (typeof (data as Message).text === "string" ? (data as Message) : undefined),
    onMessage: ({ text }) => received.push(text),
  });
  return { line, sent: port.sent, say: (data: unknown) => port.onmessage?.({ data }) };
}

test("replayed, skipped, late and misshapen messages are as if they had not come", () => {
  const number = fc.integer({ min: -2, max: 12 });
  const message = fc.oneof(
    fc.record({ id: number, text: fc.string() }),
    fc.record({ id: number, text: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
      const received: string[] = [];
      const { say } = lineTo(received);
      const expected: string[] = [];
      for (const one of messages) {
        say(one);
        if (typeof one.text === "string" && one.id === expected.length + 1) expected.push(one.text);
        expect(received).toEqual(expected);
      }
    }),
    { numRuns: RUNS },
  );
});

test("what is sent is numbered from 1, and after the end nothing is taken", () => {
  const received: string[] = [];
  const { line, sent, say } = lineTo(received);
  expect(["a", "b"].map((text) => line.send({ text }))).toEqual([1, 2]);
  expect(sent).toEqual([
    { id: 1, text: "a" },
    { id: 2, text: "b" },
  ]);
  say({ id: 1, text: "before" });
  line.close();
  say({ id: 2, text: "after" });
  expect(received).toEqual(["before"]);
});
