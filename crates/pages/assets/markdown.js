// Markdown to nodes. HTML in a text is text: there is no way from here to markup. Links lead to http, https and mail
// only; pictures are shown when they come from this installation, else they are links, so that no text can make a
// browser tell another host anything.

import { copy, h, icon } from "./dom.js";
import { highlight } from "./highlight.js";

const DEEPEST = 12;
const LONGEST_ADDRESS = 4000;

/** Shows a text that may have grown: what has not changed stays as it is. */
export function show(container, text) {
  const blocks = split(text);
  const shown = container.markdownBlocks ?? [];
  let same = 0;
  while (same < blocks.length && same < shown.length && blocks[same].source === shown[same]) same++;
  while (container.childNodes.length > blocks.length) container.lastChild.remove();
  for (let at = same; at < blocks.length; at++) {
    const next = render(blocks[at], 0);
    if (at < container.childNodes.length) become(container.childNodes[at], next);
    else container.append(next);
  }
  container.markdownBlocks = blocks.map((block) => block.source);
}

/**
 * Makes a node what another one is. What they share stays: a reader may have marked it, scrolled or opened it, or be about
 * to press it.
 */
function become(node, next) {
  if (node.nodeName !== next.nodeName) {
    node.replaceWith(next);
    return;
  }
  if (node.nodeType === Node.TEXT_NODE) {
    if (next.data.startsWith(node.data)) node.appendData(next.data.slice(node.data.length));
    else node.data = next.data;
    return;
  }
  for (const { name, value } of next.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  for (const { name } of [...node.attributes]) if (name !== "open" && !next.hasAttribute(name)) node.removeAttribute(name);
  if ("checked" in next) node.checked = next.checked;
  const [own, others] = [[...node.childNodes], [...next.childNodes]];
  others.forEach((child, at) => (own[at] ? become(own[at], child) : node.append(child)));
  for (const child of own.slice(others.length)) child.remove();
}

/** The text as one fragment of nodes. */
export function markdown(text) {
  const fragment = document.createDocumentFragment();
  for (const block of split(text)) fragment.append(render(block, 0));
  return fragment;
}

// Every pattern takes time in proportion to its line, whatever stands there.
const FENCE = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:\s+|$)/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:[ \t]+|$)/;
const QUOTE = /^ {0,3}> ?/;
const DELIMITERS = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const THOUGHT = /^ {0,3}<think>/i;

function split(text) {
  const found = blocks(text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n"));
  // The first heading follows the page's own, whatever its rank: no rank is left out before it.
  const first = found.find((block) => block.kind === "heading");
  const above = first ? HEADING.exec(first.lines[0])[1].length - 2 : 0;
  for (const block of found) block.above = above;
  return found;
}

function blocks(lines) {
  const found = [];
  let at = 0;
  const take = (kind, until, rest) => {
    found.push({ kind, lines: lines.slice(at, until), source: `${kind}\n${lines.slice(at, until).join("\n")}`, ...rest });
    at = until;
  };
  while (at < lines.length) {
    const line = lines[at];
    if (!line.trim()) {
      at++;
      continue;
    }
    const fence = FENCE.exec(line);
    if (fence) take("code", fenceEnd(lines, at, fence[1]), { language: fence[2].trim().split(/\s/, 1)[0] });
    else if (THOUGHT.test(line)) take("thought", thoughtEnd(lines, at));
    else if (HEADING.test(line)) take("heading", at + 1);
    else if (RULE.test(line)) take("rule", at + 1);
    else if (QUOTE.test(line)) take("quote", run(lines, at, (other) => QUOTE.test(other)));
    else if (ITEM.test(line)) take("list", listEnd(lines, at));
    else if (line.includes("|") && DELIMITERS.test(lines[at + 1] ?? "")) {
      take("table", run(lines, at, (other) => other.trim() && other.includes("|")));
    } else take("paragraph", paragraphEnd(lines, at));
  }
  return found;
}

function run(lines, at, belongs) {
  let end = at + 1;
  while (end < lines.length && belongs(lines[end])) end++;
  return end;
}

function fenceEnd(lines, at, mark) {
  const closing = (line) => {
    const text = line.trim();
    return text.length >= mark.length && text === mark[0].repeat(text.length);
  };
  let end = at + 1;
  while (end < lines.length && !closing(lines[end])) end++;
  return Math.min(end + 1, lines.length);
}

function thoughtEnd(lines, at) {
  let end = at;
  while (end < lines.length && !lines[end].toLowerCase().includes("</think>")) end++;
  return Math.min(end + 1, lines.length);
}

function paragraphEnd(lines, at) {
  return run(lines, at, (line) => line.trim() && !FENCE.test(line) && !HEADING.test(line) && !RULE.test(line) && !QUOTE.test(line) && !THOUGHT.test(line) && !/^ {0,3}(?:[-*+]|1[.)])\s+\S/.test(line));
}

const indent = (line) => line.length - line.trimStart().length;

function listEnd(lines, at) {
  const first = ITEM.exec(lines[at]);
  const ordered = /\d/.test(first[2]);
  let end = at + 1;
  while (end < lines.length) {
    const line = lines[end];
    if (!line.trim()) {
      const next = lines[end + 1];
      if (next === undefined || !(indent(next) >= 2 || sameList(next, ordered))) break;
    } else if (RULE.test(line) || !(sameList(line, ordered) || indent(line) >= 2)) {
      // A line that goes on with the item before it, unless it begins something else.
      if (!lines[end - 1].trim() || ITEM.test(line) || HEADING.test(line) || FENCE.test(line) || QUOTE.test(line)) break;
    }
    end++;
  }
  return end;
}

function sameList(line, ordered) {
  const item = ITEM.exec(line);
  return item !== null && /\d/.test(item[2]) === ordered;
}

function render(block, depth) {
  if (depth > DEEPEST) return h("p", null, block.lines.join("\n"));
  const inside = (lines) => blocks(lines).map((inner) => render(inner, depth + 1));
  switch (block.kind) {
    case "code": return code(block);
    case "thought": {
      const text = block.lines.join("\n");
      const done = /<\/think>/i.test(text);
      const body = text.replace(/<\/?think>/gi, "\n").trim().split("\n");
      return h("details", { class: "thought" }, h("summary", null, done ? "Thoughts" : "Thinking …"), inside(body));
    }
    case "heading": {
      const line = block.lines[0];
      const level = HEADING.exec(line)[1].length;
      return h(`h${Math.min(Math.max(level - (block.above ?? -1), 2), 6)}`, { class: `md-h${level}` }, inline(line.replace(HEADING, "").trimEnd().replace(/\s{1,9}#{1,9}$/, "")));
    }
    case "rule": return h("hr");
    case "quote": return h("blockquote", null, inside(block.lines.map((line) => line.replace(QUOTE, ""))));
    case "list": return list(block.lines, inside);
    case "table": return table(block.lines);
    default: return h("p", null, inline(block.lines.map((line) => line.trimStart()).join("\n")));
  }
}

function code(block) {
  const mark = FENCE.exec(block.lines[0])[1];
  const last = block.lines.at(-1).trim();
  const closed = block.lines.length > 1 && last.length >= mark.length && last === mark[0].repeat(last.length);
  const text = block.lines.slice(1, closed ? -1 : undefined).join("\n");
  const name = block.language || "text";
  const button = h("button", { type: "button", class: "code-copy", "aria-label": `Copy ${name} code`, onclick: () => copy(shown.textContent, button) }, icon("copy"), "Copy");
  // The block may grow: what is copied is what it shows by then.
  const shown = h("code", null, highlight(text, block.language));
  return h("div", { class: "code" },
    h("div", { class: "code-head" }, h("span", null, name), button),
    h("pre", { tabindex: "0", role: "region", "aria-label": `${name} code` }, shown));
}

function list(lines, inside) {
  const first = ITEM.exec(lines[0]);
  const ordered = /\d/.test(first[2]);
  const items = [];
  let width = 0;
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && (items.length === 0 || indent(line) < width)) {
      width = Math.max(2, Math.min(item[0].length, item[1].length + item[2].length + 1));
      items.push([line.slice(item[0].length)]);
    } else items.at(-1).push(line.slice(Math.min(indent(line), width)));
  }
  const start = ordered ? Number.parseInt(first[2], 10) : 1;
  return h(ordered ? "ol" : "ul", { start: start === 1 ? null : start }, items.map((item) => {
    const task = /^\[([ xX])\]\s+/.exec(item[0]);
    if (task) item[0] = item[0].slice(task[0].length);
    const loose = item.some((line, at) => !line.trim() && at < item.length - 1);
    const content = inside(item).flatMap((node) => (node.tagName === "P" && !loose ? [...node.childNodes] : [node]));
    const box = task && h("input", { type: "checkbox", disabled: true, checked: task[1] !== " ", "aria-label": task[1] === " " ? "open" : "done" });
    return h("li", { class: task ? "task" : null }, box, content);
  }));
}

function cells(line) {
  const text = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return text.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function table(lines) {
  const sides = cells(lines[1]).map((cell) => (/^:-+:$/.test(cell) ? "center" : cell.endsWith(":") ? "right" : null));
  const head = cells(lines[0]);
  const row = (values, tag) => h("tr", null, head.map((_, at) => h(tag, { class: sides[at] && `to-${sides[at]}`, scope: tag === "th" ? "col" : null }, inline(values[at] ?? ""))));
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" },
    h("table", null, h("thead", null, row(head, "th")), h("tbody", null, lines.slice(2).map((line) => row(cells(line), "td")))));
}

const PUNCTUATION = /[!-/:-@[-`{-~]/;
const BARE = /https?:\/\/[^\s<>"'`)\]}]+/y;

/** A line of text, without blocks. */
export function line(text) {
  return inline(text);
}

/** The parts of a line, or of several. */
function inline(text, depth = 0) {
  const nodes = [];
  // Marks that were looked for in vain are not looked for again: hostile texts stay linear.
  const missing = new Set();
  let plain = "";
  let at = 0;
  const put = (node) => {
    if (plain) nodes.push(plain);
    plain = "";
    nodes.push(node);
  };
  const find = (mark, from) => {
    if (missing.has(mark)) return -1;
    const end = text.indexOf(mark, from);
    if (end < 0) missing.add(mark);
    return end;
  };
  while (at < text.length) {
    const found = depth > DEEPEST ? null : special(text, at, depth, find);
    if (found) {
      put(found.node);
      at = found.end;
    } else if (text[at] === "\\" && PUNCTUATION.test(text[at + 1] ?? "")) {
      plain += text[at + 1];
      at += 2;
    } else {
      plain += text[at++];
    }
  }
  if (plain) nodes.push(plain);
  return nodes;
}

function special(text, at, depth, find) {
  switch (text[at]) {
    case "\n": return { node: h("br"), end: at + 1 };
    case "`": return span(text, at, find);
    case "*":
    case "_":
    case "~": return emphasis(text, at, depth, find);
    case "!": return text[at + 1] === "[" ? link(text, at + 1, depth, find, true) : null;
    case "[": return link(text, at, depth, find, false);
    case "<": return angle(text, at, find);
    case "h": return bare(text, at);
    default: return null;
  }
}

function span(text, at, find) {
  let length = 1;
  while (text[at + length] === "`") length++;
  const mark = "`".repeat(length);
  let end = find(mark, at + length);
  while (end >= 0 && text[end + length] === "`") {
    let next = end + length;
    while (text[next] === "`") next++;
    end = text.indexOf(mark, next);
  }
  if (end < 0) return null;
  return { node: h("code", null, text.slice(at + length, end).replace(/^ (.+) $/s, "$1")), end: end + length };
}

const EMPHASIS = { "**": "strong", __: "strong", "~~": "del", "*": "em", _: "em" };

function emphasis(text, at, depth, find) {
  const letter = text[at];
  const mark = text[at + 1] === letter ? letter.repeat(2) : letter;
  const tag = EMPHASIS[mark];
  const begin = at + mark.length;
  if (!tag || !/\S/.test(text[begin] ?? " ")) return null;
  // Within words, underscores are letters.
  if (letter === "_" && /[\p{L}\p{N}]/u.test(text[at - 1] ?? " ")) return null;
  let end = find(mark, begin + 1);
  for (let tries = 0; end >= 0 && tries < 50; tries++) {
    const before = text[end - 1];
    const after = text[end + mark.length] ?? " ";
    const doubled = mark.length === 1 && (after === letter || before === letter);
    const inWord = letter === "_" && /[\p{L}\p{N}]/u.test(after);
    if (/\S/.test(before) && before !== "\\" && !doubled && !inWord) {
      const longer = mark.length === 2 && after === letter ? 1 : 0;
      return { node: h(tag, null, inline(text.slice(begin, end + longer), depth + 1)), end: end + longer + mark.length };
    }
    end = text.indexOf(mark, end + (doubled ? 2 : 1));
  }
  return null;
}

function link(text, at, depth, find, picture) {
  const middle = find("](", at);
  if (middle < 0) return null;
  const label = text.slice(at + 1, middle);
  // Another bracket begins later: that one is the link.
  if (!picture && /(?<!!)\[/.test(label)) return null;
  let end = middle + 2;
  for (let open = 1; end < text.length; end++) {
    if (end - middle > LONGEST_ADDRESS) return null;
    if (text[end] === "(") open++;
    else if (text[end] === ")" && --open === 0) break;
    else if (text[end] === "\n") return null;
  }
  if (text[end] !== ")") return null;
  const [, address, title] = /^\s*<?([^\s>]*)>?(?:\s+["'(](.*)["')])?\s*$/.exec(text.slice(middle + 2, end)) ?? [];
  if (address === undefined) return null;
  const inside = picture ? label : inline(label, depth + 1);
  return { node: picture ? image(address, label) : anchor(address, inside, title), end: end + 1 };
}

function angle(text, at, find) {
  const end = find(">", at);
  if (end < 0) return null;
  const inside = text.slice(at + 1, end);
  if (/^br\s*\/?$/i.test(inside)) return { node: h("br"), end: end + 1 };
  if (/^https?:\/\/\S+$/i.test(inside)) return { node: anchor(inside, [inside]), end: end + 1 };
  if (/^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/.test(inside)) return { node: anchor(`mailto:${inside}`, [inside]), end: end + 1 };
  return null;
}

function bare(text, at) {
  if (/[\p{L}\p{N}/]/u.test(text[at - 1] ?? " ")) return null;
  BARE.lastIndex = at;
  const found = BARE.exec(text)?.[0].replace(/[.,;:!?*_~]{1,9}$/, "");
  return found ? { node: anchor(found, [found]), end: at + found.length } : null;
}

/** An address that may be opened, or nothing. */
export function safe(address) {
  let url;
  try {
    url = new URL(address, location.href);
  } catch {
    return null;
  }
  return ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url : null;
}

function anchor(address, children, title) {
  const url = safe(address);
  if (!url) return h("span", null, children);
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow", title }, children);
}

/** Whether pictures from there are of this installation. */
export function isOurs(url) {
  return url.origin === location.origin || url.origin === document.documentElement.dataset.files;
}

function image(address, label) {
  const url = safe(address);
  if (url && isOurs(url)) return h("img", { src: url.href, alt: label, loading: "lazy" });
  return anchor(address, [icon("link"), label || "Picture"]);
}
