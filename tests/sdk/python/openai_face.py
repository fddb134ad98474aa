"""The official OpenAI client, unchanged, against apps of every mode: base URL, then the keys of a chat app, a completion
app, a chatflow and a workflow."""

import sys

import openai

base, chat_key, completion_key, chatflow_key, workflow_key = sys.argv[1:]
MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "My name is Ann."},
    {"role": "assistant", "content": "Hello Ann."},
    {"role": "user", "content": "What is my name?"},
]


def client(key):
    return openai.OpenAI(base_url=base, api_key=key, max_retries=0)


def answers(key):
    """What an app says, whole and in chunks."""
    app = client(key)
    [model] = app.models.list().data
    whole = app.chat.completions.create(model=model.id, messages=MESSAGES)
    assert whole.model == model.id and whole.choices[0].finish_reason == "stop", whole
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens, whole
    stream = app.chat.completions.create(
        model="gpt-4o", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert chunks[-1].usage is not None and chunks[-1].choices == [], chunks[-1]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content, (text, whole)
    return text


assert answers(chat_key)
assert answers(chatflow_key) == "You said: Be brief.\n\nWhat is my name?"
for key in (completion_key, workflow_key):
    assert answers(key)

kept = client(chat_key).chat.completions.create(
    model="x", messages=MESSAGES, user="ann", store=True, extra_body={"metadata": {"inputs": "{}"}}
)
conversation = kept.metadata["conversation_id"]
again = client(chat_key).chat.completions.create(
    model="x", messages=MESSAGES[-1:], user="ann", metadata={"conversation_id": conversation}
)
assert again.metadata["conversation_id"] == conversation, again

for call, kind in [
    (lambda: client("app-wrong").models.list(), openai.AuthenticationError),
    (lambda: client(chat_key).chat.completions.create(model="x", messages=[]), openai.BadRequestError),
    (
        lambda: client(chat_key).chat.completions.create(
            model="x", messages=MESSAGES, metadata={"conversation_id": "0c9f8b3e-8f0e-4a0b-9d58-1f3a1f5f2a11"}
        ),
        openai.NotFoundError,
    ),
]:
    try:
        call()
    except kind as error:
        assert error.body["message"] and error.body["type"], error.body
    else:
        raise AssertionError(f"no {kind.__name__}")

print("ok")
