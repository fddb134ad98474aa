// The official OpenAI client, unchanged, against a chat app: base URL and key.
import assert from "node:assert/strict";

import OpenAI from "openai";

const [, , baseURL, apiKey] = process.argv;
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const messages = [{ role: "user", content: "Hello" }];

const { data: models } = await client.models.list();
assert.equal(models.length, 1);
const whole = await client.chat.completions.create({ model: models[0].id, messages });
const stream = await client.chat.completions.create({ model: models[0].id, messages, stream: true });
let text = "";
for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
assert.equal(text, whole.choices[0].message.content);
await assert.rejects(client.chat.completions.create({ model: "x", messages: [] }), OpenAI.BadRequestError);
console.log("ok");
