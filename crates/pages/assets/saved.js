// Answers that the visitor of a completion app has kept.

import { get, post, remove, words } from "./api.js";
import { announce, copy, fill, h, iconButton, toast } from "./dom.js";
import { markdown } from "./markdown.js";

const PORTION = 20;

export class Saved {
  #rows = [];
  #more = false;
  #changed;

  constructor(changed) {
    this.#changed = changed;
    this.element = h("div", { class: "saved" });
  }

  async load() {
    const found = await get(`/saved-messages?limit=${PORTION}`);
    this.#rows = found.data;
    this.#more = found.has_more;
    this.#draw();
  }

  /** The button that keeps an answer. */
  keeper(answer) {
    const kept = () => this.#rows.some((row) => row.id === answer.id);
    const button = iconButton("bookmark", "Save the answer", { "aria-pressed": String(kept()), onclick: async () => {
      try {
        if (kept()) await this.#forget(answer.id);
        else {
          await post("/saved-messages", { message_id: answer.id });
          await this.load();
          announce("Saved");
        }
        button.setAttribute("aria-pressed", String(kept()));
      } catch (fault) {
        toast(words(fault));
      }
    } });
    return button;
  }

  async #forget(id) {
    await remove(`/saved-messages/${id}`);
    this.#rows = this.#rows.filter((row) => row.id !== id);
    this.#draw();
    announce("Removed");
  }

  async #next(button) {
    button.disabled = true;
    try {
      const found = await get(`/saved-messages?limit=${PORTION}&last_id=${this.#rows.at(-1)?.id ?? ""}`);
      this.#rows.push(...found.data);
      this.#more = found.has_more;
      this.#draw();
    } catch (fault) {
      button.disabled = false;
      toast(words(fault));
    }
  }

  #draw() {
    const more = h("button", { type: "button", class: "button small", onclick: () => this.#next(more) }, "Show more");
    fill(this.element,
      this.#rows.length === 0 && h("p", { class: "empty" }, "Answers that you save will be kept here."),
      this.#rows.map((row) => this.#drawOne(row)),
      this.#more && more);
    this.#changed(this.#rows.length, this.#more);
  }

  #drawOne(row) {
    const asked = [row.query, ...Object.values(row.inputs ?? {})].filter((value) => typeof value === "string" && value).join(" · ");
    const copying = iconButton("copy", "Copy the answer", { onclick: () => copy(row.answer, copying) });
    const removing = iconButton("trash", "Remove from the saved answers", { onclick: () => this.#forget(row.id).catch((fault) => toast(words(fault))) });
    return h("article", { class: "card" },
      asked && h("p", { class: "asked" }, asked),
      h("div", { class: "markdown" }, markdown(row.answer)),
      h("div", { class: "tools" }, copying, removing, h("time", { class: "chip-note", datetime: new Date(row.created_at * 1000).toISOString() }, new Date(row.created_at * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }))));
  }
}
