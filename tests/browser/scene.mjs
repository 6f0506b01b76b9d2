// The page in a real browser, and what a person can do there.
//
// Guarantees: whatever should be seen is waited for, and what never comes is named; each step that is worth a look
// leaves a numbered screenshot; whatever the page complains of on its console is kept. Leaves the stories to the
// other modules.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { chromium } = createRequire(join(process.cwd(), "package.json"))("playwright-core");

const LONGEST_WAIT_MS = Number(process.env.WALKTHROUGH_WAIT_MS ?? 20_000);
const REFUSAL = /approv|engineer|allowed|guest|compan|second|person|cannot|can’t|can't/i;

export function must(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

export function oneLine(text) {
  return text.replace(/\s+/g, " ").slice(0, 240);
}

/** Opens the sandbox at `url`; screenshots go to `folder`. `ckan` is the control address of its CKAN. */
export async function openScene(url, folder, ckan) {
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(LONGEST_WAIT_MS);
  const scene = new Scene(browser, page, url, folder, ckan);
  await scene.arrive();
  return scene;
}

class Scene {
  #shots = 0;

  constructor(browser, page, url, folder, ckan) {
    Object.assign(this, { browser, page, url, folder, ckan, complaints: [] });
    this.channel = page.getByTestId("channel-pane");
    this.thread = page.getByTestId("thread-pane");
    this.modal = page.getByTestId("modal");
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
  }

  get shots() {
    return this.#shots;
  }

  /** Opens the page and learns who is there. */
  async arrive() {
    await this.page.goto(this.url);
    await this.page.locator("[data-testid^=person-]").first().waitFor();
    const people = await this.page.locator("[data-testid^=person-]").evaluateAll((nodes) => nodes.map((node) => ({
      id: node.dataset.testid.slice("person-".length),
      role: node.dataset.role,
      name: node.querySelector(".person-name").textContent.replace(" (you)", ""),
    })));
    const [alice, bob, cara] = people.filter((person) => person.role === "engineer");
    const guest = people.find((person) => person.role === "guest");
    const outsider = people.find((person) => person.role === "outsider");
    must(alice && bob && cara && guest && outsider, `three engineers, a guest and an outsider are needed; there are ${people.map((person) => person.role).join(", ")}`);
    Object.assign(this, { alice, bob, cara, guest, outsider });
  }

  async shot(name, page = this.page) {
    this.#shots += 1;
    await page.screenshot({ path: join(this.folder, `${String(this.#shots).padStart(2, "0")}-${name}.png`) });
  }

  /** Waits until `look` gives something, and says what was missing when it never does. */
  async seen(what, look, longest = LONGEST_WAIT_MS) {
    const end = Date.now() + longest;
    for (;;) {
      const found = await look();
      if (found) return found;
      must(Date.now() < end, `${what} was not seen within ${longest / 1000} s`);
      await this.page.waitForTimeout(50);
    }
  }

  /** Asks the CKAN of the sandbox to behave in some way. */
  async ckanShall(path, body) {
    const answer = await fetch(`${this.ckan}/sandbox/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    must(answer.ok, `the sandbox's CKAN answered ${answer.status} to ${path}`);
    return answer.json();
  }

  card(ts) {
    return this.channel.locator(`[data-testid=message][data-ts="${ts}"]`);
  }

  /** The messages of the channel whose Approve can be pressed, by their `ts`. */
  pendingCards() {
    return this.channel.getByTestId("message").filter({ has: this.page.getByTestId("button-approve") })
      .evaluateAll((nodes) => nodes.map((node) => node.dataset.ts));
  }

  async become(person) {
    await this.closeThread();
    await this.page.getByTestId(`person-${person.id}`).click();
    await this.page.locator(`[data-testid="person-${person.id}"][aria-current]`).waitFor();
  }

  async type(line) {
    const composer = this.page.getByTestId("composer");
    await composer.pressSequentially(line);
    await composer.press("Enter");
  }

  /** Presses a button and answers its question, if it asks one. */
  async press(button) {
    await button.click();
    const confirm = this.page.getByTestId("confirm-ok");
    if (await confirm.isVisible()) await confirm.click();
  }

  /** The field of the open form under this label. */
  field(label) {
    return this.modal.getByLabel(label);
  }

  /** Sends the open form, which goes away. */
  async submit() {
    await this.page.getByTestId("modal-submit").click();
    await this.modal.waitFor({ state: "detached" });
  }

  /** Fills what a form still asks for, and sends it. */
  async answerModal() {
    for (const block of await this.modal.locator(".input-block").all()) {
      const line = block.locator("textarea, input:not([type=checkbox], [type=radio], [type=file])").first();
      if ((await line.count()) === 0 || (await line.inputValue()) !== "") continue;
      const label = await block.locator("label, legend").first().innerText();
      if (!/optional/.test(label) || /ticket/i.test(label)) await line.fill(/ticket/i.test(label) ? "51234" : "Published again, as agreed");
    }
    await this.shot("form");
    await this.submit();
  }

  /** What `act` leads to: the card of a new request, forms in between answered. */
  async askAndGetCard(act, what) {
    const before = new Set(await this.pendingCards());
    await act();
    return this.seen(what, async () => {
      if (await this.modal.isVisible()) await this.answerModal();
      return (await this.pendingCards()).find((ts) => !before.has(ts));
    });
  }

  /** What only the present person is told because of `act`, once it matches `words`. */
  async toldAfter(act, words, what) {
    const all = async () => this.page.getByTestId("ephemeral").evaluateAll((nodes) => nodes.map((node) => node.dataset.ts));
    const before = new Set(await all());
    await act();
    return this.seen(what, async () => {
      for (const ts of (await all()).filter((stamp) => !before.has(stamp))) {
        const text = await this.page.locator(`[data-testid=ephemeral][data-ts="${ts}"]`).first().innerText();
        if (words.test(text)) return text;
      }
      return null;
    });
  }

  async approveAndBeRefused(person, ts, why) {
    await this.become(person);
    await this.card(ts).waitFor();
    const words = await this.toldAfter(() => this.press(this.card(ts).getByTestId("button-approve")), REFUSAL, `a refusal for ${person.name} (${why})`);
    must((await this.pendingCards()).includes(ts), `the card no longer waits for approval after ${person.name} was refused`);
    await this.shot(`refused-${why}`);
    console.log(`${person.name}, ${why}: ${oneLine(words)}`);
  }

  /** Presses Approve as this person. */
  async approve(person, ts) {
    await this.become(person);
    await this.press(this.card(ts).getByTestId("button-approve"));
  }

  /** Presses Approve as this person and reads the form that comes with it: its whole text. */
  async review(person, ts) {
    await this.approve(person, ts);
    await this.modal.waitFor();
    return this.modal.innerText();
  }

  /** Approves what has to be looked at first: reads the form, which must hold these words, and sends it. */
  async reviewAndApprove(person, ts, words, name) {
    const form = await this.review(person, ts);
    must(form.includes(words), `the form does not say “${words}”: ${oneLine(form)}`);
    await this.shot(`${name}-review`);
    await this.submit();
  }

  async decided(ts) {
    await this.seen("a card that no longer asks for approval", async () => !(await this.pendingCards()).includes(ts));
  }

  /** The share that the progress bar on a card shows, in per cent, or null where it shows none. */
  async progress(ts) {
    const words = await this.card(ts).innerText();
    const found = /[▓░]{20} (\d+)%/.exec(words);
    return found ? Number(found[1]) : null;
  }

  /** Looks at the bar of a card while it moves: at least two different shares, the later one the larger. */
  async barMoves(ts, name) {
    const first = await this.seen("a progress bar on the card", async () => {
      const share = await this.progress(ts);
      return share !== null && share < 100 ? { share } : null;
    });
    await this.shot(`${name}-bar`);
    const later = await this.seen("a progress bar that moves", async () => {
      const share = await this.progress(ts);
      return share !== null && share > first.share ? { share } : null;
    });
    await this.shot(`${name}-bar-later`);
    console.log(`${name}: the bar went from ${first.share} % to ${later.share} %`);
  }

  async openThread(ts) {
    if (await this.thread.isVisible()) return;
    await this.card(ts).getByTestId("thread-link").click();
    await this.thread.waitFor();
  }

  async closeThread() {
    const closer = this.page.getByTestId("thread-close");
    if (await closer.isVisible()) await closer.click();
  }

  /** Waits until the thread of a card, without the card, tells what matches. */
  async threadTells(ts, words, name) {
    await this.openThread(ts);
    const told = await this.seen(`something that matches ${words} in the thread`, async () => {
      const replies = await this.thread.locator(`[data-testid=message]:not([data-ts="${ts}"])`).allInnerTexts();
      return replies.findLast((text) => words.test(text));
    });
    await this.shot(name);
    console.log(`${name}: ${oneLine(told)}`);
    return told;
  }

  /** Approves, and waits until the thread tells the outcome. */
  async approveAndSucceed(person, ts, outcome, name) {
    await this.approve(person, ts);
    await this.decided(ts);
    await this.shot(`${name}-approved`);
    await this.threadTells(ts, outcome, `${name}-outcome`);
  }
}
