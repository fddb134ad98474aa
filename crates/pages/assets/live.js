// An answer while it comes. Its events are followed wherever they are told: a connection that breaks is taken up where it
// broke, and a page that is loaded again goes on with what it had begun. And what a page remembers between visits.

import { Fault, post, stream, words } from "./api.js";
import { Reader, announce, toast } from "./dom.js";
import { humanForm, keepForm } from "./human.js";

const CODE = document.documentElement.dataset.code;
const SHELF = `ferrify:conversation:${CODE}`;
// Of this tab alone: what two tabs have begun are two things.
const BEGUN = `ferrify:live:${CODE}`;
const MOST = 20;

// Before all events.
const START = "0-0";
// Before a broken connection is tried again, in milliseconds. After the last one it is given up.
const PAUSES = [200, 1000, 2000, 4000, 8000, 15_000, 30_000, 30_000];
// A stream that was stopped ends by itself; where it does not, it is not waited for.
const STOPPING = 5000;
// Answers that say nothing of what was asked for, only that it has to be asked again.
const PASSING = new Set([429, 500, 502, 503, 504]);

function begun() {
  try {
    return JSON.parse(sessionStorage.getItem(BEGUN) ?? "[]");
  } catch {
    return [];
  }
}

function keep(entries) {
  try {
    sessionStorage.setItem(BEGUN, JSON.stringify(entries.slice(-MOST)));
  } catch {
    // Then it is lost with the page.
  }
}

/** What had begun and not ended when the page was left, oldest first: `{task, run, message, conversation, unnamed}` each. */
export const unfinished = begun;

/** An answer while it comes. */
export class Live {
  #abort = new AbortController();
  #reader = new Reader();
  #stops;
  #hooks;
  #position = null;
  #told = 0;
  #kept = "";
  #speech = null;
  forms = new Map();
  task = null;
  message = null;
  conversation = null;
  run = null;
  /** Its conversation has no name yet. */
  unnamed = false;
  ended = false;
  failed = false;
  stopped = false;
  paused = false;
  left = false;

  /**
   * `known`: what is known of one that has begun. `stops`: where a task is stopped. `resumed` hears that a form was taken,
   * `heard` of every event, `finished` of the end of a workflow whose outputs are the answer. `voice`: what speaks it, if
   * it is spoken while it comes.
   */
  constructor(answer, { known = {}, stops, ...hooks }) {
    this.answer = answer;
    this.#stops = stops;
    this.#hooks = hooks;
    const { task = null, run = null, message = null, conversation = null, unnamed = false } = known;
    Object.assign(this, { task, run, message, conversation, unnamed });
    answer.id = message;
  }

  /** Whether anything was heard of it. */
  get isKnown() {
    return this.#told > 0;
  }

  /** The visitor goes elsewhere; the answer is saved all the same. */
  leave() {
    this.left = true;
    this.#speech?.stop();
    this.#abort.abort();
  }

  /**
   * Follows the answer until it has ended, or waits for a form. `request`: what begins it; one that has begun is told from
   * where it was left. `past`: whether the form that it waits for is filled in, so that it goes on.
   *
   * Resolves with `ended`, `paused`, `stopped`, `left`, `failed` (and shown as such), `lost` (it goes on without us), or
   * `gone`: nobody remembers it.
   */
  async follow(request = null, { past = false } = {}) {
    if (!request && !this.#position && !past) this.answer.reset();
    this.paused = false;
    for (let tries = 0, first = request; ; first = null) {
      const before = this.#told;
      let fault = null;
      try {
        await this.#listen(first, past);
      } catch (caught) {
        fault = caught;
      }
      if (this.ended) return this.failed ? "failed" : "ended";
      if (this.left) return "left";
      if (this.#abort.signal.aborted) return this.#cut();
      if (this.paused) return "paused";
      if (first && fault && !this.task) return this.#fail(words(fault));
      if (!first && (fault === null ? !this.isKnown : fault instanceof Fault && !PASSING.has(fault.status))) return this.#forget("gone");
      if (!this.task) return this.#fail("The connection was lost before there was an answer.");
      tries = this.#told > before ? 0 : tries + 1;
      if (tries >= PAUSES.length) return "lost";
      if (tries === 0) announce("The connection was lost. It is tried again.");
      this.answer.note("The connection was lost. Trying again …");
      await this.#pause(PAUSES[tries]);
      this.answer.note(null);
    }
  }

  /** Asks the server to end it. */
  async stop() {
    this.stopped = true;
    this.#speech?.stop();
    if (!this.task) {
      this.#abort.abort();
      return;
    }
    try {
      await post(this.#stops(this.task));
      announce("Stopped");
      setTimeout(() => this.#abort.abort(), STOPPING);
    } catch (fault) {
      this.stopped = false;
      toast(words(fault));
    }
  }

  /** Shows a form that it waits for. */
  waitFor(data) {
    const form = humanForm(data, () => this.#hooks.resumed(this));
    this.forms.set(data.node_id, form);
    this.answer.addForm(form.element);
  }

  /** Keeps it for when the page is loaded again. */
  keep() {
    const { task, run, message, conversation, unnamed } = this;
    const entry = { task, run, message, conversation, unnamed };
    const told = JSON.stringify(entry);
    if (!task || told === this.#kept) return;
    this.#kept = told;
    keep([...begun().filter((other) => other.task !== task), entry]);
  }

  async #listen(request, past) {
    const { signal } = this.#abort;
    const source = this.run ? `/workflow/${this.run}/events` : `/streams/${this.task}`;
    const events = request
      ? stream(request.method, request.path, { json: request.json, signal })
      : stream("GET", `${source}?continue_on_pause=${past}`, { after: this.#position ?? START, signal });
    // Sound is told to whoever begins an answer, never again.
    const speech = request && this.#hooks.voice ? this.#hooks.voice.begin() : null;
    this.#speech = speech;
    let isHeardOut = false;
    try {
      for (let next = await events.next(); !next.done; next = await events.next()) {
        const { event, position } = next.value;
        if (said(speech, event)) continue;
        this.#position = position ?? this.#position;
        this.#told += 1;
        this.#take(event);
        if (this.ended && speech && !speech.isOver) {
          isHeardOut = true;
          hearOut(events, speech);
        }
        if (this.ended || (past && this.paused)) return;
      }
    } finally {
      if (!isHeardOut) {
        speech?.end();
        await events.return();
      }
    }
  }

  #take(event) {
    const { answer } = this;
    this.task = event.task_id ?? this.task;
    this.conversation = event.conversation_id ?? this.conversation;
    this.message = event.message_id ?? this.message;
    this.run = event.workflow_run_id ?? this.run;
    answer.id = this.message;
    this.keep();
    answer.steps.handle(event);
    switch (event.event) {
      case "message":
      case "agent_message":
        this.#grow(event.answer);
        break;
      case "text_chunk":
        this.#grow(event.data.text);
        break;
      case "message_replace":
        answer.replace(event.answer ?? "");
        break;
      case "text_replace":
        answer.replace(event.data.text ?? "");
        break;
      case "message_file":
        if (event.belongs_to !== "user") answer.addFile(event);
        break;
      case "human_input_required":
        this.waitFor(event.data);
        keepForm({ data: event.data, message: this.message, run: this.run, task: this.task });
        announce("A form is waiting for you.");
        break;
      case "human_input_form_filled":
        this.forms.get(event.data.node_id)?.done(event.data.action_text ?? event.data.action_id);
        break;
      case "workflow_started":
        this.paused = false;
        break;
      case "workflow_paused":
        this.paused = true;
        answer.wait.remove();
        break;
      case "message_end":
        answer.finish({ sources: event.metadata?.retriever_resources ?? [], files: event.files ?? [] });
        this.#end();
        break;
      case "workflow_finished":
        if (!this.#hooks.finished) break;
        this.#hooks.finished(this, event.data);
        this.#end();
        break;
      case "error":
        this.#fail(words(new Fault(event.message, event.code, event.status)));
        this.ended = true;
        this.failed = true;
        break;
      default:
    }
    this.#hooks.heard?.(this, event);
  }

  #grow(piece) {
    this.answer.add(piece ?? "");
    this.#reader.grow(this.answer.text);
  }

  #end() {
    this.ended = true;
    this.#forget();
    this.#reader.grow(this.answer.text);
    this.#reader.end();
  }

  /** It was stopped, and its stream did not end in time. */
  #cut() {
    this.answer.finish({ tools: this.message !== null });
    return this.#forget("stopped");
  }

  #fail(message) {
    this.answer.fail(message);
    return this.#forget("failed");
  }

  #forget(how) {
    keep(begun().filter((other) => other.task !== this.task));
    return how;
  }

  /** Waits a while, or until there is a network again. */
  #pause(time) {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        removeEventListener("online", done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, time);
      addEventListener("online", done);
      signal.addEventListener("abort", done);
    });
  }
}

/** Whether an event is sound: then it is played, unless nobody wants to hear it. */
function said(speech, event) {
  if (event.event === "tts_message") speech?.add(event.audio);
  else if (event.event === "tts_message_end") speech?.end();
  else return false;
  return true;
}

/** Sound may come after the end of an answer: the rest of its stream is nothing else. */
async function hearOut(events, speech) {
  try {
    for (let next = await events.next(); !next.done && !speech.isOver; next = await events.next()) said(speech, next.value.event);
  } catch {
    // What has come by now is heard.
  }
  speech.end();
  await events.return();
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
