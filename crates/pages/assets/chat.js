// The page of a chat app.

import * as address from "./address.js";
import { Fault, get, words } from "./api.js";
import { asSent } from "./attachments.js";
import { Composer } from "./composer.js";
import { Conversations } from "./conversations.js";
import { announce, fill, h, icon, iconButton, toast } from "./dom.js";
import { InputForm } from "./form.js";
import { appIcon, open, smallPrint, themeSwitch } from "./frame.js";
import { formsOf } from "./human.js";
import { Live, remember, remembered, unfinished } from "./live.js";
import { Answer, question } from "./message.js";
import { hush, readAloud } from "./speech.js";
import { Voice, speaksItself } from "./voice.js";

const PORTION = 20;

open((site, parameters, page) => new Chat(site, parameters, page).begin());

class Chat {
  #site;
  #parameters;
  #page;
  #conversation = null;
  #last = null;
  #oldest = null;
  #live = null;
  #form;
  #inputs = {};

  constructor(site, parameters, page) {
    this.#site = site;
    this.#parameters = parameters;
    this.#page = page;
    this.conversations = new Conversations((id) => this.#choose(id));
  }

  async begin() {
    const built = this.#build();
    await this.conversations.load();
    const known = address.conversation ?? remembered();
    this.#choose(known && this.conversations.find(known) ? known : null, false);
    return built;
  }

  #build() {
    const site = this.#site;
    this.composer = new Composer(site, this.#parameters, { send: (text) => this.#ask(text), stop: () => this.#live?.stop(), rest: () => this.#free() });
    this.log = h("div", { class: "turns", role: "log", "aria-label": "Messages", "aria-live": "off", tabindex: "-1" });
    this.scroller = h("div", { class: "scroller" }, this.log);
    // Pictures have no height before they are there, and a long question takes room from the messages.
    const stay = () => { if (this.log.querySelector(".question")) this.#scroll(); };
    this.log.addEventListener("load", stay, { capture: true });
    new ResizeObserver(stay).observe(this.scroller);
    this.voice = new Voice(() => this.#free());
    this.toEnd = iconButton("down", "Go to the newest message", { class: "icon-button to-end", hidden: true, onclick: () => this.#scroll(true) });
    this.scroller.addEventListener("scroll", () => { this.toEnd.hidden = this.#isAtEnd(); }, { passive: true });
    const side = h("aside", { class: "side", id: "side" },
      h("div", { class: "side-head" }, appIcon(site), h("strong", { class: "side-title" }, site.title),
        iconButton("close", "Close the list of conversations", { class: "icon-button only-phone", onclick: () => this.#side(false) })),
      h("button", { type: "button", class: "button new-conversation", onclick: () => this.#choose(null) }, icon("add"), "New conversation"),
      this.conversations.element,
      h("div", { class: "side-foot" }, themeSwitch()));
    this.side = side;
    this.veil = h("div", { class: "veil", hidden: true, onclick: () => this.#side(false) });
    this.opener = iconButton("menu", "Conversations", { "aria-controls": "side", "aria-expanded": "false", class: "icon-button only-phone side-opener", onclick: () => this.#side(true) });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && document.body.dataset.side) this.#side(false); });
    this.talk = h("main", { class: "talk" },
      h("header", { class: "talk-head" }, this.opener, h("h1", null, site.title),
        iconButton("add", "New conversation", { class: "icon-button only-phone", onclick: () => this.#choose(null) })),
      h("div", { class: "stage" }, this.scroller, this.toEnd), this.voice.element, this.composer.element, smallPrint(site, this.#page));
    return [
      h("a", { class: "skip", href: "#question", onclick: (event) => { event.preventDefault(); this.composer.focus(); } }, "Skip to the question"),
      h("div", { class: "chat" }, side, this.veil, this.talk),
    ];
  }

  #side(shown) {
    if (shown) document.body.dataset.side = "open";
    else delete document.body.dataset.side;
    this.veil.hidden = !shown;
    // Behind the list nothing is to be reached.
    this.talk.inert = shown;
    this.opener.setAttribute("aria-expanded", String(shown));
    if (shown) this.side.querySelector("button").focus();
    else if (this.side.contains(document.activeElement)) this.opener.focus();
  }

  #isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < 120;
  }

  #scroll(always = false) {
    if (!always && !this.#follows) return;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  get #follows() {
    return this.toEnd.hidden;
  }

  /** Where the keyboard is when nothing else needs it: on touch screens not in the field, or their own would cover the page. */
  #free() {
    if (matchMedia("(pointer: coarse)").matches) this.log.focus({ preventScroll: true });
    else this.composer.focus();
  }

  // Conversations

  #choose(id, focus = true) {
    this.#live?.leave();
    this.#live = null;
    hush();
    this.#conversation = id;
    this.#last = null;
    const before = (id && this.conversations.find(id)?.inputs) || {};
    this.#inputs = Object.fromEntries(Object.entries(before).map(([name, value]) => [name, asSent(value)]));
    remember(id);
    this.conversations.mark(id);
    this.#side(false);
    fill(this.log);
    this.toEnd.hidden = true;
    const name = id && this.conversations.find(id)?.name;
    document.title = name ? `${name} · ${this.#site.title}` : this.#site.title;
    if (id) this.#history(id);
    else this.#welcome();
    this.composer.busy = false;
    if (focus) this.#free();
  }

  #welcome() {
    this.#form = new InputForm(this.#parameters);
    const opening = this.#parameters.opening_statement;
    fill(this.log,
      h("div", { class: "welcome" }, appIcon(this.#site, "large"), h("p", { class: "welcome-title" }, this.#site.title), this.#site.description && h("p", { class: "welcome-text" }, this.#site.description)),
      !this.#form.isEmpty && h("section", { class: "card form-card", "aria-label": "Before you begin" }, this.#form.element),
      opening && this.#opening(opening),
      this.#suggestions(this.#parameters.suggested_questions ?? []));
  }

  #opening(text) {
    const answer = new Answer(this.#site);
    answer.text = text;
    answer.finish({ tools: false });
    return answer.element;
  }

  #suggestions(questions) {
    const asked = questions.filter((text) => typeof text === "string" && text.trim());
    return asked.length > 0 && h("ul", { class: "suggestions", "aria-label": "Suggested questions" }, asked.map((text) => h("li", null,
      h("button", { type: "button", class: "suggestion", onclick: () => this.#ask(text) }, text))));
  }

  async #history(id) {
    this.#form = null;
    fill(this.log, h("p", { class: "empty", role: "status" }, "Loading …"));
    try {
      const found = await get(`/messages?conversation_id=${id}&limit=${PORTION}`);
      if (this.#conversation !== id) return;
      const introduction = this.conversations.find(id)?.introduction;
      fill(this.log, introduction && !found.has_more && this.#opening(introduction));
      this.log.append(...found.data.flatMap((message) => this.#stored(message)));
      this.#last = found.data.at(-1)?.id ?? null;
      this.#earlier(id, found);
      this.#scroll(true);
    } catch (fault) {
      if (this.#conversation === id) fill(this.log, h("p", { class: "fault", role: "alert" }, words(fault)));
    }
  }

  #earlier(id, found) {
    this.#oldest = found.data[0]?.id ?? null;
    if (!found.has_more) return;
    const button = h("button", { type: "button", class: "button small earlier", onclick: async () => {
      button.disabled = true;
      try {
        const more = await get(`/messages?conversation_id=${id}&limit=${PORTION}&first_id=${this.#oldest}`);
        if (this.#conversation !== id) return;
        const before = this.scroller.scrollHeight;
        const held = document.activeElement === button || document.activeElement === document.body;
        button.remove();
        this.log.prepend(...more.data.flatMap((message) => this.#stored(message)));
        this.#earlier(id, more);
        this.scroller.scrollTop += this.scroller.scrollHeight - before;
        if (held) (this.log.querySelector(".earlier") ?? this.log).focus({ preventScroll: true });
        announce(`${more.data.length} earlier messages`);
      } catch (fault) {
        button.disabled = false;
        toast(words(fault));
      }
    } }, "Show earlier messages");
    this.log.prepend(button);
  }

  #stored(message) {
    const of = (owner) => (message.message_files ?? []).filter((file) => (file.belongs_to ?? "user") === owner);
    const answer = this.#answer(message.query);
    this.#settle(answer, message, of("assistant"));
    return [question(message.query, of("user")), answer.element];
  }

  #settle(answer, message, files) {
    answer.text = message.answer ?? "";
    answer.id = message.id;
    if (message.status === "error") {
      answer.draw();
      answer.fail(message.error || "The answer could not be written.");
      return;
    }
    const [form] = formsOf(message.id);
    const known = unfinished().find((other) => other.message === message.id) ?? form;
    if (known) this.#goOn(answer, message, known, files);
    else this.#rest(answer, message, files);
  }

  /** What is no longer told is what was saved, and the forms that this browser has seen. */
  #rest(answer, message, files) {
    const waiting = formsOf(message.id);
    if (waiting.length > 0 || message.status === "paused") {
      const [known] = waiting;
      const live = this.#liveOf(answer, { task: known?.task, run: known?.run, message: message.id, conversation: this.#conversation });
      answer.draw();
      answer.wait.remove();
      answer.steps.handle({ event: "workflow_started" });
      answer.steps.handle({ event: "workflow_paused" });
      for (const { data } of waiting) live.waitFor(data);
      if (waiting.length === 0) answer.addForm(h("p", { class: "empty" }, "This waits for somebody to fill in a form."));
    } else if (!answer.text && files.length === 0) this.#await(answer, message.id);
    else answer.finish({ id: message.id, sources: message.retriever_resources, feedback: message.feedback, files });
  }

  /** An answer that this page has seen begin, and not end. */
  async #goOn(answer, message, known, files) {
    const live = this.#liveOf(answer, { ...known, message: message.id, conversation: this.#conversation });
    if (await this.#follow(live) !== "gone") return;
    answer.text = message.answer ?? "";
    this.#rest(answer, message, files);
  }

  #answer(query) {
    const aloud = (own) => this.#parameters.text_to_speech?.enabled && own.id && readAloud(() => ({ message_id: own.id }));
    const answer = new Answer(this.#site, { retry: () => this.composer.restore(query), tools: aloud });
    answer.grown = () => this.#scroll();
    answer.asked = query;
    return answer;
  }

  /** An answer that is written elsewhere, because its stream was lost or left: looked for until it is there. */
  async #await(answer, id) {
    const conversation = this.#conversation;
    for (let tries = 0; tries < 60 && this.#conversation === conversation; tries++) {
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 2000));
      try {
        const found = await get(`/messages?conversation_id=${conversation}&limit=${PORTION}`);
        const message = found.data.find((other) => other.id === id);
        // What there is while it waits for a form is not the whole.
        if (message && message.status !== "paused" && (message.answer || message.status === "error")) {
          if (this.#conversation !== conversation) return;
          const files = (message.message_files ?? []).filter((file) => file.belongs_to === "assistant");
          this.#settle(answer, message, files);
          return;
        }
      } catch (fault) {
        if (fault instanceof Fault) break;
      }
    }
    if (this.#conversation === conversation) answer.fail("There is no answer yet. Load the page again later.");
  }

  // Asking

  #ask(text) {
    if (this.#live) return;
    const form = this.#conversation ? null : this.#form;
    if (form && !form.check()) return;
    hush();
    // A conversation keeps what its form said at the beginning; every question carries it.
    if (form) this.#inputs = form.values();
    const inputs = this.#inputs;
    const { files, shown } = this.composer.takeFiles();
    const held = this.log.contains(document.activeElement);
    for (const list of this.log.querySelectorAll(".suggestions")) list.remove();
    this.log.querySelector(".form-card")?.remove();
    const answer = this.#answer(text);
    this.log.append(question(text, shown), answer.element);
    const body = { inputs, query: text, files, response_mode: "streaming", conversation_id: this.#conversation ?? "", parent_message_id: this.#last };
    if (held) this.#free();
    this.#scroll(true);
    announce("The answer is being written.");
    this.#follow(this.#liveOf(answer), { method: "POST", path: "/chat-messages", json: body });
  }

  #liveOf(answer, known) {
    return new Live(answer, {
      known,
      voice: speaksItself(this.#parameters) ? this.voice : null,
      stops: (task) => `/chat-messages/${task}/stop`,
      heard: (live) => this.#heard(live),
      resumed: (live) => this.#follow(live, null, { past: true }),
    });
  }

  async #follow(live, request = null, options = {}) {
    const { answer } = live;
    this.#live = live;
    this.composer.busy = true;
    // What is told of a run that was forgotten meanwhile begins somewhere.
    const inPart = options.past && !live.isKnown;
    const how = await live.follow(request, options);
    if (this.#live === live) {
      this.#live = null;
      this.composer.busy = false;
    }
    if (how === "left") announce("The answer goes on being written.");
    if (live.unnamed && live.isKnown) {
      live.unnamed = false;
      if (!live.ended) live.keep();
      this.conversations.name(live.conversation);
    }
    if (how === "left") return how;
    if (how === "lost" || (how === "gone" && options.past) || (how === "ended" && inPart)) this.#await(answer, live.message);
    if (this.#conversation === live.conversation) await this.#after(live, how);
    return how;
  }

  #heard(live) {
    this.#scroll();
    if (this.#live !== live || this.#conversation !== null || !live.conversation) return;
    this.#conversation = live.conversation;
    live.unnamed = true;
    remember(live.conversation);
    this.conversations.begin({ id: live.conversation, name: live.answer.asked.slice(0, 60), inputs: this.#inputs });
  }

  async #after(live, how) {
    if (live.message) this.#last = live.message;
    const wants = this.#parameters.suggested_questions_after_answer?.enabled;
    if (!wants || how !== "ended" || live.stopped || live.message === null) return;
    try {
      const { data } = await get(`/messages/${live.message}/suggested-questions`);
      if (this.#conversation === live.conversation && this.#live === null) {
        const list = this.#suggestions(data ?? []);
        if (list) this.log.append(list);
        this.#scroll();
      }
    } catch {
      // Suggestions are a courtesy.
    }
  }
}
