// Colours for code: comments, strings, numbers, keywords and calls. One pass, no look-back over the text, so that
// hostile input costs no more than honest input.

const words = (text) => new Set(text.split(" "));

const C_LIKE = "break case catch class const continue default do else enum extends false finally for if import in new null return static super switch this throw true try void while";
const LANGUAGES = {
  javascript: { keywords: words(`${C_LIKE} as async await debugger delete export from function get instanceof interface let of set type typeof undefined var yield implements private protected public readonly declare namespace abstract`), slashes: true, template: true },
  python: { keywords: words("and as assert async await break class continue def del elif else except False finally for from global if import in is lambda match case None nonlocal not or pass raise return self True try while with yield"), hashes: true, triple: true },
  rust: { keywords: words("as async await box break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while"), slashes: true, lifetimes: true },
  go: { keywords: words("break case chan const continue default defer else fallthrough false for func go goto if import interface map nil package range return select struct switch true type var"), slashes: true, template: true },
  c: { keywords: words(`${C_LIKE} auto bool char double extern float goto inline int long namespace operator private protected public register short signed sizeof struct template typedef typename union unsigned using virtual volatile let val var fun when object override final package interface implements abstract boolean byte throws instanceof string decimal internal sealed async await foreach guard func protocol self nil defer where`), slashes: true },
  php: { keywords: words(`${C_LIKE} abstract and array as clone declare echo elseif empty endif foreach function global implements include interface isset namespace or private protected public require trait use var fn match`), slashes: true, hashes: true },
  ruby: { keywords: words("alias and begin break case class def do else elsif end ensure false for if in module next nil not or redo rescue retry return self super then true undef unless until when while yield require"), hashes: true },
  shell: { keywords: words("if then else elif fi for in do done while until case esac function return export local echo cd exit set unset source sudo"), hashes: true },
  sql: { keywords: words("select from where and or not insert into values update set delete create table alter drop index view join left right inner outer full on as group by order having limit offset union all distinct null is in like between exists case when then else end primary key foreign references default returning with begin commit rollback true false asc desc count sum avg min max"), dashes: true, fold: true },
  json: { keywords: words("true false null") },
  yaml: { keywords: words("true false null yes no on off"), hashes: true },
  css: { keywords: words("important inherit initial unset none auto"), block: true },
  markup: { markup: true },
};

const ALIASES = {
  js: "javascript", jsx: "javascript", ts: "javascript", tsx: "javascript", typescript: "javascript", mjs: "javascript", node: "javascript",
  py: "python", python3: "python", rs: "rust", golang: "go",
  cpp: "c", "c++": "c", h: "c", hpp: "c", java: "c", kotlin: "c", kt: "c", cs: "c", csharp: "c", "c#": "c", swift: "c", scala: "c", dart: "c",
  rb: "ruby", sh: "shell", bash: "shell", zsh: "shell", console: "shell", fish: "shell", powershell: "shell", dockerfile: "shell", makefile: "shell",
  postgresql: "sql", mysql: "sql", sqlite: "sql", json5: "json", jsonc: "javascript", jsonl: "json",
  yml: "yaml", toml: "yaml", ini: "yaml", properties: "yaml", scss: "css", less: "css",
  html: "markup", xml: "markup", svg: "markup", vue: "markup", xhtml: "markup",
};

const LONGEST = 60_000;

/** The code as nodes: texts, and spans with a class. */
export function highlight(code, name) {
  const key = String(name ?? "").toLowerCase();
  const language = LANGUAGES[key] ?? LANGUAGES[ALIASES[key]];
  if (!language || code.length > LONGEST) return [document.createTextNode(code)];
  const nodes = [];
  let plain = "";
  const put = (kind, text) => {
    if (!kind) {
      plain += text;
      return;
    }
    if (plain) nodes.push(document.createTextNode(plain));
    plain = "";
    const span = document.createElement("span");
    span.className = `t-${kind}`;
    span.textContent = text;
    nodes.push(span);
  };
  for (const [kind, text] of tokens(code, language)) put(kind, text);
  if (plain) nodes.push(document.createTextNode(plain));
  return nodes;
}

const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const NUMBER = /(?:0[xob][\da-f_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:e[+-]?\d+)?)[a-z%]*/iy;
const SPACE = /\s+/y;

function* tokens(code, language) {
  if (language.markup) {
    yield* tags(code);
    return;
  }
  let at = 0;
  while (at < code.length) {
    const [kind, length] = token(code, at, language);
    yield [kind, code.slice(at, at + length)];
    at += length;
  }
}

function token(code, at, language) {
  const letter = code[at];
  const two = code.slice(at, at + 2);
  const match = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(code)?.[0];
  };
  const space = match(SPACE);
  if (space) return [null, space.length];
  if ((language.slashes && two === "//") || (language.hashes && letter === "#") || (language.dashes && two === "--")) {
    return ["comment", until(code, at, "\n")];
  }
  if ((language.slashes || language.block || language.dashes) && two === "/*") {
    const end = code.indexOf("*/", at + 2);
    return ["comment", (end < 0 ? code.length : end + 2) - at];
  }
  if (language.triple && (code.startsWith('"""', at) || code.startsWith("'''", at))) {
    const end = code.indexOf(code.slice(at, at + 3), at + 3);
    return ["string", (end < 0 ? code.length : end + 3) - at];
  }
  if (language.lifetimes && letter === "'" && code[at + 2] !== "'" && code[at + 1] !== "\\") return [null, 1];
  if (letter === '"' || letter === "'" || (language.template && letter === "`")) {
    return ["string", quoted(code, at, letter === "`")];
  }
  const word = match(WORD);
  if (word) {
    if (language.keywords.has(language.fold ? word.toLowerCase() : word)) return ["keyword", word.length];
    const next = code[at + word.length];
    return [next === "(" ? "call" : next === ":" && !language.slashes ? "key" : null, word.length];
  }
  const number = match(NUMBER);
  if (number) return ["number", number.length];
  return [null, 1];
}

function until(code, at, mark) {
  const end = code.indexOf(mark, at);
  return (end < 0 ? code.length : end) - at;
}

function quoted(code, at, manyLines) {
  const mark = code[at];
  let end = at + 1;
  while (end < code.length && code[end] !== mark) {
    if (!manyLines && code[end] === "\n") return end - at;
    end += code[end] === "\\" ? 2 : 1;
  }
  return Math.min(end + 1, code.length) - at;
}

function* tags(code) {
  let at = 0;
  while (at < code.length) {
    if (code.startsWith("<!--", at)) {
      const end = code.indexOf("-->", at);
      const stop = end < 0 ? code.length : end + 3;
      yield ["comment", code.slice(at, stop)];
      at = stop;
    } else if (code[at] === "<" && /[a-z/!?]/i.test(code[at + 1] ?? "")) {
      const end = code.indexOf(">", at);
      const stop = end < 0 ? code.length : end + 1;
      for (const part of code.slice(at, stop).matchAll(/"[^"]*"|'[^']*'|[\w:@-]+(?==)|<[/!?]?[\w:-]+|[/?]?>|[^"'<>\w]+|[\w:@-]+|./gs)) {
        const text = part[0];
        const kind = /^["']/.test(text) ? "string" : text.startsWith("<") || text.endsWith(">") ? "keyword" : /^[\w:@-]+$/.test(text) ? "key" : null;
        yield [kind, text];
      }
      at = stop;
    } else {
      const end = code.indexOf("<", at + 1);
      const stop = end < 0 ? code.length : end;
      yield [null, code.slice(at, stop)];
      at = stop;
    }
  }
}
