// The start page: how the server is, what to do first, and where everything is.

import { copy, fill, h, icon, iconButton } from "./dom.js";
import { themeSwitch } from "./frame.js";

const VERSION = document.documentElement.dataset.version;
const AGAIN = 10_000;
const MODES = { "chat": "Chat", "advanced-chat": "Chatflow", "agent-chat": "Agent", "completion": "Completion", "workflow": "Workflow" };
const PARTS = { postgres: "Postgres", redis: "Redis", migrations: "Schema", shutdown: "Shutdown" };

const state = h("div", { class: "parts", role: "status", "aria-live": "polite" });
const first = h("div");
const links = h("div", { class: "start-columns" });

fill(document.getElementById("app"), h("main", { class: "start" },
  h("header", { class: "run-head" },
    h("img", { src: new URL("./icon.svg", import.meta.url).href, alt: "", width: "46", height: "46" }),
    h("div", { class: "run-titles" }, h("h1", null, "Ferrify"), h("p", null, `Version ${VERSION}`)),
    themeSwitch()),
  h("section", { "aria-labelledby": "state" }, h("h2", { id: "state" }, "State"), state),
  first,
  links));
document.getElementById("app").className = "";

await Promise.all([look(), begin(), lead()]);
setInterval(look, AGAIN);

/** How the parts are; asked again and again. */
async function look() {
  let told = "";
  let rows;
  try {
    const response = await fetch("/ready", { cache: "no-store" });
    const { checks } = await response.json();
    const entries = Object.entries(checks);
    const ill = entries.filter(([, check]) => check !== "ok").length;
    told = ill === 0 ? "Everything is up." : `${ill} of ${entries.length} parts have trouble.`;
    rows = entries.map(([name, check]) => part(PARTS[name] ?? name, check === "ok", check === "ok" ? "up" : check));
  } catch {
    told = "The server does not answer.";
    rows = [part("Server", false, "It does not answer. Is it still running?")];
  }
  // Said again only when it has changed.
  if (state.dataset.told === told && rows.length === state.querySelectorAll("li").length) return;
  state.dataset.told = told;
  fill(state, h("p", { class: "parts-told" }, told), h("ul", { class: "parts-list" }, rows));
}

function part(name, fine, text) {
  return h("li", { class: `part ${fine ? "fine" : "ill"}` }, icon(fine ? "check" : "warning"), h("strong", null, name), h("span", null, text));
}

/** What is to be done next: the first account, or signing in. */
async function begin() {
  let step = null;
  try {
    const response = await fetch("/console/api/setup", { cache: "no-store" });
    step = response.ok ? (await response.json()).step : null;
  } catch {
    // Then the state says what is wrong.
  }
  const base = location.origin;
  const account = step === "finished" ? null : h("li", null,
    h("p", null, h("strong", null, "Make the first account. "), "It owns the first workspace."),
    command(`curl ${base}/console/api/setup \\\n  -H 'Content-Type: application/json' \\\n  -d '{"email": "you@example.com", "name": "You", "password": "choose-a-password-1"}'`, "Make the first account"));
  const signing = h("li", null,
    h("p", null, h("strong", null, "Sign in and build an app. "), "Point a Console web frontend at this server (its ", h("code", null, "CONSOLE_API_URL"), " is ", h("code", null, base), "), or use the Console API: the password travels in base64."),
    command(`curl -c cookies ${base}/console/api/login \\\n  -H 'Content-Type: application/json' \\\n  -d "{\\"email\\": \\"you@example.com\\", \\"password\\": \\"$(printf %s 'choose-a-password-1' | base64)\\"}"`, "Sign in"));
  const asking = h("li", null,
    h("p", null, h("strong", null, "Ask it. "), "With a key of the app, or on its page in the browser."),
    command(`curl -N ${base}/v1/chat-messages \\\n  -H 'Authorization: Bearer app-...' -H 'Content-Type: application/json' \\\n  -d '{"inputs": {}, "query": "Hello!", "response_mode": "streaming", "user": "me"}'`, "Ask an app"));
  fill(first, h("section", { "aria-labelledby": "first" }, h("h2", { id: "first" }, account ? "What to do first" : "What to do next"), h("ol", { class: "first" }, account, signing, asking)));
}

/** Apps, where this may be told, and documentation. */
async function lead() {
  let found;
  try {
    const response = await fetch("/pages/links.json", { cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    found = await response.json();
  } catch {
    fill(links, h("p", { class: "fault", role: "alert" }, "The list of apps cannot be loaded at the moment."));
    return;
  }
  const row = (path, title, note) => h("li", null, h("a", { class: "start-link", href: path }, h("span", null, title), h("span", { class: "soft" }, note)));
  const apps = found.listed && h("section", { "aria-labelledby": "apps" }, h("h2", { id: "apps" }, "Published apps"),
    found.apps.length === 0 ? h("p", { class: "empty" }, "There are none yet.") : h("ul", { class: "start-list" }, found.apps.map((app) => row(app.path, app.title, MODES[app.mode] ?? app.mode))),
    h("p", { class: "soft note" }, "Only shown on the machine that runs this server, while it is under development."));
  fill(links, apps, h("section", { "aria-labelledby": "docs" }, h("h2", { id: "docs" }, "Documentation"),
    h("ul", { class: "start-list" }, found.docs.map((docs) => row(docs.path, docs.title, docs.path))),
    h("p", { class: "soft note" }, "Probes: ", ["/health", "/ready", "/metrics"].flatMap((path) => [h("a", { href: path }, path), " "]))));
}

function command(text, label) {
  const button = iconButton("copy", `Copy: ${label}`, { onclick: () => copy(text, button) });
  return h("div", { class: "code" }, h("div", { class: "code-head" }, h("span", null, "shell"), button), h("pre", { tabindex: "0", role: "region", "aria-label": label }, h("code", null, text)));
}
