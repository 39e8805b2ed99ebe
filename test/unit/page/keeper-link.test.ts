import { expect, test } from "vitest";
import { KeeperLink, type KeeperThread } from "../../../src/app/keeper-link.ts";
import type { FromKeeper, ToKeeper } from "../../../workers/keeper/contract.ts";
import type { Keeper } from "../../../workers/keeper/keeper.ts";
import { KeeperService } from "../../../workers/keeper/service.ts";
import { TabnixError } from "../../../workers/shared/errors.ts";

const IMAGES = "https://example.org/images/";

/** The page's side and the worker's, with messages copied between them as between threads. */
function linked(keeper: Partial<Keeper> | TabnixError) {
  const opened: string[] = [];
  const service = new KeeperService(
    (message: FromKeeper) => thread.onMessage(structuredClone(message)),
    async (imagesUrl) => {
      opened.push(imagesUrl);
      if (keeper instanceof TabnixError) throw keeper;
      return keeper as Keeper;
    },
  );
  const thread: KeeperThread = {
    post: (message: ToKeeper) => void service.handle(structuredClone(message)),
    onMessage: () => {},
    terminate: () => {},
  };
  return { link: new KeeperLink(thread, IMAGES), opened };
}

test("calls go through one after the other, with their progress", async () => {
  const done: string[] = [];
  const { link, opened } = linked({
    keep: async (image, onProgress) => {
      onProgress(1, 2);
      done.push(`keeping ${image}`);
      await Promise.resolve();
      onProgress(2, 2);
      done.push(`kept ${image}`);
    },
    remove: async (image, others) => {
      done.push(`removed ${image} but not ${others.join(" ")}`);
    },
    look: async (images) => images.map((image) => ({ image, kept: 1, total: 2 })),
  });
  const told: number[][] = [];
  const kept = link.keep("one", (...progress) => told.push(progress));
  const removed = link.remove("two", ["three", "four"]);
  expect(await link.look(["one"])).toEqual([{ image: "one", kept: 1, total: 2 }]);
  await Promise.all([kept, removed]);
  expect(done).toEqual(["keeping one", "kept one", "removed two but not three four"]);
  expect(told).toEqual([
    [1, 2],
    [2, 2],
  ]);
  expect(opened).toEqual([IMAGES]);
});

test("a failure is the call's, and the next one is done", async () => {
  const { link } = linked({
    keep: async () => {
      throw new TabnixError("full", "No room.", "Make some.");
    },
    look: async () => [],
  });
  await expect(link.keep("one", () => {})).rejects.toMatchObject({
    code: "full",
    message: "No room.",
    hint: "Make some.",
  });
  expect(await link.look([])).toEqual([]);
});

test("where nothing can be kept every call says so", async () => {
  const { link } = linked(new TabnixError("unsupported", "Nothing is kept."));
  await expect(link.look(["one"])).rejects.toMatchObject({ code: "unsupported" });
  await expect(link.remove("one", [])).rejects.toMatchObject({ code: "unsupported" });
});
