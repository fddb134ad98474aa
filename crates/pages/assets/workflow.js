// The page of a workflow: a form, the steps of a run, and what it puts out.

import { Fault, post, stream, words } from "./api.js";
import { Reader, announce, copy, fill, h, icon, iconButton, toast } from "./dom.js";
import { InputForm } from "./form.js";
import { appIcon, open, smallPrint, themeSwitch } from "./frame.js";
import { highlight } from "./highlight.js";
import { humanForm } from "./human.js";
import { markdown } from "./markdown.js";
import { Answer, fileList } from "./message.js";

open((site, parameters, page) => new Workflow(site, parameters, page).build());

class Workflow {
  #site;
  #page;
  #live = null;

  constructor(site, parameters, page) {
    this.#site = site;
    this.#page = page;
    this.form = new InputForm(parameters);
  }

  build() {
    const site = this.#site;
    this.runner = h("button", { type: "submit", class: "button primary run" }, icon("play"), "Run");
    this.stopper = h("button", { type: "button", class: "button run", hidden: true, onclick: () => this.#stop() }, icon("stop"), "Stop");
    const form = h("form", { class: "run-form", novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      this.#run();
    } },
    this.form.isEmpty ? h("p", { class: "empty" }, "This workflow needs nothing from you: just run it.") : this.form.element,
    h("div", { class: "run-actions" }, !this.form.isEmpty && h("button", { type: "button", class: "button ghost", onclick: () => this.form.reset() }, "Clear"), this.runner, this.stopper));
    this.results = h("div", { class: "results", role: "region", "aria-label": "Results", tabindex: "-1" }, h("p", { class: "empty" }, "The result will appear here."));
    return h("main", { class: "run-page" },
      h("header", { class: "run-head" }, appIcon(site), h("div", { class: "run-titles" }, h("h1", null, site.title), site.description && h("p", null, site.description)), themeSwitch()),
      h("div", { class: "run-columns" }, h("section", { class: "card run-card", "aria-label": "Form" }, form), this.results),
      smallPrint(site, this.#page));
  }

  async #run() {
    if (this.#live || !this.form.check()) return;
    const answer = new Answer(this.#site, { retry: () => this.#run() });
    const live = { answer, abort: new AbortController(), reader: new Reader(), forms: new Map(), task: null, run: null, ended: false, paused: false, stopped: false };
    fill(this.results, answer.element);
    this.results.scrollIntoView({ block: "nearest" });
    announce("The workflow is running.");
    await this.#follow(live, stream("POST", "/workflows/run", { json: { inputs: this.form.values(), files: [], response_mode: "streaming" }, signal: live.abort.signal }));
  }

  async #follow(live, events) {
    this.#live = live;
    this.#draw();
    let fault = null;
    try {
      for await (const event of events) this.#take(live, event);
    } catch (caught) {
      fault = caught;
    }
    if (live.stopped && fault) live.answer.finish({ tools: false });
    else if (!live.ended && !live.paused) {
      // The run goes on without us: it is joined again, once.
      const lost = fault === null || !(fault instanceof Fault);
      if (lost && live.run && !live.again) {
        live.again = true;
        await this.#follow(live, stream("GET", `/workflow/${live.run}/events?include_state_snapshot=true`, { signal: live.abort.signal }));
        return;
      }
      live.answer.fail(live.again || fault === null ? "The connection was lost. The workflow goes on; its result cannot be shown here any more." : words(fault));
    }
    if (this.#live === live) this.#live = null;
    this.#draw();
  }

  #take(live, event) {
    const { answer, reader } = live;
    live.task = event.task_id ?? live.task;
    live.run = event.workflow_run_id ?? live.run;
    answer.steps.handle(event);
    switch (event.event) {
      case "text_chunk":
        answer.add(event.data.text ?? "");
        reader.grow(answer.text);
        break;
      case "text_replace":
        answer.replace(event.data.text ?? "");
        break;
      case "human_input_required": {
        const form = humanForm(event.data, () => this.#resume(live));
        live.forms.set(event.data.node_id, form);
        answer.addForm(form.element);
        announce("A form is waiting for you.");
        break;
      }
      case "human_input_form_filled":
        live.forms.get(event.data.node_id)?.done(event.data.action_text ?? event.data.action_id);
        break;
      case "workflow_paused":
        live.paused = true;
        answer.wait.remove();
        break;
      case "workflow_finished":
        live.ended = true;
        this.#finish(live, event.data);
        break;
      case "error":
        live.ended = true;
        answer.fail(words(new Fault(event.message, event.code, event.status)));
        break;
      default:
    }
  }

  #finish({ answer, reader, stopped }, data) {
    if (data.status === "failed") {
      answer.fail(data.error || "The workflow has failed.");
      return;
    }
    const outputs = data.outputs ?? {};
    const entries = Object.entries(outputs);
    const only = entries.length === 1 && typeof entries[0][1] === "string" ? entries[0][1] : null;
    if (only !== null) answer.text = only;
    // Streamed text that is the whole result is not shown twice.
    else if (entries.length > 0) answer.text = "";
    answer.finish({ files: data.files ?? [], tools: only !== null || answer.text !== "" });
    if (only === null && entries.length > 0) answer.addResults(entries.map(([name, value]) => output(name, value)));
    else if (entries.length === 0 && !answer.text) answer.addResults(h("p", { class: "empty" }, stopped || data.status === "stopped" ? "Stopped." : "The workflow has put nothing out."));
    reader.grow(answer.text);
    reader.end();
  }

  async #resume(live) {
    const next = { ...live, abort: new AbortController(), ended: false, paused: false };
    live.answer.steps.handle({ event: "workflow_started" });
    await this.#follow(next, stream("GET", `/workflow/${live.run}/events`, { signal: next.abort.signal }));
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
      if (live.task) await post(`/workflows/tasks/${live.task}/stop`);
      setTimeout(() => live.abort.abort(), live.task ? 5000 : 0);
      announce("Stopped");
    } catch (fault) {
      toast(words(fault));
    }
  }
}

/** One named output: text as text, files as files, anything else as JSON. */
function output(name, value) {
  const isFile = (item) => item !== null && typeof item === "object" && item.dify_model_identity !== undefined;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const button = iconButton("copy", `Copy ${name}`, { onclick: () => copy(text, button) });
  let shown;
  if (isFile(value)) shown = fileList([value]);
  else if (Array.isArray(value) && value.length > 0 && value.every(isFile)) shown = fileList(value);
  else if (typeof value === "string") shown = h("div", { class: "markdown" }, markdown(value));
  else shown = h("pre", { tabindex: "0" }, h("code", null, highlight(text ?? "null", "json")));
  return h("section", { class: "output", "aria-label": name }, h("div", { class: "output-head" }, h("h2", null, name), button), shown);
}
