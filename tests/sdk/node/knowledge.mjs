// Drives the dataset routes with the official Node SDK, unchanged.
//
// The release that is published has no class for knowledge yet, but its general call is public: here it sends what each
// method of the SDK's `KnowledgeBaseClient` sends.
//
// Arguments: base URL of the Service API, a dataset key.

import assert from "node:assert/strict";

import { DifyClient } from "dify-client";

const [base, key] = process.argv.slice(2);
const client = new DifyClient(key, base);

async function call(method, path, data = null, params = null, status = 200) {
  const response = await client.sendRequest(method, path, data, params);
  assert.equal(response.status, status, `${method} ${path}`);
  return response.data;
}

async function callWithFile(path, name, content, data) {
  const form = new FormData();
  form.append("data", JSON.stringify(data));
  form.append("file", new Blob([content], { type: "text/plain" }), name);
  const headers = { "Content-Type": "multipart/form-data" };
  return (await client.sendRequest("POST", path, form, null, false, headers)).data;
}

async function completed(dataset, made) {
  for (let round = 0; round < 600; round += 1) {
    const [state] = (await call("GET", `${dataset}/documents/${made.batch}/indexing-status`)).data;
    if (state.indexing_status === "completed") return state.id;
    assert.notEqual(state.indexing_status, "error", state.error);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("never indexed");
}

const NESTED = {
  mode: "hierarchical",
  rules: {
    pre_processing_rules: [{ id: "remove_extra_spaces", enabled: true }],
    parent_mode: "paragraph",
    segmentation: { separator: "\n\n", max_tokens: 500 },
    subchunk_segmentation: { separator: ". ", max_tokens: 100 },
  },
};

// The index follows a moment later, and until then the document is not touched again.
async function act(dataset, action, document) {
  for (let round = 0; round < 200; round += 1) {
    try {
      const done = await call("PATCH", `${dataset}/documents/status/${action}`, { document_ids: [document] });
      assert.deepEqual(done, { result: "success" });
      return;
    } catch (e) {
      if (e.response?.data.code !== "invalid_action") throw e;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`never free for ${action}`);
}

async function checkDocuments(dataset) {
  const text = { name: "foxes", text: "Foxes run. Foxes sleep.", process_rule: NESTED, doc_form: "hierarchical_model", doc_language: "English" };
  const foxes = await completed(dataset, await call("POST", `${dataset}/document/create_by_text`, { ...text, original_document_id: null }));
  const longer = { ...text, text: "Foxes run. Foxes sleep.\n\nBears dance." };
  assert.equal(await completed(dataset, await call("POST", `${dataset}/documents/${foxes}/update_by_text`, longer)), foxes);
  const settings = { process_rule: NESTED, doc_form: "hierarchical_model" };
  const cats = await completed(dataset, await callWithFile(`${dataset}/document/create_by_file`, "cats.txt", "Cats purr.", settings));
  const updated = await callWithFile(`${dataset}/documents/${cats}/update_by_file`, "cats.txt", "Cats climb.", settings);
  assert.equal(await completed(dataset, updated), cats);

  const listed = await call("GET", `${dataset}/documents`, null, { page: 1, limit: 10, keyword: "cats", status: "available" });
  assert.deepEqual(listed.data.map((one) => one.id), [cats]);
  for (const metadata of ["all", "only", "without"]) {
    assert.equal((await call("GET", `${dataset}/documents/${cats}`, null, { metadata })).id, cats);
  }
  for (const action of ["disable", "enable", "archive", "un_archive"]) {
    await act(dataset, action, cats);
  }
  return [foxes, cats];
}

async function checkSegments(dataset, document) {
  const segments = `${dataset}/documents/${document}/segments`;
  const [added] = (await call("POST", segments, { segments: [{ content: "Cats sleep.", keywords: ["sleep"] }] })).data;
  // Lists are repeated in the query.
  const query = new URLSearchParams([["page", "1"], ["limit", "10"], ["status", "completed"], ["status", "error"]]);
  const listed = await call("GET", segments, null, query);
  assert.deepEqual(listed.data.map((one) => one.content), ["Foxes run. Foxes sleep.", "Bears dance.", "Cats sleep."]);
  const one = `${segments}/${added.id}`;
  assert.equal((await call("GET", one)).data.content, "Cats sleep.");
  const changed = await call("POST", one, { segment: { content: "Cats sleep all day.", regenerate_child_chunks: true } });
  assert.equal(changed.data.content, "Cats sleep all day.");

  const children = `${one}/child_chunks`;
  const child = (await call("POST", children, { content: "All day." })).data;
  const found = await call("GET", children, null, { page: 1, limit: 10, keyword: "All day" });
  assert.ok(found.data.some((one) => one.id === child.id), JSON.stringify(found));
  const renamed = (await call("PATCH", `${children}/${child.id}`, { content: "Every day." })).data;
  assert.equal(renamed.content, "Every day.");
  await call("DELETE", `${children}/${child.id}`, null, null, 204);
  await call("DELETE", one, null, null, 204);
}

async function checkSearch(dataset) {
  for (const path of ["hit-testing", "retrieve"]) {
    const found = await call("POST", `${dataset}/${path}`, { query: "Bears dance.", retrieval_model: null, attachment_ids: [] });
    assert.equal(found.records[0].segment.content, "Bears dance.");
    assert.equal(found.records[0].child_chunks[0].content, "Bears dance.");
  }
}

async function checkMetadata(dataset, document) {
  const field = await call("POST", `${dataset}/metadata`, { type: "number", name: "year" }, null, 201);
  assert.equal((await call("PATCH", `${dataset}/metadata/${field.id}`, { name: "age", value: 3 })).name, "age");
  assert.equal((await call("GET", `${dataset}/metadata/built-in`)).fields.length, 5);
  for (const action of ["enable", "disable"]) {
    assert.deepEqual(await call("POST", `${dataset}/metadata/built-in/${action}`), { result: "success" });
  }
  const metadata_list = [{ id: field.id, name: "age", value: 3 }];
  const operation_data = [{ document_id: document, metadata_list, partial_update: true }];
  assert.deepEqual(await call("POST", `${dataset}/documents/metadata`, { operation_data }), { result: "success" });
  assert.equal((await call("GET", `${dataset}/metadata`)).doc_metadata[0].count, 1);
  await call("DELETE", `${dataset}/metadata/${field.id}`, null, null, 204);
  assert.deepEqual((await call("GET", `${dataset}/metadata`)).doc_metadata, []);
}

async function checkTags(target_id) {
  const tag = await call("POST", "/datasets/tags", { name: "animals" });
  const tag_id = tag.id;
  assert.equal((await call("PATCH", "/datasets/tags", { tag_id, name: "beasts" })).name, "beasts");
  assert.deepEqual((await call("GET", "/datasets/tags")).map((one) => one.id), [tag_id]);
  await call("POST", "/datasets/tags/binding", { tag_ids: [tag_id], target_id }, null, 204);
  assert.deepEqual((await call("GET", `/datasets/${target_id}/tags`)).data, [{ id: tag_id, name: "beasts" }]);
  const tagged = await call("GET", "/datasets", null, new URLSearchParams([["tag_ids", tag_id], ["include_all", "true"]]));
  assert.deepEqual(tagged.data.map((one) => one.id), [target_id]);
  await call("POST", "/datasets/tags/unbinding", { tag_id, target_id }, null, 204);
  await call("DELETE", "/datasets/tags", { tag_id }, null, 204);
}

// The SDK's client for the workspace.
async function checkModels() {
  const found = await call("GET", "/workspaces/current/models/model-types/text-embedding");
  assert.ok(found.data.length > 0 && found.data[0].models.length > 0, JSON.stringify(found));
}

const made = await call("POST", "/datasets", {
  name: "Animals", description: "", indexing_technique: "high_quality", permission: "only_me", provider: "vendor",
  external_knowledge_api_id: null, external_knowledge_id: null, retrieval_model: null, embedding_model: null,
  embedding_model_provider: null,
});
const dataset = `/datasets/${made.id}`;
assert.equal((await call("GET", dataset)).name, "Animals");
assert.equal((await call("PATCH", dataset, { name: "Beasts", partial_member_list: null, permission: "all_team_members" })).name, "Beasts");
const listed = await call("GET", "/datasets", null, { page: 1, limit: 20, keyword: "beasts" });
assert.deepEqual(listed.data.map((one) => one.id), [made.id]);
const [foxes, cats] = await checkDocuments(dataset);
await checkSegments(dataset, foxes);
await checkSearch(dataset);
await checkMetadata(dataset, cats);
await checkTags(made.id);
await checkModels();
await call("DELETE", `${dataset}/documents/${cats}`, null, null, 204);
await call("DELETE", dataset, null, null, 204);
await assert.rejects(client.sendRequest("GET", dataset), (e) => e.response.status === 404);
console.log("ok");
