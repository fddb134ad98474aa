// The app's form: what it wants to know before it answers.

import { given } from "./address.js";
import { Attachments, fieldRules, inWords } from "./attachments.js";
import { fill, h } from "./dom.js";

const SKIPPED = new Set(["external_data_tool"]);

/** Fields of `/parameters`, each with its kind. */
export function fieldsOf(parameters) {
  const fields = (parameters.user_input_form ?? []).flatMap((item) => Object.entries(item).map(([kind, field]) => ({ ...field, type: field.type ?? kind })));
  return fields.filter((field) => field.variable && !SKIPPED.has(field.type));
}

/** A form with its values. */
export class InputForm {
  #inputs = new Map();

  constructor(parameters) {
    this.fields = fieldsOf(parameters);
    const rows = this.fields.map((field) => this.#row(field, given(field.variable), parameters.system_parameters));
    this.element = h("div", { class: "fields" }, rows);
  }

  get isEmpty() {
    return this.fields.every((field) => field.hide);
  }

  get busy() {
    return [...this.#inputs.values()].some((input) => input.busy?.());
  }

  /** By the names of the fields. */
  values() {
    const values = {};
    for (const [name, input] of this.#inputs) {
      const value = input.read();
      if (value !== undefined) values[name] = value;
    }
    return values;
  }

  /** Whether everything that is needed is there; else says what is missing and goes there. */
  check() {
    let first = null;
    for (const input of this.#inputs.values()) {
      const fault = input.fault();
      fill(input.note, fault);
      input.control?.setAttribute("aria-invalid", fault ? "true" : "false");
      if (fault) first ??= input;
    }
    first?.focus();
    return first === null;
  }

  reset() {
    for (const input of this.#inputs.values()) {
      input.reset();
      fill(input.note);
    }
  }

  #row(field, given, limits) {
    const id = `field-${field.variable}`;
    const note = h("p", { class: "field-fault", id: `${id}-fault`, role: "alert" });
    const label = field.label || field.variable;
    const make = field.type === "file" || field.type === "file-list" ? fileControl : field.type === "checkbox" ? checkbox : control;
    const input = make(field, { id, note, given, limits, label });
    input.note = note;
    this.#inputs.set(field.variable, input);
    const optional = field.required || field.type === "checkbox" ? null : h("span", { class: "optional" }, "optional");
    return h("div", { class: "field", hidden: field.hide === true },
      input.labelled ? null : h("label", { for: id, class: "field-label", id: `${id}-label` }, label, optional),
      input.element,
      field.hint && h("p", { class: "field-hint", id: `${id}-hint` }, field.hint),
      note);
  }
}

function control(field, { id, given, label }) {
  const first = given ?? field.default ?? "";
  const shared = { id, class: "input", required: Boolean(field.required), "aria-describedby": `${id}-fault ${id}-hint` };
  const most = field.max_length > 0 ? field.max_length : null;
  let element;
  if (field.type === "select") {
    element = h("select", shared, h("option", { value: "" }, field.required ? "Please choose" : "—"), (field.options ?? []).map((option) => h("option", { value: option }, option)));
  } else if (field.type === "paragraph" || field.type === "json_object" || field.type === "json") {
    element = h("textarea", { ...shared, rows: "4", maxlength: field.type === "paragraph" ? most : null, spellcheck: field.type === "paragraph" ? null : "false" });
  } else if (field.type === "number") {
    element = h("input", { ...shared, type: "number", step: "any", inputmode: "decimal" });
  } else {
    element = h("input", { ...shared, type: "text", maxlength: most, autocomplete: "off" });
  }
  const text = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));
  const reset = () => { element.value = text(first); };
  reset();
  const isJson = field.type === "json_object" || field.type === "json";
  return {
    element,
    control: element,
    reset,
    focus: () => element.focus(),
    read() {
      const value = element.value;
      if (field.type === "number") return value === "" ? undefined : Number(value);
      if (isJson) return value.trim() === "" ? undefined : JSON.parse(value);
      return value === "" && field.type === "select" ? undefined : value;
    },
    fault() {
      if (field.required && element.value.trim() === "") return `${label} is needed.`;
      if (element.validity.badInput) return "This is not a number.";
      if (isJson && element.value.trim() !== "") {
        try {
          JSON.parse(element.value);
        } catch {
          return "This is not valid JSON.";
        }
      }
      return null;
    },
  };
}

function checkbox(field, { id, given, label }) {
  const first = given === null ? field.default === true || field.default === "true" : ["true", "1"].includes(String(given));
  const box = h("input", { type: "checkbox", id, checked: first, "aria-describedby": `${id}-fault` });
  return {
    labelled: true,
    element: h("label", { class: "check", for: id }, box, h("span", null, label)),
    control: box,
    reset: () => { box.checked = first; },
    focus: () => box.focus(),
    read: () => box.checked,
    fault: () => (field.required && !box.checked ? `${label} has to be ticked.` : null),
  };
}

/** A field that takes files. `store`: where they go. */
export function fileControl(field, { id, limits, label, store }) {
  const chosen = new Attachments(fieldRules(field, limits), { store });
  const element = h("div", { class: "file-field", id, role: "group", "aria-labelledby": `${id}-label` },
    inWords(chosen.buttons),
    chosen.list);
  return {
    element,
    reset: () => chosen.clear(),
    busy: () => chosen.busy,
    focus: () => element.querySelector("button")?.focus(),
    read() {
      const value = chosen.value();
      if (value.length === 0) return undefined;
      return field.type === "file" ? value[0] : value;
    },
    fault() {
      if (chosen.busy) return "Please wait until the file is uploaded.";
      if (chosen.failed) return "Remove the file that could not be taken.";
      return field.required && chosen.count === 0 ? `${label} is needed.` : null;
    },
  };
}
