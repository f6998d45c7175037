// The page itself: without a camera, by keyboard, on a phone, and with names that mean harm.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import {
  Browser,
  WEB_FOLDER,
  joinRoom,
  openLobby,
  remoteTiles,
  sendChat,
  waitForChat,
  waitForPeople,
  waitForVideoFrom,
  waitForView,
} from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";

const PHONE = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true };
const LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Jun."; // 40 characters, as many as a name may have
const MIN_TARGET = 44;

let server, browser;
const pages = [];

before(async () => {
  server = await startServer(["--static", WEB_FOLDER]);
  browser = await Browser.open();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(() => Promise.all(pages.splice(0).map((page) => page.context().close())));

async function newPage(options) {
  const page = await browser.newPage(options);
  pages.push(page);
  return page;
}

async function newPageIn(room, name, { media = "canvas", ...options } = {}) {
  const page = await newPage(options);
  await joinRoom(page, server, { name, room, media });
  return page;
}

test("with ?media=canvas a drawing is sent, and no camera is opened", { timeout: 60_000 }, async () => {
  const ada = await newPage();
  await ada.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject((document.body.dataset.asked = "yes"));
  });
  await joinRoom(ada, server, { name: "Ada", room: "canvas", media: "canvas" });
  const grace = await newPageIn("canvas", "Grace");
  await waitForVideoFrom(grace, ["Ada"]);
  await waitForVideoFrom(ada, ["Grace"]);
  assert.equal(await ada.evaluate(() => document.body.dataset.asked), undefined);
});

for (const reason of ["NotAllowedError", "NotFoundError"]) {
  test(
    `without a camera (${reason}) a drawing is sent, and the page says so`,
    { timeout: 60_000 },
    async () => {
      const ada = await newPage();
      await ada.addInitScript((name) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no camera", name));
      }, reason);
      await joinRoom(ada, server, { name: "Ada", room: reason });
      await ada.getByText("No camera: you are shown as a drawing.").waitFor();
      assert.ok(await ada.getByRole("button", { name: "Microphone" }).isDisabled());
      const grace = await newPageIn(reason, "Grace");
      await waitForVideoFrom(grace, ["Ada"]);
    },
  );
}

test(
  "everything can be done with the keyboard alone, and the focus is seen",
  { timeout: 60_000 },
  async () => {
    const grace = await newPageIn("keys", "Grace");
    const ada = await newPage();
    await openLobby(ada, server, { room: "keys", media: "canvas" });
    await ada.keyboard.type("Ada"); // the page opens with the focus on the name
    await ada.keyboard.press("Enter");
    await waitForView(ada, "call");
    await waitForVideoFrom(ada, ["Grace"]);

    await tabTo(ada, "Camera");
    await ada.keyboard.press("Space");
    await grace.waitForFunction(
      () => document.querySelector(".tile:not([data-self])").dataset.camera === "off",
    );

    await tabTo(ada, "Chat");
    await ada.keyboard.press("Enter");
    await ada.keyboard.type("typed, not clicked"); // opening the chat leads into its field
    await ada.keyboard.press("Enter");
    await waitForChat(grace, "typed, not clicked");
    await ada.keyboard.press("Escape");
    assert.equal(await focusedName(ada), "Chat");

    await tabTo(ada, "Leave");
    await ada.keyboard.press("Enter");
    await waitForView(ada, "lobby");
    await waitForPeople(grace, [], 5_000);
  },
);

async function focusedName(page) {
  return page.evaluate(() => document.activeElement.getAttribute("aria-label"));
}

async function tabTo(page, name) {
  for (let presses = 0; presses < 15; presses++) {
    await page.keyboard.press("Tab");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(
      outline,
      "none",
      `no focus ring on ${await page.evaluate(() => document.activeElement.outerHTML)}`,
    );
    if ((await focusedName(page)) === name) return;
  }
  assert.fail(`"${name}" cannot be reached with the Tab key`);
}

test("a name or a message with HTML in it is shown as text", { timeout: 60_000 }, async () => {
  const evil = "<img src=x onerror=alert(1)>";
  const ada = await newPageIn("html", "Ada");
  const dialogs = [];
  ada.on("dialog", (dialog) => dialogs.push(dialog.message()) && dialog.dismiss());
  const mallory = await newPageIn("html", evil);
  await waitForVideoFrom(ada, [evil]);
  await ada.getByText(`${evil} joined.`).waitFor();
  await sendChat(ada, "who are you?");
  await sendChat(mallory, evil);
  await waitForChat(ada, evil);
  assert.equal(await ada.locator("main img").count(), 0);
  assert.deepEqual(dialogs, []);
});

test(
  "a phone shows everything without scrolling sideways, with targets for fingers",
  { timeout: 90_000 },
  async () => {
    const phone = await newPage(PHONE);
    await openLobby(phone, server, { name: LONG_NAME, room: LONG_NAME.repeat(2), media: "canvas" });
    await fitsPhone(phone);
    await phone.getByRole("button", { name: "Join" }).tap();
    await waitForView(phone, "call");
    await fitsPhone(phone);
    await newPageIn(LONG_NAME.repeat(2), LONG_NAME);
    const other = await newPageIn(LONG_NAME.repeat(2), "Ada");
    await waitForVideoFrom(phone, [LONG_NAME, "Ada"]);
    await fitsPhone(phone);
    await sendChat(phone, "https://example.org/".padEnd(300, "x"));
    await fitsPhone(phone);
    assert.equal((await remoteTiles(other)).length, 2);
  },
);

async function fitsPhone(page) {
  const { width, shown, small } = await page.evaluate((minimum) => {
    const targets = [...document.querySelectorAll("button, input")].filter((element) =>
      element.checkVisibility(),
    );
    const tooSmall = (element) => {
      const { width, height, left, right } = element.getBoundingClientRect();
      return width < minimum || height < minimum || left < 0 || right > innerWidth;
    };
    return {
      width: document.documentElement.scrollWidth,
      shown: innerWidth,
      small: targets.filter(tooSmall).map((element) => element.id || element.outerHTML),
    };
  }, MIN_TARGET);
  assert.equal(shown, PHONE.viewport.width, "the page was zoomed out to fit");
  assert.ok(width <= shown, `the page is ${width} wide on a screen of ${shown}`);
  assert.deepEqual(small, [], "controls that are too small or cut off");
}

test("the link that is copied leads into the same room, without the name", { timeout: 60_000 }, async () => {
  const ada = await newPage({ permissions: ["clipboard-read", "clipboard-write"] });
  await joinRoom(ada, server, { name: "Ada", room: "a room & more", media: "canvas" });
  await ada.getByRole("button", { name: "Copy link" }).click();
  await ada.getByText("Link copied.").waitFor();
  const link = await ada.evaluate(() => navigator.clipboard.readText());
  assert.equal(new URL(link).search, "?room=a+room+%26+more");
  const grace = await newPage();
  await grace.goto(link);
  assert.equal(await grace.getByRole("textbox", { name: "Room" }).inputValue(), "a room & more");
  assert.equal(await grace.getByLabel("Your name").inputValue(), "");
});
