// Files that go with a question or fill a field: from this computer, or from an address.

import { Fault, look, upload, words } from "./api.js";
import { announce, ask, fill, h, icon, iconButton, toast } from "./dom.js";

const KINDS = {
  image: ["jpg", "jpeg", "png", "gif", "webp", "svg"],
  document: ["txt", "md", "mdx", "markdown", "pdf", "html", "xlsx", "xls", "docx", "csv", "eml", "msg", "pptx", "ppt", "xml", "epub", "vtt", "properties"],
  audio: ["mp3", "m4a", "wav", "amr", "mpga"],
  video: ["mp4", "mov", "mpeg", "webm"],
};

const extensionOf = (name) => /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase() ?? "";

/** What an app's stored settings say of files; `null` where it takes none. */
export function uploadRules(stored, limits) {
  const image = stored?.image;
  const whole = stored?.enabled === true && Array.isArray(stored.allowed_file_types);
  if (!whole && !image?.enabled && stored?.enabled !== true) return null;
  return {
    types: whole ? stored.allowed_file_types : ["image"],
    extensions: stored.allowed_file_extensions ?? [],
    methods: (whole && stored.allowed_file_upload_methods) || image?.transfer_methods || ["local_file"],
    limit: (whole && stored.number_limits) || image?.number_limits || 3,
    limits,
  };
}

/** The same of a field of a form. */
export function fieldRules(field, limits) {
  return {
    types: field.allowed_file_types?.length ? field.allowed_file_types : ["image", "document", "audio", "video"],
    extensions: field.allowed_file_extensions ?? [],
    methods: field.allowed_file_upload_methods?.length ? field.allowed_file_upload_methods : ["local_file", "remote_url"],
    limit: field.type === "file" ? 1 : field.number_limits || field.max_length || 5,
    limits,
  };
}

/** Files of the visitor are stored as such; what is elsewhere stays there, and is fetched when it is needed. */
const OWN = {
  upload,
  async address(url) {
    const { file_type: type, file_length: size } = await look(url);
    return { type, size };
  },
};

/** Chosen files, shown as chips, with the buttons to choose them. */
export class Attachments {
  #rules;
  #items = [];
  #changed;
  #store;

  constructor(rules, { changed = () => {}, store = OWN } = {}) {
    this.#rules = rules;
    this.#store = store;
    this.#changed = changed;
    this.list = h("ul", { class: "chips", "aria-label": "Attached files", hidden: true });
    this.picker = h("input", { type: "file", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true", multiple: rules.limit > 1, accept: this.#accepted(), onchange: () => {
      this.add([...this.picker.files]);
      this.picker.value = "";
    } });
    const local = rules.methods.includes("local_file");
    const remote = rules.methods.includes("remote_url");
    this.buttons = [
      local && iconButton("attach", "Attach files", { class: "icon-button attach-local", onclick: () => this.picker.click() }),
      local && this.picker,
      remote && iconButton("link", "Attach a file by its address", { class: "icon-button attach-remote", onclick: () => this.#askAddress() }),
    ].filter(Boolean);
  }

  get takesLocal() {
    return this.#rules.methods.includes("local_file");
  }

  get busy() {
    return this.#items.some((item) => item.state === "busy");
  }

  get failed() {
    return this.#items.some((item) => item.state === "failed");
  }

  get count() {
    return this.#items.length;
  }

  /** As requests name them. */
  value() {
    return this.#items.filter((item) => item.state === "ready").map(({ kind, id, url }) => (id
      ? { type: kind, transfer_method: "local_file", upload_file_id: id, url: "" }
      : { type: kind, transfer_method: "remote_url", url, upload_file_id: "" }));
  }

  /** As a message shows them. */
  shown() {
    return this.#items.filter((item) => item.state === "ready").map(({ kind, name, preview, url }) => ({ type: kind, filename: name, url: preview ?? url ?? null }));
  }

  clear() {
    this.#items = [];
    this.#draw();
  }

  add(files) {
    for (const file of files) {
      if (this.#items.length >= this.#rules.limit) {
        this.#full();
        break;
      }
      const kind = this.#kindOf(extensionOf(file.name), file.type);
      const item = { name: file.name, kind, size: file.size, state: "busy", note: "Uploading …", stop: new AbortController() };
      if (kind === "image") item.preview = URL.createObjectURL(file);
      this.#items.push(item);
      const refused = this.#refused(kind, file.size);
      if (refused) this.#fail(item, refused);
      else this.#upload(item, file);
    }
    this.#draw();
  }

  async #upload(item, file) {
    try {
      const stored = await this.#store.upload(file, item.stop.signal);
      Object.assign(item, { id: stored.id, state: "ready", note: sized(file.size) });
    } catch (fault) {
      if (item.stop.signal.aborted) return;
      this.#fail(item, words(fault));
    }
    this.#draw();
  }

  async #askAddress() {
    const address = await ask({ title: "Address of the file", message: "The server fetches it from there.", field: "https://", confirm: "Attach" });
    if (!address) return;
    const item = { name: address.split(/[?#]/)[0].split("/").pop() || address, url: address, kind: "document", state: "busy", note: "Looking …", stop: new AbortController() };
    if (this.#items.length >= this.#rules.limit) {
      this.#full();
      return;
    }
    this.#items.push(item);
    this.#draw();
    try {
      if (!/^https?:\/\//i.test(address)) throw new Fault("An address begins with https:// or http://.");
      const { type, size, name, id } = await this.#store.address(address);
      Object.assign(item, { id, name: name || item.name });
      item.kind = this.#kindOf(extensionOf(item.name), type);
      const refused = this.#refused(item.kind, size);
      if (refused) throw new Fault(refused);
      Object.assign(item, { state: "ready", note: size > 0 ? sized(size) : "from its address" });
    } catch (fault) {
      this.#fail(item, words(fault));
    }
    this.#draw();
  }

  #full() {
    const { limit } = this.#rules;
    toast(limit === 1 ? "No more than one file is taken here." : `No more than ${limit} files are taken here.`);
  }

  #fail(item, note) {
    Object.assign(item, { state: "failed", note });
    announce(`${item.name}: ${note}`);
  }

  #kindOf(extension, mime) {
    const byName = Object.keys(KINDS).find((kind) => KINDS[kind].includes(extension));
    const major = String(mime).split("/")[0];
    const kind = byName ?? (KINDS[major] && major !== "document" ? major : null);
    if (kind && this.#rules.types.includes(kind)) return kind;
    const own = this.#rules.extensions.map((other) => other.replace(/^\./, "").toLowerCase());
    if (this.#rules.types.includes("custom") && (own.length === 0 || own.includes(extension))) return "custom";
    return kind && own.includes(extension) ? kind : null;
  }

  #refused(kind, size) {
    if (!kind) return "Files of this kind are not accepted here.";
    const limits = this.#rules.limits ?? {};
    const most = { image: limits.image_file_size_limit, audio: limits.audio_file_size_limit, video: limits.video_file_size_limit }[kind] ?? limits.file_size_limit;
    return most && size > most * 1024 * 1024 ? `Larger than ${most} MB.` : null;
  }

  #accepted() {
    const { types, extensions } = this.#rules;
    const known = types.flatMap((type) => (type === "image" ? ["image/*"] : (KINDS[type] ?? []).map((name) => `.${name}`)));
    const own = types.includes("custom") ? extensions.map((name) => `.${name.replace(/^\./, "")}`) : [];
    return types.includes("custom") && own.length === 0 ? null : [...known, ...own].join(",");
  }

  #remove(item) {
    item.stop.abort();
    const at = this.#items.indexOf(item);
    this.#items.splice(at, 1);
    this.#draw();
    const next = this.list.querySelectorAll("button")[Math.min(at, this.#items.length - 1)];
    (next ?? this.buttons.find((button) => button.tagName === "BUTTON"))?.focus();
  }

  #draw() {
    this.list.hidden = this.#items.length === 0;
    fill(this.list, this.#items.map((item) => h("li", { class: `chip ${item.state}` },
      item.preview ? h("img", { src: item.preview, alt: "" }) : icon("document"),
      h("span", { class: "chip-text" }, h("span", { class: "chip-name" }, item.name), h("span", { class: "chip-note" }, item.note)),
      iconButton("close", `Remove ${item.name}`, { onclick: () => this.#remove(item) }))));
    this.#changed();
  }
}

/** Buttons that choose files, with words: where there is room for them. */
export function inWords(buttons) {
  return h("div", { class: "file-buttons" }, buttons.map((button) => {
    if (button.tagName !== "BUTTON") return button;
    button.className = `button small ${button.className.replace("icon-button", "")}`;
    // Its words are its name.
    button.removeAttribute("aria-label");
    button.removeAttribute("title");
    button.append(button.classList.contains("attach-remote") ? "From an address" : "Choose a file");
    return button;
  }));
}

/** A stored value of a form, as a request names it: files are stored otherwise than they are sent. */
export function asSent(value) {
  if (Array.isArray(value)) return value.map(asSent);
  if (value?.dify_model_identity === undefined) return value;
  const { type, transfer_method, related_id, remote_url } = value;
  return { type, transfer_method, upload_file_id: related_id ?? "", url: remote_url ?? "" };
}

/** A size in words. */
export function sized(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
