//! Model providers: their credentials, models and defaults.

use serde_json::{Value, json};
use test_kit::upstream::{Script, StubUpstream};
use test_kit::{Answer, Console, TestServer};

use crate::it::console_people::{home, member, set_up};
use crate::it::ground::{Ground, MODEL, question};

const OPENAI: &str = "langgenius/openai/openai";
const COMPATIBLE: &str = "langgenius/openai_api_compatible/openai_api_compatible";
const SECRET: &str = "sk-this-is-a-secret-key-0123456789";
const OTHER: &str = "sk-another-secret-key-9876543210xy";

fn of(provider: &str, rest: &str) -> String {
    format!("/workspaces/current/model-providers/{provider}{rest}")
}

async fn start() -> (TestServer, Console, StubUpstream) {
    let (server, owner) = set_up().await;
    (server, owner, StubUpstream::start().await)
}

fn openai(stub: &StubUpstream, key: &str) -> Value {
    json!({"openai_api_key": key, "openai_api_base": stub.openai_base_url()})
}

fn compatible(stub: &StubUpstream, key: &str) -> Value {
    json!({"endpoint_url": stub.openai_base_url(), "api_key": key, "mode": "chat", "context_size": "4096", "max_tokens_to_sample": "4096"})
}

#[track_caller]
fn without_secrets(answer: &Answer) {
    for secret in [SECRET, OTHER, "HYBRID"] {
        assert!(!answer.text().contains(secret), "a secret is in {}", answer.text());
    }
}

async fn provider(console: &Console, id: &str) -> Value {
    let all = console.get("/workspaces/current/model-providers").await.expect(200);
    without_secrets(&all);
    let all = all.json["data"].as_array().unwrap().clone();
    all.into_iter().find(|provider| provider["provider"] == id).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_providers() {
    let (server, owner) = set_up().await;
    let tenant = home(&server).await;
    let all = owner.get("/workspaces/current/model-providers").await.expect(200).json;
    let all = all["data"].as_array().unwrap();
    assert!(all.len() >= 3);
    for provider in all {
        for key in [
            "tenant_id",
            "provider",
            "label",
            "supported_model_types",
            "configurate_methods",
            "preferred_provider_type",
            "custom_configuration",
            "system_configuration",
            "icon_small",
        ] {
            assert!(provider.get(key).is_some(), "{key} of {}", provider["provider"]);
        }
        assert_eq!(
            (&provider["tenant_id"], provider["provider"].as_str().unwrap().split('/').count()),
            (&json!(tenant), 3)
        );
        assert!(provider["label"]["en_US"].is_string());
        let custom = &provider["custom_configuration"];
        for list in ["available_credentials", "custom_models", "can_added_models"] {
            assert!(custom[list].is_array(), "{list} of {}", provider["provider"]);
        }
        assert!(matches!(custom["status"].as_str(), Some("active" | "no-configure")));
        let system = &provider["system_configuration"];
        assert_eq!((&system["enabled"], &system["quota_configurations"]), (&json!(false), &json!([])));
        let icon = provider["icon_small"]["en_US"].as_str().unwrap();
        let path = format!("/console/api/{}", icon.split_once("/console/api/").unwrap().1);
        let image = server.client().get(&path).await.expect(200);
        assert!(image.header("content-type").is_some_and(|kind| kind.starts_with("image/")), "{path}");
    }
    let openai = provider(&owner, OPENAI).await;
    assert_eq!(openai["custom_configuration"]["status"], json!("no-configure"));
    let form = openai["provider_credential_schema"]["credential_form_schemas"].as_array().unwrap();
    let key = form.iter().find(|field| field["variable"] == "openai_api_key").unwrap();
    assert_eq!((&key["type"], &key["required"]), (&json!("secret-input"), &json!(true)));
    let embedders = owner.get("/workspaces/current/model-providers?model_type=text-embedding").await.expect(200).json;
    for provider in embedders["data"].as_array().unwrap() {
        assert!(provider["supported_model_types"].as_array().unwrap().contains(&json!("text-embedding")));
    }
    let _ = owner.get("/workspaces/current/model-providers?model_type=astrology").await.expect(400);
    let nobody = owner.get(&of("nobody/knows/it", "/models")).await.expect(400);
    assert_eq!(nobody.code(), "invalid_param");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_from_first_to_last() {
    let (server, owner, stub) = start().await;
    let path = of(OPENAI, "/credentials");
    assert_eq!(owner.get(&path).await.expect(200).json, json!({"credentials": null}));
    let valid = owner.post_json(&format!("{path}/validate"), &json!({"credentials": openai(&stub, SECRET)})).await;
    assert_eq!(valid.expect(200).json, json!({"result": "success"}));
    let made =
        owner.post_json(&path, &json!({"credentials": openai(&stub, SECRET), "name": "First"})).await.expect(201);
    assert_eq!(made.json, json!({"result": "success"}));

    let row = server.db().one("SELECT * FROM provider_credentials", &[]).await;
    let config: Value = serde_json::from_str(row["encrypted_config"].as_str().unwrap()).unwrap();
    // "HYBRID:" in base64.
    assert!(config["openai_api_key"].as_str().unwrap().starts_with("SFlCUklEO"), "{config}");
    assert_eq!(config["openai_api_base"], json!(stub.openai_base_url()));
    assert_eq!((&row["credential_name"], &row["provider_name"]), (&json!("First"), &json!(OPENAI)));

    let shown = owner.get(&path).await.expect(200);
    without_secrets(&shown);
    assert_eq!(shown.json["credentials"]["openai_api_key"], json!("sk-thi************89"));
    // The short name of older installations means the same.
    assert_eq!(owner.get(&of("openai", "/credentials")).await.expect(200).json, shown.json);

    let custom = provider(&owner, OPENAI).await["custom_configuration"].clone();
    assert_eq!((&custom["status"], &custom["current_credential_name"]), (&json!("active"), &json!("First")));
    let first = custom["current_credential_id"].as_str().unwrap().to_owned();

    for (body, why) in [
        (json!({"credentials": openai(&stub, OTHER), "name": "First"}), "already exists"),
        (json!({"credentials": openai(&stub, OTHER), "name": "n".repeat(31)}), "name"),
        (json!({"credentials": {}}), "openai_api_key"),
        (json!({"credentials": {"openai_api_key": 5}}), "openai_api_key"),
        (json!({"name": "No credentials"}), "credentials"),
    ] {
        let refused = owner.post_json(&path, &body).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid_param"), "{body}: {}", refused.text());
        assert!(refused.json["message"].as_str().unwrap().contains(why), "{body}: {}", refused.text());
        without_secrets(&refused);
    }

    // What is not shown is kept when it comes back hidden.
    let edit = json!({"credential_id": first, "credentials": {"openai_api_key": "[__HIDDEN__]", "openai_api_base": stub.openai_base_url()}, "name": "Renamed"});
    let _ = owner.put_json(&path, &edit).await.expect(200);
    assert_eq!(owner.get(&path).await.expect(200).json["credentials"]["openai_api_key"], json!("sk-thi************89"));
    let sent = stub.requests().pop().unwrap();
    assert_eq!(sent.header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
    let edit = json!({"credential_id": first, "credentials": openai(&stub, OTHER)});
    let _ = owner.put_json(&path, &edit).await.expect(200);
    assert_eq!(owner.get(&path).await.expect(200).json["credentials"]["openai_api_key"], json!("sk-ano************xy"));

    // A second one waits until it is chosen.
    let _ = owner.post_json(&path, &json!({"credentials": openai(&stub, SECRET)})).await.expect(201);
    let custom = provider(&owner, OPENAI).await["custom_configuration"].clone();
    let named = custom["available_credentials"].as_array().unwrap();
    assert_eq!((named.len(), &custom["current_credential_id"]), (2, &json!(first)));
    let second = named.iter().find(|c| c["credential_id"] != json!(first)).unwrap();
    assert_eq!(second["credential_name"], json!("API KEY 1"));
    let second = second["credential_id"].as_str().unwrap().to_owned();
    let _ = owner.post_json(&format!("{path}/switch"), &json!({"credential_id": second})).await.expect(200);
    assert_eq!(owner.get(&path).await.expect(200).json["credentials"]["openai_api_key"], json!("sk-thi************89"));
    let by_id = owner.get(&format!("{path}?credential_id={first}")).await.expect(200);
    assert_eq!(by_id.json["credentials"]["openai_api_key"], json!("sk-ano************xy"));
    let unknown = json!({"credential_id": uuid::Uuid::new_v4()});
    let _ = owner.post_json(&format!("{path}/switch"), &unknown).await.expect(404);
    let _ = owner.delete_json(&path, &unknown).await.expect(404);

    // Without its active one the provider waits for a choice.
    let _ = owner.delete_json(&path, &json!({"credential_id": second})).await.expect(204);
    let custom = provider(&owner, OPENAI).await["custom_configuration"].clone();
    assert_eq!(
        (&custom["current_credential_id"], custom["available_credentials"].as_array().unwrap().len()),
        (&Value::Null, 1)
    );
    let models = owner.get(&of(OPENAI, "/models")).await.expect(200).json;
    assert_eq!(models["data"][0]["status"], json!("credential-removed"));
    let _ = owner.delete_json(&path, &json!({"credential_id": first})).await.expect(204);
    assert_eq!(server.db().count("providers", "true", &[]).await, 0);
    assert_eq!(provider(&owner, OPENAI).await["custom_configuration"]["status"], json!("no-configure"));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_the_upstream_refuses() {
    let (server, owner, stub) = start().await;
    stub.script("sk-refused-by-the-upstream", Script::refusal(401, "Incorrect API key provided: try another."));
    let credentials = compatible(&stub, "sk-refused-by-the-upstream");
    let body = json!({"model": MODEL, "model_type": "llm", "credentials": credentials});
    let path = of(COMPATIBLE, "/models/credentials");
    let checked = owner.post_json(&format!("{path}/validate"), &body).await.expect(200);
    assert_eq!(checked.json["result"], json!("error"));
    assert!(checked.text_at("/error").contains("Incorrect API key provided"), "{}", checked.text());
    let refused = owner.post_json(&path, &body).await.expect(400);
    assert!(refused.json["message"].as_str().unwrap().contains("Incorrect API key provided"), "{}", refused.text());
    assert_eq!(server.db().count("provider_model_credentials", "true", &[]).await, 0);
    // Nobody listens there.
    let dead = json!({"model": MODEL, "model_type": "llm", "credentials": {"endpoint_url": "http://127.0.0.1:9/v1", "api_key": SECRET, "mode": "chat"}});
    let refused = owner.post_json(&path, &dead).await.expect(400);
    without_secrets(&refused);
    let odd = json!({"model": MODEL, "model_type": "llm", "credentials": {"endpoint_url": "file:///etc/passwd", "api_key": SECRET, "mode": "chat"}});
    let _ = owner.post_json(&path, &odd).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_cannot_send_stored_secrets_anywhere() {
    let (server, owner, stub) = start().await;
    let _ = owner.add_openai(&stub.openai_base_url(), SECRET).await;
    let body = json!({"model": MODEL, "model_type": "llm", "credentials": compatible(&stub, SECRET)});
    let _ = owner.post_json(&of(COMPATIBLE, "/models/credentials"), &body).await.expect(201);
    let thief = StubUpstream::start().await;
    let hidden = |credentials: Value| json!({"model": MODEL, "model_type": "llm", "credentials": credentials});
    let tries = [
        (of(OPENAI, "/credentials/validate"), hidden(openai(&thief, "[__HIDDEN__]"))),
        (of(COMPATIBLE, "/models/credentials/validate"), hidden(compatible(&thief, "[__HIDDEN__]"))),
    ];
    for role in ["editor", "normal"] {
        let member = member(&server, role).await;
        for (path, body) in &tries {
            assert_eq!(member.post_json(path, body).await.expect(403).code(), "forbidden", "{role} {path}");
        }
        // With credentials of their own they may.
        let own = json!({"credentials": openai(&stub, "sk-of-the-member")});
        assert_eq!(member.post_json(&tries[0].0, &own).await.expect(200).json["result"], json!("success"));
        // What is shown to members is obfuscated, too.
        without_secrets(&member.get(&of(OPENAI, "/credentials")).await.expect(200));
    }
    assert!(thief.requests().is_empty());
    for (path, body) in &tries {
        let _ = owner.post_json(path, body).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_a_single_model() {
    let (server, owner, stub) = start().await;
    let path = of(COMPATIBLE, "/models/credentials");
    let query = format!("{path}?model={MODEL}&model_type=llm&config_from=custom-model");
    let add = |key: &str, name: Value| json!({"model": MODEL, "model_type": "llm", "credentials": compatible(&stub, key), "name": name});
    let _ = owner.post_json(&path, &add(SECRET, json!("One"))).await.expect(201);
    let row = server.db().one("SELECT encrypted_config FROM provider_model_credentials", &[]).await;
    assert!(!row["encrypted_config"].as_str().unwrap().contains(SECRET));
    let shown = owner.get(&query).await.expect(200);
    without_secrets(&shown);
    assert_eq!(
        (&shown.json["credentials"]["api_key"], &shown.json["current_credential_name"]),
        (&json!("sk-thi************89"), &json!("One"))
    );
    assert_eq!(shown.json["load_balancing"], json!({"enabled": false, "configs": []}));
    let one = shown.text_at("/current_credential_id");

    let mut hidden = compatible(&stub, "[__HIDDEN__]");
    hidden["context_size"] = json!("8192");
    let edit = json!({"model": MODEL, "model_type": "llm", "credential_id": one, "credentials": hidden});
    let _ = owner.put_json(&path, &edit).await.expect(200);
    let sent = stub.requests().pop().unwrap();
    assert_eq!(sent.header("authorization"), Some(format!("Bearer {SECRET}").as_str()));

    let _ = owner.post_json(&path, &add(OTHER, json!(null))).await.expect(201);
    let shown = owner.get(&query).await.expect(200).json;
    let two =
        shown["available_credentials"].as_array().unwrap().iter().find(|c| c["credential_id"] != json!(one)).unwrap();
    let two = two["credential_id"].clone();
    let switch = json!({"model": MODEL, "model_type": "llm", "credential_id": two});
    let _ = owner.post_json(&format!("{path}/switch"), &switch).await.expect(200);
    assert_eq!(owner.get(&query).await.expect(200).json["credentials"]["api_key"], json!("sk-ano************xy"));
    let models = owner.get(&of(COMPATIBLE, "/models")).await.expect(200);
    without_secrets(&models);
    let model = &models.json["data"][0];
    for key in [
        "model",
        "label",
        "model_type",
        "fetch_from",
        "model_properties",
        "deprecated",
        "status",
        "load_balancing_enabled",
        "provider",
    ] {
        assert!(model.get(key).is_some(), "{key}");
    }
    assert_eq!(
        (&model["model"], &model["status"], &model["fetch_from"]),
        (&json!(MODEL), &json!("active"), &json!("customizable-model"))
    );
    let _ =
        owner.delete_json(&path, &json!({"model": MODEL, "model_type": "llm", "credential_id": one})).await.expect(204);
    let gone = json!({"model": MODEL, "model_type": "llm"});
    let _ = owner.delete_json(&of(COMPATIBLE, "/models"), &gone).await.expect(204);
    assert_eq!(owner.get(&of(COMPATIBLE, "/models")).await.expect(200).json, json!({"data": []}));
    assert_eq!(server.db().count("provider_model_credentials", "true", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn models_rules_and_defaults() {
    let (_server, owner, stub) = start().await;
    let by_type = |kind: &'static str| {
        let owner = owner.clone();
        async move {
            owner.get(&format!("/workspaces/current/models/model-types/{kind}")).await.expect(200).json["data"]
                .as_array()
                .unwrap()
                .clone()
        }
    };
    assert!(!by_type("llm").await.iter().any(|provider| provider["provider"] == OPENAI));
    let _ = owner.add_openai(&stub.openai_base_url(), SECRET).await;
    let llms = by_type("llm").await;
    let line = llms.iter().find(|provider| provider["provider"] == OPENAI).unwrap();
    for key in ["tenant_id", "provider", "label", "icon_small", "status", "models"] {
        assert!(line.get(key).is_some(), "{key}");
    }
    assert_eq!(line["status"], json!("active"));
    let model = line["models"].as_array().unwrap().iter().find(|model| model["model"] == "gpt-4o").unwrap();
    assert_eq!(
        (&model["status"], &model["fetch_from"], &model["deprecated"]),
        (&json!("active"), &json!("predefined-model"), &json!(false))
    );
    assert!(model["features"].as_array().unwrap().contains(&json!("vision")));
    assert_eq!(model["model_properties"]["mode"], json!("chat"));
    assert!(by_type("text-embedding").await.iter().any(|provider| provider["provider"] == OPENAI));

    let rules = owner.get(&of(OPENAI, "/models/parameter-rules?model=gpt-4o")).await.expect(200).json;
    let rules = rules["data"].as_array().unwrap();
    let temperature = rules.iter().find(|rule| rule["name"] == "temperature").unwrap();
    assert_eq!((&temperature["type"], &temperature["use_template"]), (&json!("float"), &json!("temperature")));
    assert_eq!((temperature["min"].as_f64(), temperature["required"].as_bool()), (Some(0.0), Some(false)));
    assert!(rules.iter().any(|rule| rule["name"] == "max_tokens" && rule["type"] == "int"));
    // Anthropic has no models but its own.
    let anthropic = of("langgenius/anthropic/anthropic", "/models/parameter-rules?model=unheard-of");
    assert_eq!(owner.get(&anthropic).await.expect(200).json, json!({"data": []}));

    let path = "/workspaces/current/default-model";
    let set = |provider: &str, model: &str| json!({"model_settings": [{"model_type": "llm", "provider": provider, "model": model}, {"model_type": "rerank"}]});
    let _ = owner.post_json(path, &set(OPENAI, "gpt-4o-mini")).await.expect(200);
    let default = owner.get(&format!("{path}?model_type=llm")).await.expect(200).json;
    assert_eq!((&default["data"]["model"], &default["data"]["model_type"]), (&json!("gpt-4o-mini"), &json!("llm")));
    for key in ["tenant_id", "provider", "label", "supported_model_types", "models"] {
        assert!(default["data"]["provider"].get(key).is_some(), "{key}");
    }
    for (provider, model) in [(OPENAI, "unheard-of"), (COMPATIBLE, "gpt-4o"), ("nobody/knows/it", "gpt-4o")] {
        let refused = owner.post_json(path, &set(provider, model)).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid_param"), "{provider} {model}: {}", refused.text());
    }
    // A new app begins with it.
    let app = owner.create_app("chat", "Defaulted").await;
    assert_eq!(app.detail["model_config"]["model"]["name"], json!("gpt-4o-mini"));
    // Where none is set it is the first that there is.
    let first = owner.get(&format!("{path}?model_type=rerank")).await.expect(200);
    assert_eq!(first.text_at("/data/model"), "demo-rerank");
    let _ = owner.get(&format!("{path}?model_type=astrology")).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_model_does_not_answer() {
    let ground = Ground::of("chat").await;
    let switch = |on: &'static str| {
        let path = of(COMPATIBLE, &format!("/models/{on}"));
        let console = ground.console.clone();
        async move { console.patch_json(&path, &json!({"model": MODEL, "model_type": "llm"})).await.expect(200) }
    };
    let _ = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    assert_eq!(switch("disable").await.json, json!({"result": "success"}));
    let models = ground.console.get(&of(COMPATIBLE, "/models")).await.expect(200).json;
    assert_eq!(models["data"][0]["status"], json!("disabled"));
    let llms = ground.console.get("/workspaces/current/models/model-types/llm").await.expect(200);
    assert!(!llms.text().contains(MODEL));
    let refused = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(400);
    assert_eq!(refused.code(), "model_currently_not_support");
    let _ = switch("enable").await;
    let _ = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
    // Without its credentials it does not answer either.
    let gone = json!({"model": MODEL, "model_type": "llm"});
    let _ = ground.console.delete_json(&of(COMPATIBLE, "/models"), &gone).await.expect(204);
    let refused = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(400);
    assert_eq!(refused.code(), "provider_not_initialize");
}
