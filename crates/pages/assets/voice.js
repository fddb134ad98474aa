// Answers that speak by themselves: their sound comes in pieces among their events, and is played while it comes.

import { announce, fill, h, icon, toast } from "./dom.js";
import { alone, silenced } from "./speech.js";

const KIND = "audio/mpeg";
// Where a browser cannot put pieces together while they are played, it plays parts of this many bytes: a few seconds each.
const PART = 32_000;
// Of what was heard already so many seconds are kept.
const KEPT = 30;

/** Whether answers of an app speak by themselves. */
export const speaksItself = ({ text_to_speech: feature }) => feature?.enabled === true && feature.autoPlay === "enabled";

/** Says that an answer is spoken, and stops it. `back`: where the keyboard goes when the button is gone. */
export class Voice {
  #speech = null;
  #back;

  constructor(back) {
    this.#back = back;
    this.told = h("span", { class: "voice-told" });
    this.button = h("button", { type: "button", class: "button small" });
    this.element = h("div", { class: "voice", role: "group", "aria-label": "Voice", hidden: true },
      h("span", { class: "voice-bars", "aria-hidden": "true" }, h("i"), h("i"), h("i")), this.told, this.button);
    this.button.addEventListener("click", () => {
      if (this.element.dataset.state === "waiting") this.#speech?.play();
      else this.#speech?.stop();
    });
  }

  /** An answer that is about to speak. */
  begin() {
    const speech = new Speech((state) => this.#draw(speech, state));
    return speech;
  }

  #draw(speech, state) {
    if (state !== "silent") this.#speech = speech;
    else if (this.#speech === speech) this.#speech = null;
    else return; // Another one speaks already.
    const held = this.element.contains(document.activeElement);
    const waits = state === "waiting";
    this.element.dataset.state = state;
    this.element.hidden = state === "silent";
    fill(this.told, waits ? "The answer can be heard" : "Speaking");
    fill(this.button, icon(waits ? "play" : "stop"), waits ? "Play" : "Stop speaking");
    if (waits) announce("The answer can be heard: press Play.");
    if (held && state === "silent") this.#back();
  }
}

/** The sound of one answer. */
class Speech {
  #audio = null;
  #player = null;
  #draw;
  #ended = false;
  /** Nothing more is heard of it, whatever comes. */
  isOver = false;
  #stop = () => this.stop();

  constructor(draw) {
    this.#draw = draw;
  }

  /** Takes the next piece, as base64. */
  add(piece) {
    if (this.isOver || this.#ended || !piece) return;
    let bytes;
    try {
      bytes = Uint8Array.from(atob(piece), (letter) => letter.charCodeAt(0));
    } catch {
      this.#fail();
      return;
    }
    if (!this.#player) this.#begin();
    this.#player.add(bytes);
  }

  /** Nothing more comes; what has come is heard to its end. */
  end() {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#player) this.#player.end();
    else this.stop();
  }

  /** Ends it at once. */
  stop() {
    if (this.isOver) return;
    this.isOver = true;
    this.#player?.close();
    this.#audio?.pause();
    this.#audio?.removeAttribute("src");
    // Only so is what was loaded let go.
    this.#audio?.load();
    silenced(this.#stop);
    this.#draw("silent");
  }

  /** Plays, or says that the visitor has to ask for it: browsers let no page speak that nobody has touched. */
  async play() {
    try {
      await this.#audio.play();
      if (!this.isOver) this.#draw("speaking");
    } catch (fault) {
      if (this.isOver || fault?.name === "AbortError") return;
      if (fault?.name === "NotAllowedError") this.#draw("waiting");
      else this.#fail();
    }
  }

  #begin() {
    alone(this.#stop);
    this.#audio = new Audio();
    this.#audio.addEventListener("error", () => this.#fail());
    const Source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;
    const over = () => this.stop();
    if (Source?.isTypeSupported(KIND)) {
      this.#player = new Growing(this.#audio, new Source(), over, () => this.#fail());
      this.play();
    } else this.#player = new Parts(this.#audio, () => this.play(), over);
  }

  #fail() {
    if (this.isOver) return;
    this.stop();
    toast("The sound cannot be played.");
  }
}

/** One sound that grows while it is played. */
class Growing {
  #audio;
  #source;
  #buffer = null;
  #waiting = [];
  #whole = false;
  #failed;
  #closing = new AbortController();

  constructor(audio, source, over, failed) {
    this.#audio = audio;
    this.#source = source;
    this.#failed = failed;
    const { signal } = this.#closing;
    const address = URL.createObjectURL(source);
    signal.addEventListener("abort", () => URL.revokeObjectURL(address));
    source.addEventListener("sourceopen", () => {
      this.#buffer = source.addSourceBuffer(KIND);
      this.#buffer.addEventListener("updateend", () => this.#feed(), { signal });
      this.#feed();
    }, { once: true, signal });
    audio.addEventListener("timeupdate", () => this.#feed(), { signal });
    audio.addEventListener("ended", over, { signal });
    // Sources that the browser manages want it so.
    audio.disableRemotePlayback = true;
    audio.src = address;
  }

  add(bytes) {
    this.#waiting.push(bytes);
    this.#feed();
  }

  end() {
    this.#whole = true;
    this.#feed();
  }

  close() {
    this.#closing.abort();
    this.#waiting = [];
  }

  #feed() {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating || this.#source.readyState !== "open") return;
    const { currentTime } = this.#audio;
    if (buffer.buffered.length > 0 && buffer.buffered.start(0) < currentTime - 2 * KEPT) {
      buffer.remove(0, currentTime - KEPT);
      return;
    }
    if (this.#waiting.length === 0) {
      if (this.#whole) this.#source.endOfStream();
      return;
    }
    try {
      buffer.appendBuffer(joined(this.#waiting));
      this.#waiting = [];
    } catch (fault) {
      // There is room again when more was heard. Anything else is no sound.
      if (fault?.name !== "QuotaExceededError") this.#failed();
    }
  }
}

/** Parts that are played one after the other, for browsers that cannot let a sound grow. */
class Parts {
  #audio;
  #play;
  #over;
  #waiting = [];
  #length = 0;
  #whole = false;
  #address = null;
  #closing = new AbortController();

  constructor(audio, play, over) {
    this.#audio = audio;
    this.#play = play;
    this.#over = over;
    audio.addEventListener("ended", () => {
      this.#forget();
      this.#next();
    }, { signal: this.#closing.signal });
  }

  add(bytes) {
    this.#waiting.push(bytes);
    this.#length += bytes.length;
    this.#next();
  }

  end() {
    this.#whole = true;
    this.#next();
  }

  close() {
    this.#closing.abort();
    this.#forget();
    this.#waiting = [];
  }

  #forget() {
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = null;
  }

  #next() {
    if (this.#address || (!this.#whole && this.#length < PART)) return;
    const bytes = joined(this.#waiting);
    if (bytes.length === 0) {
      this.#over();
      return;
    }
    const until = this.#whole ? bytes.length : lastFrame(bytes);
    this.#waiting = [bytes.subarray(until)];
    this.#length = bytes.length - until;
    this.#address = URL.createObjectURL(new Blob([bytes.subarray(0, until)], { type: KIND }));
    this.#audio.src = this.#address;
    this.#play();
  }
}

function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Where the last frame of MPEG audio begins: the best place for a cut. */
function lastFrame(bytes) {
  for (let at = bytes.length - 2; at > 0; at--) {
    if (bytes[at] === 0xff && (bytes[at + 1] & 0xe0) === 0xe0) return at;
  }
  return bytes.length;
}
