// Where a question is written: its text, its files, and the button that sends it or stops the answer.

import { Attachments, uploadRules } from "./attachments.js";
import { h, iconButton, toast } from "./dom.js";
import { microphone } from "./speech.js";

export class Composer {
  #input;
  #files;
  #sender;
  #stopper;
  #send;
  #rest;
  #busy = false;

  /** `send` gets what is to be asked; `stop` ends the answer that comes; `rest` puts the keyboard where it is of use. */
  constructor(site, parameters, { send, stop, rest }) {
    this.#send = send;
    this.#rest = rest;
    const rules = uploadRules(parameters.file_upload, parameters.system_parameters);
    this.#files = rules ? new Attachments(rules, { changed: () => this.#draw() }) : null;
    this.#input = h("textarea", {
      id: "question", class: "question-input", rows: "1", "aria-label": "Your question",
      placeholder: site.input_placeholder || `Ask ${site.title}`,
      oninput: () => this.#draw(),
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.#submit();
      },
      onpaste: (event) => {
        const files = [...(event.clipboardData?.files ?? [])];
        if (files.length > 0 && this.#files?.takesLocal) {
          event.preventDefault();
          this.#files.add(files);
        }
      },
    });
    const listener = parameters.speech_to_text?.enabled ? microphone((text) => this.#add(text)) : null;
    this.#sender = iconButton("send", "Send", { type: "submit", class: "icon-button send" });
    this.#stopper = iconButton("stop", "Stop answering", { class: "icon-button send stop", hidden: true, onclick: async () => {
      this.#stopper.disabled = true;
      await stop();
      this.#stopper.disabled = false;
      rest();
    } });
    this.element = h("form", { class: "composer", onsubmit: (event) => {
      event.preventDefault();
      this.#submit();
    } }, this.#files?.list, h("div", { class: "composer-row" }, this.#files?.buttons, this.#input, listener, this.#sender, this.#stopper));
    if (this.#files?.takesLocal) {
      this.element.addEventListener("dragover", (event) => event.preventDefault());
      this.element.addEventListener("drop", (event) => {
        event.preventDefault();
        this.#files.add([...event.dataTransfer.files]);
      });
    }
    this.#draw();
  }

  focus() {
    this.#input.focus();
  }

  /** Puts a question back, to be asked again. */
  restore(text) {
    this.#input.value = text;
    this.#draw();
    this.focus();
  }

  /** Adds what was said to what is written. */
  #add(text) {
    const before = this.#input.value.trimEnd();
    this.restore(before ? `${before} ${text}` : text);
  }

  /** The chosen files, as requests name them and as a message shows them; they are no longer chosen. */
  takeFiles() {
    const [files, shown] = [this.#files?.value() ?? [], this.#files?.shown() ?? []];
    this.#input.value = "";
    this.#files?.clear();
    this.#draw();
    return { files, shown };
  }

  /** Whether an answer comes: then there is nothing to be sent, but something to be stopped. */
  set busy(busy) {
    this.#busy = busy;
    this.#draw();
  }

  #submit() {
    const text = this.#input.value.trim();
    if (!text || this.#busy) return;
    if (this.#files?.busy) {
      toast("Please wait until the files are uploaded.");
      return;
    }
    this.#send(text);
  }

  #draw() {
    // Grows with its text, up to what the style sheet allows.
    this.#input.style.setProperty("height", "auto");
    if (this.#input.value) this.#input.style.setProperty("height", `${this.#input.scrollHeight}px`);
    this.#sender.disabled = this.#input.value.trim() === "" || Boolean(this.#files?.busy);
    // Whoever holds one of the two has something in hand when it goes.
    const [shown, gone] = this.#busy ? [this.#stopper, this.#sender] : [this.#sender, this.#stopper];
    const held = document.activeElement === gone;
    shown.hidden = false;
    gone.hidden = true;
    if (held && this.#busy) shown.focus();
    else if (held) this.#rest();
  }
}
