// Pages of chat apps.

import assert from "node:assert/strict";
import { ask, given, isAccessible, leave } from "./visit.mjs";

export default {
  async "a visitor asks, and the answer shows what is safe of it"(visit) {
    const page = await visit(`/chat/${given.chat}`);
    assert.equal(await page.title(), "A chat app");
    await page.getByText("Hello, sailor").waitFor();
    assert.equal(await page.locator(".suggestion").count(), 2);
    await isAccessible(page, "a new chat");
    // The form has a field that is needed.
    await page.fill("#question", "What are tides?");
    await page.keyboard.press("Enter");
    await page.getByText("Your boat is needed.").waitFor();
    assert.equal(await page.locator("#field-boat").evaluate((field) => field === document.activeElement), true);
    assert.equal(await page.locator("#field-boat").getAttribute("aria-invalid"), "true");
    await page.fill("#field-boat", "Seagull");
    await ask(page, "What are tides?");
    const answer = page.locator(".answer").last();
    assert.equal(await answer.locator("h2").first().textContent(), "Tides");
    await isAccessible(page, "an answer with everything");
    assert.equal(await answer.locator("strong").first().textContent(), "Moon");
    assert.equal(await answer.locator("ul > li").count(), 2);
    assert.equal(await answer.locator("td").first().textContent(), "Spring");
    assert.ok(await answer.locator("pre .t-keyword").count() > 0, "code has colours");
    // Markup and schemes of strangers.
    assert.equal(await answer.locator(".markdown script, .markdown iframe, .markdown style, .markdown svg:not(.icon), .markdown [onerror]").count(), 0);
    assert.equal(await answer.locator(".markdown img").count(), 0, "pictures of other hosts are links");
    for (const link of await answer.locator(".markdown a").all()) {
      assert.match(await link.getAttribute("href"), /^https?:/);
      assert.match(await link.getAttribute("rel"), /noopener/);
    }
    assert.match(await answer.textContent(), /<script>alert\(1\)<\/script>/);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    await assert.rejects(page.evaluate(() => { document.querySelector(".turns").innerHTML = "<img src=x onerror=window.hacked=1>"; }), /TrustedHTML/);
    page.troubles = page.troubles.filter((trouble) => !trouble.includes("TrustedHTML"));
    await leave(page);
  },

  async "no text takes long, and none is lost"(visit) {
    const page = await visit(`/chat/${given.plain}`);
    const slow = await page.evaluate(async () => {
      const folder = document.querySelector("script[type=module]").src.replace(/[^/]+$/, "");
      const { markdown } = await import(`${folder}markdown.js`);
      const { highlight } = await import(`${folder}highlight.js`);
      const parts = ["[", "![](", "[a](", "[a](b", "*a ", "**a", "_a_ *", "~~a ", "`a``", "<a", "<http://", "> ", "- ", "  - a\n", "1. ", "|", "|a|\n", "|-|\n", "\\", "# ", "#\n", "    ", "\t", "http://a..", "```\n", "~~~a`", "<think>", "</think>\n", "a\n", "&lt;", "\u0000", "ä\u0301"];
      const found = [];
      for (const part of parts) {
        for (const text of [part.repeat(20_000), `a${part.repeat(20_000)}b`, `${part} `.repeat(5_000)]) {
          const begun = performance.now();
          const shown = markdown(text);
          const took = performance.now() - begun;
          if (took > 4_000) found.push(`${JSON.stringify(part)}: ${Math.round(took)} ms`);
          if (shown.querySelector?.("script, iframe, object, embed, link, meta, base, form")) found.push(`${part}: markup`);
        }
        for (const language of ["js", "python", "rust", "html", "sql", "css", "yaml"]) {
          const text = part.repeat(10_000);
          const begun = performance.now();
          const nodes = highlight(text, language);
          if (performance.now() - begun > 4_000) found.push(`${language} ${JSON.stringify(part)}`);
          if (nodes.map((node) => node.textContent).join("") !== text) found.push(`${language} ${JSON.stringify(part)}: something is lost`);
        }
      }
      return found;
    });
    assert.deepEqual(slow, []);
    await leave(page);
  },

  async "conversations are renamed, pinned, deleted, and found again"(visit) {
    const page = await visit(`/chat/${given.plain}`);
    await ask(page, "One");
    await page.locator(".conversation").waitFor();
    await page.click(".new-conversation");
    await ask(page, "Two");
    await page.waitForFunction(() => document.querySelectorAll(".conversation").length === 2);
    const act = async (row, name) => {
      await row.hover();
      await row.locator(".conversation-more").click();
      await page.getByRole("menuitem", { name }).click();
    };
    await act(page.locator(".conversation").first(), "Rename");
    await page.getByRole("dialog").getByRole("textbox").fill("Second talk");
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    const second = page.locator(".conversation", { hasText: "Second talk" });
    await second.waitFor();
    await act(second, "Pin");
    await page.getByRole("region", { name: "Pinned" }).getByText("Second talk").waitFor();
    await page.reload();
    await page.getByRole("region", { name: "Pinned" }).getByText("Second talk").waitFor();
    // The one that was open is open again, with its messages.
    await page.locator(".question", { hasText: "Two" }).waitFor();
    assert.equal(await page.locator('.conversation-open[aria-current="page"]').textContent(), "Second talk");
    await isAccessible(page, "a chat with messages");
    await act(second, "Unpin");
    await page.waitForFunction(() => !document.querySelector('section[aria-label="Pinned"]'));
    await act(second, "Delete");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await act(second, "Delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await second.waitFor({ state: "detached" });
    assert.equal(await page.locator(".question").count(), 0, "its messages are gone");
    await page.locator(".conversation-open").first().click();
    await page.locator(".question", { hasText: "One" }).waitFor();
    await leave(page);
  },

  async "older conversations and messages are shown on demand"(visit) {
    const page = await visit(`/chat/${given.plain}`);
    await page.locator(".composer").waitFor();
    await page.evaluate(async (code) => {
      const headers = { "Content-Type": "application/json", "X-App-Code": code, "X-App-Passport": localStorage.getItem(`ferrify:passport:${code}:`) };
      const ask = async (query, conversation, parent) => {
        const response = await fetch("/api/chat-messages", { method: "POST", headers, body: JSON.stringify({ inputs: {}, query, response_mode: "blocking", conversation_id: conversation, parent_message_id: parent }) });
        if (!response.ok) throw new Error(await response.text());
        return response.json();
      };
      for (let begun = 0; begun < 33; begun += 3) await Promise.all([0, 1, 2].map((at) => ask(`Talk ${begun + at}`, "")));
      let last = await ask("Message 0", "");
      for (let at = 1; at < 23; at++) last = await ask(`Message ${at}`, last.conversation_id, last.message_id);
    }, given.plain);
    await page.reload();
    await page.locator(".conversation").first().waitFor();
    assert.equal(await page.locator(".conversation").count(), 30);
    await page.locator(".conversation-open").first().click();
    await page.waitForFunction(() => document.querySelectorAll(".question").length === 20);
    assert.equal(await page.locator(".question").first().textContent(), "Message 3");
    // A long question takes its room from above, not from what was said last.
    await page.fill("#question", "and\n".repeat(8));
    await page.waitForFunction(() => {
      const box = document.querySelector(".scroller");
      return document.querySelector(".composer").clientHeight > 150 && box.scrollHeight - box.scrollTop - box.clientHeight < 2;
    });
    await page.fill("#question", "");
    await page.getByRole("button", { name: "Show earlier messages" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll(".question").length === 23);
    assert.equal(await page.locator(".question").first().textContent(), "Message 0");
    assert.equal(await page.getByRole("button", { name: "Show earlier messages" }).count(), 0);
    assert.match(await page.evaluate(() => document.activeElement.className), /turns/, "the keyboard is among the messages");
    await page.getByRole("button", { name: "Show more" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".conversation").length === 34);
    assert.match(await page.evaluate(() => document.activeElement.className), /conversation-open/);
    await leave(page);
  },

  async "an answer is rated and copied"(visit) {
    const page = await visit(`/chat/${given.plain}`);
    await ask(page, "Rate me");
    const like = page.getByRole("button", { name: "Good answer" });
    await Promise.all([page.waitForResponse((response) => response.url().includes("/feedbacks") && response.ok()), like.click()]);
    assert.equal(await like.getAttribute("aria-pressed"), "true");
    await page.reload();
    await page.locator('[aria-label="Good answer"][aria-pressed="true"]').waitFor();
    await Promise.all([page.waitForResponse((response) => response.url().includes("/feedbacks") && response.ok()), page.getByRole("button", { name: "Good answer" }).click()]);
    await page.locator('[aria-label="Good answer"][aria-pressed="false"]').waitFor();
    await page.getByRole("button", { name: "Copy the answer" }).click();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /Hello, world!/);
    await leave(page);
  },

  async "an answer is stopped while it streams"(visit) {
    const page = await visit(`/chat/${given.slow}`);
    await page.fill("#question", "Talk");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => (document.querySelector(".answer .markdown")?.textContent.match(/word/g) ?? []).length > 3);
    assert.equal(await page.locator(".answer").last().getAttribute("aria-busy"), "true");
    await page.getByRole("button", { name: "Stop answering" }).click();
    await page.locator(".answer .tools").waitFor();
    const words = (await page.locator(".answer .markdown").textContent()).match(/word/g).length;
    assert.ok(words < 300, `${words} words came`);
    assert.equal(await page.locator(".answer").last().getAttribute("aria-busy"), "false");
    assert.equal(await page.getByRole("button", { name: "Send" }).count(), 1);
    await page.reload();
    await page.locator(".answer .markdown", { hasText: "word" }).waitFor();
    await leave(page);
  },

  async "an answer that was left is read when it is there"(visit) {
    const page = await visit(`/chat/${given.brisk}`);
    await page.fill("#question", "Talk");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /tick/.test(document.querySelector(".answer .markdown")?.textContent ?? ""));
    await page.click(".new-conversation");
    assert.equal(await page.locator(".question").count(), 0);
    await page.locator(".conversation-open").click();
    await page.waitForFunction(() => (document.querySelector(".answer .markdown")?.textContent.match(/tick/g) ?? []).length === 40, null, { timeout: 30_000 });
    await leave(page);
  },

  async "files go with a question"(visit) {
    const page = await visit(`/chat/${given.chat}`);
    await page.fill("#field-boat", "Seagull");
    const picture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
    await page.setInputFiles(".composer input[type=file]", [{ name: "boat.png", mimeType: "image/png", buffer: picture }, { name: "notes.xyz", mimeType: "application/x-none", buffer: Buffer.from("no") }]);
    await page.locator(".chip.failed", { hasText: "Files of this kind are not accepted here." }).waitFor();
    await page.getByRole("button", { name: "Remove notes.xyz" }).click();
    await page.locator(".chip.ready").waitFor();
    await ask(page, "What is this?");
    assert.equal(await page.locator(".chip").count(), 0);
    await page.reload();
    const shown = page.locator(".question .files img");
    await shown.waitFor();
    await page.waitForFunction(() => document.querySelector(".question .files img").naturalWidth === 1);
    // One that has some height, and comes when the page is at its end already.
    const tall = await page.evaluate(() => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [200, 900];
      canvas.getContext("2d").fillRect(0, 0, 200, 900);
      return canvas.toDataURL("image/png").split(",")[1];
    });
    await page.setInputFiles(".composer input[type=file]", [{ name: "mast.png", mimeType: "image/png", buffer: Buffer.from(tall, "base64") }]);
    await page.locator(".chip.ready").waitFor();
    await ask(page, "And this mast?");
    await page.reload();
    await page.waitForFunction(() => [...document.querySelectorAll(".question .files img")].at(-1)?.naturalHeight === 900);
    await page.waitForFunction(() => {
      const box = document.querySelector(".scroller");
      return box.scrollHeight - box.scrollTop - box.clientHeight < 2;
    });
    // One from an address, which only the server asks.
    await page.getByRole("button", { name: "Attach a file by its address" }).click();
    await page.getByRole("dialog").getByRole("textbox").fill(`${given.base}/pages/none/icon.svg`);
    await page.getByRole("dialog").getByRole("button", { name: "Attach" }).click();
    await page.locator(".chip.ready", { hasText: "icon.svg" }).waitFor();
    await ask(page, "And this?");
    await page.locator(".question").last().locator(".files").waitFor();
    await page.getByRole("button", { name: "Attach a file by its address" }).click();
    await page.getByRole("dialog").getByRole("textbox").fill("javascript:alert(1)");
    await page.keyboard.press("Enter");
    await page.locator(".chip.failed", { hasText: "An address begins with" }).waitFor();
    await leave(page);
  },

  async "an answer names its sources and what may be asked next"(visit) {
    const page = await visit(`/chat/${given.cited}`);
    await ask(page, "When is slack water in the harbour?");
    await page.locator(".citations summary").click();
    assert.match(await page.locator(".citations").textContent(), /doc 0[^]*Slack water/);
    await page.getByRole("button", { name: "More about tides?" }).click();
    assert.equal(await page.evaluate(() => document.activeElement.id), "question", "the button is gone, the keyboard is not");
    await page.locator(".question", { hasText: "More about tides?" }).waitFor();
    await page.waitForFunction(() => document.querySelectorAll(".answer .tools").length === 2);
    await leave(page);
  },

  async "faults are told in plain words"(visit) {
    const page = await visit(`/chat/${given.broken}`);
    await page.fill("#question", "Hello");
    await page.keyboard.press("Enter");
    const fault = page.locator(".answer [role=alert]");
    await fault.waitFor();
    assert.ok((await fault.textContent()).length > 10);
    await page.getByRole("button", { name: "Try again" }).click();
    assert.equal(await page.inputValue("#question"), "Hello");
    await page.context().setOffline(true);
    await page.keyboard.press("Enter");
    await page.getByText("The server cannot be reached.").waitFor();
    await leave(page);
  },

  async "a passport that is no good is replaced"(visit) {
    const page = await visit(`/chat/${given.plain}`);
    await page.evaluate((code) => localStorage.setItem(`ferrify:passport:${code}:`, "broken"), given.plain);
    await page.reload();
    await ask(page, "Still there?");
    await leave(page);
  },

  async "everything works with the keyboard alone"(visit) {
    const page = await visit(`/chat/${given.plain}`);
    await page.locator(".composer").waitFor();
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    await page.keyboard.type("By hand");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("in two lines");
    await page.keyboard.press("Enter");
    await page.locator(".answer .tools").waitFor();
    await page.locator(".conversation").waitFor();
    const to = async (name) => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press("Tab");
        const reached = await page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent);
        const visible = await page.evaluate(() => document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle !== "none" || document.activeElement.id === "question");
        assert.ok(visible, `the focus on ${reached} can be seen`);
        if (name.test(reached)) return;
      }
      assert.fail(`${name} cannot be reached`);
    };
    await to(/^Actions for/);
    await page.keyboard.press("Enter");
    await page.getByRole("menu").waitFor();
    await page.keyboard.press("ArrowDown");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /^Pin/);
    await page.keyboard.press("Escape");
    assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), /^Actions for/);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.type("Typed name");
    await page.keyboard.press("Enter");
    await page.locator(".conversation", { hasText: "Typed name" }).waitFor();
    await to(/^Good answer/);
    await page.keyboard.press("Space");
    await page.locator('[aria-label="Good answer"][aria-pressed="true"]').waitFor();
    await leave(page);
  },

  async "dark and light follow the system, and the switch"(visit) {
    const page = await visit(`/chat/${given.plain}`, { colorScheme: "dark" });
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await page.locator(".composer").waitFor();
    assert.equal(await ground(), "rgb(22, 20, 19)");
    await ask(page, "In the dark");
    await isAccessible(page, "a dark chat");
    await page.getByRole("button", { name: "Use light colours" }).click();
    assert.equal(await ground(), "rgb(251, 250, 249)");
    await page.reload();
    assert.equal(await ground(), "rgb(251, 250, 249)");
    await page.getByRole("button", { name: "Use dark colours" }).waitFor();
    await leave(page);
  },

  async "words can be read in any colour of the app's own"(visit) {
    for (const options of [{ colorScheme: "light" }, { colorScheme: "dark" }]) {
      const page = await visit(`/chat/${given.bright}`, options);
      await page.locator(".suggestion").waitFor();
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--accent")), "rgb(255 225 77)");
      await isAccessible(page, `a bright ${options.colorScheme} chat`);
      await page.locator(".suggestion").click();
      await page.locator(".answer .tools").waitFor();
      await page.hover(".answer .markdown a");
      await isAccessible(page, `a bright ${options.colorScheme} answer`);
      // The first letter of the title, where there is no picture, is no exception.
      const contrast = await page.locator(".app-icon").first().evaluate((box) => {
        const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
        const light = (colour) => {
          canvas.fillStyle = colour;
          canvas.fillRect(0, 0, 1, 1);
          const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((channel) => (channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4));
          return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
        };
        const { color, backgroundColor } = getComputedStyle(box);
        const [ink, ground] = [light(color), light(backgroundColor)];
        return Math.max(ink, ground) / Math.min(ink, ground);
      });
      assert.ok(contrast >= 4.5, `${contrast}`);
      await leave(page);
    }
  },

  async "a phone has room for everything"(visit) {
    const page = await visit(`/chat/${given.plain}`, { viewport: { width: 360, height: 720 }, hasTouch: true, isMobile: true });
    await ask(page, "On the way");
    await isAccessible(page, "a chat on a phone");
    const opener = page.getByRole("button", { name: "Conversations", exact: true });
    await opener.click();
    assert.equal(await opener.getAttribute("aria-expanded"), "true");
    await page.locator(".conversation-open").click();
    await page.waitForFunction(() => !document.body.dataset.side);
    // Nothing was to be written: the screen's keyboard would cover the messages.
    assert.match(await page.evaluate(() => document.activeElement.className), /turns/);
    await opener.click();
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.body.dataset.side);
    const form = await visit(`/workflow/${given.workflow}`, { viewport: { width: 360, height: 720 }, hasTouch: true, isMobile: true });
    await form.locator("#field-name").waitFor();
    await isAccessible(form, "a form on a phone");
    await leave(form);
    await leave(page);
    // Enlarged four times, and on its side.
    for (const viewport of [{ width: 320, height: 256 }, { width: 667, height: 320 }]) {
      const small = await visit(`/chat/${given.chat}`, { viewport });
      await small.locator("#field-boat").waitFor();
      await isAccessible(small, `a chat of ${viewport.width} by ${viewport.height}`);
      const seen = await small.locator(".scroller").evaluate((box) => box.clientHeight);
      assert.ok(seen >= 64, `${seen} pixels are left for messages`);
      assert.equal(await small.locator(".scroller").evaluate((box) => box.scrollTop), 0, "it begins at its beginning");
      await leave(small);
    }
  },

  async "a chatflow waits for a form"(visit) {
    const page = await visit(`/chat/${given.waiting}`);
    await page.fill("#question", "Hi");
    await page.keyboard.press("Enter");
    const form = page.getByRole("region", { name: "ask" });
    await form.waitFor();
    await page.locator('.steps[data-state="paused"]').waitFor();
    await page.locator(".conversation").waitFor();
    // It is still there when the page is opened again.
    await page.reload();
    await form.waitFor();
    await form.getByRole("textbox", { name: "note" }).fill("by hand");
    await isAccessible(page, "a form of a run");
    await form.getByRole("button", { name: "Agree" }).click();
    await page.getByText("Answered: Agree").waitFor();
    await page.locator(".answer .markdown", { hasText: "You wrote: by hand" }).waitFor({ timeout: 30_000 });
    await leave(page);
  },

  async "a form is filled in by whoever has its link"(visit) {
    const page = await visit(`/chat/${given.waiting}`);
    await page.fill("#question", "Hi");
    await page.keyboard.press("Enter");
    const handle = await page.waitForFunction((code) => JSON.parse(localStorage.getItem(`ferrify:forms:${code}`) ?? "[]")[0]?.data.form_token, given.waiting);
    const token = await handle.jsonValue();
    const other = await visit(`/form/${token}`);
    await other.getByRole("textbox", { name: "note" }).fill("from afar");
    await isAccessible(other, "a form by its link");
    await other.getByRole("button", { name: "Agree" }).click();
    await other.getByText("Your answer was taken.").waitFor();
    await other.reload();
    await other.getByRole("heading", { name: "This form is closed" }).waitFor();
    await leave(other);
    // Who asked first is told that somebody was quicker, and sees the answer.
    await page.getByRole("button", { name: "Refuse" }).click();
    await page.locator(".answer .markdown", { hasText: "You wrote: from afar" }).waitFor({ timeout: 30_000 });
    await leave(page);
    const none = await visit("/form/none");
    await none.getByRole("heading", { name: "This form is closed" }).waitFor();
    await leave(none);
  },
};
