import { expect, test } from "vitest";
import { registryAddress, tarballAddress } from "../../../images/build/packages/registry.ts";

const never = () => Promise.reject(new Error("npm was asked"));

test("takes the variable before all, else what npm says", async () => {
  const environment = { npm_config_registry: "http://registry.test/npm//" };
  expect(await registryAddress(environment, never)).toBe("http://registry.test/npm");
  expect(await registryAddress({}, async () => "https://registry.test/\n")).toBe(
    "https://registry.test",
  );
  await expect(registryAddress({}, async () => "undefined\n")).rejects.toMatchObject({
    code: "invalid-input",
    message: "npm's registry is not an http or https address: undefined",
  });
});

test("asks the npm that runs the build, and says so when there is none", async () => {
  await expect(registryAddress({ npm_execpath: "/nonesuch/npm-cli.js" })).rejects.toMatchObject({
    code: "missing-tool",
  });
});

test("knows where tarballs are", () => {
  expect(tarballAddress("http://r.test", "tool", "1.0.0")).toBe(
    "http://r.test/tool/-/tool-1.0.0.tgz",
  );
  expect(tarballAddress("http://r.test", "@scope/tool", "1.0.0-rc.1")).toBe(
    "http://r.test/@scope/tool/-/tool-1.0.0-rc.1.tgz",
  );
});
