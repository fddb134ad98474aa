// Pages that listen and speak, and pages in frames of other sites.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { gzipSync } from "node:zlib";
import { ask, given, isAccessible, leave } from "./visit.mjs";

/** So many seconds of silence. */
function silence(seconds) {
  const samples = 8000 * seconds;
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(8000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples, 40);
  return Buffer.concat([head, Buffer.alloc(samples, 128)]);
}

/** The model's sound is none; the browser gets ones that it can play, of these lengths. What was asked for. */
async function audible(page, lengths) {
  const bodies = [];
  await page.route("**/api/text-to-audio", async (route) => {
    bodies.push(route.request().postDataJSON());
    const response = await route.fetch();
    assert.equal(response.status(), 200);
    await route.fulfill({ status: 200, contentType: "audio/wav", body: silence(lengths.shift()) });
  });
  return bodies;
}

/** As the script of pages that embed others packs values. */
const packed = (text) => encodeURIComponent(gzipSync(text).toString("base64"));

export default {
  async "a question is spoken"(visit) {
    const page = await visit(`/chat/${given.voice}`);
    assert.match(page.answer.headers()["permissions-policy"], /microphone=\(self\)/);
    await page.fill("#question", "Well:");
    await page.getByRole("button", { name: "Speak your question" }).click();
    const stopping = page.getByRole("button", { name: "Stop listening" });
    await stopping.waitFor();
    await isAccessible(page, "a page that listens");
    const [heard] = await Promise.all([page.waitForResponse((response) => response.url().endsWith("/api/audio-to-text")), stopping.click()]);
    assert.equal(heard.status(), 200);
    assert.match(heard.request().headers()["content-type"], /^multipart\/form-data/);
    await page.waitForFunction(() => document.querySelector("#question").value === "Well: a transcript");
    assert.equal(await page.getByRole("button", { name: "Speak your question" }).getAttribute("aria-pressed"), "false");
    await leave(page);
    // Apps that do not listen have neither the button nor the right.
    const deaf = await visit(`/chat/${given.plain}`);
    await deaf.locator(".composer").waitFor();
    assert.equal(await deaf.locator(".microphone").count(), 0);
    assert.match(deaf.answer.headers()["permissions-policy"], /microphone=\(\)/);
    assert.equal(await deaf.evaluate(() => navigator.mediaDevices.getUserMedia({ audio: true }).catch((fault) => fault.name)), "NotAllowedError");
    await leave(deaf);
  },

  async "an answer is read aloud"(visit) {
    const page = await visit(`/chat/${given.voice}`);
    const bodies = await audible(page, [600, 1]);
    await ask(page, "Say something");
    const aloud = page.getByRole("button", { name: "Read aloud" });
    await aloud.click();
    await page.locator('.read-aloud[aria-pressed="true"][aria-busy="false"]').waitFor();
    await isAccessible(page, "a page that speaks");
    await aloud.click();
    await page.locator('.read-aloud[aria-pressed="false"]').waitFor();
    // The second one ends by itself.
    await Promise.all([page.waitForResponse((response) => response.url().endsWith("/api/text-to-audio")), aloud.click()]);
    await page.locator('.read-aloud[aria-pressed="false"]').waitFor();
    assert.equal(bodies.length, 2);
    assert.match(bodies[0].message_id, /^[\da-f-]{36}$/);
    await leave(page);
    const mute = await visit(`/chat/${given.plain}`);
    await ask(mute, "Say nothing");
    assert.equal(await mute.locator(".read-aloud").count(), 0);
    await leave(mute);
  },

  async "a chat stands in a page of another site"(visit) {
    const address = `${given.base}/chatbot/${given.chat}?boat=${packed("Gull")}&sys.user_id=${packed("embedded-7")}`;
    const elsewhere = http.createServer((_, response) => response.end(`<!doctype html><title>Elsewhere</title><iframe title="Chat" width="400" height="640" src="${address}"></iframe>`));
    await once(elsewhere.listen(0, "127.0.0.1"), "listening");
    const page = await visit("/", { base: `http://localhost:${elsewhere.address().port}` });
    const frame = page.frameLocator("iframe");
    await frame.locator("#field-boat").waitFor();
    assert.equal(await frame.locator("#field-boat").inputValue(), "Gull");
    await frame.locator("#question").fill("What are tides?");
    await frame.locator("#question").press("Enter");
    await frame.locator(".answer .tools").waitFor();
    await leave(page);
    elsewhere.close();
    // The same visitor, known by the name that the site has given.
    const later = await visit(`/chat/${given.chat}?sys.user_id=${packed("embedded-7")}`);
    await later.locator(".conversation").waitFor();
    assert.equal(await later.locator(".conversation").count(), 1);
    await leave(later);
    const together = await visit(`/chatbot/${given.chat}?inputs=${packed(JSON.stringify({ boat: "Tern" }))}&user_id=embedded-8`);
    assert.equal(await together.locator("#field-boat").inputValue(), "Tern");
    await leave(together);
  },
};
