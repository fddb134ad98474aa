// One question, one answer, and what belongs to them.

import { post, words } from "./api.js";
import { copy, fill, h, icon, iconButton, toast } from "./dom.js";
import { appIcon } from "./frame.js";
import { isOurs, safe, show } from "./markdown.js";
import { sized } from "./attachments.js";
import { Steps } from "./steps.js";

// The page speaks English; what the app and its visitors say has the language of its site.
const told = document.documentElement.dataset.language ?? "";
const LANGUAGE = /^[a-z]{2,3}(?:-[A-Za-z\d]{2,8})*$/.test(told) ? told : null;

/** A question as it was asked. */
export function question(text, files = []) {
  return h("article", { class: "turn question", "aria-label": "You" },
    h("div", { class: "bubble" }, files.length > 0 && fileList(files), h("p", { class: "plain", lang: LANGUAGE }, text)));
}

/** Files, those of this installation that are pictures as pictures. */
export function fileList(files) {
  return h("ul", { class: "files", "aria-label": "Files" }, files.map((file) => {
    const url = safe(file.url ?? file.remote_url ?? "");
    const name = file.filename || file.name || "file";
    const own = url && (isOurs(url) || url.protocol === "blob:");
    if (!file.url && !file.remote_url) return h("li", null, h("span", { class: "file" }, icon("document"), name));
    if (file.url?.startsWith("blob:") && file.type === "image") return h("li", null, h("img", { src: file.url, alt: name }));
    if (own && file.type === "image") {
      return h("li", null, h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, h("img", { src: url.href, alt: name, loading: "lazy" })));
    }
    if (own && file.type === "audio") return h("li", null, h("audio", { src: url.href, controls: true, "aria-label": name }));
    if (own && file.type === "video") return h("li", null, h("video", { src: url.href, controls: true, "aria-label": name }));
    const note = file.size > 0 ? h("span", { class: "chip-note" }, sized(file.size)) : null;
    return h("li", null, url ? h("a", { class: "file", href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, icon("document"), name, note) : h("span", { class: "file" }, icon("document"), name));
  }));
}

/** What a file is known by, however often it is told: its address without the signature. */
export function markOf(file) {
  const url = safe(file.url || file.remote_url || "");
  if (!url) return file.related_id || file.id || file;
  return isOurs(url) ? url.origin + url.pathname : url.href;
}

/** Each file once. */
const once = (files) => [...new Map(files.map((file) => [markOf(file), file])).values()];

/** Passages that an answer rests on. */
export function citations(resources) {
  return h("details", { class: "citations" },
    h("summary", null, icon("quote"), `${resources.length} ${resources.length === 1 ? "source" : "sources"}`, icon("chevron")),
    h("ol", null, resources.map((source) => h("li", null,
      h("p", { class: "cited" }, source.document_name || source.dataset_name || "Source",
        typeof source.score === "number" && h("span", { class: "score" }, `match ${Math.round(source.score * 100)} %`)),
      h("blockquote", { class: "plain" }, source.content ?? "")))));
}

/** An answer that may still grow. */
export class Answer {
  text = "";
  id = null;
  #drawn = false;
  #rating = null;
  #files = [];

  constructor(site, { retry, tools } = {}) {
    this.retry = retry;
    this.extra = tools ?? (() => []);
    this.steps = new Steps(site.show_workflow_steps !== false);
    this.body = h("div", { class: "markdown", lang: LANGUAGE });
    this.wait = h("div", { class: "typing", role: "img", "aria-label": "The answer is being written" }, h("i"), h("i"), h("i"));
    this.forms = h("div", { class: "human-forms" });
    this.below = h("div", { class: "below" });
    this.element = h("article", { class: "turn answer", "aria-label": site.title || "Answer" },
      appIcon(site, "small"),
      h("div", { class: "answer-main" }, this.steps.element, this.body, this.forms, this.wait, this.below));
    this.element.setAttribute("aria-busy", "true");
  }

  /** Adds to the text; it is drawn with the next frame. */
  add(piece) {
    this.text += piece;
    this.draw();
  }

  replace(text) {
    this.text = text;
    this.draw();
  }

  draw() {
    if (this.#drawn) return;
    this.#drawn = true;
    requestAnimationFrame(() => {
      this.#drawn = false;
      show(this.body, this.text);
      this.grown?.();
    });
  }

  /** Forgets what there is: all of it is told again. */
  reset() {
    this.#files = [];
    fill(this.forms);
    this.replace("");
  }

  /** Says something of the answer while it comes; `null`: nothing any more. */
  note(text) {
    fill(this.below, text && h("p", { class: "field-hint", role: "status" }, text));
    this.grown?.();
  }

  /** Shows a form where the answer has got to. */
  addForm(form) {
    if (!this.text) this.body.before(this.forms);
    this.forms.append(form);
  }

  /** Shows results that are more than a text. */
  addResults(...results) {
    this.below.before(h("div", { class: "outputs" }, results));
    this.grown?.();
  }

  addFile(file) {
    this.#files.push(file);
  }

  /** Nothing more will come. */
  finish({ id = this.id, sources = [], feedback = null, files = [], tools = true } = {}) {
    this.id = id;
    this.#rating = feedback?.rating ?? null;
    this.#end();
    this.steps.end("succeeded");
    show(this.body, this.text);
    const all = once([...this.#files, ...files]);
    fill(this.below,
      all.length > 0 && fileList(all),
      sources.length > 0 && citations(sources),
      tools && this.#tools());
    this.grown?.();
  }

  /** It went wrong; what there is stays. */
  fail(message) {
    this.#end();
    this.steps.end("failed");
    fill(this.below, h("div", { class: "fault", role: "alert" }, icon("warning"), h("p", null, message),
      this.retry && h("button", { type: "button", class: "button small", onclick: () => this.retry() }, "Try again")));
    this.grown?.();
  }

  #end() {
    this.wait.remove();
    this.element.setAttribute("aria-busy", "false");
  }

  #tools() {
    const copying = iconButton("copy", "Copy the answer", { onclick: () => copy(this.text, copying) });
    const like = iconButton("like", "Good answer", { onclick: () => this.#rate("like") });
    const dislike = iconButton("dislike", "Bad answer", { onclick: () => this.#rate("dislike") });
    this.rated = () => {
      like.setAttribute("aria-pressed", String(this.#rating === "like"));
      dislike.setAttribute("aria-pressed", String(this.#rating === "dislike"));
    };
    this.rated();
    return h("div", { class: "tools", role: "group", "aria-label": "About this answer" }, copying, this.id && [like, dislike], this.extra(this));
  }

  async #rate(rating) {
    const before = this.#rating;
    this.#rating = before === rating ? null : rating;
    this.rated();
    try {
      await post(`/messages/${this.id}/feedbacks`, { rating: this.#rating });
    } catch (fault) {
      this.#rating = before;
      this.rated();
      toast(words(fault));
    }
  }
}
