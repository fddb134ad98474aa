// The page of a completion app: a form, and what comes of it.

import { Attachments, inWords, uploadRules } from "./attachments.js";
import { fill, h, iconButton, toast } from "./dom.js";
import { open } from "./frame.js";
import { Answer } from "./message.js";
import { RunPage } from "./run.js";
import { Saved } from "./saved.js";
import { readAloud } from "./speech.js";

open((site, parameters, page) => new Completion(site, parameters, page).build());

class Completion extends RunPage {
  manner = { stops: (task) => `/completion-messages/${task}/stop` };

  constructor(site, parameters, page) {
    super(site, parameters, page);
    const rules = uploadRules(parameters.file_upload, parameters.system_parameters);
    this.files = rules ? new Attachments(rules) : null;
    this.saved = new Saved((count, more) => fill(this.count, count > 0 ? ` (${count}${more ? "+" : ""})` : ""));
  }

  async build() {
    this.count = h("span");
    const files = this.files && h("div", { class: "field", role: "group", "aria-labelledby": "files-label" }, h("span", { class: "field-label", id: "files-label" }, "Files", h("span", { class: "optional" }, "optional")), inWords(this.files.buttons), this.files.list);
    const panels = [h("div", { role: "tabpanel", id: "panel-run", "aria-labelledby": "tab-run", class: "run-columns" }, this.columns("This app needs nothing from you: just run it.", files)),
      h("div", { role: "tabpanel", id: "panel-saved", "aria-labelledby": "tab-saved", hidden: true }, this.saved.element)];
    await this.saved.load();
    this.goOn();
    return this.frame(tabs([["run", ["Run"]], ["saved", ["Saved", this.count]]], panels), panels);
  }

  clear() {
    super.clear();
    this.files?.clear();
  }

  get busy() {
    return super.busy || Boolean(this.files?.busy);
  }

  request() {
    return { method: "POST", path: "/completion-messages", json: { inputs: this.form.values(), files: this.files?.value() ?? [], response_mode: "streaming" } };
  }

  answer() {
    return new Answer(this.site, { retry: () => this.run(), tools: (own) => this.#tools(own) });
  }

  #tools(answer) {
    const more = this.parameters.more_like_this?.enabled && iconButton("add", "Another answer like this", { onclick: () => {
      if (this.isRunning) toast("Please wait until the other answer is there.");
      else this.begin({ method: "GET", path: `/messages/${answer.id}/more-like-this?response_mode=streaming` }, answer);
    } });
    const aloud = this.parameters.text_to_speech?.enabled && readAloud(() => ({ message_id: answer.id }));
    return [aloud, this.saved.keeper(answer), more];
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
