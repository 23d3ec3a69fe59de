drop table task_cache;
