// Drives a server with the official Node SDK, unchanged: only its base URL is given, as its users do.
//
// Arguments: base URL of the Service API, keys of a chat app, a completion app, a chatflow, and a workflow.

import assert from "node:assert/strict";

import { ChatClient, CompletionClient, DifyClient } from "dify-client";

const [base, chatKey, completionKey, chatflowKey, workflowKey] = process.argv.slice(2);
const USER = "node-user";
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

async function* events(stream) {
  let rest = "";
  for await (const piece of stream) {
    rest += piece.toString("utf8");
    const lines = rest.split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("data:")) yield JSON.parse(line.slice("data:".length));
    }
  }
}

async function collect(stream) {
  const all = [];
  for await (const event of events(stream)) all.push(event);
  return all;
}

const answerOf = (all) => all.filter((e) => e.event === "message").map((e) => e.answer).join("");

async function checkChat() {
  const chat = new ChatClient(chatKey, base);
  const parameters = await chat.getApplicationParameters(USER);
  assert.ok("user_input_form" in parameters.data);

  const first = (await chat.createChatMessage({}, "Hello", USER)).data;
  assert.equal(first.answer, "Hello, world!");
  const conversation = first.conversation_id;

  const streamed = await collect((await chat.createChatMessage({}, "Again", USER, true, conversation)).data);
  assert.equal(answerOf(streamed), "Hello, world!");
  assert.equal(streamed.at(-1).event, "message_end");
  assert.deepEqual([...new Set(streamed.map((e) => e.conversation_id))], [conversation]);

  const messages = (await chat.getConversationMessages(USER, conversation)).data;
  assert.deepEqual(messages.data.map((m) => m.query), ["Hello", "Again"]);
  const listed = (await chat.getConversations(USER)).data;
  assert.deepEqual(listed.data.map((c) => c.id), [conversation]);
  const renamed = (await chat.renameConversation(conversation, "Renamed", USER, false)).data;
  assert.equal(renamed.name, "Renamed");
  assert.deepEqual((await chat.messageFeedback(first.message_id, "like", USER)).data, { result: "success" });

  const form = new FormData();
  form.append("user", USER);
  form.append("file", new Blob([PNG], { type: "image/png" }), "dot.png");
  const uploaded = await chat.fileUpload(form);
  assert.equal(uploaded.status, 201);
  assert.equal(uploaded.data.extension, "png");

  // The SDK has no call of its own for stopping; its general one is public.
  const stopped = await chat.sendRequest("POST", `/chat-messages/${streamed[0].task_id}/stop`, { user: USER });
  assert.deepEqual(stopped.data, { result: "success" });

  const gone = await chat.deleteConversation(conversation, USER);
  assert.ok(gone.status === 200 || gone.status === 204, String(gone.status));
  assert.deepEqual((await chat.getConversations(USER)).data.data, []);
}

async function checkCompletion() {
  const completion = new CompletionClient(completionKey, base);
  const inputs = { query: "Say hello" };
  assert.equal((await completion.createCompletionMessage(inputs, USER)).data.answer, "Hello, world!");
  const streamed = await collect((await completion.createCompletionMessage(inputs, USER, true)).data);
  assert.equal(answerOf(streamed), "Hello, world!");
}

async function checkChatflow() {
  const chat = new ChatClient(chatflowKey, base);
  assert.equal((await chat.createChatMessage({}, "Hello", USER)).data.answer, "You said: Hello");
  const streamed = await collect((await chat.createChatMessage({}, "Again", USER, true)).data);
  assert.equal(answerOf(streamed), "You said: Again");
  assert.deepEqual([streamed[0].event, streamed.at(-1).event], ["workflow_started", "message_end"]);
}

// The SDK has no client of its own for workflows; its general call is public.
async function checkWorkflow() {
  const general = new DifyClient(workflowKey, base);
  const body = { inputs: { name: "Ada" }, user: USER };
  const run = (await general.sendRequest("POST", "/workflows/run", { ...body, response_mode: "blocking" })).data;
  assert.equal(run.data.status, "succeeded");
  assert.deepEqual(run.data.outputs, { said: "Hello, Ada!" });
  const live = await general.sendRequest("POST", "/workflows/run", { ...body, response_mode: "streaming" }, null, true);
  const events = await collect(live.data);
  assert.deepEqual([events[0].event, events.at(-1).event], ["workflow_started", "workflow_finished"]);
  const detail = (await general.sendRequest("GET", `/workflows/run/${run.workflow_run_id}`)).data;
  assert.equal(detail.status, "succeeded");
}

async function checkRefusals() {
  const wrong = new DifyClient("app-nonsense", base);
  await assert.rejects(wrong.getApplicationParameters(USER), (e) => {
    assert.equal(e.response.status, 401);
    assert.equal(e.response.data.code, "unauthorized");
    return true;
  });
}

await checkChat();
await checkCompletion();
await checkChatflow();
await checkWorkflow();
await checkRefusals();
console.log("ok");
