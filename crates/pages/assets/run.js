// A form and what comes of it: what the pages of completion apps and workflows share.

import { announce, fill, h, icon, toast } from "./dom.js";
import { InputForm } from "./form.js";
import { appIcon, smallPrint, themeSwitch } from "./frame.js";
import { Live, unfinished } from "./live.js";
import { hush } from "./speech.js";
import { Voice, speaksItself } from "./voice.js";

/** Pages of a kind say what they run (`request`), make answers (`answer`), and say how they are followed (`manner`). */
export class RunPage {
  #page;
  #live = null;

  constructor(site, parameters, page) {
    this.site = site;
    this.parameters = parameters;
    this.form = new InputForm(parameters);
    this.#page = page;
  }

  /** The form and its results. `empty`: what is said instead of a form without fields; `extra`: more to be filled in. */
  columns(empty, extra = null) {
    this.runner = h("button", { type: "submit", class: "button primary run" }, icon("play"), "Run");
    this.stopper = h("button", { type: "button", class: "button run", hidden: true, onclick: () => this.#live?.stop() }, icon("stop"), "Stop");
    this.voice = new Voice(() => this.results.focus());
    const clear = (!this.form.isEmpty || extra) && h("button", { type: "button", class: "button ghost", onclick: () => this.clear() }, "Clear");
    const form = h("form", { class: "run-form", novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      this.run();
    } },
    this.form.isEmpty ? h("p", { class: "empty" }, empty) : this.form.element,
    extra,
    h("div", { class: "run-actions" }, clear, this.runner, this.stopper));
    this.results = h("div", { class: "results", role: "region", "aria-label": "Results", tabindex: "-1" }, h("p", { class: "empty" }, "The result will appear here."));
    return [h("section", { class: "card run-card", "aria-label": "Form" }, form), this.results];
  }

  /** The whole page around its parts. */
  frame(...parts) {
    const { site } = this;
    return h("main", { class: "run-page" },
      h("header", { class: "run-head" }, appIcon(site), h("div", { class: "run-titles" }, h("h1", null, site.title), site.description && h("p", null, site.description)), themeSwitch()),
      parts,
      this.voice.element,
      smallPrint(site, this.#page));
  }

  clear() {
    this.form.reset();
  }

  get busy() {
    return this.form.busy;
  }

  get isRunning() {
    return this.#live !== null;
  }

  /** Runs what the form says. */
  run() {
    if (this.#live || !this.form.check()) return;
    if (this.busy) {
      toast("Please wait until the files are uploaded.");
      return;
    }
    this.begin(this.request());
  }

  /** Shows the answer to a request as it comes: alone, or below another one. */
  async begin(request, above = null) {
    hush();
    const answer = this.answer();
    if (above) {
      answer.retry = () => {
        answer.element.remove();
        this.begin(request, above);
      };
    }
    if (above) above.element.after(answer.element);
    else fill(this.results, answer.element);
    answer.element.scrollIntoView({ block: "nearest" });
    announce("The answer is being written.");
    await this.#follow(this.#liveOf(answer), request);
  }

  /** Goes on with what had begun when the page was left. */
  goOn() {
    const known = unfinished().at(-1);
    if (!known) return;
    const answer = this.answer();
    fill(this.results, answer.element);
    this.#follow(this.#liveOf(answer, known), null);
  }

  #liveOf(answer, known) {
    return new Live(answer, { known, voice: speaksItself(this.parameters) ? this.voice : null, resumed: (live) => this.#follow(live, null, { past: true }), ...this.manner });
  }

  async #follow(live, request, options) {
    this.#live = live;
    this.#draw();
    const how = await live.follow(request, options);
    if (how === "lost") live.answer.fail("The connection was lost. It goes on; load the page again to see what comes of it.");
    else if (how === "gone") live.answer.fail("What was begun here is no longer remembered.");
    if (this.#live === live) this.#live = null;
    this.#draw();
  }

  #draw() {
    const [shown, gone] = this.isRunning ? [this.stopper, this.runner] : [this.runner, this.stopper];
    // Whoever holds the button that goes comes to the other one, or to what has come of it.
    const held = document.activeElement === gone;
    shown.hidden = false;
    gone.hidden = true;
    if (held) (this.isRunning ? shown : this.results).focus({ preventScroll: true });
  }
}
