DROP TABLE ferrify_sites;
