// A pasted list of datasets is withdrawn, its bad lines told, and all of it is given back.

import { readFileSync } from "node:fs";
import { must, oneLine } from "./scene.mjs";

const GOOD = [
  "road-accidents-2018", "road-traffic-counts", "bus-and-coach-timetables", "flood-warning-areas", "historic-landfill-sites",
  "gp-practice-prescribing", "hospital-waiting-times", "consumer-price-index", "leeds-car-parks", "leeds-spend-over-500",
  "school-census-2023", "apprenticeship-starts",
];
// A word that is no slug, one that nobody knows, one twice, one that is withdrawn already, and a harvest source.
const BAD = ["what is this?", "no-such-dataset", "leeds-car-parks", "business-counts-2015", "quick-source"];

export async function list(scene) {
  const { alice, bob, page } = scene;
  await scene.ckanShall("faults", { action: "package_delete", kind: "slow", ms: 1500, times: GOOD.length });
  await scene.become(alice);
  const before = new Set(await scene.pendingCards());
  await scene.type("/ckan withdraw --list");
  await scene.modal.waitFor();
  await scene.field("Reason").fill("The publishers asked for it");
  await scene.field(/Ticket/).fill("51235");
  await page.getByTestId("modal-submit").click();
  const missing = await scene.seen("a word under the empty list", async () =>
    (await scene.modal.locator(".field-error:visible, [role=alert]:visible").allInnerTexts()).find((text) => /Say which datasets/.test(text)));
  console.log(`list, empty: ${oneLine(missing)}`);
  await scene.shot("list-empty");
  await scene.field(/Datasets, one per line/).fill(`${[...GOOD, ...BAD].join("\n")}\n`);
  must(!(await page.getByTestId("error-list").isVisible()), "the empty list is called wrong after it was filled");
  await scene.shot("list-form");
  await scene.submit();
  const card = await scene.seen("a card for the list", async () => (await scene.pendingCards()).find((ts) => !before.has(ts)));
  const words = await scene.card(card).innerText();
  for (const part of [`Withdraw ${GOOD.length} datasets`, "Unreadable, left out", "no-such-dataset", "Named twice, left out", "business-counts-2015", "quick-source"]) {
    must(words.includes(part), `the card of the list does not say “${part}”: ${oneLine(words)}`);
  }
  await scene.card(card).scrollIntoViewIfNeeded();
  await scene.shot("list-card");
  await scene.openThread(card);
  await scene.thread.getByTestId("file").filter({ hasText: "list.csv" }).waitFor();
  await scene.shot("list-whole");

  await scene.reviewAndApprove(bob, card, `These are all ${GOOD.length}.`, "list");
  await scene.decided(card);
  await scene.barMoves(card, "list");
  await scene.threadTells(card, /Done and verified: Withdraw/, "list-outcome");
  const rows = await scene.seen("the table of results", async () => {
    const shown = await scene.thread.locator("table tbody tr").allInnerTexts();
    return shown.length > 0 ? shown : null;
  });
  must(rows.length === GOOD.length && rows.every((row) => /done/.test(row)), `the table in the thread reads: ${rows.join(" | ")}`);
  const file = scene.thread.getByTestId("file").filter({ hasText: "results.csv" });
  await file.waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), file.getByTestId("file-download").click()]);
  const table = readFileSync(await download.path(), "utf8").trim().split(/\r?\n/);
  must(/results\.csv$/.test(download.suggestedFilename()), `the file is called ${download.suggestedFilename()}`);
  must(table.length === GOOD.length + 1 && table.slice(1).every((row) => row.includes(",done,")), `the table of results reads: ${table.join(" | ")}`);
  await file.scrollIntoViewIfNeeded();
  await scene.shot("list-file");

  const restore = scene.thread.getByRole("button", { name: /^Restore/ }).last();
  const restored = await scene.askAndGetCard(() => scene.press(restore), "a card for the restore of all");
  must((await scene.card(restored).innerText()).includes(`Restore ${GOOD.length} datasets`), "the restore is not one of all datasets");
  await scene.approveAndBeRefused(bob, restored, "restore-all-requester");
  await scene.reviewAndApprove(alice, restored, `Restore ${GOOD.length} datasets`, "restore-all");
  await scene.decided(restored);
  await scene.threadTells(restored, /Done and verified: Restore/, "restore-all-outcome");
}
