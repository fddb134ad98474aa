// The page of a chat app.

import { Fault, get, post, stream, words } from "./api.js";
import { asSent } from "./attachments.js";
import { Composer } from "./composer.js";
import { Conversations } from "./conversations.js";
import { announce, fill, h, icon, iconButton, toast } from "./dom.js";
import { InputForm } from "./form.js";
import { appIcon, open, smallPrint, themeSwitch } from "./frame.js";
import { formsOf, humanForm, keepForm } from "./human.js";
import { Live, remember, remembered } from "./live.js";
import { Answer, question } from "./message.js";

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
    const known = remembered();
    this.#choose(known && this.conversations.find(known) ? known : null, false);
    return built;
  }

  #build() {
    const site = this.#site;
    this.composer = new Composer(site, this.#parameters, { send: (text) => this.#ask(text), stop: () => this.#stop() });
    this.log = h("div", { class: "turns", role: "log", "aria-label": "Messages", "aria-live": "off", tabindex: "-1" });
    this.scroller = h("div", { class: "scroller" }, this.log);
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
      this.scroller, this.toEnd, this.composer.element, smallPrint(site, this.#page));
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

  // Conversations

  #choose(id, focus = true) {
    this.#live?.leave();
    this.#live = null;
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
    if (focus) this.composer.focus();
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
        button.remove();
        this.log.prepend(...more.data.flatMap((message) => this.#stored(message)));
        this.#earlier(id, more);
        this.scroller.scrollTop += this.scroller.scrollHeight - before;
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
    const waiting = formsOf(message.id);
    if (waiting.length > 0 || message.status === "paused") {
      const live = Object.assign(new Live(answer), { message: message.id, conversation: this.#conversation, run: waiting[0]?.run, task: waiting[0]?.task });
      answer.draw();
      answer.wait.remove();
      answer.steps.handle({ event: "workflow_started" });
      answer.steps.handle({ event: "workflow_paused" });
      for (const { data } of waiting) this.#waitFor(live, data);
      if (waiting.length === 0) answer.addForm(h("p", { class: "empty" }, "This waits for somebody to fill in a form."));
    } else if (!answer.text && files.length === 0) this.#await(answer, message.id);
    else answer.finish({ id: message.id, sources: message.retriever_resources, feedback: message.feedback, files });
  }

  #answer(query) {
    const answer = new Answer(this.#site, { retry: () => this.composer.restore(query) });
    answer.grown = () => this.#scroll();
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
    // A conversation keeps what its form said at the beginning; every question carries it.
    if (form) this.#inputs = form.values();
    const inputs = this.#inputs;
    const { files, shown } = this.composer.takeFiles();
    for (const list of this.log.querySelectorAll(".suggestions")) list.remove();
    this.log.querySelector(".form-card")?.remove();
    const answer = this.#answer(text);
    this.log.append(question(text, shown), answer.element);
    const body = { inputs, query: text, files, response_mode: "streaming", conversation_id: this.#conversation ?? "", parent_message_id: this.#last };
    this.#live = new Live(answer);
    this.composer.busy = true;
    this.#scroll(true);
    announce("The answer is being written.");
    this.#run(this.#live, stream("POST", "/chat-messages", { json: body, signal: this.#live.signal }), text);
  }

  async #run(live, events, text) {
    const { answer } = live;
    try {
      for await (const event of events) this.#take(live, event);
      if (!live.ended && !live.left && !live.paused) this.#lost(live);
    } catch (fault) {
      if (live.left) announce("The answer goes on being written.");
      else if (live.stopped && live.message) answer.finish({ id: live.message });
      else if (live.message && !(fault instanceof Fault)) this.#lost(live);
      else answer.fail(words(fault));
    }
    if (this.#live === live) {
      this.#live = null;
      this.composer.busy = false;
    }
    if (!live.left) await this.#after(live, text);
    else if (live.conversation && !this.conversations.find(live.conversation)) await this.conversations.load().catch(() => {});
  }

  #lost(live) {
    announce("The connection was lost; the answer goes on being written.");
    if (live.message) this.#await(live.answer, live.message);
    else live.answer.fail("The connection was lost before there was an answer.");
  }

  #take(live, event) {
    const { answer } = live;
    live.task = event.task_id ?? live.task;
    live.conversation = event.conversation_id ?? live.conversation;
    live.message = event.message_id ?? live.message;
    live.run = event.workflow_run_id ?? live.run;
    if (answer.steps.handle(event)) {
      if (event.event === "workflow_paused") live.paused = true;
      this.#scroll();
      return;
    }
    switch (event.event) {
      case "message":
      case "agent_message":
        answer.add(event.answer ?? "");
        live.reader.grow(answer.text);
        break;
      case "message_replace":
        answer.replace(event.answer ?? "");
        break;
      case "message_file":
        if (event.belongs_to !== "user") answer.addFile(event);
        break;
      case "human_input_required": {
        this.#waitFor(live, event.data);
        keepForm({ data: event.data, message: live.message, run: live.run, task: live.task });
        announce("A form is waiting for you.");
        this.#scroll();
        break;
      }
      case "human_input_form_filled":
        live.forms.get(event.data.node_id)?.done(event.data.action_text ?? event.data.action_id);
        break;
      case "message_end":
        live.ended = true;
        answer.finish({ id: event.message_id, sources: event.metadata?.retriever_resources ?? [], files: event.files ?? [] });
        live.reader.end();
        break;
      case "error":
        live.ended = true;
        answer.fail(words(new Fault(event.message, event.code, event.status)));
        break;
      default:
    }
  }

  #waitFor(live, data) {
    const form = humanForm(data, () => this.#resume(live));
    live.forms.set(data.node_id, form);
    live.answer.addForm(form.element);
  }

  async #after(live, text) {
    if (live.conversation && this.#conversation === null) {
      this.#conversation = live.conversation;
      remember(live.conversation);
      await this.conversations.begin(live.conversation, text.slice(0, 60));
    }
    if (live.message) this.#last = live.message;
    if (live.paused) live.answer.wait.remove();
    const wants = this.#parameters.suggested_questions_after_answer?.enabled;
    if (!wants || !live.ended || live.stopped || live.answer.id === null) return;
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

  /** A form was filled in: the run goes on, perhaps in another process. */
  async #resume(live) {
    const next = new Live(live.answer);
    Object.assign(next, { message: live.message, conversation: live.conversation, run: live.run, task: live.task, forms: live.forms });
    this.#live = next;
    live.answer.steps.handle({ event: "workflow_started" });
    this.composer.busy = true;
    try {
      for await (const event of stream("GET", `/workflow/${live.run}/events`, { signal: next.signal })) this.#take(next, event);
    } catch {
      // What was not seen live is read when it is saved.
    }
    if (this.#live === next) {
      this.#live = null;
      this.composer.busy = false;
    }
    // The first words may have come before anybody listened: what is saved is the whole.
    if (!next.left && !next.paused) await this.#await(live.answer, live.message);
  }

  async #stop() {
    const live = this.#live;
    if (!live) return;
    live.stopped = true;
    try {
      if (live.task) await post(`/chat-messages/${live.task}/stop`);
      else live.abort();
      announce("Stopped");
      // The stream ends by itself; where it does not, it is not waited for.
      setTimeout(() => live.abort(), 5000);
    } catch (fault) {
      toast(words(fault));
    }
  }
}
