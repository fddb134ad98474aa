//! Environment variables that nobody sees again.

use serde_json::{Value, json};
use test_kit::{App, TestServer};

use super::{draft, draft_path, publish, save, variable};
use crate::it::console_people::set_up;

async fn environment_column(server: &TestServer, app: &App) -> String {
    let rows = server.db().all("SELECT environment_variables FROM workflows WHERE app_id = $1::uuid", &[&app.id]).await;
    rows.iter().map(|row| row["environment_variables"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_never_shown_again() {
    const SECRET: &str = "s3cr3t-of-the-workflow";
    let (server, owner) = set_up().await;
    let app = owner.create_app("workflow", "Secretive").await;
    let mut body = draft("x");
    body["environment_variables"] = json!([
        variable("1", "PLAIN", "string", json!("open")),
        variable("2", "COUNT", "number", json!(1.5)),
        variable("3", "TOKEN", "secret", json!(SECRET)),
        variable("4", "EMPTY", "secret", json!("")),
    ]);
    let mut answers = vec![save(&owner, &app, &body).await.expect(200)];
    let read = owner.get(&draft_path(&app)).await.expect(200);
    let shown = &read.json["environment_variables"];
    assert_eq!(shown[0], variable("1", "PLAIN", "string", json!("open")));
    assert_eq!(shown[1], variable("2", "COUNT", "number", json!(1.5)));
    assert_eq!(shown[2], variable("3", "TOKEN", "secret", json!("********************")));
    let sealed = environment_column(&server, &app).await;
    answers.push(read);

    // Both ways of saying "as it was" keep it, and saying so is no change.
    for unchanged in ["[__HIDDEN__]", "********************"] {
        body["environment_variables"][2]["value"] = json!(unchanged);
        answers.push(save(&owner, &app, &body).await.expect(200));
        assert_eq!(environment_column(&server, &app).await, sealed, "{unchanged}");
    }
    // Another name for the same id, too.
    body["environment_variables"][2]["name"] = json!("RENAMED");
    answers.push(save(&owner, &app, &body).await.expect(200));
    let ciphertext = |column: &str, name: &str| {
        serde_json::from_str::<Value>(column).unwrap()[name]["value"].as_str().unwrap().to_owned()
    };
    let renamed = environment_column(&server, &app).await;
    assert_eq!(ciphertext(&renamed, "RENAMED"), ciphertext(&sealed, "TOKEN"));
    // A client that does not speak of variables leaves them alone.
    let mut silent = draft("y");
    silent.as_object_mut().unwrap().remove("environment_variables");
    answers.push(save(&owner, &app, &silent).await.expect(200));
    assert_eq!(environment_column(&server, &app).await, renamed);
    // A new value is another secret.
    body["environment_variables"][2]["value"] = json!("n3w-s3cr3t");
    answers.push(save(&owner, &app, &body).await.expect(200));
    assert_ne!(ciphertext(&environment_column(&server, &app).await, "RENAMED"), ciphertext(&sealed, "TOKEN"));

    answers.push(publish(&owner, &app).await.expect(200));
    for path in ["workflows/publish", "workflows?page=1&limit=10", "workflows/draft"] {
        answers.push(owner.get(&format!("/apps/{}/{path}", app.id)).await.expect(200));
    }
    for answer in &answers {
        assert!(!answer.text().contains(SECRET) && !answer.text().contains("n3w-s3cr3t"), "{}", answer.text());
    }
    let stored = environment_column(&server, &app).await;
    assert!(!stored.contains(SECRET) && !stored.contains("n3w-s3cr3t"), "{stored}");
}
