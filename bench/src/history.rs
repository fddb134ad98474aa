//! A person with a long history, written straight into the tables: copies of one real conversation and its message.

use anyhow::{Context, ensure};
use diesel::sql_types::{Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

/// How long the history is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amounts {
    /// In the one conversation.
    pub(crate) messages: i32,
    /// Of the person.
    pub(crate) conversations: i32,
}

/// Copies of a row, each with an id of its own and an older time.
const MESSAGES: &str = "INSERT INTO messages SELECT copy.* FROM messages row, generate_series(1, $2) number, \
    LATERAL jsonb_populate_record(row, jsonb_build_object('id', gen_random_uuid(), \
        'created_at', row.created_at - number * interval '1 minute')) copy \
    WHERE row.conversation_id = $1::uuid";
const CONVERSATIONS: &str = "INSERT INTO conversations SELECT copy.* FROM conversations row, generate_series(1, $2) number, \
    LATERAL jsonb_populate_record(row, jsonb_build_object('id', gen_random_uuid(), \
        'created_at', row.created_at - number * interval '1 minute', \
        'updated_at', row.updated_at - number * interval '1 minute')) copy \
    WHERE row.id = $1::uuid";

/// Makes the conversation, which has one message, and the list of its person as long as was asked for.
pub(crate) async fn write(url: &str, conversation: &str, amounts: Amounts) -> anyhow::Result<()> {
    let mut conn = models::db::connect(url.to_owned()).await.context("cannot write to Postgres")?;
    copies(&mut conn, MESSAGES, conversation, amounts.messages - 1).await?;
    copies(&mut conn, CONVERSATIONS, conversation, amounts.conversations - 1).await?;
    conn.batch_execute("ANALYZE messages, conversations").await?;
    Ok(())
}

async fn copies(conn: &mut AsyncPgConnection, statement: &str, conversation: &str, count: i32) -> anyhow::Result<()> {
    let written =
        diesel::sql_query(statement).bind::<Text, _>(conversation).bind::<Integer, _>(count).execute(conn).await?;
    ensure!(usize::try_from(count) == Ok(written), "{written} rows were written for {count}");
    Ok(())
}

/// The conversation that an answer belongs to.
pub(crate) fn conversation_in(answer: &str) -> anyhow::Result<String> {
    let rest = answer.split("\"conversation_id\":\"").nth(1);
    rest.and_then(|rest| rest.split('"').next()).map(str::to_owned).context("no conversation id in the answer")
}
