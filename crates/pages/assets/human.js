// A workflow that waits for somebody to fill in a form.

import { Fault, holding, openly, post, words } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { fileControl } from "./form.js";
import { markdown } from "./markdown.js";

const PLACE = /\{\{#\$output\.([^#}]+)#\}\}/;

const SHELF = `ferrify:forms:${document.documentElement.dataset.code}`;

function kept() {
  try {
    const forms = JSON.parse(localStorage.getItem(SHELF) ?? "[]");
    return forms.filter((form) => (form.data.expiration_time ?? Infinity) * 1000 > Date.now());
  } catch {
    return [];
  }
}

function keep(forms) {
  try {
    localStorage.setItem(SHELF, JSON.stringify(forms.slice(-50)));
  } catch {
    // Then the form is gone with the page.
  }
}

/** Keeps a form for when its page is opened again: `{data, message, run, task}`. */
export function keepForm(form) {
  keep([...kept().filter((other) => other.data.form_id !== form.data.form_id), form]);
}

/** Forms that a message waits for, as far as this browser has seen them. */
export function formsOf(message) {
  return kept().filter((form) => form.message === message);
}

/** Files for a form are stored for it, whoever fills it in; also those of other hosts. */
function storeOf(token) {
  let asked = null;
  const pass = async () => {
    const known = await asked;
    if (!known || known.expires_at * 1000 < Date.now() + 30_000) {
      asked = openly("POST", `/form/human_input/${encodeURIComponent(token)}/upload-token`);
      asked.catch(() => { asked = null; });
    }
    return { "X-Upload-Token": (await asked).upload_token };
  };
  const store = async (form, signal) => openly("POST", "/human-input-forms/files", { form, headers: await pass(), signal });
  return {
    upload: (file, signal) => store(holding(file), signal),
    async address(url) {
      const form = new FormData();
      form.append("url", url);
      const { id, name, mime_type: type, size } = await store(form);
      return { id, name, type, size };
    },
  };
}

/** A text of one line, or of several. */
function textControl(input, id, preset) {
  const element = input.type === "paragraph" ? h("textarea", { id, class: "input", rows: "4" }) : h("input", { id, class: "input", type: "text" });
  element.value = String(preset ?? "");
  return { element, read: () => element.value };
}

/** The form; `sent` is called when it was taken. `send`: who takes it. */
export function humanForm(data, sent, send = post) {
  const fields = new Map();
  const store = storeOf(data.form_token);
  const field = (name) => {
    const input = (data.inputs ?? []).find((other) => other.output_variable_name === name);
    if (!input || fields.has(name)) return null;
    const id = `human-${data.form_id ?? ""}-${name}`;
    const label = name.replaceAll("_", " ");
    const preset = input.default?.type === "variable" ? data.resolved_default_values?.[name] : input.default?.value;
    const files = input.type === "file" || input.type === "file-list";
    const control = files ? fileControl(input, { id, label, store }) : textControl(input, id, preset);
    control.note = h("p", { class: "field-fault", role: "alert" });
    fields.set(name, control);
    const title = files ? h("span", { class: "field-label", id: `${id}-label` }, label) : h("label", { for: id, class: "field-label" }, label);
    return h("div", { class: "field" }, title, control.element, control.note);
  };
  const parts = String(data.form_content ?? "").split(PLACE).map((part, at) => (at % 2 === 0 ? markdown(part) : field(part)));
  const rest = (data.inputs ?? []).map((input) => field(input.output_variable_name));
  const fault = h("p", { class: "field-fault", role: "alert" });
  const buttons = (data.actions ?? data.user_actions ?? []).map((action) => h("button", {
    type: "button",
    class: `button ${action.button_style === "primary" ? "primary" : action.button_style === "ghost" ? "ghost" : ""}`,
    onclick: () => submit(action),
  }, action.title || action.id));
  const until = data.expiration_time ? new Date(data.expiration_time * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }) : "";
  const element = h("section", { class: "human-form", "aria-label": data.node_title || "Form" },
    h("p", { class: "human-title" }, icon("rename"), data.node_title || "Please fill this in"),
    data.form_token
      ? [h("div", { class: "markdown" }, parts, rest), fault, h("div", { class: "dialog-actions" }, buttons), until && h("p", { class: "field-hint" }, `Open until ${until}`)]
      : h("p", null, "Somebody else has to answer a form before this goes on."));

  async function submit(action) {
    let held = null;
    for (const control of fields.values()) {
      const trouble = control.fault?.();
      fill(control.note, trouble);
      if (trouble) held ??= control;
    }
    if (held) {
      held.focus();
      return;
    }
    // A field of files that holds none is an empty text.
    const inputs = Object.fromEntries([...fields].map(([name, control]) => [name, control.read() ?? ""]));
    for (const button of buttons) button.disabled = true;
    try {
      await send(`/form/human_input/${encodeURIComponent(data.form_token)}`, { inputs, action: action.id });
      done(action.title || action.id);
      sent();
    } catch (reason) {
      // Somebody was quicker, or the time is over: what has become of the run is to be seen.
      if (reason instanceof Fault && (reason.status === 404 || reason.status === 412)) {
        done("it is closed");
        sent();
        return;
      }
      for (const button of buttons) button.disabled = false;
      fill(fault, words(reason));
    }
  }

  function done(title) {
    keep(kept().filter((form) => form.data.form_id !== data.form_id));
    fill(element, h("p", { class: "human-title" }, icon("check"), `Answered: ${title}`));
  }

  return { element, done };
}
