alter table workflow_versions drop column resources;
