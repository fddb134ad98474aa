// The pages, used as people use them, in a real browser. Called with one JSON argument (the base URL, a key, codes of apps),
// and perhaps a part of the name of what is to be checked.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { launch } from "./browser.mjs";
import aloud from "./aloud.mjs";
import chat from "./chat.mjs";
import live from "./live.mjs";
import places from "./places.mjs";
import { visit } from "./visit.mjs";
import voice from "./voice.mjs";

const browser = await launch();

const AT_ONCE = 3;
const wanted = process.argv[3];
const waiting = Object.entries({ ...chat, ...live, ...places, ...voice, ...aloud }).filter(([name]) => !wanted || name.includes(wanted));
const failed = waiting.length === 0 ? [`nothing is called like ${wanted}`] : [];
const folder = process.env.FERRIFY_SCREENSHOTS;

async function work() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const [name, check] = next;
    const pages = [];
    try {
      await check((address, options) => visit(browser, pages, address, options));
    } catch (error) {
      failed.push(`${name}: ${error.stack}`);
      // What it looked like, for whoever wants to see it.
      if (folder && pages.length > 0) writeFileSync(path.join(folder, `${name.replaceAll(" ", "-")}.png`), await pages.at(-1).screenshot());
    }
    for (const page of pages) await page.context().close();
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
await browser.close();
if (failed.length > 0) {
  console.error(failed.join("\n\n"));
  process.exit(1);
}
console.log("ok");
