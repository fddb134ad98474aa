//! Requests that race, on one process and on several.

use config::Tier;
use futures::future::join_all;
use serde_json::json;

use crate::it::ground::{Ground, question};

#[tokio::test(flavor = "multi_thread")]
async fn ten_keys_are_ten_keys() {
    let ground = Ground::of("chat").await;
    for (path, kind) in
        [(format!("/apps/{}/api-keys", ground.app.id), "app"), ("/datasets/api-keys".to_owned(), "dataset")]
    {
        let body = json!({});
        let answers = join_all((0..24).map(|_| ground.console.post_json(&path, &body))).await;
        let made = answers.iter().filter(|answer| answer.status == 201 || answer.status == 200).count();
        let refused = answers.iter().filter(|answer| answer.status == 400).count();
        // The app had one already.
        assert_eq!((made, made + refused), (if kind == "app" { 9 } else { 10 }, 24), "{kind}");
        assert_eq!(ground.server.db().count("api_tokens", "type = $1", &[kind]).await, 10, "{kind}");
    }
    assert_eq!(ground.server.db().count("ferrify_api_token_hashes", "true", &[]).await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_is_one_person() {
    let ground = Ground::of("chat").await;
    let other = ground.server.sibling(Tier::All).start().await;
    let key = ground.console.api_key(&ground.app).await;
    let services = [ground.server.service(&key), other.service(&key)];
    for round in 0..3 {
        let mut body = question("Hi");
        body["user"] = json!(format!("new-{round}"));
        let asked = services.iter().flat_map(|service| std::iter::repeat_n(service, 6));
        let answers = join_all(asked.map(|service| service.post_json("/chat-messages", &body))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        let found = ground.server.db().count("end_users", "session_id = $1", &[&format!("new-{round}")]).await;
        assert_eq!(found, 1, "round {round}");
        let askers = "SELECT count(DISTINCT from_end_user_id) AS n FROM messages m JOIN end_users u ON u.id = m.from_end_user_id WHERE u.session_id = $1";
        assert_eq!(ground.server.db().one(askers, &[&format!("new-{round}")]).await["n"], json!(1));
    }
    // A page's visitor whom the embedding page names.
    let bases = [ground.server.base(), other.base()];
    let entered = join_all(bases.iter().flat_map(|base| std::iter::repeat_n(*base, 6)).map(|base| {
        let client = test_kit::Client::new(format!("{base}/api")).with_header("X-App-Code", ground.app.code.as_str());
        async move { client.get("/passport?user_id=embedded").await }
    }))
    .await;
    assert!(entered.iter().all(|answer| answer.status == 200));
    assert_eq!(ground.server.db().count("end_users", "session_id = 'embedded'", &[]).await, 1);
    other.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn first_clients_of_an_mcp_server_are_one_end_user() {
    let ground = Ground::of("chat").await;
    let other = ground.server.sibling(Tier::All).start().await;
    let path = format!("/apps/{}/server", ground.app.id);
    let made = ground.console.post_json(&path, &json!({"description": "d", "parameters": {}})).await.expect(200);
    let (server, code) = (made.text_at("/id"), made.text_at("/server_code"));
    let params =
        json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
    let path = format!("/mcp/server/{code}/mcp");
    let clients = [ground.server.client(), other.client()];
    let callers = clients.iter().flat_map(|client| std::iter::repeat_n(client, 8));
    let answers = join_all(callers.map(|client| client.post_json(&path, &hello))).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.json["result"].is_object()));
    assert_eq!(ground.server.db().count("end_users", "type = 'mcp' AND session_id = $1", &[&server]).await, 1);
    other.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opinion_is_one_row() {
    let ground = Ground::of("chat").await;
    let message = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200).text_at("/message_id");
    let like = json!({"user": "alice", "rating": "like"});
    let path = format!("/messages/{message}/feedbacks");
    let answers = join_all((0..12).map(|_| ground.service.post_json(&path, &like))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(ground.server.db().count("message_feedbacks", "true", &[]).await, 1);
}
