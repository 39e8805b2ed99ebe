/** Apart from engine.ts, so that the page can compare it without loading the emulator. */

/** The engine named in snapshots; a snapshot of another one does not fit. */
export const ENGINE = "v86@0.5.462";
