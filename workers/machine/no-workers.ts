/**
 * Imported before v86, which yields to the event loop by a worker of its own wherever there are workers.
 * The machine yields without one ({@link fasterYield}), and a worker of a worker can hang Firefox while
 * its developer tools are open.
 */
Reflect.deleteProperty(globalThis, "Worker");
