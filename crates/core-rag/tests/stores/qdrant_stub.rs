//! A Qdrant that lives as long as a test: points in memory, and a word for every request that is not as documented.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const KEY: &str = "stub-key";

#[derive(Default)]
struct Collection {
    size: u64,
    schema: Map<String, Value>,
    points: BTreeMap<String, Value>,
}

#[derive(Default)]
struct State {
    collections: BTreeMap<String, Collection>,
    /// What was wrong with requests.
    faults: Vec<String>,
    /// Answers to give instead, the next first.
    instead: Vec<(u16, String)>,
    requests: usize,
}

#[derive(Clone, Default)]
pub(crate) struct QdrantStub(Arc<Mutex<State>>);

type Answer = (u16, Value);

impl QdrantStub {
    /// On a free port of its own; its URL.
    pub(crate) async fn start() -> (Self, String) {
        let stub = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = stub.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(shared.clone().serve(stream));
            }
        });
        (stub, url)
    }

    pub(crate) fn faults(&self) -> Vec<String> {
        self.0.lock().unwrap().faults.clone()
    }

    /// Points of all collections.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().collections.values().map(|collection| collection.points.len()).sum()
    }

    pub(crate) fn requests(&self) -> usize {
        self.0.lock().unwrap().requests
    }

    /// Answers the next request so.
    pub(crate) fn answer_with(&self, status: u16, body: &str) {
        self.0.lock().unwrap().instead.push((status, body.to_owned()));
    }

    /// Puts a point as another program would.
    pub(crate) fn put(&self, collection: &str, id: &str, vector: &[f32], payload: Value) {
        let point = json!({"id": id, "vector": vector, "payload": payload});
        let mut state = self.0.lock().unwrap();
        state.collections.get_mut(collection).unwrap().points.insert(id.to_owned(), point);
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        loop {
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    return;
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push(line.trim().to_owned());
            }
            let header = |name: &str| {
                let found = head.iter().filter_map(|line| line.split_once(": "));
                found.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
            };
            let length = header("content-length").map_or(0, |text| text.parse().unwrap());
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let mut words = head[0].split(' ');
            let (method, target) = (words.next().unwrap(), words.next().unwrap());
            let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
            let (status, text) = self.reply(method, target, header("api-key"), &body);
            let answer = format!(
                "HTTP/1.1 {status} Stub\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
                text.len()
            );
            if stream.get_mut().write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn reply(&self, method: &str, target: &str, key: Option<String>, body: &Value) -> (u16, String) {
        let mut state = self.0.lock().unwrap();
        state.requests += 1;
        if !state.instead.is_empty() {
            return state.instead.remove(0);
        }
        if key.as_deref() != Some(KEY) {
            return (401, "Must provide an API key or an Authorization bearer token".to_owned());
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let writes = method == "PUT" && parts.len() > 2 || path.ends_with("/delete");
        if writes != (query == "wait=true") {
            state.faults.push(format!("{method} {target}: only writes wait"));
        }
        let (status, result) = match (method, parts.as_slice()) {
            ("GET", ["collections"]) => (200, json!({"collections": []})),
            ("GET", ["collections", name]) => state.describe(name),
            ("PUT", ["collections", name]) => state.create(name, body),
            (_, ["collections", name, rest @ ..]) if state.collections.contains_key(*name) => {
                state.within(name, method, rest, body)
            }
            _ => (404, json!("Not found")),
        };
        let envelope = if status == 200 {
            json!({"result": result, "status": "ok", "time": 0.0})
        } else {
            json!({"status": {"error": result}, "time": 0.0})
        };
        (status, envelope.to_string())
    }
}

impl State {
    /// Notes when an object has other fields than these.
    fn expect(&mut self, what: &str, object: &Value, required: &[&str], optional: &[&str]) {
        let Some(object) = object.as_object() else {
            self.faults.push(format!("{what}: not an object: {object}"));
            return;
        };
        for field in required.iter().filter(|field| !object.contains_key(**field)) {
            self.faults.push(format!("{what}: `{field}` is missing"));
        }
        for field in object.keys().filter(|f| !required.contains(&f.as_str()) && !optional.contains(&f.as_str())) {
            self.faults.push(format!("{what}: `{field}` is unknown"));
        }
    }

    fn describe(&self, name: &str) -> Answer {
        let Some(found) = self.collections.get(name) else { return (404, json!("no such collection")) };
        let params = json!({"vectors": {"size": found.size, "distance": "Cosine"}});
        (200, json!({"status": "green", "config": {"params": params}, "payload_schema": found.schema}))
    }

    fn create(&mut self, name: &str, body: &Value) -> Answer {
        self.expect("collection", body, &["vectors"], &["hnsw_config"]);
        self.expect("vectors", &body["vectors"], &["size", "distance"], &[]);
        if self.collections.contains_key(name) {
            return (409, json!("already exists"));
        }
        let size = body["vectors"]["size"].as_u64().unwrap();
        self.collections.insert(name.to_owned(), Collection { size, ..Collection::default() });
        (200, json!(true))
    }

    fn within(&mut self, name: &str, method: &str, rest: &[&str], body: &Value) -> Answer {
        match (method, rest) {
            ("PUT", ["index"]) => {
                self.expect("index", body, &["field_name", "field_schema"], &[]);
                let field = body["field_name"].as_str().unwrap().to_owned();
                self.at(name).schema.insert(field, body["field_schema"].clone());
                (200, json!({"status": "completed"}))
            }
            ("PUT", ["points"]) => self.write(name, body),
            ("POST", ["points", "delete"]) => {
                self.expect("delete", body, &["filter"], &[]);
                let gone = self.matching(name, &body["filter"]);
                for point in gone {
                    self.at(name).points.remove(point["id"].as_str().unwrap());
                }
                (200, json!({"status": "completed"}))
            }
            ("POST", ["points", "count"]) => {
                self.expect("count", body, &["filter", "exact"], &[]);
                (200, json!({"count": self.matching(name, &body["filter"]).len()}))
            }
            ("POST", ["points", "scroll"]) => {
                self.expect("scroll", body, &["filter", "limit", "with_payload", "with_vector"], &["offset"]);
                let offset = body["offset"].as_str().unwrap_or_default().to_owned();
                let mut found = self.matching(name, &body["filter"]);
                found.retain(|point| point["id"].as_str().unwrap() >= offset.as_str());
                found.truncate(usize::try_from(body["limit"].as_u64().unwrap()).unwrap());
                (
                    200,
                    json!({"points": found.iter().map(|p| shown(p, body, None)).collect::<Vec<_>>(), "next_page_offset": null}),
                )
            }
            ("POST", ["points", "query", "batch"]) => {
                self.expect("query", body, &["searches"], &[]);
                let searches = body["searches"].as_array().unwrap();
                let answers: Result<Vec<Value>, Answer> = searches.iter().map(|s| self.search(name, s)).collect();
                answers.map_or_else(|refused| refused, |answers| (200, json!(answers)))
            }
            _ => {
                self.faults.push(format!("{method} {rest:?} is unknown"));
                (404, json!("unknown"))
            }
        }
    }

    fn at(&mut self, name: &str) -> &mut Collection {
        self.collections.get_mut(name).unwrap()
    }

    fn write(&mut self, name: &str, body: &Value) -> Answer {
        self.expect("points", body, &["points"], &[]);
        for point in body["points"].as_array().unwrap() {
            self.expect("point", point, &["id", "vector", "payload"], &[]);
            let payload = ["page_content", "metadata", "group_id", "ferrify_terms"];
            self.expect("payload", &point["payload"], &payload, &[]);
            if floats(&point["vector"]).len() as u64 != self.at(name).size {
                return (400, json!("Vector dimension error"));
            }
        }
        for point in body["points"].as_array().unwrap() {
            self.at(name).points.insert(point["id"].as_str().unwrap().to_owned(), point.clone());
        }
        (200, json!({"status": "completed"}))
    }

    fn search(&mut self, name: &str, search: &Value) -> Result<Value, Answer> {
        self.expect("search", search, &["query", "filter", "limit", "score_threshold", "with_payload"], &[]);
        let query = floats(&search["query"]);
        if query.len() as u64 != self.at(name).size {
            return Err((400, json!("Vector dimension error")));
        }
        let similar = |point: &Value| {
            let vector = floats(&point["vector"]);
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            dot(&query, &vector) / (dot(&query, &query) * dot(&vector, &vector)).sqrt()
        };
        let found = self.matching(name, &search["filter"]);
        let mut scored: Vec<(f64, Value)> = found.into_iter().map(|point| (similar(&point), point)).collect();
        scored.retain(|(score, _)| *score >= search["score_threshold"].as_f64().unwrap());
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.truncate(usize::try_from(search["limit"].as_u64().unwrap()).unwrap());
        Ok(json!({"points": scored.iter().map(|(score, p)| shown(p, search, Some(*score))).collect::<Vec<_>>()}))
    }

    fn matching(&mut self, name: &str, filter: &Value) -> Vec<Value> {
        self.expect("filter", filter, &["must"], &["should"]);
        let grouped = filter["must"].as_array().is_some_and(|all| all.iter().any(|one| one["key"] == "group_id"));
        if !grouped {
            self.faults.push(format!("the filter names no dataset: {filter}"));
        }
        let schema = self.at(name).schema.clone();
        let lists = [&filter["must"], &filter["should"]];
        for condition in lists.iter().filter_map(|list| list.as_array()).flatten() {
            let key = condition["key"].as_str();
            if key.is_some_and(|key| !schema.contains_key(key)) {
                self.faults.push(format!("no index on {key:?}"));
            }
        }
        let points = self.at(name).points.values();
        let all = |point: &Value| filter["must"].as_array().unwrap().iter().all(|c| holds(c, point));
        let any = |point: &Value| filter["should"].as_array().is_none_or(|list| list.iter().any(|c| holds(c, point)));
        points.filter(|point| all(point) && any(point)).cloned().collect()
    }
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn shown(point: &Value, wanted: &Value, score: Option<f64>) -> Value {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), point["id"].clone());
    if wanted["with_payload"] == true {
        shown.insert("payload".to_owned(), point["payload"].clone());
    }
    if wanted["with_vector"] == true {
        shown.insert("vector".to_owned(), point["vector"].clone());
    }
    shown.extend(score.map(|score| ("score".to_owned(), json!(score))));
    Value::Object(shown)
}

fn holds(condition: &Value, point: &Value) -> bool {
    if let Some(ids) = condition["has_id"].as_array() {
        return ids.contains(&point["id"]);
    }
    let path = format!("/{}", condition["key"].as_str().unwrap().replace('.', "/"));
    let stored = point["payload"].pointer(&path).unwrap_or(&Value::Null);
    let wanted = &condition["match"];
    if let Some(any) = wanted["any"].as_array() {
        return any.contains(stored);
    }
    match wanted["text"].as_str() {
        Some(text) => {
            let words: Vec<&str> = stored.as_str().unwrap_or_default().split_whitespace().collect();
            text.split_whitespace().all(|word| words.contains(&word))
        }
        None => stored == &wanted["value"],
    }
}
