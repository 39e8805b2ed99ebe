/**
 * Playwright drives Firefox by WebDriver BiDi, and tells every new page commands that Firefox ESR does not
 * know yet. They emulate screens and media, which the tests do not need: their failure is passed over, and
 * nothing else's. Loaded before Playwright (`node --require`), which is pinned, and changes one file of it
 * as that is compiled; a version that is not as expected stops the tests.
 */
const Module = require("node:module");

const FILE = /playwright-core[\\/]lib[\\/]coreBundle\.js$/;
const COMMANDS = "setMediaFeaturesOverride|setScreenOrientationOverride|setScreenSettingsOverride";
const CALL = new RegExp(`(this(?:\\.\\w+)+)\\.send\\("emulation\\.(${COMMANDS})",`, "g");
/** A function in place of `send`: the same call, whose failure for this reason is a success. */
const TOLERANT =
  "(async (session, name, parameters) => { try { return await session.send(name, parameters); } " +
  "catch (error) { if (!/unknown command|unsupported/i.test(error.message)) throw error; } })";

/**
 * How Node compiles CommonJS modules, which its types do not tell.
 *
 * @typedef {{ _compile(source: string, file: string, ...rest: unknown[]): unknown }} Compiler
 */
const modules = /** @type {Compiler} */ (/** @type {unknown} */ (Module.prototype));
const compile = modules._compile;
modules._compile = function (source, file, ...rest) {
  if (!FILE.test(file)) return compile.call(this, source, file, ...rest);
  const changed = source.replaceAll(CALL, `${TOLERANT}($1, "emulation.$2",`);
  if (changed === source) throw new Error(`${__filename}: Playwright is not as expected.`);
  return compile.call(this, changed, file, ...rest);
};
