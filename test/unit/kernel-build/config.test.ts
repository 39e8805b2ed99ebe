import { expect, test } from "vitest";
import { ineffectiveLines } from "../../../images/build/kernel/config.ts";

test("lines that the kernel did not take are listed as written", () => {
  const fragment = [
    "# A reason, mentioning CONFIG_NOTHING=y.",
    "CONFIG_TAKEN=y",
    "CONFIG_DROPPED=y",
    'CONFIG_NAME="-tabnix"',
    "CONFIG_NUMBER=4",
    "# CONFIG_OFF is not set",
    "# CONFIG_STAYED_ON is not set",
  ].join("\n");
  const result = [
    "CONFIG_TAKEN=y",
    'CONFIG_NAME="-tabnix"',
    "CONFIG_NUMBER=8",
    "# CONFIG_DROPPED is not set",
    "CONFIG_STAYED_ON=y",
  ].join("\n");
  expect(ineffectiveLines(fragment, result)).toEqual([
    "CONFIG_DROPPED=y",
    "CONFIG_NUMBER=4",
    "# CONFIG_STAYED_ON is not set",
  ]);
});
