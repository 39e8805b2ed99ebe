import { expect } from "@playwright/test";
import { terminalText, test } from "./support/scripted-page.ts";

test("a download shows its stage and its bytes", async ({ page, openScripted }) => {
  await openScripted({ hold: "download" });
  await expect(page.getByRole("status")).toHaveText("Downloading");
  await expect(page.getByText("1.4 MB of 3.9 MB")).toBeVisible();
  const bar = page.getByRole("progressbar", { name: "Progress of the start" });
  await expect(bar).toHaveJSProperty("value", 1_430_000);
  await expect(bar).toHaveJSProperty("max", 3_900_000);
  await expect(page.getByRole("tablist")).toBeHidden();
});

test("a cold boot shows what the kernel says as it comes", async ({ page, openScripted }) => {
  await openScripted({ hold: "boot" }, { cold: "" });
  await expect(page.getByRole("status")).toHaveText("Booting Linux");
  const log = page.getByLabel("Kernel messages");
  const lines = Array.from(
    { length: 30 },
    (_, i) => `[    0.${String(i).padStart(6, "0")}] scripted kernel message ${i}\n`,
  );
  await expect(log).toHaveText(lines.join(""), { useInnerText: true });
});

test("a damaged snapshot says so, and the machine starts without it", async ({
  page,
  openScripted,
}) => {
  await openScripted({ fail: "corrupt" });
  const failure = page.getByRole("alert");
  await expect(failure.getByRole("heading")).toHaveText("The machine did not start");
  await expect(failure.locator("p")).toHaveText([
    "The snapshot does not match its hash.",
    "Try again; if it stays, start without the snapshot.",
  ]);
  await failure.locator("summary").click();
  await expect(failure.getByLabel("Details")).toContainText("code: corrupt\nimage: base\n");
  await failure.getByRole("button", { name: "Try again" }).click();
  await failure.getByRole("button", { name: "Start without the snapshot" }).click();
  await expect.poll(() => terminalText(page)).toBe("$");
  await expect(failure).toHaveCount(0);
});

test("a failure that no snapshot causes offers only another try", async ({
  page,
  openScripted,
}) => {
  await openScripted({ fail: "unreachable" });
  await expect(page.getByRole("alert").getByRole("button")).toHaveText(["Try again"]);
});

test("a terminal that cannot be loaded is a failure, not an empty page", async ({
  page,
  openScripted,
}) => {
  await page.route("**/terminal-view*", (route) => route.abort());
  await openScripted();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("The terminal's part of the page could not be loaded.");
  await page.unroute("**/terminal-view*");
  await alert.getByRole("button", { name: "Try again" }).click();
  await expect.poll(() => terminalText(page)).toBe("$");
});

test("a name that cannot be an image's is refused before anything is fetched", async ({
  page,
  openScripted,
}) => {
  await openScripted({}, { image: "../etc" });
  await expect(page.getByRole("alert").locator("p")).toHaveText([
    "“../etc” is not the name of an image.",
    "Names are lower-case letters, digits, dots and dashes: try ?image=base.",
  ]);
});

test("a panic replaces the terminals by what happened", async ({ page, openScripted }) => {
  await openScripted();
  await page.keyboard.type("panic\r");
  const failure = page.getByRole("alert");
  await expect(failure.getByRole("heading")).toHaveText("The machine stopped");
  await failure.locator("summary").click();
  await expect(failure.getByLabel("Details")).toContainText("Kernel panic - not syncing: scripted");
  await expect(page.getByRole("tab")).toHaveCount(0);
  await failure.getByRole("button", { name: "Try again" }).click();
  await expect.poll(() => terminalText(page)).toBe("$");
});

test("a fresh start asks first: files of earlier visits would be lost", async ({
  page,
  openScripted,
}) => {
  await openScripted();
  const question = page.getByRole("dialog", { name: "Restart afresh?" });
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("menuitem", { name: "Restart afresh" }).click();
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(question).toHaveCount(0);
  await expect(page.locator(".status-state")).toHaveText("Running");
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await page.getByRole("menuitem", { name: "Restart afresh" }).click();
  await question.getByRole("button", { name: "Restart afresh" }).click();
  await expect.poll(() => terminalText(page)).toBe("$");
});

test("power off, start and reboot", async ({ page, openScripted }) => {
  await openScripted();
  const menu = page.getByRole("button", { name: "Menu", exact: true });
  await menu.click();
  await page.getByRole("menuitem", { name: "Power off" }).click();
  await expect(page.getByRole("heading")).toHaveText("The machine is off");
  await expect(page.locator(".status-state")).toHaveText("Off");
  await page.getByRole("button", { name: "Start" }).press("Enter");
  await expect.poll(() => terminalText(page)).toBe("$");
  await page.keyboard.type("a");
  await expect.poll(() => terminalText(page)).toBe('$ "a"');
  await menu.click();
  await page.getByRole("menuitem", { name: "Reboot" }).click();
  await expect.poll(() => terminalText(page)).toBe("$");
});
