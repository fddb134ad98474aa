//! Removing what belongs to a deleted conversation.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{AsyncPgConnection, QueryResult};
use crate::schema::{
    app_annotation_hit_histories, conversations, message_agent_thoughts, message_annotations, message_feedbacks,
    message_files, messages, pinned_conversations, saved_messages, workflow_conversation_variables,
};
use crate::{ConversationId, MessageId};

/// Removes the conversation and everything in it, if it was deleted. Safe to repeat.
pub async fn run(conn: &mut AsyncPgConnection, id: ConversationId) -> QueryResult<()> {
    let deleted: bool = diesel::select(diesel::dsl::exists(
        conversations::table.filter(conversations::id.eq(id)).filter(conversations::is_deleted.eq(true)),
    ))
    .get_result(conn)
    .await?;
    if !deleted {
        return Ok(());
    }
    let ids: Vec<MessageId> =
        messages::table.filter(messages::conversation_id.eq(id)).select(messages::id).load(conn).await?;
    diesel::delete(message_files::table.filter(message_files::message_id.eq_any(&ids))).execute(conn).await?;
    diesel::delete(message_feedbacks::table.filter(message_feedbacks::conversation_id.eq(id))).execute(conn).await?;
    diesel::delete(message_agent_thoughts::table.filter(message_agent_thoughts::message_id.eq_any(&ids)))
        .execute(conn)
        .await?;
    diesel::delete(app_annotation_hit_histories::table.filter(app_annotation_hit_histories::message_id.eq_any(&ids)))
        .execute(conn)
        .await?;
    diesel::delete(saved_messages::table.filter(saved_messages::message_id.eq_any(&ids))).execute(conn).await?;
    diesel::delete(pinned_conversations::table.filter(pinned_conversations::conversation_id.eq(id)))
        .execute(conn)
        .await?;
    diesel::delete(
        workflow_conversation_variables::table.filter(workflow_conversation_variables::conversation_id.eq(id)),
    )
    .execute(conn)
    .await?;
    // An annotation is an answer of the app's own and outlives the conversation that it was taken from.
    diesel::update(message_annotations::table.filter(message_annotations::conversation_id.eq(id)))
        .set((
            message_annotations::conversation_id.eq(None::<ConversationId>),
            message_annotations::message_id.eq(None::<MessageId>),
        ))
        .execute(conn)
        .await?;
    diesel::delete(messages::table.filter(messages::conversation_id.eq(id))).execute(conn).await?;
    diesel::delete(conversations::table.filter(conversations::id.eq(id))).execute(conn).await.map(drop)
}
