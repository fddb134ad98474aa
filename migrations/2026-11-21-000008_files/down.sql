DROP TABLE IF EXISTS tool_files;
DROP TABLE IF EXISTS upload_files;
