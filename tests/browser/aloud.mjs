// Answers that speak by themselves while they come.

import assert from "node:assert/strict";
import { given, isAccessible, leave } from "./visit.mjs";

const PARTS = Array.from({ length: 40 }, (_, at) => `Part${at}.`);

/** Remembers what is played, and plays it faster. Each word stands in the sound that speaks it. */
function listening({ grows = true, allowed = true, rate } = {}) {
  const heard = { sound: "", players: [], allowed, seconds: 0 };
  globalThis.heard = heard;
  const told = (bytes) => { heard.sound += new TextDecoder("latin1").decode(bytes); };
  const { appendBuffer } = SourceBuffer.prototype;
  SourceBuffer.prototype.appendBuffer = function append(bytes) {
    told(bytes);
    return appendBuffer.call(this, bytes);
  };
  if (!grows) {
    globalThis.MediaSource = undefined;
    globalThis.ManagedMediaSource = undefined;
    const { createObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      heard.blobs = (heard.blobs ?? 0) + 1;
      heard.last = (heard.last ?? Promise.resolve()).then(() => blob.arrayBuffer()).then(told);
      return createObjectURL.call(URL, blob);
    };
  }
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function started() {
    if (!heard.allowed) return Promise.reject(new DOMException("not yet", "NotAllowedError"));
    this.playbackRate = rate;
    if (!heard.players.includes(this)) {
      heard.players.push(this);
      this.addEventListener("ended", () => { heard.seconds += this.currentTime; }, { capture: true });
    }
    return play.call(this);
  };
}

const speaking = (page) => page.locator('.voice[data-state="speaking"]').waitFor();
const silent = (page) => page.locator(".voice").waitFor({ state: "hidden" });
const words = (page) => page.evaluate(() => heard.sound.match(/Part\d+\./g));
/** Whether each sound is played, in the order in which they began. */
const playing = (page) => page.evaluate(() => heard.players.map((player) => !player.paused));

/** Plays the rest of it quickly. */
const hurry = (page) => page.evaluate(() => { for (const player of heard.players) player.playbackRate = 8; });

async function ask(page, text) {
  await page.fill("#question", text);
  await page.keyboard.press("Enter");
}

/** Everything was heard, in its order. */
async function isHeard(page) {
  await silent(page);
  assert.deepEqual(await words(page), PARTS);
  // Forty words of ten frames, each of 1152 samples.
  const seconds = await page.evaluate(() => heard.seconds);
  assert.ok(Math.abs(seconds - (40 * 10 * 1152) / 44100) < 0.5, `${seconds} seconds were heard`);
}

export default {
  async "an answer speaks while it comes"(visit) {
    const page = await visit(`/chat/${given.speaking}`, { before: [listening, { rate: 0.25 }] });
    await ask(page, "Speak");
    // It does not wait for the end.
    await page.waitForFunction(() => document.querySelector('.voice[data-state="speaking"]') && document.querySelector('.answer[aria-busy="true"]'));
    await isAccessible(page, "a chat that speaks");
    await page.locator(".answer .tools").waitFor();
    // The text has ended, so the next question may be asked; the sound goes on.
    await page.getByRole("button", { name: "Send" }).waitFor();
    assert.equal(await page.locator(".voice").isVisible(), true);
    await hurry(page);
    await isHeard(page);
    assert.equal((await page.locator(".answer .markdown").textContent()).trim(), PARTS.join(" "));
    await leave(page);
    const text = await visit(`/completion/${given.speakingtext}`, { before: [listening, { rate: 0.25 }] });
    await text.fill("#field-query", "Speak");
    await text.getByRole("button", { name: "Run", exact: true }).click();
    await speaking(text);
    await isAccessible(text, "a completion app that speaks");
    await hurry(text);
    await isHeard(text);
    await leave(text);
  },

  async "who speaks is silenced"(visit) {
    const page = await visit(`/chat/${given.speaking}`, { before: [listening, { rate: 0.25 }] });
    await ask(page, "One");
    await speaking(page);
    // By hand, right before the question's field.
    await page.keyboard.press("Shift+Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Stop speaking");
    await page.keyboard.press("Enter");
    await silent(page);
    assert.equal(await page.evaluate(() => document.activeElement.id), "question");
    await page.locator(".answer .tools").waitFor();
    assert.equal((await page.locator(".answer .markdown").textContent()).trim(), PARTS.join(" "), "the answer goes on");
    assert.deepEqual(await playing(page), [false]);
    // With the answer.
    await ask(page, "Two");
    await speaking(page);
    await page.getByRole("button", { name: "Stop answering" }).click();
    await silent(page);
    await page.waitForFunction(() => document.querySelectorAll(".answer .tools").length === 2);
    assert.deepEqual(await playing(page), [false, false]);
    // By the next question,
    await ask(page, "Three");
    await page.waitForFunction(() => document.querySelectorAll(".answer .tools").length === 3);
    assert.deepEqual(await playing(page), [false, false, true]);
    await ask(page, "Four");
    await page.waitForFunction(() => heard.players.length === 4);
    assert.deepEqual(await playing(page), [false, false, false, true]);
    // and by who goes elsewhere.
    await page.click(".new-conversation");
    await silent(page);
    assert.deepEqual(await playing(page), [false, false, false, false]);
    await leave(page);
  },

  async "a browser that lets no page speak is asked again"(visit) {
    const page = await visit(`/chat/${given.speaking}`, { before: [listening, { allowed: false, rate: 0.25 }] });
    await ask(page, "Speak");
    await page.getByText("The answer can be heard").first().waitFor();
    await isAccessible(page, "a chat that may not speak");
    await page.locator(".answer .tools").waitFor();
    await page.evaluate(() => { heard.allowed = true; });
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await speaking(page);
    await hurry(page);
    await isHeard(page);
    await leave(page);
  },

  async "a sound that is none is told once, and the answer goes on"(visit) {
    const noise = () => {
      const { appendBuffer } = SourceBuffer.prototype;
      SourceBuffer.prototype.appendBuffer = function append(bytes) {
        return appendBuffer.call(this, new Uint8Array(bytes.length).fill(7));
      };
    };
    const page = await visit(`/chat/${given.speaking}`, { before: [noise] });
    await ask(page, "Speak");
    await page.getByText("The sound cannot be played.").waitFor();
    await silent(page);
    await page.locator(".answer .tools").waitFor();
    assert.equal((await page.locator(".answer .markdown").textContent()).trim(), PARTS.join(" "));
    await leave(page);
  },

  async "a browser in which no sound can grow plays parts"(visit) {
    const page = await visit(`/chat/${given.speaking}`, { before: [listening, { grows: false, rate: 2 }] });
    await ask(page, "Speak");
    await speaking(page);
    await isHeard(page);
    assert.ok(await page.evaluate(() => heard.blobs) > 1);
    await leave(page);
  },
};
