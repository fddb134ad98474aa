// The page of a completion app: a form, and what comes of it.

import { Fault, get, post, stream, words } from "./api.js";
import { Attachments, uploadRules } from "./attachments.js";
import { Reader, announce, fill, h, icon, iconButton, toast } from "./dom.js";
import { InputForm } from "./form.js";
import { appIcon, open, smallPrint, themeSwitch } from "./frame.js";
import { Answer } from "./message.js";
import { Saved } from "./saved.js";

open((site, parameters, page) => new Completion(site, parameters, page).build());

class Completion {
  #site;
  #parameters;
  #page;
  #live = null;

  constructor(site, parameters, page) {
    this.#site = site;
    this.#parameters = parameters;
    this.#page = page;
    this.form = new InputForm(parameters);
    const rules = uploadRules(parameters.file_upload, parameters.system_parameters);
    this.files = rules ? new Attachments(rules) : null;
    this.saved = new Saved((count, more) => fill(this.count, count > 0 ? ` (${count}${more ? "+" : ""})` : ""));
  }

  async build() {
    const site = this.#site;
    this.runner = h("button", { type: "submit", class: "button primary run" }, icon("play"), "Run");
    this.stopper = h("button", { type: "button", class: "button run", hidden: true, onclick: () => this.#stop() }, icon("stop"), "Stop");
    const clear = h("button", { type: "button", class: "button ghost", onclick: () => {
      this.form.reset();
      this.files?.clear();
    } }, "Clear");
    const form = h("form", { class: "run-form", novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      this.#run();
    } },
    this.form.isEmpty ? h("p", { class: "empty" }, "This app needs nothing from you: just run it.") : this.form.element,
    this.files && h("div", { class: "field" }, h("span", { class: "field-label" }, "Files"), h("div", { class: "file-buttons" }, this.files.buttons), this.files.list),
    h("div", { class: "run-actions" }, clear, this.runner, this.stopper));
    this.results = h("div", { class: "results", role: "region", "aria-label": "Results", tabindex: "-1" }, h("p", { class: "empty" }, "The result will appear here."));
    this.count = h("span");
    const panels = [h("div", { role: "tabpanel", id: "panel-run", "aria-labelledby": "tab-run", class: "run-columns" }, h("section", { class: "card run-card", "aria-label": "Form" }, form), this.results),
      h("div", { role: "tabpanel", id: "panel-saved", "aria-labelledby": "tab-saved", hidden: true }, this.saved.element)];
    await this.saved.load();
    return h("main", { class: "run-page" },
      h("header", { class: "run-head" }, appIcon(site), h("div", { class: "run-titles" }, h("h1", null, site.title), site.description && h("p", null, site.description)), themeSwitch()),
      tabs([["run", ["Run"]], ["saved", ["Saved", this.count]]], panels),
      panels,
      smallPrint(site, this.#page));
  }

  async #run() {
    if (this.#live || !this.form.check()) return;
    if (this.form.busy || this.files?.busy) {
      toast("Please wait until the files are uploaded.");
      return;
    }
    const answer = new Answer(this.#site, { retry: () => this.#run(), tools: (own) => this.#tools(own) });
    const live = { answer, abort: new AbortController(), reader: new Reader(), task: null, stopped: false };
    this.#live = live;
    this.#draw();
    fill(this.results, answer.element);
    this.results.scrollIntoView({ block: "nearest" });
    announce("The answer is being written.");
    const body = { inputs: this.form.values(), files: this.files?.value() ?? [], response_mode: "streaming" };
    try {
      let ended = false;
      for await (const event of stream("POST", "/completion-messages", { json: body, signal: live.abort.signal })) {
        live.task = event.task_id ?? live.task;
        answer.id = event.message_id ?? answer.id;
        ended = this.#take(live, event) || ended;
      }
      if (!ended) answer.fail("The connection was lost before the answer was complete.");
    } catch (fault) {
      if (live.stopped) answer.finish();
      else answer.fail(words(fault));
    }
    this.#live = null;
    this.#draw();
  }

  #take({ answer, reader }, event) {
    switch (event.event) {
      case "message":
        answer.add(event.answer ?? "");
        reader.grow(answer.text);
        return false;
      case "message_replace":
        answer.replace(event.answer ?? "");
        return false;
      case "message_file":
        if (event.belongs_to !== "user") answer.addFile(event);
        return false;
      case "message_end":
        answer.finish({ id: event.message_id, sources: event.metadata?.retriever_resources ?? [], files: event.files ?? [] });
        reader.end();
        return true;
      case "error":
        answer.fail(words(new Fault(event.message, event.code, event.status)));
        return true;
      default:
        return false;
    }
  }

  #tools(answer) {
    const more = this.#parameters.more_like_this?.enabled && iconButton("add", "Another answer like this", { onclick: async () => {
      const other = new Answer(this.#site, { tools: (own) => this.#tools(own) });
      answer.element.after(other.element);
      more.disabled = true;
      try {
        const found = await get(`/messages/${answer.id}/more-like-this?response_mode=blocking`);
        other.text = found.answer ?? "";
        other.finish({ id: found.message_id ?? found.id, sources: found.metadata?.retriever_resources ?? [] });
        announce("Another answer is there.");
      } catch (fault) {
        other.fail(words(fault));
      }
      more.disabled = false;
    } });
    return [this.saved.keeper(answer), more];
  }

  #draw() {
    this.runner.hidden = this.#live !== null;
    this.stopper.hidden = this.#live === null;
  }

  async #stop() {
    const live = this.#live;
    if (!live) return;
    live.stopped = true;
    try {
      if (live.task) await post(`/completion-messages/${live.task}/stop`);
      setTimeout(() => live.abort.abort(), live.task ? 5000 : 0);
      announce("Stopped");
    } catch (fault) {
      toast(words(fault));
    }
  }
}

/** Buttons that show one of several panels; arrow keys go from one to the next. */
function tabs(names, panels) {
  const buttons = names.map(([name, label], at) => h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, class: "tab", onclick: () => choose(at) }, label));
  const choose = (chosen) => buttons.forEach((button, at) => {
    button.setAttribute("aria-selected", String(at === chosen));
    button.tabIndex = at === chosen ? 0 : -1;
    panels[at].hidden = at !== chosen;
  });
  choose(0);
  return h("div", { role: "tablist", class: "tabs", "aria-label": "Views", onkeydown: (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
    choose(next);
    buttons[next].focus();
  } }, buttons);
}
