// Building documents. Texts become text nodes, always: nothing here, or anywhere, parses markup.

/**
 * An element. `on…` properties are listeners, `data` fills the dataset, `false`, `null` and `undefined` leave an
 * attribute away. Children may be nodes, texts, lists of them, or nothing.
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "class") element.className = value;
    else if (name === "value" || name === "checked" || name === "indeterminate") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Puts these in the place of all children. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

const SHAPES = {
  add: "M12 5v14M5 12h14",
  attach: "M20 11.5 12 19.5a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.8 17a1.6 1.6 0 0 1-2.3-2.3l7.5-7.4",
  bookmark: "M6 4h12v16l-6-4.5L6 20z",
  check: "M5 12.5 10 17.5 19 7",
  chevron: "M9 6l6 6-6 6",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  dislike: "M17 13V4h3v9zM17 13l-4 7a2.4 2.4 0 0 1-2.4-2.4V14H5.6A2 2 0 0 1 3.7 11.400l1.700-6A2 2 0 0 1 7.300 4H17",
  document: "M6 3h8l4 4v14H6zM14 3v4h4",
  down: "M12 5v14M6 13l6 6 6-6",
  like: "M7 11v9H4v-9zM7 11l4-7a2.400 2.400 0 0 1 2.400 2.400V10h5a2 2 0 0 1 1.900 2.600l-1.700 6A2 2 0 0 1 16.700 20H7",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700L12 17",
  menu: "M4 7h16M4 12h16M4 17h16",
  mic: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6",
  moon: "M20 14.500A8 8 0 0 1 9.500 4 8 8 0 1 0 20 14.500z",
  more: "M4.500 12a.700.700 0 1 0 1.400 0 .700.700 0 1 0-1.400 0M11.300 12a.700.700 0 1 0 1.400 0 .700.700 0 1 0-1.400 0M18.100 12a.700.700 0 1 0 1.400 0 .700.700 0 1 0-1.400 0",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6",
  play: "M7 5l12 7-12 7z",
  quote: "M7 7h4v4c0 3-1 5-4 6M15 7h4v4c0 3-1 5-4 6",
  rename: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  send: "M12 19V5M6 11l6-6 6 6",
  sound: "M4 10v4h3l5 4V6L7 10zM15.500 9a4 4 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11",
  stop: "M6 6h12v12H6z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4.900 4.900l1.400 1.400M17.700 17.700l1.400 1.400M2 12h2M20 12h2M4.900 19.100l1.400-1.400M17.700 6.300l1.400-1.400",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  warning: "M12 4 2.500 20h19zM12 10v4M12 17h.01",
};

/** A picture that says nothing to a screen reader; what it stands beside must. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"], ["focusable", "false"], ["class", "icon"]]) {
    picture.setAttribute(key, value);
  }
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[name] ?? SHAPES.document);
  picture.append(path);
  return picture;
}

/** A button with a picture and a name. */
export function iconButton(shape, label, properties) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, ...properties }, icon(shape));
}

/** Copies a text and says so on the button for a moment. */
export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without a secure connection there is no clipboard; the old way needs a selection.
    const area = h("textarea", { class: "visually-hidden", "aria-hidden": "true", tabindex: "-1", value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const shown = button.querySelector("svg");
  shown?.replaceWith(icon("check"));
  announce("Copied");
  setTimeout(() => button.querySelector("svg")?.replaceWith(icon("copy")), 1500);
}

let announcer;
/** Tells screen readers something that is seen anyway. */
export function announce(text) {
  if (!announcer) {
    announcer = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    document.body.append(announcer);
  }
  announcer.textContent = "";
  // A change of the text is what is read, also when it is the same text again.
  requestAnimationFrame(() => { announcer.textContent = text; });
}

/** Reads a growing text out in whole sentences, not letter by letter. */
export class Reader {
  #read = 0;
  #last = 0;
  #text = "";

  grow(text) {
    this.#text = text;
    const now = performance.now();
    if (now - this.#last < 1500) return;
    const rest = text.slice(this.#read);
    const ends = [...rest.matchAll(/[.!?…。！？]\s|\n/g)];
    const end = ends.at(-1);
    if (!end) return;
    this.#last = now;
    const until = end.index + end[0].length;
    announce(rest.slice(0, until));
    this.#read += until;
  }

  end() {
    const rest = this.#text.slice(this.#read);
    this.#read = this.#text.length;
    announce(rest.trim() || "The answer is complete.");
  }
}

/** Asks something in a dialog of the page. `field`: the text to be changed; resolves with it, `true`, or `null`. */
export function ask({ title, message, field, confirm, danger }) {
  const input = field === undefined ? null : h("input", { type: "text", value: field, maxlength: "255", required: true, "aria-label": title, class: "input" });
  const form = h("form", { method: "dialog", class: "dialog-body" },
    h("h2", { id: "dialog-title" }, title),
    message && h("p", null, message),
    input,
    h("div", { class: "dialog-actions" },
      h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"),
      h("button", { type: "submit", class: danger ? "button danger" : "button primary" }, confirm)));
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "dialog-title" }, form);
  return new Promise((resolve) => {
    let answer = null;
    const before = document.activeElement;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer = input ? input.value.trim() || null : true;
      if (answer !== null) dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before?.isConnected) before.focus();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    input?.select();
  });
}

/** A note at the foot of the page that goes by itself. */
export function toast(text) {
  document.querySelector(".toast")?.remove();
  const note = h("div", { class: "toast", role: "alert" }, text);
  document.body.append(note);
  setTimeout(() => note.remove(), 7000);
}
