//! Documents on the Console: their states, their names, their files.

use std::io::{Cursor, Read};

use config::Tier;
use serde_json::{Value, json};
use test_kit::{Client, Console, TestServer};

use crate::it::console_knowledge::{config, economy, ended, found, refused, upload};
use crate::it::console_people::{set_up, set_up_with};

async fn names(console: &Console, dataset: &str, query: &str) -> Vec<String> {
    let page = console.get(&format!("/datasets/{dataset}/documents?{query}")).await.expect(200).json;
    page["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_listed_switched_renamed_and_removed() {
    let (_server, owner) = set_up().await;
    let (dataset, ids) =
        economy(&owner, &[("one.txt", "Foxes run."), ("two.txt", "Cats sleep."), ("three.txt", "Dogs bark.")]).await;
    let base = format!("/datasets/{dataset}/documents");
    assert_eq!(names(&owner, &dataset, "sort=created_at").await, ["one.txt", "two.txt", "three.txt"]);
    assert_eq!(names(&owner, &dataset, "").await, ["three.txt", "two.txt", "one.txt"]);
    assert_eq!(names(&owner, &dataset, "keyword=TW&status=enabled").await, ["two.txt"]);
    assert!(names(&owner, &dataset, "status=error").await.is_empty());
    assert_eq!(names(&owner, &dataset, "status=nonsense").await.len(), 3);
    let page = owner.get(&format!("{base}?fetch=true&limit=2&page=2")).await.expect(200).json;
    assert_eq!((&page["has_more"], &page["total"], &page["page"]), (&json!(false), &json!(3), &json!(2)));
    let shown = &page["data"][0];
    assert_eq!((&shown["completed_segments"], &shown["total_segments"]), (&json!(1), &json!(1)));
    assert_eq!(shown["process_rule_dict"]["mode"], "custom");

    let detail = owner.get(&format!("{base}/{}?metadata=without", ids[0])).await.expect(200).json;
    assert_eq!(
        (&detail["name"], &detail["display_status"], &detail["segment_count"]),
        (&json!("one.txt"), &json!("available"), &json!(1))
    );
    assert!(detail.get("doc_type").is_none());
    refused(owner.get(&format!("{base}/{}?metadata=some", ids[0])).await, 400, "invalid_metadata");

    let act = async |action: &str, id: &str| {
        let path = format!("{base}/status/{action}/batch?document_id={id}");
        owner.patch_json(&path, &json!({})).await
    };
    assert_eq!(act("disable", &ids[0]).await.expect(200).json, json!({"result": "success"}));
    assert_eq!(names(&owner, &dataset, "status=disabled").await, ["one.txt"]);
    refused(act("explode", &ids[0]).await, 400, "invalid_action");
    refused(act("enable", "no-id").await, 400, "invalid_param");
    let _ = act("archive", &ids[1]).await.expect(200);
    assert_eq!(names(&owner, &dataset, "status=archived").await, ["two.txt"]);
    refused(owner.delete(&format!("{base}/{}", ids[1])).await, 403, "archived_document_immutable");

    // Names are shown as they are seen.
    let rename = async |name: &str| owner.post_json(&format!("{base}/{}/rename", ids[2]), &json!({"name": name})).await;
    assert_eq!(rename("invoice\u{202e}fdp.exe").await.expect(200).json["name"], "invoicefdp.exe");
    for wrong in ["", "\u{202e}\u{200b}", &"x".repeat(256)] {
        refused(rename(wrong).await, 400, "invalid_param");
    }
    let described = json!({"doc_type": "book", "doc_metadata": {"title": "Dogs", "author": null}});
    let kept = owner.put_json(&format!("{base}/{}/metadata", ids[2]), &described).await;
    assert_eq!(kept.expect(200).json["result"], "success");
    let only = owner.get(&format!("{base}/{}?metadata=only", ids[2])).await.expect(200).json;
    assert_eq!(only["doc_type"], "book");
    for wrong in
        [json!({"doc_type": "novel", "doc_metadata": {}}), json!({"doc_type": "book", "doc_metadata": []}), json!({})]
    {
        refused(owner.put_json(&format!("{base}/{}/metadata", ids[2]), &wrong).await, 400, "invalid_param");
    }
    let _ = owner.delete(&format!("{base}?document_id={}&document_id={}", ids[0], ids[2])).await.expect(204);
    assert_eq!(names(&owner, &dataset, "").await, ["two.txt"]);
    assert!(found(&owner, &dataset, "dogs").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_added_replaced_and_refused() {
    let (_server, owner) = set_up().await;
    let (dataset, ids) = economy(&owner, &[("one.txt", "Foxes run.")]).await;
    let base = format!("/datasets/{dataset}/documents");
    // The same name takes the place of the document that has it, unless both are wanted.
    let again = upload(&owner, "one.txt", "Foxes sleep.").await;
    let made = owner.post_json(&base, &config(std::slice::from_ref(&again), "economy")).await.expect(200);
    assert_eq!(made.text_at("/documents/0/id"), ids[0]);
    let _ = ended(&owner, &dataset, &made.text_at("/batch")).await;
    assert_eq!(found(&owner, &dataset, "foxes").await, ["Foxes sleep."]);
    let mut both = config(&[again], "economy");
    both["duplicate"] = json!(false);
    let second = owner.post_json(&base, &both).await.expect(200);
    assert_ne!(second.text_at("/documents/0/id"), ids[0]);
    let _ = ended(&owner, &dataset, &second.text_at("/batch")).await;
    let mut replaced = config(&[upload(&owner, "other.txt", "Bears dance.").await], "economy");
    replaced["original_document_id"] = json!(ids[0]);
    let made = owner.post_json(&base, &replaced).await.expect(200);
    assert_eq!(made.text_at("/documents/0/id"), ids[0]);
    let _ = ended(&owner, &dataset, &made.text_at("/batch")).await;
    assert_eq!(found(&owner, &dataset, "bears").await, ["Bears dance."]);

    let with = |change: fn(&mut Value)| {
        let mut body = config(&[uuid::Uuid::new_v4().to_string()], "economy");
        change(&mut body);
        body
    };
    for (wrong, status) in [
        (with(|_| {}), 404),
        (with(|body| body["data_source"] = Value::Null), 400),
        (with(|body| body["data_source"]["info_list"]["file_info_list"] = Value::Null), 400),
        (with(|body| body["data_source"]["info_list"]["file_info_list"]["file_ids"] = json!([])), 400),
        (with(|body| body["data_source"]["info_list"]["file_info_list"]["file_ids"] = json!(["x"])), 400),
        (with(|body| body["data_source"]["info_list"]["data_source_type"] = json!("notion_import")), 400),
        (with(|body| body["data_source"]["info_list"]["data_source_type"] = json!("website_crawl")), 400),
        (with(|body| body["process_rule"] = json!({"mode": "magic"})), 400),
        (with(|body| body["doc_form"] = json!("poem")), 400),
        (with(|body| body["indexing_technique"] = json!(7)), 400),
    ] {
        for path in [base.as_str(), "/datasets/init"] {
            let answer = owner.post_json(path, &wrong).await;
            assert_eq!(answer.status, status, "{path} {wrong}: {}", answer.text());
        }
    }
    // High quality names its model.
    let file = upload(&owner, "x.txt", "x").await;
    refused(owner.post_json("/datasets/init", &config(&[file], "high_quality")).await, 400, "invalid_param");
    assert_eq!(owner.get("/datasets").await.expect(200).json["total"], json!(1), "nothing half-made");
    for path in ["website-sync", "notion/sync"] {
        refused(owner.get(&format!("{base}/{}/{path}", ids[0])).await, 400, "invalid_param");
    }
    let log = owner.get(&format!("{base}/{}/pipeline-execution-log", ids[0])).await.expect(200).json;
    assert_eq!(
        log,
        json!({"datasource_info": null, "datasource_type": null, "input_data": null, "datasource_node_id": null})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_said_and_tried_again() {
    let (_server, owner) = set_up().await;
    let broken = upload(&owner, "lie.pdf", "this is no PDF").await;
    let estimate = json!({"info_list": config(std::slice::from_ref(&broken), "economy")["data_source"]["info_list"],
        "indexing_technique": "economy", "process_rule": {"mode": "automatic"}, "doc_form": "text_model"});
    refused(owner.post_json("/datasets/indexing-estimate", &estimate).await, 500, "indexing_estimate_error");
    let made = owner.post_json("/datasets/init", &config(&[broken], "economy")).await.expect(200);
    let (dataset, batch) = (made.text_at("/dataset/id"), made.text_at("/batch"));
    let document = made.text_at("/documents/0/id");
    assert_eq!(ended(&owner, &dataset, &batch).await["data"][0]["indexing_status"], "error");
    let failed = owner.get(&format!("/datasets/{dataset}/error-docs")).await.expect(200).json;
    assert_eq!((&failed["total"], &failed["data"][0]["id"]), (&json!(1), &json!(document)));
    assert!(failed["data"][0]["error"].as_str().unwrap().len() > 10);
    let _ =
        owner.post_json(&format!("/datasets/{dataset}/retry"), &json!({"document_ids": [document]})).await.expect(204);
    assert_eq!(ended(&owner, &dataset, &batch).await["data"][0]["indexing_status"], "error");
    let processing = format!("/datasets/{dataset}/documents/{document}/processing");
    for action in ["pause", "resume"] {
        refused(owner.patch_json(&format!("{processing}/{action}"), &json!({})).await, 400, "document_indexing");
    }
    refused(owner.patch_json(&format!("{processing}/jump"), &json!({})).await, 400, "invalid_action");
    // A rule that cannot be followed is the fault of whoever wrote it.
    let file = upload(&owner, "a.txt", "Some text.").await;
    let mut estimate = estimate;
    estimate["info_list"]["file_info_list"]["file_ids"] = json!([file]);
    estimate["process_rule"] = json!({"mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": {"separator": "\n", "max_tokens": 5}}});
    refused(owner.post_json("/datasets/indexing-estimate", &estimate).await, 400, "invalid_param");
}

/// The files of an archive, in their order.
fn unzipped(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut content = String::new();
            file.read_to_string(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_taken_home() {
    let (server, owner) = set_up_with(&[("FERRIFY_DEMO_MODEL", "false")]).await;
    let long = "All work and no play. ".repeat(20_000);
    let (dataset, ids) =
        economy(&owner, &[("one.txt", "Foxes run."), ("two.txt", &long), ("three.txt", "Dogs.")]).await;
    let base = format!("/datasets/{dataset}/documents");
    for (id, name) in [(&ids[1], "ONE.txt"), (&ids[2], "../../etc/pass\\wd")] {
        let _ = owner.post_json(&format!("{base}/{id}/rename"), &json!({"name": name})).await.expect(200);
    }
    let key = owner.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
    let service = server.client().at(format!("{}/v1", server.base())).with_bearer(&key);
    let both: [&Client; 2] = [&owner, &service];
    for client in both {
        let url = client.get(&format!("{base}/{}/download", ids[0])).await.expect(200).text_at("/url");
        let at = url.find("/files/").unwrap();
        let file = server.client().get(url.get(at..).unwrap()).await.expect(200);
        assert_eq!(file.text(), "Foxes run.");
        assert!(file.header("content-disposition").unwrap().starts_with("attachment"));

        let answer = client.post_json(&format!("{base}/download-zip"), &json!({"document_ids": ids})).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/zip"));
        let files = unzipped(&answer.body);
        let mut named: Vec<String> = files.iter().map(|(name, _)| name.to_lowercase()).collect();
        named.sort();
        assert_eq!(named, [".._.._etc_pass_wd.txt", "one (2).txt", "one.txt"]);
        for (start, content) in [("..", "Dogs."), ("ONE", long.as_str()), ("one", "Foxes run.")] {
            assert!(files.iter().any(|(name, had)| name.starts_with(start) && had == content), "{start}");
        }

        for wrong in [
            json!({"document_ids": []}),
            json!({}),
            json!({"document_ids": vec![&ids[0]; 101]}),
            json!({"document_ids": ["x"]}),
        ] {
            refused(client.post_json(&format!("{base}/download-zip"), &wrong).await, 400, "invalid_param");
        }
        let unknown = json!({"document_ids": [uuid::Uuid::new_v4()]});
        let _ = client.post_json(&format!("{base}/download-zip"), &unknown).await.expect(404);
    }
    // Vectors need a model, of which there is none here.
    let estimate = json!({"info_list": config(&[upload(&owner, "a.txt", "Text.").await], "")["data_source"]["info_list"],
        "indexing_technique": "high_quality", "process_rule": {"mode": "automatic"}, "doc_form": "text_model"});
    refused(owner.post_json("/datasets/indexing-estimate", &estimate).await, 400, "provider_not_initialize");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_wait_are_estimated_halted_and_go_on() {
    // Nobody works here.
    let server = TestServer::start(Tier::Console).await;
    let owner = server.console().await;
    let file = upload(&owner, "a.txt", "Foxes run.\n\nCats sleep.").await;
    let made = owner.post_json("/datasets/init", &config(&[file], "economy")).await.expect(200);
    let (dataset, batch) = (made.text_at("/dataset/id"), made.text_at("/batch"));
    let document = made.text_at("/documents/0/id");
    let base = format!("/datasets/{dataset}/documents/{document}");
    for path in [format!("{base}/indexing-estimate"), format!("/datasets/{dataset}/batch/{batch}/indexing-estimate")] {
        let estimate = owner.get(&path).await.expect(200).json;
        assert_eq!((&estimate["total_segments"], &estimate["currency"]), (&json!(2), &json!("USD")));
        assert_eq!(estimate["preview"][1], json!({"content": "Cats sleep.", "child_chunks": null, "summary": null}));
    }
    let act = async |action: &str| owner.patch_json(&format!("{base}/processing/{action}"), &json!({})).await;
    let state = async || owner.get(&format!("{base}/indexing-status")).await.expect(200).text_at("/indexing_status");
    refused(act("resume").await, 400, "document_indexing");
    let _ = act("pause").await.expect(204);
    assert_eq!(state().await, "paused");
    let _ = act("resume").await.expect(204);
    assert_eq!(state().await, "waiting");
    let retry = json!({"document_ids": [document]});
    refused(owner.post_json(&format!("/datasets/{dataset}/retry"), &retry).await, 400, "invalid_param");
    let _worker = server.sibling(Tier::All).start().await;
    let ended = ended(&owner, &dataset, &batch).await;
    assert_eq!(ended["data"][0]["completed_segments"], json!(2), "{ended}");
    let _ = owner.post_json(&format!("/datasets/{dataset}/retry"), &retry).await.expect(204);
    assert_eq!(state().await, "completed", "what is done is left alone");
}
