// An API in the browser: what its OpenAPI document says, and a way to try each call.

import { copy, fill, h, icon, iconButton } from "./dom.js";
import { themeSwitch } from "./frame.js";
import { highlight } from "./highlight.js";
import { line, markdown } from "./markdown.js";

const SOURCE = document.documentElement.dataset.source;
const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];
const DEEPEST = 6;

const place = document.getElementById("app");
try {
  const response = await fetch(SOURCE);
  if (!response.ok) throw new Error(`${SOURCE} answered with ${response.status}.`);
  place.className = "";
  new Docs(await response.json()).build(place);
} catch (fault) {
  place.className = "";
  fill(place, h("main", { class: "notice" }, h("div", { class: "notice-card" }, h("h1", null, "The documentation cannot be shown"), h("p", { role: "alert" }, String(fault.message ?? fault)))));
}

function Docs(document) {
  const key = h("input", { class: "input key", type: "password", autocomplete: "off", placeholder: "app-… or dataset-…", "aria-label": "API key for trying" });
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => ({ path, method, shared: item.parameters ?? [], ...item[method] })));

  this.build = (root) => {
    const groups = Map.groupBy ? Map.groupBy(operations, (operation) => operation.tags?.[0] ?? "Other") : grouped(operations);
    const sections = [...groups].map(([name, list]) => ({ name, rows: list.map((operation) => ({ operation, element: this.operation(operation), link: null })) }));
    const nav = h("ul", { class: "docs-list" }, sections.map(({ name, rows }) => h("li", null, h("h2", { class: "group-title" }, name), h("ul", null, rows.map((row) => {
      row.link = h("li", null, h("a", { class: "docs-link", href: `#${row.element.id}`, onclick: () => { row.element.open = true; } }, method(row.operation.method), h("span", null, row.operation.path)));
      return row.link;
    })))));
    const none = h("p", { class: "empty", hidden: true, role: "status" }, "Nothing is called like that.");
    const filter = h("input", { type: "search", class: "input", placeholder: "Filter", "aria-label": "Filter the calls", oninput: () => {
      const wanted = filter.value.trim().toLowerCase();
      let shown = 0;
      for (const { rows } of sections) {
        for (const { operation, element, link } of rows) {
          const text = `${operation.method} ${operation.path} ${operation.summary ?? ""} ${operation.description ?? ""}`.toLowerCase();
          const fits = text.includes(wanted);
          element.hidden = !fits;
          link.hidden = !fits;
          if (fits) shown++;
        }
      }
      for (const section of root.querySelectorAll(".docs-section")) section.hidden = !section.querySelector(".operation:not([hidden])");
      for (const group of nav.children) group.hidden = !group.querySelector("ul > li:not([hidden])");
      none.hidden = shown > 0;
    } });
    fill(root, h("div", { class: "docs" },
      h("aside", { class: "side docs-side" },
        h("div", { class: "side-head" }, h("img", { src: new URL("./icon.svg", import.meta.url).href, alt: "", width: "32", height: "32" }), h("strong", { class: "side-title" }, document.info?.title ?? "API"), themeSwitch()),
        filter, h("nav", { class: "conversation-nav", "aria-label": "Calls" }, nav)),
      h("main", { class: "docs-main", id: "top" },
        h("header", { class: "docs-head" },
          h("h1", null, document.info?.title ?? "API"),
          h("p", { class: "docs-meta" }, `Version ${document.info?.version ?? "?"} · OpenAPI ${document.openapi ?? ""} · `, h("a", { href: SOURCE }, "openapi.json")),
          document.info?.description && h("div", { class: "markdown" }, markdown(document.info.description)),
          SOURCE.startsWith("/v1/") && h("label", { class: "docs-key" }, h("span", null, "To try calls that need a key:"), key)),
        none,
        sections.map(({ name, rows }) => h("section", { class: "docs-section", "aria-label": name }, h("h2", null, name), rows.map((row) => row.element))))));
    const named = location.hash && window.document.getElementById(location.hash.slice(1));
    if (named) {
      named.open = true;
      named.scrollIntoView();
    }
  };

  /** One call; its details are made when they are first looked at. */
  this.operation = (operation) => {
    const id = `${operation.method}${operation.path.replace(/[^\w]+/g, "-")}`;
    const body = h("div", { class: "operation-body" });
    const element = h("details", { class: "operation", id, ontoggle: () => { if (element.open && !body.hasChildNodes()) fill(body, this.details(operation)); } },
      h("summary", null, method(operation.method), h("code", null, operation.path), h("span", { class: "operation-summary" }, line(operation.summary ?? "")), operation.deprecated && h("span", { class: "badge" }, "deprecated")),
      body);
    return element;
  };

  this.details = (operation) => {
    const parameters = [...operation.shared, ...(operation.parameters ?? [])].map(resolve);
    const content = resolve(operation.requestBody ?? {}).content ?? {};
    const [type, media] = Object.entries(content)[0] ?? [];
    const schema = media?.schema;
    return [
      operation.description && h("div", { class: "markdown" }, markdown(operation.description)),
      parameters.length > 0 && [h("h3", null, "Parameters"), properties(parameters.map((parameter) => ({ name: parameter.name, place: parameter.in, required: parameter.required, schema: parameter.schema, description: parameter.description })))],
      schema && [h("h3", null, "Body ", h("span", { class: "soft" }, type)), this.schema(schema)],
      h("h3", null, "Answers"),
      h("div", { class: "answers" }, Object.entries(operation.responses ?? {}).map(([status, response]) => this.response(status, resolve(response)))),
      this.trial(operation, parameters, type, schema),
    ];
  };

  this.response = (status, response) => {
    const [type, media] = Object.entries(response.content ?? {})[0] ?? [];
    const head = [h("span", { class: `status s${status[0]}` }, status), h("span", null, response.description || type || "")];
    return media?.schema ? h("details", { class: "answer-shape" }, h("summary", null, head), this.schema(media.schema)) : h("p", { class: "answer-shape bare" }, head);
  };

  /** What a value looks like: its properties, and an example. */
  this.schema = (schema) => {
    const rows = propertiesOf(schema);
    return h("div", { class: "schema" }, rows.length > 0 ? properties(rows) : h("p", null, h("code", null, typeName(schema))), listing(JSON.stringify(example(schema), null, 2), "json", "Example"));
  };

  /** A form that sends the call to this server. */
  this.trial = (operation, parameters, type, schema) => {
    const fields = parameters.filter((parameter) => parameter.in !== "cookie").map((parameter) => ({
      parameter,
      input: h("input", { class: "input", type: "text", "aria-label": `${parameter.name} (${parameter.in})`, placeholder: typeName(parameter.schema ?? {}), required: Boolean(parameter.required) }),
    }));
    const isJson = type?.includes("json");
    const body = isJson ? h("textarea", { class: "input body", rows: "8", spellcheck: "false", "aria-label": "Body", value: JSON.stringify(example(schema), null, 2) }) : null;
    const out = h("div", { class: "trial-out", role: "status" });
    const request = () => {
      let path = operation.path;
      const query = new URLSearchParams();
      const headers = {};
      for (const { parameter, input } of fields) {
        if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
        else if (input.value === "") continue;
        else if (parameter.in === "query") query.append(parameter.name, input.value);
        else headers[parameter.name] = input.value;
      }
      if (key.value) headers.Authorization = `Bearer ${key.value}`;
      if (body) headers["Content-Type"] = "application/json";
      const text = query.toString();
      return { url: text ? `${path}?${text}` : path, headers };
    };
    const send = async (event) => {
      event.preventDefault();
      const { url, headers } = request();
      fill(out, h("p", { class: "soft" }, "Sending …"));
      try {
        const begun = performance.now();
        const response = await fetch(url, { method: operation.method.toUpperCase(), headers, body: body?.value });
        const text = await response.text();
        const took = Math.round(performance.now() - begun);
        fill(out, h("p", null, h("span", { class: `status s${String(response.status)[0]}` }, String(response.status)), ` ${response.headers.get("content-type") ?? ""} · ${took} ms`), listing(pretty(text), "json", "Answer"));
      } catch (fault) {
        fill(out, h("p", { class: "fault", role: "alert" }, String(fault.message ?? fault)));
      }
    };
    const curl = h("button", { type: "button", class: "button small", onclick: () => {
      const { url, headers } = request();
      const quoted = (value) => `'${String(value).replaceAll("'", String.raw`'\''`)}'`;
      const lines = [`curl -X ${operation.method.toUpperCase()} ${quoted(location.origin + url)}`, ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`), ...(body ? [`-d ${quoted(body.value)}`] : [])];
      copy(lines.join(" \\\n  "), curl);
    } }, icon("copy"), "Copy as curl");
    return h("details", { class: "trial" }, h("summary", null, "Try it"),
      h("form", { onsubmit: send }, fields.map(({ parameter, input }) => h("label", { class: "trial-field" }, h("span", null, parameter.name, " ", h("span", { class: "soft" }, parameter.in)), input)), body,
        type && !isJson && h("p", { class: "soft" }, `A body of ${type} cannot be made here.`),
        h("div", { class: "dialog-actions" }, curl, h("button", { type: "submit", class: "button small primary" }, icon("play"), "Send")), out));
  };

  function resolve(node) {
    for (let steps = 0; node?.$ref && steps < 20; steps++) {
      node = node.$ref.replace(/^#\//, "").split("/").reduce((at, part) => at?.[part.replaceAll("~1", "/").replaceAll("~0", "~")], document);
    }
    return node ?? {};
  }

  function propertiesOf(schema, depth = 0) {
    const whole = resolve(schema);
    if (depth > DEEPEST) return [];
    const own = Object.entries(whole.properties ?? {}).map(([name, property]) => ({ name, required: whole.required?.includes(name), schema: property, description: resolve(property).description }));
    const parts = [...(whole.allOf ?? []), ...(whole.items ? [whole.items] : [])].flatMap((part) => propertiesOf(part, depth + 1));
    const only = (whole.oneOf ?? whole.anyOf ?? []).filter((choice) => resolve(choice).type !== "null");
    return [...own, ...parts, ...(only.length === 1 ? propertiesOf(only[0], depth + 1) : [])];
  }

  function typeName(schema, depth = 0) {
    if (schema?.$ref) return schema.$ref.split("/").at(-1);
    const whole = resolve(schema);
    if (depth > DEEPEST) return "…";
    if (whole.enum) return whole.enum.map((value) => JSON.stringify(value)).join(" | ");
    const choices = whole.oneOf ?? whole.anyOf;
    if (choices) return choices.map((choice) => typeName(choice, depth + 1)).join(" | ");
    if (whole.allOf) return whole.allOf.map((part) => typeName(part, depth + 1)).join(" & ");
    const types = [whole.type ?? "any"].flat();
    return types.map((type) => (type === "array" ? `${typeName(whole.items ?? {}, depth + 1)}[]` : whole.format && type !== "null" ? `${type} (${whole.format})` : type)).join(" | ");
  }

  function example(schema, depth = 0) {
    const whole = resolve(schema);
    if (whole.example !== undefined) return whole.example;
    if (whole.default !== undefined) return whole.default;
    if (whole.enum) return whole.enum[0];
    if (depth > DEEPEST) return null;
    const choice = (whole.oneOf ?? whole.anyOf ?? []).find((other) => resolve(other).type !== "null");
    if (choice) return example(choice, depth + 1);
    const type = [whole.type].flat().find((name) => name !== "null") ?? (whole.properties || whole.allOf ? "object" : undefined);
    switch (type) {
      case "object": return Object.assign({}, ...(whole.allOf ?? []).map((part) => example(part, depth + 1)), Object.fromEntries(Object.entries(whole.properties ?? {}).map(([name, property]) => [name, example(property, depth + 1)])));
      case "array": return whole.items ? [example(whole.items, depth + 1)] : [];
      case "integer":
      case "number": return whole.minimum ?? 0;
      case "boolean": return false;
      case "string": return whole.format === "uuid" ? "00000000-0000-0000-0000-000000000000" : "";
      default: return null;
    }
  }

  function properties(rows) {
    return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Fields" }, h("table", { class: "properties" },
      h("thead", null, h("tr", null, ["Name", "Type", "Meaning"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", null, rows.map((row) => h("tr", null,
        h("td", null, h("code", null, row.name), row.required && h("span", { class: "needed" }, "required"), row.place && h("span", { class: "soft" }, row.place)),
        h("td", null, h("code", null, typeName(row.schema ?? {}))),
        h("td", { class: "markdown" }, row.description ? markdown(row.description) : ""))))));
  }
}

function grouped(operations) {
  const groups = new Map();
  for (const operation of operations) {
    const name = operation.tags?.[0] ?? "Other";
    groups.set(name, [...(groups.get(name) ?? []), operation]);
  }
  return groups;
}

function method(name) {
  return h("span", { class: `method m-${name}` }, name.toUpperCase());
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function listing(text, language, label) {
  const button = iconButton("copy", `Copy: ${label}`, { onclick: () => copy(text, button) });
  return h("div", { class: "code" }, h("div", { class: "code-head" }, h("span", null, label), button), h("pre", { tabindex: "0", role: "region", "aria-label": label }, h("code", null, highlight(text, language))));
}
