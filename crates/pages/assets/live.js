// What a chat page holds while an answer comes, and what it remembers between visits.

import { Reader } from "./dom.js";

const SHELF = `ferrify:conversation:${document.documentElement.dataset.code}`;

/** An answer while it comes. */
export class Live {
  #abort = new AbortController();
  reader = new Reader();
  forms = new Map();
  task = null;
  message = null;
  conversation = null;
  run = null;
  ended = false;
  stopped = false;
  paused = false;
  left = false;

  constructor(answer) {
    this.answer = answer;
  }

  get signal() {
    return this.#abort.signal;
  }

  abort() {
    this.#abort.abort();
  }

  /** The visitor goes elsewhere; the answer is saved all the same. */
  leave() {
    this.left = true;
    this.abort();
  }
}

/** The conversation that was open when the page was left. */
export function remembered() {
  try {
    return localStorage.getItem(SHELF);
  } catch {
    return null;
  }
}

/** Keeps which conversation is open. */
export function remember(id) {
  try {
    if (id) localStorage.setItem(SHELF, id);
    else localStorage.removeItem(SHELF);
  } catch {
    // Then a new page begins a new conversation.
  }
}
