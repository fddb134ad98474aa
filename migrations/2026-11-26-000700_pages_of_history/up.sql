-- Pages of a conversation's messages, and of a person's conversations, in the order in which they are shown. Without
-- these every page reads and sorts them all.
CREATE INDEX IF NOT EXISTS ferrify_messages_page_idx ON messages ("conversation_id", "created_at", "id");
CREATE INDEX IF NOT EXISTS ferrify_conversations_page_idx
    ON conversations ("app_id", "from_source", "from_end_user_id", "updated_at", "id");
