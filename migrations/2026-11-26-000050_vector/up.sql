-- The extension for vectors, where the server has it and this role may make it. Without it everything else works, and
-- vectors can live in another store.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'vector') THEN
        CREATE EXTENSION IF NOT EXISTS vector;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'the extension `vector` is left out: this role may not create it';
END
$$;

-- Searches of several tables in one round trip. Tables that do not exist have nothing to find. The vector's type is
-- named in dynamic statements only, so that the functions can be made without the extension.

-- Up to `limits` of the most similar rows of each table, and maybe some twice.
CREATE FUNCTION ferrify_search_vectors(
    tables text[], limits integer[], query real[], documents text[]
) RETURNS TABLE (place integer, id uuid, body text, meta jsonb, score double precision)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    relation regclass;
    size integer;
    has_filter boolean := documents IS NOT NULL;
    -- Up to so many rows that a filter admits are compared one by one.
    few constant integer := 2000;
    by_index boolean;
    distance text;
    found_rows integer;
BEGIN
    -- The index goes on by itself until enough rows have been found that the filter admits, within these bounds.
    PERFORM set_config('hnsw.iterative_scan', 'strict_order', true);
    IF has_filter THEN
        PERFORM set_config('hnsw.max_scan_tuples', '100000', true), set_config('hnsw.scan_mem_multiplier', '8', true);
    ELSE
        -- The planner takes a small table for quickly read, but its vectors are stored out of line.
        PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true);
    END IF;
    FOR place IN 1 .. coalesce(array_length(tables, 1), 0) LOOP
        relation := to_regclass(tables[place]);
        CONTINUE WHEN relation IS NULL;
        SELECT a.atttypmod INTO size FROM pg_attribute a
            WHERE a.attrelid = relation AND a.attname = 'embedding' AND NOT a.attisdropped;
        CONTINUE WHEN size IS NULL;
        IF size > 0 AND size <> array_length(query, 1) THEN
            RAISE EXCEPTION 'ferrify:dimensions:%:%', size, array_length(query, 1);
        END IF;
        by_index := true;
        IF has_filter THEN
            EXECUTE format('SELECT count(*) > $2 FROM (SELECT 1 FROM %s WHERE (meta->>''document_id'') = ANY($1) '
                'LIMIT $2 + 1) AS admitted', relation) INTO by_index USING documents, few;
        END IF;
        IF by_index THEN
            IF size > 2000 AND size <= 4000 THEN
                distance := format('embedding::halfvec(%s) <=> $1::vector::halfvec(%s)', size, size);
            ELSE
                distance := 'embedding <=> $1::vector';
            END IF;
            -- How many neighbours the index keeps in view: more in larger tables, where more are nearly as good.
            PERFORM set_config('hnsw.ef_search', least(1000, CASE WHEN pg_relation_size(relation) < 16777216
                THEN greatest(40, limits[place]) ELSE greatest(100, 2 * limits[place]) END)::text, true);
            RETURN QUERY EXECUTE format(
                'SELECT %s, n.id, n.text, n.meta, 1 - (n.embedding <=> $1::vector) FROM ('
                '  SELECT t.id, t.text, t.meta, t.embedding FROM %s AS t %s ORDER BY t.%s LIMIT $3) AS n',
                place, relation,
                CASE WHEN has_filter THEN 'WHERE (t.meta->>''document_id'') = ANY($2)' ELSE '' END, distance)
                USING query, documents, limits[place];
            GET DIAGNOSTICS found_rows = ROW_COUNT;
            CONTINUE WHEN NOT has_filter OR found_rows >= limits[place];
        END IF;
        RETURN QUERY EXECUTE format(
            'WITH admitted AS MATERIALIZED ('
            '  SELECT t.id, t.embedding <=> $1::vector AS distance FROM %s AS t WHERE (t.meta->>''document_id'') = ANY($2)'
            '), nearest AS (SELECT a.id, a.distance FROM admitted AS a ORDER BY a.distance, a.id LIMIT $3) '
            'SELECT %s, t.id, t.text, t.meta, 1 - n.distance FROM nearest AS n JOIN %s AS t ON t.id = n.id',
            relation, place, relation)
            USING query, documents, limits[place];
    END LOOP;
END
$$;

-- `query`: quoted terms with `|` between them. Up to `limits` rows of each table, and maybe some twice.
CREATE FUNCTION ferrify_search_terms(
    tables text[], limits integer[], query text, documents text[]
) RETURNS TABLE (place integer, id uuid, body text, meta jsonb, score double precision)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    relation regclass;
    size real;
    wanted tsquery := query::tsquery;
    telling tsquery;
    -- About so many rows can be ranked quickly. In larger tables the rows are looked for by their rarer terms.
    many constant integer := 4000;
    statement text;
    found_rows integer;
BEGIN
    FOR place IN 1 .. coalesce(array_length(tables, 1), 0) LOOP
        relation := to_regclass(tables[place]);
        CONTINUE WHEN relation IS NULL;
        -- A table that another program made has no terms before its first change.
        CONTINUE WHEN NOT EXISTS (SELECT 1 FROM pg_attribute a
            WHERE a.attrelid = relation AND a.attname = 'ferrify_terms' AND NOT a.attisdropped);
        telling := wanted;
        SELECT c.reltuples INTO size FROM pg_class AS c WHERE c.oid = relation;
        IF size > many AND documents IS NULL AND numnode(wanted) > 1 THEN
            -- Always the rarest; of the others those that are rare enough together.
            SELECT string_agg(ranked.quoted, ' | ')::tsquery INTO telling FROM (
                SELECT term.quoted, row_number() OVER by_frequency AS number,
                    sum(coalesce(known.frequency, 0)) OVER by_frequency AS share
                FROM (SELECT piece.part[1] AS quoted,
                        replace(replace(substr(piece.part[1], 2, length(piece.part[1]) - 2), '''''', ''''), '\\', '\') AS lexeme
                    FROM regexp_matches(query, '''(?:[^''\\]|''''|\\\\)*''', 'g') AS piece(part)) AS term
                LEFT JOIN (SELECT e.lexeme, e.frequency FROM pg_class AS c
                    JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    JOIN pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = c.relname
                        AND s.attname = 'ferrify_terms'
                    CROSS JOIN LATERAL unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs)
                        AS e(lexeme, frequency) WHERE c.oid = relation) AS known ON known.lexeme = term.lexeme
                WINDOW by_frequency AS (ORDER BY coalesce(known.frequency, 0), term.lexeme)
            ) AS ranked WHERE ranked.number = 1 OR ranked.share * size <= many;
        END IF;
        statement := format(
            'SELECT %s, f.id, t.text, t.meta, f.score FROM ('
            '  SELECT c.id, ts_rank(c.ferrify_terms, $1, 33)::double precision AS score FROM %s AS c '
            '  WHERE c.ferrify_terms @@ $4 %s ORDER BY score DESC, c.id LIMIT $3) AS f '
            'JOIN %s AS t ON t.id = f.id ORDER BY f.score DESC, f.id',
            place, relation,
            CASE WHEN documents IS NULL THEN '' ELSE 'AND (c.meta->>''document_id'') = ANY($2)' END, relation);
        RETURN QUERY EXECUTE statement USING wanted, documents, limits[place], telling;
        GET DIAGNOSTICS found_rows = ROW_COUNT;
        IF found_rows < limits[place] AND telling <> wanted THEN
            RETURN QUERY EXECUTE statement USING wanted, documents, limits[place], wanted;
        END IF;
    END LOOP;
END
$$;

CREATE FUNCTION ferrify_vectors_of(tables text[], ids uuid[]) RETURNS TABLE (id uuid, embedding real[])
LANGUAGE plpgsql STABLE AS $$
DECLARE
    relation regclass;
    name text;
BEGIN
    FOREACH name IN ARRAY tables LOOP
        relation := to_regclass(name);
        CONTINUE WHEN relation IS NULL;
        RETURN QUERY EXECUTE format('SELECT t.id, t.embedding::real[] FROM %s AS t WHERE t.id = ANY($1)', relation)
            USING ids;
    END LOOP;
END
$$;
