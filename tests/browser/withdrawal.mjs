// One dataset is withdrawn and given back, and everybody who may not approve it is refused.

import { must } from "./scene.mjs";

const DATASET = "road-accidents-2019";

export async function withdrawal(scene) {
  const { alice, bob, guest, outsider, page } = scene;
  await scene.become(alice);
  await page.getByTestId("try").first().waitFor();
  await scene.shot("start");
  const composer = page.getByTestId("composer");
  const ask = async () => {
    await composer.pressSequentially(`/ckan withdraw ${DATASET} --reason "Publisher asked" --ticket 51234`);
    await scene.shot("typed");
    await composer.press("Enter");
  };
  const withdrawn = await scene.askAndGetCard(ask, "a card with Approve");
  const words = await scene.card(withdrawn).innerText();
  must(words.includes(DATASET), `the card does not name ${DATASET}`);
  must(await scene.card(withdrawn).getByTestId("button-deny").isVisible(), "the card has no Deny");
  await scene.shot("card");

  await scene.approveAndBeRefused(alice, withdrawn, "requester");
  await scene.approveAndBeRefused(guest, withdrawn, "guest");
  await scene.approveAndBeRefused(outsider, withdrawn, "outsider");
  await scene.approveAndSucceed(bob, withdrawn, /Done and verified: Withdraw/, "withdraw");

  const restore = page.getByRole("button", { name: /^Restore/ }).last();
  await restore.waitFor();
  const restored = await scene.askAndGetCard(() => scene.press(restore), "a card for the restore");
  await scene.shot("restore-card");
  await scene.approveAndBeRefused(bob, restored, "restore-requester");
  await scene.approveAndSucceed(alice, restored, /Done and verified: Restore/, "restore");

  // The second window: narrow, another person, the same truth.
  const narrow = await scene.browser.newPage({ viewport: { width: 360, height: 740 } });
  await narrow.goto(`${scene.url.replace(/\/$/, "")}/#${guest.id}`);
  await narrow.locator(`[data-testid=message][data-ts="${restored}"]`).waitFor();
  must(await narrow.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "the narrow page scrolls sideways");
  await scene.shot("narrow", narrow);
  await narrow.close();
}
