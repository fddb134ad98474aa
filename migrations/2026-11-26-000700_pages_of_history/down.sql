DROP INDEX IF EXISTS ferrify_conversations_page_idx;
DROP INDEX IF EXISTS ferrify_messages_page_idx;
