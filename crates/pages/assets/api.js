// The Web API, as any other client calls it.

import { visitor as USER } from "./address.js";

const root = document.documentElement.dataset;
const CODE = root.code ?? "";
const BASE = "/api";

const SHELF = `ferrify:passport:${CODE}:${USER}`;

/** What went wrong, in words for the person who reads them. */
export class Fault extends Error {
  constructor(message, code = "", status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

const WORDS = {
  unauthorized: "Your visit has expired. Load the page again.",
  not_found: "This is no longer there. It may have been deleted.",
  too_many_requests: "There are too many questions at the moment. Please wait a little and try again.",
  rate_limit_error: "There are too many questions at the moment. Please wait a little and try again.",
  app_unavailable: "This app is not ready yet: its maker has to finish its settings.",
  provider_not_initialize: "The app has no working model: its maker has to enter a key for one.",
  provider_quota_exceeded: "The app's model has used up its quota. Please try again later.",
  model_currently_not_support: "The app's model is not available at the moment.",
  file_too_large: "The file is too large.",
  unsupported_file_type: "Files of this kind are not accepted.",
  internal_server_error: "The server has run into an error. Please try again.",
  service_unavailable: "The server is busy. Please try again in a moment.",
  conversation_completed: "This conversation has ended. Begin a new one.",
  web_app_access_denied: "You may not open this app.",
};

/** A fault in plain words; what the app itself says stays as it is. */
export function words(fault) {
  if (fault instanceof Fault) return WORDS[fault.code] ?? fault.message;
  if (fault instanceof TypeError) return "The server cannot be reached. Check your connection and try again.";
  return String(fault?.message ?? fault);
}

let passport = remembered();
let asking = null;

function remembered() {
  try {
    return localStorage.getItem(SHELF);
  } catch {
    return null;
  }
}

function keep(token) {
  passport = token;
  try {
    if (token) localStorage.setItem(SHELF, token);
    else localStorage.removeItem(SHELF);
  } catch {
    // Then it lasts as long as the page.
  }
}

async function obtain() {
  const asked = USER ? `?user_id=${encodeURIComponent(USER)}` : "";
  const response = await fetch(`${BASE}/passport${asked}`, { headers: { "X-App-Code": CODE } });
  if (!response.ok) throw await refusal(response);
  keep((await response.json()).access_token);
}

async function refusal(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // A proxy's page; the status has to do.
  }
  return new Fault(body.message ?? `The server answered with ${response.status}.`, body.code ?? "", response.status);
}

/** Sends a request with the visitor's passport, and once more with a new one where it has expired. */
export async function send(method, path, { json, form, signal, headers: own } = {}) {
  for (let again = true; ; again = false) {
    if (!passport) {
      asking ??= obtain().finally(() => { asking = null; });
      await asking;
    }
    const headers = { "X-App-Code": CODE, "X-App-Passport": passport, ...own };
    if (json !== undefined) headers["Content-Type"] = "application/json";
    const body = json === undefined ? form : JSON.stringify(json);
    const response = await fetch(BASE + path, { method, headers, body, signal, credentials: "same-origin" });
    if (response.ok) return response;
    const fault = await refusal(response);
    if (!(again && response.status === 401 && fault.code === "unauthorized")) throw fault;
    keep(null);
  }
}

/** Sends a request for which nobody is asked who they are. */
export async function openly(method, path, { json, form, headers: own, signal } = {}) {
  const headers = json === undefined ? { ...own } : { ...own, "Content-Type": "application/json" };
  const response = await fetch(BASE + path, { method, headers, signal, body: json === undefined ? form : JSON.stringify(json) });
  if (!response.ok) throw await refusal(response);
  return parsed(response);
}

async function parsed(response) {
  return response.status === 204 ? null : response.json();
}

export const get = async (path, options) => parsed(await send("GET", path, options));
export const post = async (path, json, options) => parsed(await send("POST", path, { json: json ?? {}, ...options }));
export const patch = async (path) => parsed(await send("PATCH", path, { json: {} }));
export const remove = async (path) => parsed(await send("DELETE", path));

/** The events of a stream, as they come: each with its position, from which on it can be asked for again. */
export async function* stream(method, path, { after, ...options } = {}) {
  const headers = { "Accept": "text/event-stream", "X-Stream-Ids": "true" };
  if (after) headers["Last-Event-ID"] = after;
  const response = await send(method, path, { ...options, headers });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let position = null;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("id: ")) position = line.slice(4);
        if (!line.startsWith("data: ")) continue;
        let event;
        try {
          event = JSON.parse(line.slice(6));
        } catch {
          continue; // Frames that are no JSON (an opt-in end mark) say nothing.
        }
        if (event && typeof event.event === "string") yield { event, position };
        position = null;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** A form with one file. */
export function holding(file, name = file.name) {
  const form = new FormData();
  form.append("file", file, name);
  return form;
}

/** Uploads a file for this visitor. */
export const upload = async (file, signal) => parsed(await send("POST", "/files/upload", { form: holding(file), signal }));

/** What is known of a file elsewhere. */
export const look = (url) => get(`/remote-files/${encodeURIComponent(url)}`);
