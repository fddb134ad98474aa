-- What newer pages show and the table `sites` has no column for.
CREATE TABLE ferrify_sites (
    "site_id" uuid NOT NULL,
    "input_placeholder" varchar(255) NOT NULL,
    CONSTRAINT ferrify_sites_pkey PRIMARY KEY ("site_id")
);
