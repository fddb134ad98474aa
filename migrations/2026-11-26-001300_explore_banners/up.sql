-- What stands above the explore page. The name is spelled this way in Dify's databases too.
CREATE TABLE IF NOT EXISTS exporle_banners (
    "id" uuid NOT NULL,
    "content" json NOT NULL,
    "link" varchar(255) NOT NULL,
    "sort" integer NOT NULL,
    "status" varchar(255) NOT NULL DEFAULT 'enabled',
    "created_at" timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP(0),
    "language" varchar(255) NOT NULL DEFAULT 'en-US',
    CONSTRAINT exporle_banners_pkey PRIMARY KEY ("id")
);
