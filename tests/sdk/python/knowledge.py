"""Drives the dataset routes with the official Python SDK, unchanged.

The release that is published has no class for knowledge yet, but its general calls are those that the SDK's
`KnowledgeBaseClient` is made of: here they send what each method of that class sends.

Arguments: base URL of the Service API, a dataset key.
"""

import io
import json
import sys
import time

from dify_client import DifyClient

RULE = {
    "mode": "custom",
    "rules": {
        "pre_processing_rules": [
            {"id": "remove_extra_spaces", "enabled": True},
            {"id": "remove_urls_emails", "enabled": True},
        ],
        "segmentation": {"separator": "\n\n", "max_tokens": 500},
    },
}

client = DifyClient(sys.argv[2])
client.base_url = sys.argv[1]


def call(method, path, body=None, params=None, status=200):
    response = client._send_request(method, path, json=body, params=params)
    assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text}"
    if status == 204:
        assert not response.content, response.text
        return None
    return response.json()


def call_with_file(path, name, content, data):
    files = {"file": (name, io.BytesIO(content))}
    response = client._send_request_with_files("POST", path, {"data": json.dumps(data)}, files)
    assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
    return response.json()


def completed(dataset, made):
    """Waits for a batch; the id of its document."""
    for _ in range(600):
        states = call("GET", f"{dataset}/documents/{made['batch']}/indexing-status")["data"]
        assert [state["id"] for state in states] == [made["document"]["id"]], states
        if states[0]["indexing_status"] == "completed":
            assert states[0]["completed_segments"] == states[0]["total_segments"] > 0, states
            return states[0]["id"]
        assert states[0]["indexing_status"] != "error", states
        time.sleep(0.05)
    raise AssertionError("never indexed")


def act(dataset, action, document):
    """The index follows a moment later, and until then the document is not touched again."""
    for _ in range(200):
        path = f"{dataset}/documents/status/{action}"
        response = client._send_request("PATCH", path, json={"document_ids": [document]})
        if response.status_code == 200:
            assert response.json() == {"result": "success"}, response.text
            return
        assert response.json()["code"] == "invalid_action", response.text
        time.sleep(0.05)
    raise AssertionError(f"never free for {action}")


def check_documents(dataset):
    # As the SDK's defaults are: high quality, split automatically.
    made = call("POST", f"{dataset}/document/create_by_text", {
        "indexing_technique": "high_quality", "process_rule": {"mode": "automatic"}, "name": "foxes", "text": "Foxes run."})
    foxes = completed(dataset, made)
    made = call("POST", f"{dataset}/documents/{foxes}/update_by_text", {
        "name": "foxes", "text": "Foxes run.\n\nFoxes sleep. See https://example.com", "process_rule": RULE})
    assert completed(dataset, made) == foxes, made
    defaults = {"process_rule": {"mode": "automatic"}, "indexing_technique": "high_quality"}
    made = call_with_file(f"{dataset}/document/create_by_file", "cats.txt", b"Cats purr.", defaults)
    cats = completed(dataset, made)
    assert made["document"]["data_source_detail_dict"]["upload_file"]["extension"] == "txt", made
    made = call_with_file(f"{dataset}/documents/{cats}/update_by_file", "cats.md", b"# Cats\n\nCats climb.", {})
    assert completed(dataset, made) == cats, made
    replaced = {**defaults, "original_document_id": cats}
    made = call_with_file(f"{dataset}/document/create_by_file", "cats.txt", b"Cats climb trees.", replaced)
    assert completed(dataset, made) == cats, made

    listed = call("GET", f"{dataset}/documents", params={"page": 1, "limit": 10})
    assert {document["id"] for document in listed["data"]} == {foxes, cats}, listed
    found = call("GET", f"{dataset}/documents", params={"keyword": "cats"})
    assert [document["id"] for document in found["data"]] == [cats], found
    for action in ["disable", "enable", "archive", "un_archive"]:
        act(dataset, action, cats)
    return foxes, cats


def check_segments(dataset, document):
    segments = f"{dataset}/documents/{document}/segments"
    added = call("POST", segments, {"segments": [{"content": "Foxes dig.", "answer": "", "keywords": ["dig"]}]})
    assert added["doc_form"] == "text_model" and added["data"][0]["content"] == "Foxes dig.", added
    segment = added["data"][0]["id"]
    found = call("GET", segments, params={"keyword": "dig", "status": "completed"})
    assert [one["id"] for one in found["data"]] == [segment], found
    every = [one["content"] for one in call("GET", segments)["data"]]
    assert every == ["Foxes run.", "Foxes sleep. See", "Foxes dig."], every
    changed = call("POST", f"{segments}/{segment}", {
        "segment": {"content": "Foxes jump.", "answer": "", "keywords": ["jump"], "enabled": True}})
    assert changed["data"]["content"] == "Foxes jump.", changed
    call("DELETE", f"{segments}/{segment}", status=204)
    assert len(call("GET", segments)["data"]) == 2


def check_search(dataset):
    model = {"search_method": "hybrid_search", "reranking_enable": False, "reranking_mode": "weighted_score",
             "weights": {"weight_type": "customized",
                         "vector_setting": {"vector_weight": 0.5, "embedding_provider_name": "", "embedding_model_name": ""},
                         "keyword_setting": {"keyword_weight": 0.5}},
             "top_k": 1, "score_threshold_enabled": False}
    for more in [{}, {"retrieval_model": model}, {"external_retrieval_model": {"top_k": 2}}]:
        found = call("POST", f"{dataset}/hit-testing", {"query": "Cats climb trees.", **more})
        assert found["records"][0]["segment"]["content"] == "Cats climb trees.", found


def check_metadata(dataset, document):
    field = call("POST", f"{dataset}/metadata", {"type": "string", "name": "writer"}, status=201)
    renamed = call("PATCH", f"{dataset}/metadata/{field['id']}", {"name": "author"})
    assert renamed == {"id": field["id"], "type": "string", "name": "author"}, renamed
    assert len(call("GET", f"{dataset}/metadata/built-in")["fields"]) == 5
    assert call("POST", f"{dataset}/metadata/built-in/enable", {}) == {"result": "success"}
    values = [{"id": field["id"], "name": "author", "value": "Aesop"}]
    changes = {"operation_data": [{"document_id": document, "metadata_list": values}]}
    assert call("POST", f"{dataset}/documents/metadata", changes) == {"result": "success"}
    listed = call("GET", f"{dataset}/metadata")
    assert (listed["built_in_field_enabled"], listed["doc_metadata"][0]["count"]) == (True, 1), listed
    detail = call("GET", f"{dataset}/documents/{document}", params={"metadata": "only"})
    assert {"Aesop"} <= {value["value"] for value in detail["doc_metadata"]}, detail


def check_tags(dataset):
    # The class makes no tags; they come from elsewhere.
    tag = call("POST", "/datasets/tags", {"name": "animals"})["id"]
    target = dataset.rsplit("/", 1)[1]
    assert [one["id"] for one in call("GET", "/datasets/tags")] == [tag]
    call("POST", "/datasets/tags/binding", {"tag_ids": [tag], "target_id": target}, status=204)
    assert call("GET", f"{dataset}/tags") == {"data": [{"id": tag, "name": "animals"}], "total": 1}
    call("POST", "/datasets/tags/unbinding", {"tag_id": tag, "target_id": target}, status=204)
    assert call("GET", f"{dataset}/tags")["total"] == 0


def check_dataset():
    made = call("POST", "/datasets", {"name": "Animals"})
    dataset = f"/datasets/{made['id']}"
    listed = call("GET", "/datasets", params={"page": 1, "limit": 20})
    assert [one["id"] for one in listed["data"]] == [made["id"]], listed
    changed = call("PATCH", dataset, {"name": "Beasts", "description": "All of them"})
    assert (changed["name"], changed["description"]) == ("Beasts", "All of them"), changed
    foxes, cats = check_documents(dataset)
    check_segments(dataset, foxes)
    check_search(dataset)
    check_metadata(dataset, cats)
    check_tags(dataset)
    whole = call("GET", dataset)
    assert (whole["document_count"], whole["indexing_technique"]) == (2, "high_quality"), whole
    call("DELETE", f"{dataset}/documents/{cats}", status=204)
    call("DELETE", dataset, status=204)
    assert call("GET", dataset, status=404)["code"] == "not_found"


check_dataset()
print("ok")
