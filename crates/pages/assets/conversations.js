// The visitor's conversations: pinned ones above the others, more on demand.

import { get, patch, post, remove, words } from "./api.js";
import { announce, ask, fill, h, icon, toast } from "./dom.js";

const PORTION = 30;

/** The list beside a chat. `chosen` hears which one is opened (`null`: a new one). */
export class Conversations {
  #pinned = [];
  #others = [];
  #more = false;
  #current = null;
  #chosen;
  #menu = null;
  #stale = false;

  constructor(chosen) {
    this.#chosen = chosen;
    this.list = h("div", { class: "conversations" });
    this.element = h("nav", { "aria-label": "Conversations", class: "conversation-nav" }, this.list);
  }

  get current() {
    return this.#current;
  }

  find(id) {
    return [...this.#pinned, ...this.#others].find((conversation) => conversation.id === id);
  }

  async load() {
    const [pinned, others] = await Promise.all([get("/conversations?pinned=true&limit=100"), get(`/conversations?pinned=false&limit=${PORTION}`)]);
    this.#pinned = pinned.data;
    this.#others = others.data;
    this.#more = others.has_more;
    this.#draw();
  }

  /** Marks the one that is shown. */
  mark(id) {
    this.#current = id;
    for (const row of this.list.querySelectorAll("[data-id]")) {
      row.querySelector(".conversation-open").setAttribute("aria-current", row.dataset.id === id ? "page" : "false");
    }
  }

  /** A conversation has begun: it stands first. */
  begin(conversation) {
    this.#others.unshift(conversation);
    this.#current = conversation.id;
    this.#draw();
  }

  /** Has a conversation named by what was asked in it. */
  async name(id) {
    try {
      const named = await post(`/conversations/${id}/name`, { auto_generate: true });
      Object.assign(this.find(id) ?? {}, named);
      this.#draw();
    } catch {
      // The name that it has now is good enough.
    }
  }

  async #loadMore(button) {
    button.disabled = true;
    try {
      const last = this.#others.at(-1)?.id ?? "";
      const next = await get(`/conversations?pinned=false&limit=${PORTION}&last_id=${last}`);
      const first = this.#others.length;
      this.#others.push(...next.data);
      this.#more = next.has_more;
      this.#draw();
      this.#row(this.#others[first]?.id)?.querySelector(".conversation-open").focus();
    } catch (fault) {
      button.disabled = false;
      toast(words(fault));
    }
  }

  #row(id) {
    return id && this.list.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  #draw() {
    // Not under the hands of whoever uses a menu.
    this.#stale = this.#menu !== null;
    if (this.#stale) return;
    // Whoever is in the list with the keyboard stays where they are.
    const held = this.list.contains(document.activeElement) ? document.activeElement : null;
    const [row, kind] = [held?.closest("[data-id]")?.dataset.id, held?.classList.contains("conversation-more") ? ".conversation-more" : ".conversation-open"];
    const group = (title, rows) => rows.length > 0 && h("section", { "aria-label": title }, h("h2", { class: "group-title" }, title), h("ul", null, rows));
    const more = h("button", { type: "button", class: "button small more-conversations", onclick: () => this.#loadMore(more) }, "Show more");
    const none = this.#pinned.length + this.#others.length === 0 && h("p", { class: "empty" }, "Your conversations will be listed here.");
    fill(this.list,
      none,
      group("Pinned", this.#pinned.map((conversation) => this.#drawOne(conversation, true))),
      group(this.#pinned.length > 0 ? "Others" : "Conversations", this.#others.map((conversation) => this.#drawOne(conversation, false))),
      this.#more && more);
    this.mark(this.#current);
    if (row) this.#row(row)?.querySelector(kind).focus();
  }

  #drawOne(conversation, pinned) {
    const name = conversation.name || "New conversation";
    const button = h("button", { type: "button", class: "icon-button conversation-more", "aria-label": `Actions for ${name}`, "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => this.#openMenu(button, conversation, pinned) }, icon("more"));
    return h("li", { class: "conversation", data: { id: conversation.id } },
      h("button", { type: "button", class: "conversation-open", title: name, onclick: () => this.#chosen(conversation.id) }, pinned && icon("pin"), h("span", null, name)),
      button);
  }

  #openMenu(button, conversation, pinned) {
    if (this.#menu) {
      this.#menu.close();
      return;
    }
    const entry = (shape, label, act, kind = "") => h("button", { type: "button", role: "menuitem", tabindex: "-1", class: `menu-item ${kind}`, onclick: () => {
      this.#menu.close(true);
      act();
    } }, icon(shape), label);
    const entries = [
      entry("rename", "Rename", () => this.#rename(conversation)),
      entry("pin", pinned ? "Unpin" : "Pin", () => this.#pin(conversation, pinned)),
      entry("trash", "Delete", () => this.#delete(conversation), "danger"),
    ];
    const menu = h("div", { class: "menu", role: "menu", "aria-label": button.getAttribute("aria-label") }, entries);
    const outside = (event) => { if (!menu.contains(event.target) && !button.contains(event.target)) this.#menu?.close(); };
    this.#menu = { close: (back) => {
      menu.remove();
      document.removeEventListener("pointerdown", outside);
      button.setAttribute("aria-expanded", "false");
      this.#menu = null;
      if (this.#stale) this.#draw();
      if (back) this.#focus(conversation.id);
    } };
    menu.addEventListener("keydown", (event) => {
      const at = entries.indexOf(document.activeElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        entries.at(to % entries.length).focus();
      } else if (event.key === "Escape" || event.key === "Tab") {
        if (event.key === "Escape") event.stopPropagation();
        this.#menu.close(true);
      }
    });
    document.addEventListener("pointerdown", outside);
    this.element.addEventListener("scroll", () => this.#menu?.close(), { once: true });
    button.setAttribute("aria-expanded", "true");
    button.closest("li").append(menu);
    // Below its button, or above it where there is no room.
    const [around, own] = [button.getBoundingClientRect(), menu.getBoundingClientRect()];
    const below = around.bottom + own.height < innerHeight;
    menu.style.setProperty("top", `${below ? around.bottom : around.top - own.height}px`);
    menu.style.setProperty("left", `${Math.max(8, around.right - own.width)}px`);
    entries[0].focus();
  }

  #focus(id) {
    (this.#row(id)?.querySelector(".conversation-more") ?? this.list.querySelector("button"))?.focus();
  }

  async #rename(conversation) {
    const name = await ask({ title: "Rename conversation", field: conversation.name, confirm: "Rename" });
    if (name === null || name === conversation.name) return;
    await this.#change(async () => Object.assign(conversation, await post(`/conversations/${conversation.id}/name`, { name })), `Renamed to ${name}`);
    this.#focus(conversation.id);
  }

  async #pin(conversation, pinned) {
    await this.#change(async () => {
      await patch(`/conversations/${conversation.id}/${pinned ? "unpin" : "pin"}`);
      const [from, to] = pinned ? [this.#pinned, this.#others] : [this.#others, this.#pinned];
      from.splice(from.indexOf(conversation), 1);
      to.unshift(conversation);
    }, pinned ? "Unpinned" : "Pinned");
    this.#focus(conversation.id);
  }

  async #delete(conversation) {
    const sure = await ask({ title: "Delete conversation?", message: `“${conversation.name}” and its messages will be gone.`, confirm: "Delete", danger: true });
    if (!sure) return;
    await this.#change(async () => {
      await remove(`/conversations/${conversation.id}`);
      for (const list of [this.#pinned, this.#others]) {
        const at = list.indexOf(conversation);
        if (at >= 0) list.splice(at, 1);
      }
      if (this.#current === conversation.id) this.#chosen(null);
    }, "Deleted");
  }

  async #change(work, told) {
    try {
      await work();
      announce(told);
    } catch (fault) {
      toast(words(fault));
    }
    this.#draw();
  }
}
