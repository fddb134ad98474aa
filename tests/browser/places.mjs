// Pages of completion apps and workflows, the start page, the documentation.

import assert from "node:assert/strict";
import { given, isAccessible, leave } from "./visit.mjs";

export default {
  async "a completion app runs, and its answers are kept"(visit) {
    const page = await visit(`/completion/${given.completion}`);
    await page.locator("#field-query").waitFor();
    await isAccessible(page, "a completion app");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("Query is needed.").waitFor();
    await page.fill("#field-query", "A headline");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator(".answer .tools").waitFor();
    assert.match(await page.locator(".answer .markdown").textContent(), /Hello, world!/);
    await page.getByRole("button", { name: "Save the answer" }).click();
    await page.getByRole("tab", { name: "Saved (1)" }).click();
    const kept = page.locator("#panel-saved .card");
    assert.match(await kept.textContent(), /A headline[^]*Hello, world!/);
    await isAccessible(page, "saved answers");
    await page.getByRole("button", { name: "Remove from the saved answers" }).click();
    await page.getByText("Answers that you save will be kept here.").waitFor();
    await leave(page);
  },

  async "a workflow runs, and shows its steps and results"(visit) {
    const page = await visit(`/workflow/${given.workflow}`);
    await page.locator("#field-name").waitFor();
    await isAccessible(page, "a workflow");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator('#field-name[aria-invalid="true"]').waitFor();
    await page.fill("#field-name", "Ann <b>bold</b>");
    await page.fill("#field-count", "3");
    await page.fill("#field-story", "Once.");
    await page.selectOption("#field-kind", "long");
    await page.check("#field-agreed");
    await page.setInputFiles("#field-paper input[type=file]", [{ name: "paper.txt", mimeType: "text/plain", buffer: Buffer.from("On paper.") }]);
    await page.setInputFiles("#field-papers input[type=file]", [{ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") }, { name: "b.txt", mimeType: "text/plain", buffer: Buffer.from("b") }]);
    await page.waitForFunction(() => document.querySelectorAll(".chip.ready").length === 3);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator('.steps[data-state="succeeded"]').waitFor();
    await page.locator(".steps summary").click();
    assert.ok(await page.locator('.step[data-state="succeeded"]').count() >= 3);
    await page.locator(".output").first().waitFor();
    const results = await page.locator(".results").textContent();
    assert.match(results, /Hello Ann <b>bold<\/b>, 3, long, paper\.txt/);
    assert.equal(await page.locator(".results b").count(), 0);
    await isAccessible(page, "results of a workflow");
    await leave(page);
  },

  async "the keyboard is not lost with a button"(visit) {
    const page = await visit(`/workflow/${given.countedflow}`);
    const held = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent);
    await page.getByRole("button", { name: "Run", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    assert.equal(await held(), "Stop");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Run", exact: true }).waitFor();
    assert.equal(await held(), "Results");
    await leave(page);
  },

  async "an address without an app says so"(visit) {
    for (const options of [{}, { colorScheme: "dark" }]) {
      const page = await visit("/chat/none", options);
      assert.equal(page.answer.status(), 404);
      await page.getByRole("heading", { name: "There is no app here" }).waitFor();
      await isAccessible(page, "no app");
      await leave(page);
    }
  },

  async "the start page shows the state and leads on"(visit) {
    const page = await visit("/");
    await page.getByText("Everything is up.").waitFor();
    await page.getByRole("link", { name: "A chat app" }).first().waitFor();
    assert.equal(await page.getByRole("link", { name: /\/docs$/ }).count(), 5);
    await isAccessible(page, "the start page");
    await page.getByRole("link", { name: /Service API/ }).click();
    await page.getByRole("heading", { level: 1, name: "Ferrify Service API" }).waitFor();
    await leave(page);
    const dark = await visit("/", { colorScheme: "dark", viewport: { width: 360, height: 720 } });
    await dark.getByText("Everything is up.").waitFor();
    await isAccessible(dark, "a small dark start page");
    await leave(dark);
  },

  async "the documentation is read and tried"(visit) {
    for (const prefix of ["/v1", "/files", "/mcp", "/console/api", "/api"]) {
      const page = await visit(`${prefix}/docs`);
      await page.locator(".operation").first().waitFor();
      if (prefix === "/v1") {
        await page.getByRole("searchbox").fill("parameters");
        const call = page.locator("#get-v1-parameters");
        await call.locator("summary").first().click();
        await call.getByText("Try it").click();
        await page.getByLabel("API key for trying").fill(given.key);
        await call.getByRole("button", { name: "Send" }).click();
        await call.locator(".trial-out .status", { hasText: "200" }).waitFor();
        assert.match(await call.locator(".trial-out").textContent(), /user_input_form/);
        await isAccessible(page, "documentation");
        // What stands in the query goes there.
        await page.getByRole("searchbox").fill("conversations");
        const list = page.locator("#get-v1-conversations");
        await list.locator("summary").first().click();
        await list.getByText("Try it").click();
        await list.getByLabel("user (query)").fill("somebody");
        const [asked] = await Promise.all([page.waitForRequest((request) => request.url().includes("/v1/conversations")), list.getByRole("button", { name: "Send" }).click()]);
        assert.equal(new URL(asked.url()).searchParams.get("user"), "somebody");
        await list.locator(".trial-out .status", { hasText: "200" }).waitFor();
      }
      await leave(page);
    }
    const phone = await visit("/v1/docs", { viewport: { width: 360, height: 720 }, colorScheme: "dark" });
    await phone.locator(".operation").first().locator("summary").click();
    await isAccessible(phone, "documentation on a phone");
    await leave(phone);
  },
};
