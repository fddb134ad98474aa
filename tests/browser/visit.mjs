// Visits to pages, and what must hold on every one of them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";

/** The base URL, a key, and codes of apps. */
export const given = JSON.parse(process.argv[2]);
const AXE = readFileSync(path.join(import.meta.dirname, "node_modules", "axe-core", "axe.min.js"), "utf8");

/** A page of a new visitor. Whatever a page should never do fails the test. `base`: another address of the
 * server; `before`: what the browser is like, a function that runs in the page before anything else, and what it gets. */
export async function visit(browser, pages, address, { base = given.base, before = null, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: base });
  const page = await context.newPage();
  pages.push(page);
  page.setDefaultTimeout(15_000);
  page.troubles = [];
  page.on("dialog", (dialog) => {
    page.troubles.push(`a dialog opened: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("pageerror", (error) => page.troubles.push(`an error: ${error.message}`));
  page.on("console", (line) => {
    if (/Content Security Policy|Trusted/.test(line.text())) page.troubles.push(line.text());
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== base && origin !== given.base) page.troubles.push(`another host was asked: ${request.url()}`);
  });
  if (before) await page.addInitScript(...before);
  page.answer = await page.goto(base + address);
  return page;
}

export async function leave(page) {
  await page.waitForLoadState();
  assert.deepEqual(page.troubles, []);
}

export async function ask(page, text) {
  const before = await page.locator(".answer .tools").count();
  await page.fill("#question", text);
  await page.keyboard.press("Enter");
  await page.waitForFunction((count) => document.querySelectorAll(".answer .tools").length > count, before);
}

/** No findings of the accessibility rules, and nothing wider than the window. */
export async function isAccessible(page, what) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  const told = found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(" ")).join(", ")} (${rule.nodes[0]?.failureSummary})`);
  assert.deepEqual(told, [], what);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${what}: ${wide} pixels too wide`);
}
