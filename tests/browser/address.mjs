// A user gets another e-mail address, which nobody sees whole but the two who are involved.

import { must, oneLine } from "./scene.mjs";

const OLD = "dora.transport@example.org";
const NEW = "dora.moved@example.org";

export async function address(scene) {
  const { alice, bob, cara, page } = scene;
  const nowhereSeen = async (person) => {
    const words = await page.locator("body").innerText();
    must(!words.includes(NEW) && !words.includes(OLD), `${person.name} sees a whole address`);
  };
  await scene.become(alice);
  const card = await scene.askAndGetCard(
    () => scene.type(`/ckan email dft-admin ${NEW} --reason "She has another name" --ticket 51237`), "a card for the address");
  const words = await scene.card(card).innerText();
  must(words.includes("d…@example.org") && !words.includes(NEW) && !words.includes(OLD), `the card does not mask the address: ${oneLine(words)}`);
  await scene.shot("address-card");
  await scene.become(cara);
  await scene.card(card).waitFor();
  await nowhereSeen(cara);

  await scene.become(bob);
  await nowhereSeen(bob);
  const form = await scene.review(bob, card);
  must(form.includes(NEW) && form.includes(OLD), `the form does not show both addresses whole: ${oneLine(form)}`);
  await scene.shot("address-review");
  await scene.submit();
  await scene.threadTells(card, /Done and verified/, "address-outcome");
  await scene.become(alice);
  const reply = await scene.seen("the reply to send to the user", async () =>
    (await page.getByTestId("ephemeral").allInnerTexts()).find((text) => /Send this to the user/.test(text)));
  must(reply.includes(NEW) && reply.includes("/user/reset"), `the reply lacks something: ${oneLine(reply)}`);
  await scene.shot("address-reply");
  await scene.become(cara);
  await scene.card(card).waitFor();
  await nowhereSeen(cara);
}
