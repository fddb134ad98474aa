"""Drives a server with the official Python SDK, unchanged: only its base URL is set, as its users do.

Arguments: base URL of the Service API, keys of a chat app, a completion app, and a chatflow.
"""

import base64
import json
import sys

from dify_client import ChatClient, CompletionClient

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
USER = "python-user"


def client(kind, key):
    made = kind(key)
    made.base_url = sys.argv[1]
    return made


def ok(response, status=200):
    assert response.status_code == status, f"{response.request.url}: {response.status_code} {response.text}"
    return response.json()


def events(response):
    assert response.status_code == 200, response.text
    for line in response.iter_lines(decode_unicode=True):
        if line.startswith("data:"):
            yield json.loads(line[len("data:"):].strip())


def check_chat():
    chat = client(ChatClient, sys.argv[2])
    assert "user_input_form" in ok(chat.get_application_parameters(USER))

    first = ok(chat.create_chat_message({}, "Hello", USER, response_mode="blocking"))
    assert first["answer"] == "Hello, world!", first
    conversation = first["conversation_id"]

    streamed = list(events(chat.create_chat_message({}, "Again", USER, response_mode="streaming",
                                                    conversation_id=conversation)))
    assert "".join(e["answer"] for e in streamed if e["event"] == "message") == "Hello, world!", streamed
    assert streamed[-1]["event"] == "message_end", streamed
    assert {e["conversation_id"] for e in streamed} == {conversation}

    messages = ok(chat.get_conversation_messages(USER, conversation_id=conversation, limit=10))
    assert [m["query"] for m in messages["data"]] == ["Hello", "Again"], messages
    listed = ok(chat.get_conversations(USER))
    assert [c["id"] for c in listed["data"]] == [conversation], listed
    renamed = ok(chat.rename_conversation(conversation, "Renamed", USER))
    assert renamed["name"] == "Renamed", renamed
    assert ok(chat.message_feedback(first["message_id"], "like", USER)) == {"result": "success"}

    uploaded = ok(chat.file_upload(USER, {"file": ("dot.png", PNG, "image/png")}), 201)
    assert uploaded["extension"] == "png" and uploaded["size"] == len(PNG), uploaded

    wrong = client(ChatClient, "app-nonsense").get_application_parameters(USER)
    assert wrong.status_code == 401 and wrong.json()["code"] == "unauthorized", wrong.text


def check_completion():
    completion = client(CompletionClient, sys.argv[3])
    inputs = {"query": "Say hello"}
    answer = ok(completion.create_completion_message(inputs, "blocking", USER))
    assert answer["answer"] == "Hello, world!", answer
    streamed = list(events(completion.create_completion_message(inputs, "streaming", USER)))
    assert "".join(e["answer"] for e in streamed if e["event"] == "message") == "Hello, world!", streamed
    refused = completion.create_completion_message({}, "blocking", USER)
    assert refused.status_code == 400 and refused.json()["code"] == "invalid_param", refused.text


def check_chatflow():
    chat = client(ChatClient, sys.argv[4])
    first = ok(chat.create_chat_message({}, "Hello", USER, response_mode="blocking"))
    assert first["answer"] == "You said: Hello", first
    streamed = list(events(chat.create_chat_message({}, "Again", USER, response_mode="streaming",
                                                    conversation_id=first["conversation_id"])))
    names = [e["event"] for e in streamed]
    assert names[0] == "workflow_started" and names[-2:] == ["workflow_finished", "message_end"], names
    assert "".join(e["answer"] for e in streamed if e["event"] == "message") == "You said: Again", streamed
    messages = ok(chat.get_conversation_messages(USER, conversation_id=first["conversation_id"], limit=10))
    assert [m["answer"] for m in messages["data"]] == ["You said: Hello", "You said: Again"], messages


check_chat()
check_completion()
check_chatflow()
print("ok")
