-- Files that were uploaded for a form which people fill in; a row without a file is one that is still coming.
CREATE TABLE ferrify_form_uploads (
    "id" uuid NOT NULL,
    "tenant_id" uuid NOT NULL,
    "app_id" uuid NOT NULL,
    "form_id" uuid NOT NULL,
    "upload_file_id" uuid,
    "created_at" timestamp without time zone NOT NULL,
    CONSTRAINT ferrify_form_uploads_pkey PRIMARY KEY ("id")
);
CREATE INDEX ferrify_form_uploads_form_idx ON ferrify_form_uploads ("form_id");
CREATE INDEX ferrify_form_uploads_app_idx ON ferrify_form_uploads ("app_id");
