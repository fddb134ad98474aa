-- What people said when they deleted their accounts.
CREATE TABLE ferrify_deletion_feedbacks (
    "id" uuid NOT NULL,
    "email" varchar(255) NOT NULL,
    "feedback" text NOT NULL,
    "created_at" timestamp NOT NULL,
    CONSTRAINT ferrify_deletion_feedbacks_pkey PRIMARY KEY ("id")
);
