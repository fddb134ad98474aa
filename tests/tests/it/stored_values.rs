//! What an answer leaves in the tables, column by column: a Dify server on the same database must find its way.

use serde_json::{Value, json};
use test_kit::upstream::Script;
use test_kit::{App, Console, ServiceClient};

use crate::it::ground::{Ground, MODEL, question, streamed, within};

const GPT: &str = "gpt-4o";
const KEY: &str = "sk-stored";

/// An app on a model with prices, with a form and an opening.
async fn priced(ground: &Ground, mode: &str) -> (App, ServiceClient) {
    let openai = ground.console.add_openai(&ground.stub.openai_base_url(), KEY).await;
    let app = ground.console.create_ready_app(mode, openai, GPT).await;
    let mut config = Console::model_config(mode, openai, GPT);
    config["pre_prompt"] = json!("Be nice to {{name}}");
    config["opening_statement"] = json!("Hello {{name}}");
    config["user_input_form"] = json!([
        {"text-input": {"label": "Name", "variable": "name", "required": true, "default": ""}},
        {"number": {"label": "N", "variable": "n", "required": false}},
        {"text-input": {"label": "Tone", "variable": "tone", "required": false, "default": "warm"}},
    ]);
    ground.console.save_model_config(&app, &config).await;
    let service = ground.server.service(&ground.console.api_key(&app).await);
    ground.stub.script(KEY, Script::text(&["Hello ", "{{name}} ", "world. "]));
    (app, service)
}

/// Compares columns of a row; what is not named is free.
#[track_caller]
fn assert_columns(row: &Value, expected: &Value) {
    for (column, value) in expected.as_object().unwrap() {
        assert_eq!(&row[column], value, "{column} of {row:#}");
    }
}

/// Money as text: JSON numbers would lose their digits.
const MESSAGE: &str = "SELECT *, message_unit_price::text AS message_unit_price, message_price_unit::text AS message_price_unit, \
    answer_unit_price::text AS answer_unit_price, answer_price_unit::text AS answer_price_unit, total_price::text AS total_price \
    FROM messages WHERE id = $1::uuid";
const CONVERSATION: &str = "SELECT * FROM conversations WHERE id = $1::uuid";

#[tokio::test(flavor = "multi_thread")]
async fn of_a_chat_through_the_service_api() {
    let ground = Ground::of("chat").await;
    let (app, service) = priced(&ground, "chat").await;
    let db = ground.server.db();
    let mut first = question("What is the meaning of all this?");
    first["inputs"] = json!({"name": "Ann", "n": "5", "undeclared": true});
    let answer = service.post_json("/chat-messages", &first).await.expect(200);
    assert_eq!(answer.json["answer"], "Hello {{name}} world. ", "what is shown is what the model said");
    let usage = &answer.json["metadata"]["usage"];
    assert_eq!(
        (&usage["prompt_unit_price"], &usage["prompt_price_unit"], &usage["completion_unit_price"], &usage["currency"]),
        (&json!("2.50"), &json!("0.000001"), &json!("10.00"), &json!("USD"))
    );
    let (conversation, id) = (answer.text_at("/conversation_id"), answer.text_at("/message_id"));
    let config = db.one("SELECT app_model_config_id AS id FROM apps WHERE id = $1::uuid", &[&app.id]).await;
    let user = db.one("SELECT * FROM end_users WHERE session_id = 'alice'", &[]).await;
    assert_columns(
        &user,
        &json!({"type": "service-api", "app_id": app.id, "external_user_id": "alice", "is_anonymous": false, "name": null}),
    );
    let row = db.one(CONVERSATION, &[&conversation]).await;
    let inputs = json!({"name": "Ann", "n": 5, "tone": "warm"});
    assert_columns(
        &row,
        &json!({
            "app_id": app.id, "app_model_config_id": config["id"], "model_provider": "langgenius/openai/openai",
            "model_id": GPT, "override_model_configs": null, "mode": "chat", "name": "What is the meaning …",
            "summary": null, "inputs": inputs, "introduction": "Hello Ann", "system_instruction": "",
            "system_instruction_tokens": 0, "status": "normal", "invoke_from": "service-api", "from_source": "api",
            "from_end_user_id": user["id"], "from_account_id": null, "read_at": null, "read_account_id": null,
            "dialogue_count": 1, "is_deleted": false,
        }),
    );
    let row = db.one(MESSAGE, &[&id]).await;
    assert_columns(
        &row,
        &json!({
            "app_id": app.id, "model_provider": "langgenius/openai/openai", "model_id": GPT,
            "override_model_configs": null, "conversation_id": conversation, "inputs": inputs,
            "query": "What is the meaning of all this?",
            "message": [
                {"role": "system", "text": "Be nice to Ann\n", "files": []},
                {"role": "user", "text": "What is the meaning of all this?", "files": []},
            ],
            "message_tokens": usage["prompt_tokens"], "message_unit_price": "2.5000", "message_price_unit": "0.0000010",
            "answer": "Hello {name} world.", "answer_tokens": usage["completion_tokens"],
            "answer_unit_price": "10.0000", "answer_price_unit": "0.0000010",
            "parent_message_id": "00000000-0000-0000-0000-000000000000", "total_price": usage["total_price"],
            "currency": "USD", "status": "normal", "error": null,
            "message_metadata": r#"{"annotation_reply":null,"retriever_resources":[],"usage":null}"#,
            "invoke_from": "service-api", "from_source": "api", "from_end_user_id": user["id"],
            "from_account_id": null, "agent_based": false, "workflow_run_id": null, "app_mode": "chat",
        }),
    );
    assert!(row["provider_response_latency"].as_f64().unwrap() > 0.0);

    let mut second = within(streamed("Second"), &conversation);
    second["inputs"] = json!({"name": "Bob"});
    let stream = service.sse("/chat-messages", &second).await.well_framed();
    let row = ground.message(stream.only("message_end")["message_id"].as_str().unwrap()).await;
    assert_eq!(row["inputs"], json!({"name": "Bob", "n": null, "tone": "warm"}), "of this request");
    let roles: Vec<_> = row["message"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
    assert_eq!(row["message"][2]["text"], "Hello {name} world.");
    let row = db.one(CONVERSATION, &[&conversation]).await;
    assert_columns(&row, &json!({"dialogue_count": 2, "inputs": inputs}));
    assert!(row["updated_at"].as_str() > row["created_at"].as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_pages_debuggers_and_nobody() {
    let ground = Ground::of("chat").await;
    let db = ground.server.db();
    let page = ground.server.web(&ground.app.code).await;
    let asked = json!({"inputs": {}, "query": "Hi", "response_mode": "blocking"});
    let answer = page.post_json("/chat-messages", &asked).await.expect(200);
    let row = ground.message(&answer.text_at("/message_id")).await;
    assert_columns(
        &row,
        &json!({"invoke_from": "web-app", "from_source": "api", "parent_message_id": null, "from_account_id": null, "currency": "USD"}),
    );
    let user =
        db.one("SELECT * FROM end_users WHERE id = $1::uuid", &[row["from_end_user_id"].as_str().unwrap()]).await;
    assert_columns(&user, &json!({"type": "browser", "is_anonymous": true, "external_user_id": null}));

    let config = Console::model_config("chat", ground.provider, MODEL);
    let path = format!("/apps/{}/chat-messages", ground.app.id);
    let mut debugged = asked.clone();
    debugged["model_config"] = config;
    let answer = ground.console.post_json(&path, &debugged).await.expect(200);
    let owner = db.one("SELECT id FROM accounts", &[]).await;
    for table in ["messages", "conversations"] {
        let key = if table == "messages" { "/message_id" } else { "/conversation_id" };
        let query = format!("SELECT * FROM {table} WHERE id = $1::uuid");
        let row = db.one(&query, &[&answer.text_at(key)]).await;
        assert_columns(
            &row,
            &json!({"invoke_from": "debugger", "from_source": "console", "from_end_user_id": null, "from_account_id": owner["id"]}),
        );
        let config: Value = serde_json::from_str(row["override_model_configs"].as_str().unwrap()).unwrap();
        assert_eq!((&config["model"]["name"], &config["prompt_type"]), (&json!(MODEL), &json!("simple")));
        if table == "conversations" {
            assert_eq!(row["app_model_config_id"], Value::Null);
        }
    }
    // Optional, and not given: everybody who says no name is one person.
    ground.service.get("/conversations").await.expect(200);
    let nobody = db.one("SELECT * FROM end_users WHERE session_id = 'DEFAULT-USER'", &[]).await;
    assert_columns(&nobody, &json!({"is_anonymous": true, "external_user_id": "DEFAULT-USER", "type": "service-api"}));
    // Somebody of another origin with the same name is the same person from now on.
    db.execute("UPDATE end_users SET session_id = 'embedded' WHERE id = $1::uuid", &[user["id"].as_str().unwrap()])
        .await;
    ground.service.get("/conversations?user=embedded").await.expect(200);
    let met = db.one("SELECT * FROM end_users WHERE session_id = 'embedded'", &[]).await;
    assert_columns(&met, &json!({"type": "service-api", "id": user["id"]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_completion() {
    let ground = Ground::of("completion").await;
    let (app, service) = priced(&ground, "completion").await;
    let asked = json!({"inputs": {"name": "Ann"}, "user": "alice"});
    let answer = service.post_json("/completion-messages", &asked).await.expect(200);
    let row = ground.message(&answer.text_at("/message_id")).await;
    assert_columns(
        &row,
        &json!({
            "app_id": app.id, "query": "", "app_mode": "completion", "inputs": {"name": "Ann", "n": null, "tone": "warm"},
            "message": [{"role": "user", "text": "Be nice to Ann\n", "files": []}], "parent_message_id": null,
            "answer": "Hello {name} world.", "status": "normal",
        }),
    );
    let conversation = ground.server.db().one(CONVERSATION, &[row["conversation_id"].as_str().unwrap()]).await;
    assert_columns(&conversation, &json!({"mode": "completion", "status": "normal", "name": "New conversation"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_odd_answers() {
    let ground = Ground::of("chat").await;
    ground.stub.script(MODEL, Script::text(&["a\u{0}", "\u{0}", "b"]));
    let stream = ground.service.sse("/chat-messages", &streamed("Hi")).await.well_framed();
    assert_eq!(stream.answer(), "ab");
    let row = ground.message(stream.only("message_end")["message_id"].as_str().unwrap()).await;
    assert_columns(&row, &json!({"answer": "ab", "status": "normal"}));
    ground.stub.script(MODEL, Script::refusal(400, "no\u{0}nsense"));
    let refused = ground.service.post_json("/chat-messages", &question("Odd")).await.expect(400);
    assert_eq!(refused.code(), "completion_request_error");
    let row = ground.server.db().one("SELECT * FROM messages WHERE query = 'Odd'", &[]).await;
    assert_eq!(row["status"], "error");
    assert!(row["error"].as_str().unwrap().contains("nonsense"), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_absurd_prices() {
    let ground = Ground::of("chat").await;
    // As an adopted database may hold it: the form does not ask for prices.
    let prices = "UPDATE provider_model_credentials SET encrypted_config = \
        (encrypted_config::jsonb || '{\"input_price\": \"123456789\", \"output_price\": \"1e999999999\", \"unit\": \"1\"}')::text";
    assert_eq!(ground.server.db().execute(prices, &[]).await, 1);
    let other = ground.server.sibling(config::Tier::Service).start().await;
    let service = other.service(&ground.console.api_key(&ground.app).await);
    let answer = service.post_json("/chat-messages", &question("Dear")).await.expect(200);
    let row = ground.server.db().one(MESSAGE, &[&answer.text_at("/message_id")]).await;
    assert_columns(
        &row,
        &json!({"message_unit_price": "999999.9999", "message_price_unit": "1.0000000", "answer_unit_price": "0.0000", "total_price": "999.9999999", "status": "normal"}),
    );
    other.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_stop_words_and_parameters() {
    let ground = Ground::of("chat").await;
    let openai = ground.console.add_openai(&ground.stub.openai_base_url(), KEY).await;
    let app = ground.console.create_ready_app("chat", openai, GPT).await;
    let service = ground.server.service(&ground.console.api_key(&app).await);
    let mut config = Console::model_config("chat", "openai", GPT);
    config["model"]["completion_params"] =
        json!({"stop": ["A", "B"], "temperature": 0.5, "max_tokens": 100, "no_such_parameter": 1, "top_p": null});
    ground.console.save_model_config(&app, &config).await;
    let saved = ground.console.get(&format!("/apps/{}", app.id)).await.expect(200).json;
    assert_eq!(
        saved["model_config"]["model"]["provider"], "langgenius/openai/openai",
        "the short id is written in full"
    );
    let _ = service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    let sent = ground.stub.requests().pop().unwrap().body;
    assert_eq!(
        (&sent["stop"], &sent["temperature"], &sent["max_tokens"], sent.get("no_such_parameter"), sent.get("top_p")),
        (&json!(["A", "B"]), &json!(0.5), &json!(100), None, None)
    );
    config["model"]["completion_params"] = json!({"temperature": 7});
    ground.console.save_model_config(&app, &config).await;
    let refused = service.post_json("/chat-messages", &question("Hot")).await.expect(400);
    assert_eq!(refused.code(), "invalid_param");
    assert!(refused.json["message"].as_str().unwrap().contains("temperature"), "{}", refused.text());
    config["model"]["completion_params"] =
        json!({"response_format": "json_schema", "json_schema": "{\"type\": \"object\"}"});
    ground.console.save_model_config(&app, &config).await;
    let _ = service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    let sent = ground.stub.requests().pop().unwrap().body;
    assert_eq!(
        sent["response_format"],
        json!({"type": "json_schema", "json_schema": {"name": "response", "schema": {"type": "object"}}})
    );
    assert_eq!(sent.get("json_schema"), None);
}
