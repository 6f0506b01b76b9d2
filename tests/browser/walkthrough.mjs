// Plays the stories in a real browser, as the people of the sandbox would, and fails with the reason when something
// they should see is not there. Each step leaves a numbered screenshot.
//
//   node tests/browser/walkthrough.mjs PAGE_ADDRESS CKAN_ADDRESS FOLDER [STORY…]
//
// Needs `playwright-core` where node is started and a Chromium at CHROMIUM, else /usr/bin/chromium.

import { address } from "./address.mjs";
import { harvest } from "./harvest.mjs";
import { list } from "./list.mjs";
import { rebuild } from "./rebuild.mjs";
import { must, openScene } from "./scene.mjs";
import { withdrawal } from "./withdrawal.mjs";

const STORIES = { withdrawal, list, rebuild, address, harvest };

const [url, ckan, folder, ...wanted] = process.argv.slice(2);
if (!url || !ckan || !folder || wanted.some((name) => !STORIES[name])) {
  console.error(`Say where the page and its CKAN are, a folder for the screenshots, and which stories of: ${Object.keys(STORIES).join(", ")}.`);
  process.exit(2);
}

const scene = await openScene(url, folder, ckan);
try {
  for (const [name, story] of Object.entries(STORIES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const began = Date.now();
    await story(scene);
    console.log(`${name}: ${Math.round((Date.now() - began) / 1000)} s`);
  }
  must(scene.complaints.length === 0, `the page complained: ${scene.complaints.join("; ")}`);
  console.log(`The stories went as they should; ${scene.shots} screenshots in ${folder}.`);
} catch (error) {
  await scene.shot("failure").catch(() => undefined);
  console.error(`The story broke: ${error.message}`);
  process.exitCode = 1;
} finally {
  await scene.browser.close();
}
