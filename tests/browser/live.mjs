// Answers that take their time: connections that break, pages that are loaded again, forms that are waited for.

import assert from "node:assert/strict";
import { line } from "./line.mjs";
import { given, isAccessible, leave } from "./visit.mjs";

const COUNTED = Array.from({ length: 60 }, (_, at) => `w${at}`).join(" ");
const SLOW = { timeout: 30_000 };

/** Waits until the last answer has come to a word. */
const until = (page, word) => page.waitForFunction((mark) => [...document.querySelectorAll(".answer .markdown")].at(-1)?.textContent.split(" ").includes(mark), word, SLOW);

const answer = async (page) => (await page.locator(".answer .markdown").last().textContent()).trim();

/** How often something was asked of the server. */
function asked(page, method, path) {
  const found = { count: 0 };
  page.on("request", (request) => {
    if (request.method() === method && new URL(request.url()).pathname === path) found.count += 1;
  });
  return found;
}

async function ask(page) {
  await page.fill("#question", "Count");
  await page.keyboard.press("Enter");
}

const run = (page) => page.getByRole("button", { name: "Run", exact: true }).click();

export default {
  async "an answer whose connection breaks is whole"(visit) {
    for (const [address, begin, path] of [
      [`/chat/${given.counted}`, ask, "/api/chat-messages"],
      [`/completion/${given.countedtext}`, async (page) => {
        await page.fill("#field-query", "Count");
        await run(page);
      }, "/api/completion-messages"],
      [`/workflow/${given.countedflow}`, run, "/api/workflows/run"],
    ]) {
      const wire = await line();
      const page = await visit(address, { base: wire.base });
      const requests = asked(page, "POST", path);
      await begin(page);
      for (const word of ["w8", "w20", "w21", "w45"]) {
        await until(page, word);
        wire.cut();
      }
      await page.locator(".answer .tools").waitFor(SLOW);
      assert.equal(await answer(page), COUNTED, address);
      assert.equal(requests.count, 1, address);
      assert.equal(await page.getByText("Trying again").count(), 0);
      await leave(page);
      wire.close();
    }
  },

  async "a chat that is loaded again goes on with its answer"(visit) {
    const page = await visit(`/chat/${given.counted}`);
    const requests = asked(page, "POST", "/api/chat-messages");
    await ask(page);
    for (const word of ["w5", "w25"]) {
      await until(page, word);
      await page.reload();
      // The conversation is the one that was open, with the question.
      await page.locator(".question", { hasText: "Count" }).waitFor();
    }
    await page.getByRole("button", { name: "Stop answering" }).waitFor();
    await page.locator(".answer .tools").waitFor(SLOW);
    assert.equal(await answer(page), COUNTED);
    assert.equal(requests.count, 1);
    await page.getByRole("button", { name: "Send" }).waitFor();
    assert.equal(await page.locator(".conversation").count(), 1);
    // Elsewhere for a while, and back.
    await ask(page);
    await until(page, "w5");
    await page.click(".new-conversation");
    await page.locator(".conversation-open").click();
    await until(page, "w10");
    await page.getByRole("button", { name: "Stop answering" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".answer .tools").length === 2);
    const words = (await answer(page)).split(" ");
    assert.ok(words.length < 60 && words.every((word, at) => word === `w${at}`), words.join(" "));
    await leave(page);
  },

  async "a form that is loaded again goes on with its run"(visit) {
    for (const [address, begin] of [
      [`/completion/${given.countedtext}`, async (page) => {
        await page.fill("#field-query", "Count");
        await run(page);
      }],
      [`/workflow/${given.countedflow}`, run],
    ]) {
      const page = await visit(address);
      await begin(page);
      for (const word of ["w5", "w25"]) {
        await until(page, word);
        await page.reload();
      }
      await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
      await page.locator(".answer .tools").waitFor(SLOW);
      assert.equal(await answer(page), COUNTED, address);
      // What has ended is not gone on with.
      await page.reload();
      await page.getByText("The result will appear here.").waitFor();
      await leave(page);
    }
  },

  async "another answer like one is made"(visit) {
    const page = await visit(`/completion/${given.countedtext}`);
    await page.fill("#field-query", "Count");
    await run(page);
    await page.locator(".answer .tools").waitFor(SLOW);
    const more = page.getByRole("button", { name: "Another answer like this" }).first();
    await more.click();
    await until(page, "w3");
    assert.equal(await page.locator(".answer").count(), 2);
    await isAccessible(page, "another answer while it comes");
    await page.waitForFunction(() => document.querySelectorAll(".answer .tools").length === 2, null, SLOW);
    assert.equal(await answer(page), COUNTED);
    // It is an answer like any other: it can be kept, stopped, and followed by yet another.
    await page.getByRole("button", { name: "Save the answer" }).last().click();
    await page.getByRole("tab", { name: "Saved (1)" }).waitFor();
    await page.getByRole("button", { name: "Another answer like this" }).last().click();
    await until(page, "w3");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.waitForFunction(() => document.querySelectorAll(".answer .tools").length === 3);
    await leave(page);
  },

  async "a form of a run takes texts and files"(visit) {
    const picture = { name: "boat.png", mimeType: "image/png", buffer: Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64") };
    const paper = (name) => ({ name, mimeType: "text/plain", buffer: Buffer.from(name) });
    const page = await visit(`/workflow/${given.longform}`);
    await run(page);
    const form = page.getByRole("region", { name: "ask" });
    await form.waitFor();
    await page.locator('.steps[data-state="paused"]').waitFor();
    await page.reload();
    await form.waitFor();
    assert.equal(await page.getByRole("region", { name: "ask" }).count(), 1);
    const handle = await page.waitForFunction((code) => JSON.parse(localStorage.getItem(`ferrify:forms:${code}`) ?? "[]")[0]?.data.form_token, given.longform);
    // In the page itself, and by its link.
    for (const token of [null, await handle.jsonValue()]) {
      const place = token ? await visit(`/form/${token}`) : page;
      const fields = token ? place.locator(".human-form") : form;
      await fields.getByRole("textbox", { name: "note" }).fill("a note");
      await fields.getByRole("textbox", { name: "story" }).fill("Once\nupon a time");
      await place.setInputFiles(".human-form [id$=-picture] input[type=file]", [picture]);
      await place.setInputFiles(".human-form [id$=-papers] input[type=file]", [paper("a.txt"), paper("b.txt"), paper("c.txt")]);
      await place.waitForFunction(() => document.querySelectorAll(".human-form .chip.ready").length === 3);
      await place.setInputFiles(".human-form [id$=-picture] input[type=file]", [paper("d.txt")]);
      assert.equal(await fields.locator(".chip").count(), 3, "no more than it takes");
      await isAccessible(place, "a form with files");
      if (!token) continue;
      await fields.getByRole("button", { name: "Agree" }).click();
      await place.getByText("Your answer was taken.").waitFor();
      await leave(place);
    }
    // Who asked first is told that somebody was quicker, and sees what came of it.
    await form.getByRole("button", { name: "Agree" }).click();
    await page.locator('.steps[data-state="succeeded"]').waitFor(SLOW);
    await page.locator(".output").first().waitFor();
    const results = await page.locator(".results").textContent();
    for (const part of ["a note", "upon a time", "a.txt", "b.txt"]) assert.ok(results.includes(part), `${part} in ${results}`);
    await page.locator('.output img[alt="boat.png"]').waitFor();
    // Files are told as outputs and as the run's: they are shown once.
    assert.equal(await page.locator(".results img").count(), 1);
    assert.equal(results.split("a.txt").length, 2, results);
    await leave(page);
  },

  async "what is read is not taken away by what comes"(visit) {
    const page = await visit(`/chat/${given.growing}`, { viewport: { width: 375, height: 740 } });
    await ask(page);
    // Thoughts that were opened stay open.
    await page.locator(".thought summary").click();
    await page.waitForFunction(() => document.querySelector(".thought").textContent.includes("t20"), null, SLOW);
    assert.equal(await page.locator(".thought").evaluate((thoughts) => thoughts.open && thoughts.querySelector("summary") === document.activeElement), true);
    // Code stays where it was scrolled to, and held by the keyboard.
    const lines = (count) => page.waitForFunction((least) => (document.querySelector(".code pre")?.textContent.split("\n").length ?? 0) > least, count, SLOW);
    await lines(3);
    await page.locator(".code pre").evaluate((code) => {
      code.focus();
      code.scrollLeft = 120;
    });
    await lines(15);
    assert.deepEqual(await page.locator(".code pre").evaluate((code) => [code.scrollLeft, code === document.activeElement]), [120, true]);
    await isAccessible(page, "an answer that grows");
    // What was marked stays marked, and the whole is copied by the button that was there first.
    const copying = await page.locator(".code-copy").elementHandle();
    await page.locator(".thought p").evaluate((text) => getSelection().setBaseAndExtent(text.firstChild, 0, text.firstChild, 5));
    await page.locator(".answer .tools").waitFor(SLOW);
    // The page followed to the end.
    const below = await page.locator(".scroller").evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
    assert.ok(below < 2, `${below} pixels are left`);
    assert.equal(await page.evaluate(() => getSelection().toString()), "t0 t1");
    await copying.click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied.trim().split("\n").length, 25);
    await leave(page);
  },
};
