//! Migrations lead to the schema that the code was compiled for, and back.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use test_kit::{Rows, TestDatabase};

/// Tables by name, columns by name: the type, and whether it may be null.
type Tables = BTreeMap<String, BTreeMap<String, (String, bool)>>;

/// Made by the migration tool itself.
const NOT_OURS: &str = "__diesel_schema_migrations";

async fn tables_of(rows: &Rows) -> Tables {
    let columns = rows
        .all(
            "SELECT c.table_name, c.column_name, c.udt_name, c.is_nullable = 'YES' AS nullable \
             FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
             WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'",
            &[],
        )
        .await;
    let mut tables = Tables::new();
    for column in columns {
        let text = |key: &str| column.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        if text("table_name") == NOT_OURS {
            continue;
        }
        let nullable = column.get("nullable").and_then(Value::as_bool).unwrap_or_default();
        tables.entry(text("table_name")).or_default().insert(text("column_name"), (text("udt_name"), nullable));
    }
    tables
}

/// What Postgres calls a type of Diesel.
fn postgres_type(diesel: &str) -> String {
    let name = match diesel {
        "Uuid" => "uuid",
        "Varchar" => "varchar",
        "Text" => "text",
        "Bool" => "bool",
        "Int2" => "int2",
        "Int4" => "int4",
        "Int8" => "int8",
        "Float4" => "float4",
        "Float8" => "float8",
        "Numeric" => "numeric",
        "Json" => "json",
        "Jsonb" => "jsonb",
        "Bytea" => "bytea",
        "Date" => "date",
        "Timestamp" => "timestamp",
        "Timestamptz" => "timestamptz",
        "Vector" => "vector",
        other => match other.strip_prefix("Array<").and_then(|rest| rest.strip_suffix('>')) {
            Some(item) => {
                return format!("_{}", postgres_type(item.trim_start_matches("Nullable<").trim_end_matches('>')));
            }
            None => panic!("the type {other} of schema.rs is new to this test"),
        },
    };
    name.to_owned()
}

/// Reads the `table!` blocks of `schema.rs`, whose form is that of Diesel's own printer.
fn tables_of_source(source: &str) -> Tables {
    let mut tables = Tables::new();
    let (mut table, mut renamed) = (None, None);
    for line in source.lines() {
        let code = line.trim();
        if let Some((name, _)) = code.strip_suffix('{').and_then(|head| head.split_once(" (")) {
            table = Some(tables.entry(name.to_owned()).or_default());
        } else if let Some(name) = code.strip_prefix("#[sql_name = \"") {
            renamed = name.strip_suffix("\"]").map(str::to_owned);
        } else if let Some((column, kind)) = code.trim_end_matches(',').split_once(" -> ")
            && let Some(columns) = &mut table
        {
            let nullable = kind.strip_prefix("Nullable<").and_then(|rest| rest.strip_suffix('>'));
            let name = renamed.take().unwrap_or_else(|| column.to_owned());
            columns.insert(name, (postgres_type(nullable.unwrap_or(kind)), nullable.is_some()));
        } else if code == "}" {
            table = None;
        }
    }
    tables
}

/// Differences, a line each.
fn differences(code: &Tables, database: &Tables) -> Vec<String> {
    let mut found = Vec::new();
    let none = BTreeMap::new();
    let names = code.keys().chain(database.keys().filter(|name| !code.contains_key(*name)));
    for name in names {
        let (ours, theirs) = (code.get(name).unwrap_or(&none), database.get(name).unwrap_or(&none));
        let columns = ours.keys().chain(theirs.keys().filter(|column| !ours.contains_key(*column)));
        for column in columns.filter(|column| ours.get(*column) != theirs.get(*column)) {
            found.push(format!("{name}.{column}: schema.rs {:?}, database {:?}", ours.get(column), theirs.get(column)));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn schema_rs_is_what_the_migrations_make() {
    let database = TestDatabase::create().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/models/src/schema.rs");
    let code = tables_of_source(&std::fs::read_to_string(path).unwrap());
    let database = tables_of(&database.rows()).await;
    assert!(code.len() > 50, "the tables of schema.rs were not recognised: {}", code.len());
    let differences = differences(&code, &database);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_down_and_up_again() {
    let database = TestDatabase::create_empty().await;
    let (url, rows) = (database.postgres_url(), database.rows());
    let ran = models::migrate::run(url).await.unwrap();
    assert!(models::migrate::is_current(&mut *database.conn().await).await.unwrap());
    let first = tables_of(&rows).await;
    let objects = || rows.all("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1", &[]);
    let indexes = objects().await;

    assert_eq!(models::migrate::revert_all(url).await.unwrap(), ran.len());
    assert!(!models::migrate::is_current(&mut *database.conn().await).await.unwrap());
    assert_eq!(tables_of(&rows).await, Tables::new(), "the way down leaves nothing behind");
    let left = "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
                WHERE nspname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')";
    assert!(rows.all(left, &[]).await.is_empty(), "functions were left behind");

    assert_eq!(models::migrate::run(url).await.unwrap(), ran);
    assert_eq!(tables_of(&rows).await, first);
    assert_eq!(objects().await, indexes);
    assert!(models::migrate::run(url).await.unwrap().is_empty(), "a second run has nothing to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_processes_migrate_once() {
    let database = TestDatabase::create_empty().await;
    let migrate = || {
        let url = database.postgres_url().clone();
        tokio::spawn(async move { models::migrate::run(&url).await.unwrap() })
    };
    let (one, two) = (migrate(), migrate());
    let (one, two) = (one.await.unwrap(), two.await.unwrap());
    assert!(one.is_empty() != two.is_empty(), "one of them does it all: {one:?} {two:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn joined_calls_of_one_task_migrate_once() {
    let database = TestDatabase::create_empty().await;
    let url = database.postgres_url();
    let (one, two, three) =
        tokio::join!(models::migrate::run(url), models::migrate::run(url), models::migrate::run(url));
    let ran = [one.unwrap(), two.unwrap(), three.unwrap()];
    assert_eq!(ran.iter().filter(|names| !names.is_empty()).count(), 1, "one of them does it all: {ran:?}");
}
