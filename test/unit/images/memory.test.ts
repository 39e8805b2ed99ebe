import { expect, test } from "vitest";
import { checkMemory } from "../../../images/build/kernel/memory.ts";

test("the stock kernel is refused less memory than it starts in", () => {
  expect(() => checkMemory("small", 64, { flavour: "stock" })).toThrow(
    '"small" has 64 MB of memory; Debian\'s own kernel starts in 128 or more.',
  );
  checkMemory("small", 64, { flavour: "tuned" });
  checkMemory("tiny", 128, { flavour: "stock" });
});
