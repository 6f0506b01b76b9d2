// One source is harvested and watched to its end; another is stopped half-way.

import { must, oneLine } from "./scene.mjs";

async function asks(scene, line, what) {
  await scene.become(scene.alice);
  return scene.askAndGetCard(() => scene.type(`${line} --reason "The publisher mended its list" --ticket 51238`), what);
}

/** What the newest job has imported so far. */
async function imported(scene) {
  const { jobs } = await scene.ckanShall("harvest");
  return jobs.at(-1)?.objects?.COMPLETE ?? 0;
}

export async function harvest(scene) {
  const { alice, bob, page } = scene;
  const quick = await asks(scene, "/ckan reharvest quick-source", "a card for the harvest");
  await scene.shot("harvest-card");
  await scene.approveAndSucceed(bob, quick, /The harvest is done\. Gathered 5/, "harvest");

  const slow = await asks(scene, "/ckan reharvest slow-source", "a card for the slow harvest");
  await scene.approveAndSucceed(bob, slow, /Done and verified/, "slow-harvest");
  await scene.seen("a harvest that is half-way", async () => (await imported(scene)) >= 2);
  const stop = await asks(scene, "/ckan stop slow-source", "a card for the stop");
  await scene.shot("stop-card");
  await scene.approveAndSucceed(bob, stop, /Done and verified: Stop/, "stop");
  await scene.become(alice);
  const status = await scene.toldAfter(() => scene.type("/ckan harvest status slow-source"), /Harvest source/, "the status of the source");
  console.log(`harvest status: ${oneLine(status)}`);
  await page.getByTestId("ephemeral").last().scrollIntoViewIfNeeded();
  await scene.shot("harvest-status");
  const added = Number(/stopped: (\d+) added/.exec(status)?.[1]);
  must(added >= 2 && added < 20, `the harvest was not stopped half-way: ${oneLine(status)}`);
}
