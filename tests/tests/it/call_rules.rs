//! What apps ask of their callers beside a key: addresses and signatures.

use chrono::Utc;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use test_kit::{Answer, ServiceClient};

use crate::it::ground::{Ground, question};

fn path(ground: &Ground) -> String {
    format!("/apps/{}/call-rules", ground.app.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_addresses_are_let_in() {
    let proxied = [("FERRIFY_TRUSTED_PROXIES", "127.0.0.0/8,::1/128")];
    let ground = Ground::with("chat", &proxied).await;
    let page = ground.server.web(&ground.app.code).await;
    let about = json!({"description": "x", "parameters": {}});
    let made = ground.console.post_json(&format!("/apps/{}/server", ground.app.id), &about).await.expect(200);
    let code = made.text_at("/server_code");
    let fresh = ground.console.get(&path(&ground)).await.expect(200).json;
    assert_eq!(fresh, json!({"allowed_networks": [], "requires_signature": false}));

    let rules = json!({"allowed_networks": ["203.0.113.7/24", "2001:db8::1"]});
    let kept = ground.console.put_json(&path(&ground), &rules).await.expect(200).json;
    assert_eq!(kept["allowed_networks"], json!(["203.0.113.0/24", "2001:db8::1/128"]));
    let from = |client: &ServiceClient, address: &str| {
        client.request(Method::GET, "/parameters").header("X-Forwarded-For", address)
    };
    for (address, status) in [("203.0.113.200", 200), ("2001:db8::1", 200), ("203.0.114.1", 403), ("nonsense", 403)] {
        let answer = ground.service.send(from(&ground.service, address)).await.expect(status);
        assert!(status == 200 || answer.code() == "ip_not_allowed", "{address}: {}", answer.text());
    }
    // Whoever has a wrong key is not told of lists; pages and MCP servers of the app keep the same list.
    let stranger = ground.server.service("app-000000000000000000000000");
    assert_eq!(stranger.send(from(&stranger, "203.0.114.1")).await.expect(401).code(), "unauthorized");
    assert_eq!(page.get("/parameters").await.expect(403).code(), "ip_not_allowed");
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let mcp = ground.server.client().post_json(&format!("/mcp/server/{code}/mcp"), &ping).await.expect(403);
    assert_eq!(mcp.json["error"]["code"], -32600);

    let _ = ground.console.put_json(&path(&ground), &json!({"allowed_networks": []})).await.expect(200);
    let _ = ground.service.get("/parameters").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_are_none_are_refused() {
    let ground = Ground::of("chat").await;
    for wrong in [
        json!({}),
        json!({"allowed_networks": "203.0.113.0/24"}),
        json!({"allowed_networks": ["203.0.113.0/33"]}),
        json!({"allowed_networks": ["example.com"]}),
        json!({"allowed_networks": vec!["203.0.113.0/24"; 101]}),
    ] {
        let refused = ground.console.put_json(&path(&ground), &wrong).await.expect(400);
        assert_eq!(refused.code(), "invalid_param", "{wrong}");
    }
    let nobodys = "/apps/11111111-1111-4111-8111-111111111111/call-rules";
    let _ = ground.console.get(nobodys).await.expect(404);
    let _ = ground.console.put_json(nobodys, &json!({"allowed_networks": []})).await.expect(404);
    let _ = ground.console.post_json(&format!("{nobodys}/signing-secret"), &json!({})).await.expect(404);
    let _ = ground.console.delete(&format!("{nobodys}/signing-secret")).await.expect(404);
    assert_eq!(ground.server.db().count("ferrify_app_rules", "true", &[]).await, 0);
}

/// A header as any client would make it.
fn signed(secret: &str, method: &str, target: &str, body: &[u8], time: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}.{method}.{target}.{}", hex::encode(Sha256::digest(body))).as_bytes());
    format!("t={time},v1={}", hex::encode(mac.finalize().into_bytes()))
}

async fn ask(client: &ServiceClient, body: &[u8], signature: Option<&str>) -> Answer {
    let request = client.request(Method::POST, "/chat-messages").header("Content-Type", "application/json");
    let request = match signature {
        Some(signature) => request.header("X-Signature", signature),
        None => request,
    };
    client.send(request.body(body.to_vec())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_signed_where_an_app_asks_for_it() {
    let ground = Ground::of("chat").await;
    let made = ground.console.post_json(&format!("{}/signing-secret", path(&ground)), &json!({})).await.expect(201);
    let secret = made.text_at("/secret");
    assert!(secret.starts_with("fsig-") && secret.len() == 45, "{secret}");
    assert_eq!(ground.console.get(&path(&ground)).await.expect(200).json["requires_signature"], true);
    let stored = ground.server.db().one("SELECT signing_secret FROM ferrify_app_rules", &[]).await;
    assert!(!stored.to_string().contains(&secret));

    let body = question("Hi").to_string().into_bytes();
    let now = Utc::now().timestamp();
    let good = signed(&secret, "POST", "/v1/chat-messages", &body, now);
    let wrong = [
        None,
        Some("nonsense".to_owned()),
        Some(signed("fsig-other", "POST", "/v1/chat-messages", &body, now)),
        Some(signed(&secret, "POST", "/v1/chat-messages", b"{}", now)),
        Some(signed(&secret, "PUT", "/v1/chat-messages", &body, now)),
        Some(signed(&secret, "POST", "/v1/chat-messages?user=x", &body, now)),
        Some(signed(&secret, "POST", "/v1/chat-messages", &body, now - 320)),
        Some(signed(&secret, "POST", "/v1/chat-messages", &body, now + 320)),
    ];
    for signature in wrong {
        let refused = ask(&ground.service, &body, signature.as_deref()).await.expect(401);
        assert_eq!(refused.code(), "invalid_signature", "{signature:?}");
    }
    assert_eq!(ground.server.db().count("messages", "true", &[]).await, 0);
    let answer = ask(&ground.service, &body, Some(&good)).await.expect(200);
    assert_eq!(answer.json["event"], "message");
    // A copy of it is refused, here and on any other server.
    let other = ground.server.sibling(config::Tier::Service).start().await;
    let elsewhere = other.service(&ground.console.api_key(&ground.app).await);
    for client in [&ground.service, &elsewhere] {
        assert_eq!(ask(client, &body, Some(&good)).await.expect(401).code(), "invalid_signature");
    }
    assert_eq!(ground.server.db().count("messages", "true", &[]).await, 1);

    // Reading may be repeated; the query is part of what is signed.
    let read = signed(&secret, "GET", "/v1/parameters?user=alice", b"", now);
    for _ in 0..2 {
        let request = ground.service.request(Method::GET, "/parameters?user=alice").header("X-Signature", &read);
        let _ = ground.service.send(request).await.expect(200);
    }
    let request = ground.service.request(Method::GET, "/parameters?user=bob").header("X-Signature", &read);
    let _ = ground.service.send(request).await.expect(401);

    // A new secret takes the place of the old one; without one nothing is asked for.
    let _ = ground.console.post_json(&format!("{}/signing-secret", path(&ground)), &json!({})).await.expect(201);
    let again = signed(&secret, "POST", "/v1/chat-messages", &body, now + 1);
    assert_eq!(ask(&ground.service, &body, Some(&again)).await.expect(401).code(), "invalid_signature");
    let _ = ground.console.delete(&format!("{}/signing-secret", path(&ground))).await.expect(204);
    let _ = ask(&ground.service, &body, None).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_signed_too() {
    let ground = Ground::of("chat").await;
    let made = ground.console.post_json(&format!("{}/signing-secret", path(&ground)), &json!({})).await.expect(201);
    let secret = made.text_at("/secret");
    let mut body =
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n"
            .to_vec();
    body.extend(std::iter::repeat_n(b'x', 12 * 1024 * 1024));
    body.extend_from_slice(b"\r\n--b--\r\n");
    let time = Utc::now().timestamp();
    let send = async |body: Vec<u8>, signature: String| {
        let request = ground.service.request(Method::POST, "/files/upload").header("X-Signature", signature);
        ground.service.send(request.header("Content-Type", "multipart/form-data; boundary=b").body(body)).await
    };
    let good = signed(&secret, "POST", "/v1/files/upload", &body, time);
    let mut changed = body.clone();
    changed[200] = b'y';
    assert_eq!(send(changed, good.clone()).await.expect(401).code(), "invalid_signature");
    let kept = send(body, good).await.expect(201);
    assert_eq!(kept.json["size"], 12 * 1024 * 1024);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_app_leaves_no_rules() {
    let ground = Ground::of("chat").await;
    let _ = ground.console.put_json(&path(&ground), &json!({"allowed_networks": ["203.0.113.0/24"]})).await.expect(200);
    let _ = ground.console.delete(&format!("/apps/{}", ground.app.id)).await.expect(204);
    for _ in 0..200 {
        if ground.server.db().count("ferrify_app_rules", "true", &[]).await == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let rows: Value = ground.server.db().one("SELECT count(*) AS n FROM ferrify_app_rules", &[]).await;
    panic!("rules were left: {rows}");
}
