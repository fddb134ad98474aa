DROP FUNCTION ferrify_vectors_of(text[], uuid[]);
DROP FUNCTION ferrify_search_terms(text[], integer[], text, text[]);
DROP FUNCTION ferrify_search_vectors(text[], integer[], real[], text[]);
-- The extension stays: the vectors' tables are not the migrations' own, and they need it.
