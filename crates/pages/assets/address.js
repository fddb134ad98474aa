// What the page's own address says: who the visitor is, and what the app's form is to hold. Pages that embed this one pack
// such values: gzip, then base64.

const query = new URLSearchParams(location.search);
// How packed values begin.
const PACKED = /^H4sI[A-Za-z\d+/ ]+={0,2}$/;
// Letters; an address is short, but what is packed in it need not be.
const MOST = 200_000;

async function unpacked(value) {
  // A plus sign that nobody has encoded arrives as a space.
  const bytes = Uint8Array.from(atob(value.replaceAll(" ", "+")), (letter) => letter.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value: piece, done } = await reader.read();
    if (done) return text;
    text += piece;
    if (text.length > MOST) {
      await reader.cancel();
      throw new Error("a value of the address is too long");
    }
  }
}

async function read(value) {
  if (!PACKED.test(value)) return value;
  try {
    return await unpacked(value);
  } catch {
    return value; // It only looks packed.
  }
}

const said = new Map(await Promise.all([...query].map(async ([name, value]) => [name, await read(value)])));

/** Who the visitor is, as the embedding page says; empty where it does not. */
export const visitor = said.get("user_id") || said.get("sys.user_id") || "";

/** The conversation that is to be opened. */
export const conversation = said.get("sys.conversation_id") || null;

function objectIn(text) {
  try {
    const values = JSON.parse(text);
    return values !== null && typeof values === "object" && !Array.isArray(values) ? values : {};
  } catch {
    return {};
  }
}

const together = objectIn(said.get("inputs") ?? "");

/** What a field of the form is to hold: by its own name, or in one object of them all. */
export function given(name) {
  return said.get(name) ?? together[name] ?? null;
}
