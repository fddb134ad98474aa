// What scripts expect around them and the engine does not have. Evaluated before the script, in its realm; whatever is
// used here later is taken out of the realm's reach first, so that a script that changes built-ins confuses only itself.
(function (native) {
  "use strict";
  const { apply, ownKeys, defineProperty } = Reflect;
  const { stringify } = JSON;
  const { now } = Date;
  const NativeArray = Array;
  const NativeError = Error;
  const NativeSet = Set;
  const NativeString = String;
  const NativeUint8Array = Uint8Array;
  const isArray = Array.isArray;
  const join = Array.prototype.join;
  const has = Set.prototype.has;
  const add = Set.prototype.add;

  const install = (target, name, value) =>
    defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });

  // What the engine does within one call does not look at the clock. So it is looked at before every call that may take
  // long, and calls whose length is not limited by memory are limited here.
  const LONGEST = 50000000;
  const COSTLIEST = 2000000000;
  const { check } = native;
  const guard = (target, names, refuse) => {
    for (const name of names) {
      const original = target[name];
      if (typeof original !== "function") continue;
      const guarded = {
        [name](...given) {
          refuse(this, given[0]);
          return apply(original, this, given);
        },
      }[name];
      defineProperty(guarded, "length", { value: original.length, configurable: true });
      install(target, name, guarded);
    }
  };
  const listed = (list) => {
    if (list === null || list === undefined) return;
    const { length } = list;
    if (length > LONGEST) throw new RangeError("Invalid array length");
    if (length > 1000) check();
  };
  const searched = (text, pattern) => {
    if (typeof text !== "string" || text.length < 1000) return;
    check();
    if (typeof pattern === "string" && pattern.length > 1 && text.length * pattern.length > COSTLIEST) {
      throw new RangeError("String too long");
    }
  };
  guard(
    Array.prototype,
    ["concat", "copyWithin", "fill", "flat", "includes", "indexOf", "join", "lastIndexOf", "reverse", "shift", "slice",
      "sort", "splice", "toLocaleString", "toReversed", "toSorted", "toSpliced", "unshift", "with"],
    listed,
  );
  guard(
    Object.getPrototypeOf(Uint8Array.prototype),
    ["copyWithin", "fill", "includes", "indexOf", "join", "lastIndexOf", "reverse", "set", "slice", "sort",
      "toReversed", "toSorted", "with"],
    listed,
  );
  guard(
    String.prototype,
    ["concat", "endsWith", "includes", "indexOf", "isWellFormed", "lastIndexOf", "localeCompare", "normalize", "replace",
      "replaceAll", "search", "slice", "split", "startsWith", "substring", "toLowerCase", "toUpperCase", "toWellFormed",
      "trim", "trimEnd", "trimStart"],
    searched,
  );
  guard(String.prototype, ["padEnd", "padStart", "repeat"], check);
  guard(BigInt.prototype, ["toLocaleString", "toString"], check);
  guard(JSON, ["parse", "stringify"], check);
  guard(Object, ["assign", "entries", "freeze", "fromEntries", "keys", "values"], check);
  guard(Array, ["from", "of"], check);
  guard(globalThis, ["atob", "btoa", "decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "parseInt"], check);

  const inspected = (value) => {
    if (typeof value === "string") return value;
    if (typeof value === "bigint") return NativeString(value) + "n";
    if (typeof value === "function") return "[Function" + (value.name ? ": " + value.name : " (anonymous)") + "]";
    if (typeof value !== "object" || value === null) return NativeString(value);
    if (value instanceof NativeError) return NativeString(value);
    const open = new NativeSet();
    try {
      const json = stringify(value, function (_key, inner) {
        if (typeof inner === "bigint") return NativeString(inner) + "n";
        if (typeof inner === "object" && inner !== null) {
          if (apply(has, open, [inner])) return "[Circular]";
          apply(add, open, [inner]);
        }
        return inner;
      });
      return json === undefined ? NativeString(value) : json;
    } catch (error) {
      return "[Object]";
    }
  };
  const printer = (stream) => (...values) => {
    const words = new NativeArray(values.length);
    for (let i = 0; i < values.length; i++) words[i] = inspected(values[i]);
    native.print(stream, apply(join, words, [" "]) + "\n");
  };
  const out = printer(1);
  const err = printer(2);
  const silent = () => {};
  install(globalThis, "console", {
    log: out, info: out, debug: out, dir: out, table: out, error: err, warn: err, trace: err,
    assert: (holds, ...rest) => { if (!holds) err("Assertion failed", ...rest); },
    group: out, groupEnd: silent, time: silent, timeEnd: silent, timeLog: silent, count: silent,
  });

  // Bytes and text.
  const encodings = {
    __proto__: null,
    utf8: "utf8", "utf-8": "utf8", base64: "base64", base64url: "base64url", hex: "hex",
    latin1: "latin1", binary: "latin1", ascii: "latin1",
  };
  const encoding = (name) => {
    const known = encodings[name === undefined || name === null ? "utf8" : NativeString(name).toLowerCase()];
    if (known === undefined) throw new TypeError("Unknown encoding: " + NativeString(name));
    return known;
  };
  class Buffer extends Uint8Array {
    static from(source, second, third) {
      if (typeof source === "string") return new Buffer(native.bytes(source, encoding(second)));
      if (source instanceof ArrayBuffer) return new Buffer(source, second, third);
      const list = isArray(source) || ArrayBuffer.isView(source) ? source : source?.data ?? [];
      const buffer = new Buffer(list.length);
      buffer.set(list);
      return buffer;
    }
    static alloc(size, filling) {
      const buffer = new Buffer(size);
      return filling === undefined ? buffer : buffer.fill(filling);
    }
    static concat(list, length) {
      const joined = new Buffer(length ?? list.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of list) {
        joined.set(part.subarray(0, joined.length - at), at);
        at += part.length;
        if (at >= joined.length) break;
      }
      return joined;
    }
    static isBuffer(value) { return value instanceof Buffer; }
    static isEncoding(name) { return typeof name === "string" && encodings[name.toLowerCase()] !== undefined; }
    static byteLength(text, name) {
      return typeof text === "string" ? native.bytes(text, encoding(name)).byteLength : text.byteLength;
    }
    toString(name, start = 0, end = this.length) {
      const part = start === 0 && end === this.length ? this : this.subarray(start, end);
      return native.text(new NativeUint8Array(part.buffer, part.byteOffset, part.byteLength), encoding(name));
    }
    slice(start, end) { return this.subarray(start, end); }
    equals(other) { return this.length === other.length && this.every((byte, i) => byte === other[i]); }
    toJSON() { return { type: "Buffer", data: NativeArray.from(this) }; }
  }
  install(globalThis, "Buffer", Buffer);
  install(globalThis, "TextEncoder", class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") { return new NativeUint8Array(native.bytes(NativeString(text), "utf8")); }
  });
  install(globalThis, "TextDecoder", class TextDecoder {
    constructor(label = "utf-8") {
      if (encoding(label) !== "utf8") throw new RangeError("Only utf-8 is supported");
    }
    get encoding() { return "utf-8"; }
    decode(source = new NativeUint8Array()) {
      const bytes = source instanceof ArrayBuffer
        ? new NativeUint8Array(source)
        : new NativeUint8Array(source.buffer, source.byteOffset, source.byteLength);
      return native.text(bytes, "utf8");
    }
  });

  // Timers: the host waits for the earliest and lets it ring.
  const timers = new Map();
  let lastTimer = 0;
  install(globalThis, "setTimeout", function setTimeout(ring, delay = 0, ...given) {
    if (typeof ring !== "function") throw new TypeError("The callback must be a function");
    const wait = Number(delay);
    timers.set(++lastTimer, { due: now() + (wait > 0 ? wait : 0), ring, given });
    return lastTimer;
  });
  install(globalThis, "clearTimeout", function clearTimeout(timer) { timers.delete(timer); });
  const earliest = () => {
    let first;
    for (const entry of timers) if (first === undefined || entry[1].due < first[1].due) first = entry;
    return first;
  };
  return {
    // Milliseconds until the earliest timer; -1 without any.
    untilTimer() {
      const first = earliest();
      return first === undefined ? -1 : Math.max(0, first[1].due - now());
    },
    ringTimer() {
      const [timer, { ring, given }] = earliest();
      timers.delete(timer);
      apply(ring, undefined, given);
    },
  };
})
