DROP TABLE ferrify_form_uploads;
