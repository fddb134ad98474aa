// What a workflow does while it answers: its nodes, in the order in which they began.

import { fill, h, icon } from "./dom.js";

const STATES = {
  running: "running",
  succeeded: "done",
  failed: "failed",
  exception: "failed, the run went on",
  stopped: "stopped",
  retry: "trying again",
  paused: "waiting",
  "partial-succeeded": "done with faults",
};

/** A time in seconds, as people read it. */
function seconds(time) {
  if (typeof time !== "number") return "";
  if (time < 0.1) return `${Math.max(1, Math.round(time * 1000))} ms`;
  return time < 10 ? `${time.toFixed(1)} s` : `${Math.round(time)} s`;
}

/** The steps of one run. `details`: whether the maker of the app lets them be seen. */
export class Steps {
  #nodes = new Map();
  #details;

  constructor(details) {
    this.#details = details;
    this.mark = h("span", { class: "step-mark" });
    this.title = h("span", { class: "steps-title" }, "Working");
    this.time = h("span", { class: "step-time" });
    this.list = h("ol", { class: "steps-list" });
    const head = [this.mark, this.title, this.time];
    this.element = details
      ? h("details", { class: "steps" }, h("summary", null, head, icon("chevron")), this.list)
      : h("div", { class: "steps bare" }, h("div", { class: "steps-head" }, head));
    this.element.hidden = true;
    this.element.dataset.state = "running";
  }

  /** Takes an event; whether it was about steps. */
  handle({ event, data }) {
    switch (event) {
      case "workflow_started":
        this.element.hidden = false;
        this.#whole("running", null);
        return true;
      case "node_started":
        this.#node(data.id, data.title, "running");
        return true;
      case "iteration_started":
      case "loop_started":
        this.#node(`${data.id}:rounds`, data.title, "running");
        return true;
      case "iteration_next":
      case "loop_next":
        this.#node(`${data.id}:rounds`, data.title, "running", `round ${Number(data.index ?? 0) + 1}`);
        return true;
      case "node_retry":
        this.#node(data.id, data.title, "retry", `attempt ${Number(data.retry_index ?? 1) + 1}`);
        return true;
      case "node_finished":
        this.#node(data.id, data.title, data.status, seconds(data.elapsed_time), data.error);
        return true;
      case "iteration_completed":
      case "loop_completed":
        this.#node(`${data.id}:rounds`, data.title, data.status, seconds(data.elapsed_time), data.error);
        return true;
      case "workflow_finished":
        this.#whole(data.status, data.elapsed_time);
        return true;
      case "workflow_paused":
        this.#rest("paused");
        this.#whole("paused", null);
        return true;
      default:
        return false;
    }
  }

  /** The run has ended in a way that no event told. */
  end(state) {
    if (this.element.hidden || this.element.dataset.state !== "running") return;
    this.#rest(state === "failed" ? "stopped" : state);
    this.#whole(state, null);
  }

  /** No node is at work any more. */
  #rest(state) {
    for (const node of this.#nodes.values()) {
      if (["running", "retry"].includes(node.row.dataset.state)) this.#mark(node, state);
    }
  }

  #whole(state, time) {
    this.element.dataset.state = state;
    const count = this.#nodes.size;
    const steps = count > 0 ? ` · ${count} ${count === 1 ? "step" : "steps"}` : "";
    fill(this.title, `Workflow ${STATES[state] ?? state}${state === "running" ? "" : steps}`);
    fill(this.time, seconds(time));
    draw(this.mark, state);
  }

  #node(id, title, state, note = "", error = null) {
    if (!this.#details) return;
    let node = this.#nodes.get(id);
    if (!node) {
      node = { title: title || "Step", mark: h("span", { class: "step-mark" }), name: h("span", { class: "step-name" }), time: h("span", { class: "step-time" }), error: h("span", { class: "step-error" }) };
      node.row = h("li", { class: "step" }, node.mark, node.name, node.time, node.error);
      this.#nodes.set(id, node);
      this.list.append(node.row);
    }
    this.#mark(node, state);
    fill(node.time, note);
    fill(node.error, error);
    if (this.element.dataset.state === "running") fill(this.title, "Working: ", title || "Step");
  }

  #mark(node, state) {
    node.row.dataset.state = state;
    draw(node.mark, state);
    fill(node.name, node.title, h("span", { class: "visually-hidden" }, `, ${STATES[state] ?? state}`));
  }
}

function draw(mark, state) {
  const shape = { succeeded: "check", failed: "close", exception: "warning", stopped: "stop", "partial-succeeded": "warning", paused: "more" }[state];
  fill(mark, shape ? icon(shape) : h("span", { class: "spinner", "aria-hidden": "true" }));
}
