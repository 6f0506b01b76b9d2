// Plays the story of a withdrawal in a real browser, as the people of the sandbox would, and fails with the reason
// when something they should see is not there. Each step leaves a numbered screenshot.
//
//   SANDBOX_URL=http://127.0.0.1:… node sandbox/page/walkthrough.mjs [url] [folder]
//
// Needs `playwright-core` where node is started (or on NODE_PATH) and a Chromium at CHROMIUM, else /usr/bin/chromium.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { chromium } = createRequire(join(process.cwd(), "package.json"))("playwright-core");

const url = process.argv[2] ?? process.env.SANDBOX_URL;
const folder = process.argv[3] ?? process.env.WALKTHROUGH_DIR ?? "walkthrough";
const dataset = process.env.WALKTHROUGH_DATASET ?? "road-accidents-2019";
const LONGEST_WAIT_MS = Number(process.env.WALKTHROUGH_WAIT_MS ?? 20_000);
const REFUSAL = /approv|engineer|allowed|guest|compan|second|person|cannot|can’t|can't/i;

if (!url) {
  console.error("Say where the sandbox is: SANDBOX_URL=http://127.0.0.1:… or the first argument.");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
page.setDefaultTimeout(LONGEST_WAIT_MS);
const complaints = [];
page.on("pageerror", (error) => complaints.push(error.message));
page.on("console", (message) => {
  if (message.type() === "error") complaints.push(message.text());
});

let shots = 0;

async function shot(name) {
  shots += 1;
  await page.screenshot({ path: join(folder, `${String(shots).padStart(2, "0")}-${name}.png`) });
}

function must(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

/** Waits until `look` gives something, and says what was missing when it never does. */
async function seen(what, look) {
  const end = Date.now() + LONGEST_WAIT_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    must(Date.now() < end, `${what} was not seen within ${LONGEST_WAIT_MS / 1000} s`);
    await page.waitForTimeout(50);
  }
}

const channel = page.getByTestId("channel-pane");
const thread = page.getByTestId("thread-pane");

async function stampsOf(kind) {
  return page.getByTestId(kind).evaluateAll((nodes) => nodes.map((node) => node.dataset.ts));
}

/** The messages of the channel whose Approve can be pressed, by their `ts`. */
async function pendingCards() {
  return channel.getByTestId("message").filter({ has: page.getByTestId("button-approve") })
    .evaluateAll((nodes) => nodes.map((node) => node.dataset.ts));
}

function card(ts) {
  return channel.locator(`[data-testid=message][data-ts="${ts}"]`);
}

async function become(person) {
  const closer = page.getByTestId("thread-close");
  if (await closer.isVisible()) await closer.click();
  await page.getByTestId(`person-${person.id}`).click();
  await page.locator(`[data-testid="person-${person.id}"][aria-current]`).waitFor();
}

/** Presses a button and answers its question, if it asks one. */
async function press(button) {
  await button.click();
  const confirm = page.getByTestId("confirm-ok");
  if (await confirm.isVisible()) await confirm.click();
}

async function openThread(ts) {
  if (await thread.isVisible()) return;
  await card(ts).getByTestId("thread-link").click();
  await thread.waitFor();
}

async function approveAndBeRefused(person, ts, why) {
  await become(person);
  await card(ts).waitFor();
  const before = new Set(await stampsOf("ephemeral"));
  await press(card(ts).getByTestId("button-approve"));
  const words = await seen(`a refusal for ${person.name} (${why})`, async () => {
    const fresh = (await stampsOf("ephemeral")).filter((stamp) => !before.has(stamp));
    for (const stamp of fresh) {
      const text = await page.locator(`[data-testid=ephemeral][data-ts="${stamp}"]`).first().innerText();
      if (REFUSAL.test(text)) return text;
    }
    return null;
  });
  must((await pendingCards()).includes(ts), `the card no longer waits for approval after ${person.name} was refused`);
  await shot(`refused-${why}`);
  console.log(`${person.name}, ${why}: ${words.replace(/\s+/g, " ").slice(0, 220)}`);
}

/** Approves, and waits until the thread, without its first message, tells the outcome. */
async function approveAndSucceed(person, ts, outcome, name) {
  await become(person);
  await press(card(ts).getByTestId("button-approve"));
  await seen("a card that no longer asks for approval", async () => !(await pendingCards()).includes(ts));
  await shot(`${name}-approved`);
  await openThread(ts);
  const told = await seen(`an outcome that matches ${outcome} in the thread`, async () => {
    const replies = await thread.locator(`[data-testid=message]:not([data-ts="${ts}"])`).allInnerTexts();
    return replies.findLast((text) => outcome.test(text));
  });
  await shot(`${name}-outcome`);
  console.log(`${name}: ${told.replace(/\s+/g, " ").slice(0, 220)}`);
}

/** Fills what a form still asks for, and sends it. */
async function answerModal() {
  for (const block of await page.locator("[data-testid=modal] .input-block").all()) {
    const line = block.locator("textarea, input:not([type=checkbox], [type=radio])").first();
    if ((await line.count()) === 0 || (await line.inputValue()) !== "") continue;
    const label = await block.locator("label, legend").first().innerText();
    if (!/optional/.test(label) || /ticket/i.test(label)) await line.fill(/ticket/i.test(label) ? "51234" : "Published again, as agreed");
  }
  await shot("form");
  await page.getByTestId("modal-submit").click();
  await page.getByTestId("modal").waitFor({ state: "detached" });
}

async function askAndGetCard(act, what) {
  const before = new Set(await pendingCards());
  await act();
  return seen(what, async () => {
    if (await page.getByTestId("modal").isVisible()) await answerModal();
    return (await pendingCards()).find((ts) => !before.has(ts));
  });
}

async function story() {
  await page.goto(url);
  await page.locator("[data-testid^=person-]").first().waitFor();
  const people = await page.locator("[data-testid^=person-]").evaluateAll((nodes) => nodes.map((node) => ({
    id: node.dataset.testid.slice("person-".length),
    role: node.dataset.role,
    name: node.querySelector(".person-name").textContent.replace(" (you)", ""),
  })));
  const [alice, bob] = people.filter((person) => person.role === "engineer");
  const guest = people.find((person) => person.role === "guest");
  const outsider = people.find((person) => person.role === "outsider");
  must(alice && bob && guest && outsider, `two engineers, a guest and an outsider are needed; there are ${people.map((person) => person.role).join(", ")}`);

  await become(alice);
  await shot("start");
  const composer = page.getByTestId("composer");
  const ask = async () => {
    await composer.pressSequentially(`/ckan withdraw ${dataset} --reason "Publisher asked" --ticket 51234`);
    await shot("typed");
    await composer.press("Enter");
  };
  const withdrawal = await askAndGetCard(ask, "a card with Approve");
  const words = await card(withdrawal).innerText();
  must(words.includes(dataset), `the card does not name ${dataset}`);
  must(await card(withdrawal).getByTestId("button-deny").isVisible(), "the card has no Deny");
  await shot("card");

  await approveAndBeRefused(alice, withdrawal, "requester");
  await approveAndBeRefused(guest, withdrawal, "guest");
  await approveAndBeRefused(outsider, withdrawal, "outsider");
  await approveAndSucceed(bob, withdrawal, /Done and verified: Withdraw/, "withdraw");

  const restore = page.getByRole("button", { name: /^Restore/ }).last();
  await restore.waitFor();
  const restoration = await askAndGetCard(() => press(restore), "a card for the restore");
  await shot("restore-card");
  await approveAndBeRefused(bob, restoration, "restore-requester");
  await approveAndSucceed(alice, restoration, /Done and verified: Restore/, "restore");

  // The second window: narrow, another person, the same truth.
  const narrow = await browser.newPage({ viewport: { width: 360, height: 740 } });
  await narrow.goto(`${url.replace(/\/$/, "")}/#${guest.id}`);
  await narrow.locator(`[data-testid=message][data-ts="${restoration}"]`).waitFor();
  must(await narrow.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "the narrow page scrolls sideways");
  shots += 1;
  await narrow.screenshot({ path: join(folder, `${String(shots).padStart(2, "0")}-narrow.png`) });
  must(complaints.length === 0, `the page complained: ${complaints.join("; ")}`);
}

try {
  await story();
  console.log(`The story went as it should; ${shots} screenshots in ${folder}.`);
} catch (error) {
  await shot("failure").catch(() => undefined);
  console.error(`The story broke: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
