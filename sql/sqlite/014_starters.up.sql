-- Lists of what one user, schedule or trigger has started. What nobody in particular has started costs nothing here.
create index executions_starter on executions (organization, triggered_by, created_at desc, id desc) where triggered_by is not null;
