//! What the explore page offers to every workspace.

use serde_json::{Value, json};
use test_kit::{App, Console, Rows};
use uuid::Uuid;

use crate::it::console_people::{home, member, set_up, set_up_with, stranger};
use crate::it::console_workflows::{draft, publish, save};

const FROM_ROWS: (&str, &str) = ("HOSTED_FETCH_APP_TEMPLATES_MODE", "db");

/// Puts an app on the page.
async fn recommend(db: &Rows, app: &App, (category, position, language): (&str, i32, &str)) {
    let insert = "INSERT INTO recommended_apps (id, app_id, description, copyright, privacy_policy, custom_disclaimer, \
                  category, position, is_listed, install_count, language) \
                  VALUES (gen_random_uuid(), $1::uuid, '{}', '', '', '', $2, ($3::text)::int, true, 0, $4)";
    assert_eq!(db.execute(insert, &[&app.id, category, &position.to_string(), language]).await, 1);
}

async fn publicly(db: &Rows, app: &App) {
    assert_eq!(db.execute("UPDATE apps SET is_public = true WHERE id = $1::uuid", &[&app.id]).await, 1);
}

/// Names in their order, and the headings.
async fn offered(console: &Console, query: &str) -> (Vec<String>, Value) {
    let mut all = console.get(&format!("/explore/apps{query}")).await.expect(200).json;
    let names = all["recommended_apps"].as_array().unwrap().iter();
    (names.map(|offer| offer["app"]["name"].as_str().unwrap().to_owned()).collect(), all["categories"].take())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_offered_unless_it_is_said_where_from() {
    let (server, owner) = set_up().await;
    let app = owner.create_app("chat", "Listed").await;
    recommend(&server.db(), &app, ("Writing", 1, "en-US")).await;
    publicly(&server.db(), &app).await;
    for query in ["", "?language=zh-Hans", "?language=x"] {
        let none = owner.get(&format!("/explore/apps{query}")).await.expect(200).json;
        assert_eq!(none, json!({"categories": [], "recommended_apps": []}), "{query}");
    }
    assert_eq!(owner.get(&format!("/explore/apps/{}", app.id)).await.expect(200).json, Value::Null);
    assert_eq!(owner.get("/explore/apps/not-an-id").await.expect(404).code(), "not_found");
    assert_eq!(owner.get("/explore/banners").await.expect(403).code(), "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_that_are_public_and_listed_are_offered_to_all() {
    let (server, owner) = set_up_with(&[FROM_ROWS]).await;
    let db = server.db();
    let elsewhere = stranger(&server).await;
    let guest = member(&server, "normal").await;
    let mut apps = Vec::new();
    for (name, place) in [
        ("Second", ("Writing", 2, "en-US")),
        ("First", ("Agents", 1, "en-US")),
        ("Third", ("Writing", 3, "en-US")),
        ("Japanese", ("Writing", 1, "ja-JP")),
        ("Private", ("Secrets", 0, "en-US")),
        ("Unlisted", ("Drafts", 0, "en-US")),
        ("Gone", ("Past", 0, "en-US")),
    ] {
        let app = owner.create_app("chat", name).await;
        recommend(&db, &app, place).await;
        if name != "Private" {
            publicly(&db, &app).await;
        }
        apps.push(app);
    }
    let of = |name: &str| apps.iter().find(|app| app.detail["name"] == name).unwrap();
    db.execute("UPDATE recommended_apps SET is_listed = false WHERE app_id = $1::uuid", &[&of("Unlisted").id]).await;
    let _ = owner.delete(&format!("/apps/{}", of("Gone").id)).await.expect(204);
    let page = json!({"title": "T", "description": "Says hello", "copyright": "Me", "privacy_policy": "https://example.com/p",
        "custom_disclaimer": "As it is", "default_language": "en-US"});
    let _ = owner.post_json(&format!("/apps/{}/site", of("First").id), &page).await.expect(200);

    let english = (["First", "Second", "Third"].map(str::to_owned).to_vec(), json!(["Agents", "Writing"]));
    let japanese = (vec!["Japanese".to_owned()], json!(["Writing"]));
    for console in [&owner, &guest, &elsewhere] {
        assert_eq!(offered(console, "").await, english);
        // What has nothing of its own has what is there in English.
        assert_eq!(offered(console, "?language=fr-FR").await, english);
        assert_eq!(offered(console, "?language=xx").await, english);
        assert_eq!(offered(console, "?language=ja-JP").await, japanese);
    }
    let _ =
        elsewhere.post_json("/account/interface-language", &json!({"interface_language": "ja-JP"})).await.expect(200);
    assert_eq!(offered(&elsewhere, "").await, japanese);
    assert_eq!(offered(&elsewhere, "?language=").await, japanese);
    assert_eq!(offered(&elsewhere, "?language=en-US").await, english);

    let first = guest.get("/explore/apps").await.expect(200).json["recommended_apps"][0].take();
    let app = of("First");
    assert_eq!(
        first,
        json!({
            "app": {"id": app.id, "name": "First", "mode": "chat", "icon": app.detail["icon"],
                "icon_type": app.detail["icon_type"], "icon_url": null, "icon_background": app.detail["icon_background"]},
            "app_id": app.id, "description": "Says hello", "copyright": "Me", "privacy_policy": "https://example.com/p",
            "custom_disclaimer": "As it is", "category": "Agents", "position": 1, "is_listed": true, "can_trial": false,
        })
    );
    for hidden in ["Private", "Unlisted", "Gone"] {
        let answer = elsewhere.get(&format!("/explore/apps/{}", of(hidden).id)).await.expect(200);
        assert_eq!(answer.json, Value::Null, "{hidden}");
    }
    assert_eq!(elsewhere.get(&format!("/explore/apps/{}", Uuid::new_v4())).await.expect(200).json, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_is_imported() {
    let (server, owner) = set_up_with(&[FROM_ROWS]).await;
    let db = server.db();
    let elsewhere = stranger(&server).await;
    let chat = owner.create_app("chat", "Talker").await;
    let flow = owner.create_app("workflow", "Worker").await;
    for app in [&chat, &flow] {
        recommend(&db, app, ("Writing", 1, "en-US")).await;
        publicly(&db, app).await;
    }
    let at = |app: &App| format!("/explore/apps/{}", app.id);
    // A workflow that nobody has opened has nothing in it.
    assert_eq!(elsewhere.get(&at(&flow)).await.expect(200).json, Value::Null);
    let mut body = draft("published words");
    body["environment_variables"] = json!([{"id": Uuid::new_v4(), "name": "TOKEN", "value_type": "secret", "value": "s3cr3t-of-mine", "description": ""}]);
    let _ = save(&owner, &flow, &body).await.expect(200);
    let _ = publish(&owner, &flow).await.expect(200);
    body["graph"] = draft("words for later")["graph"].take();
    let _ = save(&owner, &flow, &body).await.expect(200);

    for (app, mode) in [(&chat, "chat"), (&flow, "workflow")] {
        let template = elsewhere.get(&at(app)).await.expect(200).json;
        let yaml = template["export_data"].as_str().unwrap();
        assert_eq!(
            template,
            json!({"id": app.id, "name": app.detail["name"], "icon": app.detail["icon"],
                "icon_background": app.detail["icon_background"], "mode": mode, "export_data": yaml, "can_trial": false})
        );
        assert!(!yaml.contains("s3cr3t"), "{yaml}");
        assert_eq!(yaml.contains("published words"), mode == "workflow", "{yaml}");
        assert!(!yaml.contains("words for later"), "{yaml}");
        let import = json!({"mode": "yaml-content", "yaml_content": yaml, "name": "Mine now"});
        let made = elsewhere.post_json("/apps/imports", &import).await.expect(200).json;
        assert_eq!((&made["status"], &made["app_mode"]), (&json!("completed"), &json!(mode)), "{made}");
        let mine = elsewhere.get(&format!("/apps/{}", made["app_id"].as_str().unwrap())).await.expect(200).json;
        assert_eq!((&mine["name"], &mine["mode"]), (&json!("Mine now"), &json!(mode)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn banners_stand_above_the_page() {
    let (server, owner) = set_up_with(&[("ENABLE_EXPLORE_BANNER", "true")]).await;
    assert_eq!(owner.get("/explore/banners").await.expect(200).json, json!([]));
    let insert = "INSERT INTO exporle_banners (id, content, link, sort, status, created_at, language) \
                  VALUES ($1::uuid, '{\"title\": \"Hello\"}', 'https://example.com', ($2::text)::int, $3, '2026-01-02T03:04:05', $4)";
    let ids: [String; 4] = std::array::from_fn(|_| Uuid::new_v4().to_string());
    let [late, early, hidden, french] = &ids;
    for (id, sort, status, language) in [
        (late, "2", "enabled", "en-US"),
        (early, "1", "enabled", "en-US"),
        (hidden, "0", "disabled", "en-US"),
        (french, "0", "enabled", "fr-FR"),
    ] {
        assert_eq!(server.db().execute(insert, &[id, sort, status, language]).await, 1);
    }
    let banner = |id: &str, sort: i32| {
        json!({"id": id, "content": {"title": "Hello"}, "link": "https://example.com", "sort": sort, "status": "enabled",
            "created_at": "2026-01-02T03:04:05"})
    };
    let stranger = stranger(&server).await;
    assert_ne!(home(&server).await, stranger.get("/workspaces").await.expect(200).text_at("/workspaces/0/id"));
    for console in [&owner, &stranger] {
        for (query, expected) in [
            ("", json!([banner(early, 1), banner(late, 2)])),
            ("?language=de-DE", json!([banner(early, 1), banner(late, 2)])),
            ("?language=fr-FR", json!([banner(french, 0)])),
        ] {
            assert_eq!(console.get(&format!("/explore/banners{query}")).await.expect(200).json, expected, "{query}");
        }
    }
}
