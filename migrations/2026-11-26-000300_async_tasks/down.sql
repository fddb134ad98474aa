DROP TABLE ferrify_async_tasks;
