// The page of a workflow: a form, the steps of a run, and what it puts out.

import { copy, h, iconButton } from "./dom.js";
import { open } from "./frame.js";
import { highlight } from "./highlight.js";
import { markdown } from "./markdown.js";
import { Answer, fileList, markOf } from "./message.js";
import { RunPage } from "./run.js";
import { readAloud } from "./speech.js";

open((site, parameters, page) => new Workflow(site, parameters, page).build());

class Workflow extends RunPage {
  manner = { stops: (task) => `/workflows/tasks/${task}/stop`, finished: (live, data) => this.#finish(live, data) };

  build() {
    const columns = this.columns("This workflow needs nothing from you: just run it.");
    this.goOn();
    return this.frame(h("div", { class: "run-columns" }, columns));
  }

  request() {
    return { method: "POST", path: "/workflows/run", json: { inputs: this.form.values(), files: [], response_mode: "streaming" } };
  }

  answer() {
    const aloud = (answer) => this.parameters.text_to_speech?.enabled && readAloud(() => ({ text: answer.text }));
    return new Answer(this.site, { retry: () => this.run(), tools: aloud });
  }

  #finish({ answer, stopped }, data) {
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
    // Nor is a file that an output shows.
    const shown = new Set(entries.flatMap(([, value]) => filesOf(value) ?? []).map(markOf));
    const files = (data.files ?? []).filter((file) => !shown.has(markOf(file)));
    answer.finish({ files, tools: only !== null || answer.text !== "" });
    if (only === null && entries.length > 0) answer.addResults(entries.map(([name, value]) => output(name, value)));
    else if (entries.length === 0 && !answer.text) answer.addResults(h("p", { class: "empty" }, stopped || data.status === "stopped" ? "Stopped." : "The workflow has put nothing out."));
  }
}

/** The files that an output is; `null`: it is something else. */
function filesOf(value) {
  const isFile = (item) => item !== null && typeof item === "object" && item.dify_model_identity !== undefined;
  const items = Array.isArray(value) ? value : [value];
  return items.length > 0 && items.every(isFile) ? items : null;
}

/** One named output: text as text, files as files, anything else as JSON. */
function output(name, value) {
  const files = filesOf(value);
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const button = iconButton("copy", `Copy ${name}`, { onclick: () => copy(text, button) });
  let shown;
  if (files) shown = fileList(files);
  else if (typeof value === "string") shown = h("div", { class: "markdown" }, markdown(value));
  else shown = h("pre", { tabindex: "0" }, h("code", null, highlight(text ?? "null", "json")));
  return h("section", { class: "output", "aria-label": name }, h("div", { class: "output-head" }, h("h2", null, name), button), shown);
}
