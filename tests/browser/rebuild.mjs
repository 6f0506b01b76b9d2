// The search index is emptied and built again: two approvers, each of whom types what it is.

import { must, oneLine } from "./scene.mjs";

const WORDS = "empty production";

async function types(scene, person, card, typed, name) {
  const form = await scene.review(person, card);
  must(form.includes("Goes dark meanwhile"), `the form does not say what goes dark: ${oneLine(form)}`);
  await scene.field(/^Type /).fill(typed);
  await scene.shot(name);
  await scene.submit();
}

export async function rebuild(scene) {
  const { alice, bob, cara } = scene;
  await scene.ckanShall("commands/settings", { item_ms: 400 });
  await scene.become(alice);
  const card = await scene.askAndGetCard(
    () => scene.type("/ckan index rebuild --reason \"A refresh did not mend it\" --ticket 51236"), "a card for the rebuild");
  const asked = await scene.card(card).innerText();
  must(/0 of 2/.test(asked) && /Safer/.test(asked), `the card asks for too little: ${oneLine(asked)}`);
  await scene.shot("rebuild-card");

  await scene.become(bob);
  const refused = await scene.toldAfter(() => types(scene, bob, card, "production", "rebuild-wrong-word"), /exactly/, "a refusal of the wrong word");
  console.log(`rebuild, a wrong word: ${oneLine(refused)}`);
  await scene.shot("rebuild-refused");
  must(/0 of 2/.test(await scene.card(card).innerText()), "the wrong word counted as a yes");
  await types(scene, bob, card, WORDS, "rebuild-first");
  await scene.seen("one of two approvals", async () => /1 of 2/.test(await scene.card(card).innerText()));
  await scene.shot("rebuild-one-of-two");
  await types(scene, cara, card, WORDS, "rebuild-second");
  await scene.decided(card);
  await scene.barMoves(card, "rebuild");
  const told = await scene.threadTells(card, /Done and verified/, "rebuild-outcome");
  must(/The index has all \d+ /.test(told), `no counts were told: ${oneLine(told)}`);
  const { missing, stale } = await scene.ckanShall("index");
  must(missing.length === 0 && stale.length === 0, "the index is not whole");
}
