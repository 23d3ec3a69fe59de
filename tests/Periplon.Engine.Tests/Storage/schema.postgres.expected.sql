audit_logs.id uuid not null
audit_logs.at timestamp with time zone not null
audit_logs.organization text
audit_logs.actor text not null
audit_logs.action text not null
audit_logs.target text not null
audit_logs.before jsonb
audit_logs.after jsonb
audit_logs audit_logs_pkey: PRIMARY KEY (id)
audit_logs audit_logs_actor_check: CHECK ((actor <> ''::text))
audit_logs audit_logs_action_check: CHECK ((action <> ''::text))
CREATE INDEX audit_logs_list ON public.audit_logs USING btree (organization, at DESC, id DESC)
CREATE UNIQUE INDEX audit_logs_pkey ON public.audit_logs USING btree (id)
CREATE INDEX audit_logs_target ON public.audit_logs USING btree (target, at DESC)
bulk_operations.id uuid not null
bulk_operations.organization text not null
bulk_operations.action text not null
bulk_operations.request text not null
bulk_operations.reason text
bulk_operations.status text not null
bulk_operations.cancel_requested boolean not null
bulk_operations.matched bigint not null
bulk_operations.done bigint not null
bulk_operations.unchanged bigint not null
bulk_operations.failed bigint not null
bulk_operations.errors text not null
bulk_operations.cursor_at timestamp with time zone
bulk_operations.cursor_id uuid
bulk_operations.claim uuid
bulk_operations.owner text
bulk_operations.lease_until timestamp with time zone
bulk_operations.created_at timestamp with time zone not null
bulk_operations.created_by text
bulk_operations.updated_at timestamp with time zone not null
bulk_operations.completed_at timestamp with time zone
bulk_operations bulk_operations_end: CHECK (((status = 'running'::text) = (completed_at IS NULL)))
bulk_operations bulk_operations_pkey: PRIMARY KEY (id)
bulk_operations bulk_operations_cursor: CHECK (((cursor_at IS NULL) = (cursor_id IS NULL)))
bulk_operations bulk_operations_done_check: CHECK ((done >= 0))
bulk_operations bulk_operations_failed_check: CHECK ((failed >= 0))
bulk_operations bulk_operations_status_check: CHECK ((status = ANY (ARRAY['running'::text, 'completed'::text, 'cancelled'::text])))
bulk_operations bulk_operations_matched_check: CHECK ((matched >= 0))
bulk_operations bulk_operations_unchanged_check: CHECK ((unchanged >= 0))
CREATE INDEX bulk_operations_list ON public.bulk_operations USING btree (organization, created_at DESC, id DESC)
CREATE UNIQUE INDEX bulk_operations_pkey ON public.bulk_operations USING btree (id)
CREATE INDEX bulk_operations_ended ON public.bulk_operations USING btree (completed_at) WHERE (completed_at IS NOT NULL)
CREATE INDEX bulk_operations_running ON public.bulk_operations USING btree (created_at) WHERE (status = 'running'::text)
checkpoints.execution_id uuid not null
checkpoints.seq bigint not null
checkpoints.at timestamp with time zone not null
checkpoints.state bytea not null
checkpoints checkpoints_pkey: PRIMARY KEY (execution_id)
checkpoints checkpoints_seq_check: CHECK ((seq >= 1))
CREATE UNIQUE INDEX checkpoints_pkey ON public.checkpoints USING btree (execution_id)
execution_events.execution_id uuid not null
execution_events.seq bigint not null
execution_events.created_on date not null
execution_events.writer uuid not null
execution_events.at timestamp with time zone not null
execution_events.events bytea not null
execution_events execution_events_pkey: PRIMARY KEY (execution_id, seq, created_on)
execution_events execution_events_seq_check: CHECK ((seq >= 1))
CREATE UNIQUE INDEX execution_events_pkey ON ONLY public.execution_events USING btree (execution_id, seq, created_on)
execution_events_default.execution_id uuid not null
execution_events_default.seq bigint not null
execution_events_default.created_on date not null
execution_events_default.writer uuid not null
execution_events_default.at timestamp with time zone not null
execution_events_default.events bytea not null
execution_events_default execution_events_seq_check: CHECK ((seq >= 1))
execution_events_default execution_events_default_pkey: PRIMARY KEY (execution_id, seq, created_on)
CREATE UNIQUE INDEX execution_events_default_pkey ON public.execution_events_default USING btree (execution_id, seq, created_on)
execution_events_keyed.execution_id uuid not null
execution_events_keyed.seq bigint not null
execution_events_keyed.created_on date not null
execution_events_keyed.writer uuid not null
execution_events_keyed.at timestamp with time zone not null
execution_events_keyed.events bytea not null
execution_events_keyed execution_events_seq_check: CHECK ((seq >= 1))
execution_events_keyed execution_events_keyed_pkey: PRIMARY KEY (execution_id, seq, created_on)
CREATE UNIQUE INDEX execution_events_keyed_pkey ON public.execution_events_keyed USING btree (execution_id, seq, created_on)
execution_logs.execution_id uuid not null
execution_logs.id bigint not null default nextval('execution_logs_id'::regclass)
execution_logs.created_on date not null
execution_logs.task text
execution_logs.attempt integer not null
execution_logs.at timestamp with time zone not null
execution_logs.level text not null
execution_logs.stream text not null
execution_logs.message text not null
execution_logs execution_logs_pkey: PRIMARY KEY (execution_id, id, created_on)
execution_logs execution_logs_level_check: CHECK ((level = ANY (ARRAY['debug'::text, 'info'::text, 'warning'::text, 'error'::text])))
execution_logs execution_logs_stream_check: CHECK ((stream = ANY (ARRAY['stdout'::text, 'stderr'::text, 'engine'::text])))
CREATE UNIQUE INDEX execution_logs_pkey ON ONLY public.execution_logs USING btree (execution_id, id, created_on)
execution_logs_default.execution_id uuid not null
execution_logs_default.id bigint not null default nextval('execution_logs_id'::regclass)
execution_logs_default.created_on date not null
execution_logs_default.task text
execution_logs_default.attempt integer not null
execution_logs_default.at timestamp with time zone not null
execution_logs_default.level text not null
execution_logs_default.stream text not null
execution_logs_default.message text not null
execution_logs_default execution_logs_level_check: CHECK ((level = ANY (ARRAY['debug'::text, 'info'::text, 'warning'::text, 'error'::text])))
execution_logs_default execution_logs_default_pkey: PRIMARY KEY (execution_id, id, created_on)
execution_logs_default execution_logs_stream_check: CHECK ((stream = ANY (ARRAY['stdout'::text, 'stderr'::text, 'engine'::text])))
CREATE UNIQUE INDEX execution_logs_default_pkey ON public.execution_logs_default USING btree (execution_id, id, created_on)
execution_logs_keyed.execution_id uuid not null
execution_logs_keyed.id bigint not null default nextval('execution_logs_id'::regclass)
execution_logs_keyed.created_on date not null
execution_logs_keyed.task text
execution_logs_keyed.attempt integer not null
execution_logs_keyed.at timestamp with time zone not null
execution_logs_keyed.level text not null
execution_logs_keyed.stream text not null
execution_logs_keyed.message text not null
execution_logs_keyed execution_logs_keyed_pkey: PRIMARY KEY (execution_id, id, created_on)
execution_logs_keyed execution_logs_level_check: CHECK ((level = ANY (ARRAY['debug'::text, 'info'::text, 'warning'::text, 'error'::text])))
execution_logs_keyed execution_logs_stream_check: CHECK ((stream = ANY (ARRAY['stdout'::text, 'stderr'::text, 'engine'::text])))
CREATE UNIQUE INDEX execution_logs_keyed_pkey ON public.execution_logs_keyed USING btree (execution_id, id, created_on)
executions.id uuid not null
executions.organization text not null
executions.workflow_id uuid not null
executions.workflow_name text not null
executions.workflow_version text not null
executions.revision integer not null
executions.status text not null
executions.priority integer not null
executions.partition integer not null
executions.wait_reason text
executions.next_wake_at timestamp with time zone
executions.trigger_type text not null
executions.triggered_by text
executions.parent_execution_id uuid
executions.inputs text not null
executions.result text
executions.error text
executions.retry_count integer not null
executions.labels jsonb not null
executions.created_at timestamp with time zone not null
executions.started_at timestamp with time zone
executions.completed_at timestamp with time zone
executions.retry_of uuid
executions.queue_lane text
executions executions_end: CHECK (
CASE
    WHEN (status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text, 'timed_out'::text])) THEN ((completed_at IS NOT NULL) AND (next_wake_at IS NULL) AND (wait_reason IS NULL))
    ELSE ((completed_at IS NULL) AND (next_wake_at IS NOT NULL))
END)
executions executions_pkey: PRIMARY KEY (id)
executions executions_labels_check: CHECK ((jsonb_typeof(labels) = 'object'::text))
executions executions_status_check: CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text, 'paused'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'timed_out'::text])))
executions executions_partition_check: CHECK ((partition >= 0))
executions executions_retry_count_check: CHECK ((retry_count >= 0))
CREATE INDEX executions_list ON public.executions USING btree (organization, created_at DESC, id DESC)
CREATE INDEX executions_live ON public.executions USING btree (workflow_id, revision, id) WHERE ((status = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text, 'paused'::text])) AND (trigger_type <> 'subflow'::text))
CREATE UNIQUE INDEX executions_pkey ON public.executions USING btree (id)
CREATE INDEX executions_wake ON public.executions USING btree (partition, next_wake_at, id) WHERE ((status = ANY (ARRAY['running'::text, 'waiting'::text, 'paused'::text])) OR ((status = 'queued'::text) AND (queue_lane IS NULL)))
CREATE INDEX executions_active ON public.executions USING btree (partition, id) WHERE (status = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text, 'paused'::text]))
CREATE INDEX executions_labels ON public.executions USING gin (labels jsonb_path_ops) WHERE (labels <> '{}'::jsonb)
CREATE INDEX executions_parent ON public.executions USING btree (parent_execution_id) WHERE (parent_execution_id IS NOT NULL)
CREATE INDEX executions_queued ON public.executions USING btree (partition, organization, queue_lane, priority, created_at, id) WHERE ((status = 'queued'::text) AND (queue_lane IS NOT NULL))
CREATE INDEX executions_status ON public.executions USING btree (organization, status, created_at DESC, id DESC)
CREATE INDEX executions_starter ON public.executions USING btree (organization, triggered_by, created_at DESC, id DESC) WHERE (triggered_by IS NOT NULL)
CREATE INDEX executions_retry_of ON public.executions USING btree (retry_of) WHERE (retry_of IS NOT NULL)
CREATE INDEX executions_workflow ON public.executions USING btree (workflow_id, created_at DESC, id DESC)
CREATE INDEX executions_completed ON public.executions USING btree (completed_at, id) WHERE (completed_at IS NOT NULL)
CREATE INDEX executions_queued_wake ON public.executions USING btree (partition, next_wake_at, id) WHERE ((status = 'queued'::text) AND (queue_lane IS NOT NULL) AND (next_wake_at > created_at))
CREATE INDEX executions_ended_workflow ON public.executions USING btree (workflow_id, completed_at, id) WHERE (completed_at IS NOT NULL)
orleansmembershiptable.deploymentid text not null
orleansmembershiptable.address text not null
orleansmembershiptable.port integer not null
orleansmembershiptable.generation integer not null
orleansmembershiptable.siloname text not null
orleansmembershiptable.hostname text not null
orleansmembershiptable.status integer not null
orleansmembershiptable.proxyport integer
orleansmembershiptable.suspecttimes text
orleansmembershiptable.starttime timestamp with time zone not null
orleansmembershiptable.iamalivetime timestamp with time zone not null
orleansmembershiptable orleansmembershiptable_pkey: PRIMARY KEY (deploymentid, address, port, generation)
CREATE UNIQUE INDEX orleansmembershiptable_pkey ON public.orleansmembershiptable USING btree (deploymentid, address, port, generation)
orleansmembershipversiontable.deploymentid text not null
orleansmembershipversiontable.timestamp timestamp with time zone not null
orleansmembershipversiontable.version integer not null default 0
orleansmembershipversiontable orleansmembershipversiontable_pkey: PRIMARY KEY (deploymentid)
CREATE UNIQUE INDEX orleansmembershipversiontable_pkey ON public.orleansmembershipversiontable USING btree (deploymentid)
orleansquery.querykey text not null
orleansquery.querytext text not null
orleansquery orleansquery_pkey: PRIMARY KEY (querykey)
CREATE UNIQUE INDEX orleansquery_pkey ON public.orleansquery USING btree (querykey)
orleansreminderstable.serviceid text not null
orleansreminderstable.grainid text not null
orleansreminderstable.remindername text not null
orleansreminderstable.starttime timestamp with time zone not null
orleansreminderstable.period bigint not null
orleansreminderstable.grainhash integer not null
orleansreminderstable.version integer not null
orleansreminderstable orleansreminderstable_pkey: PRIMARY KEY (serviceid, grainid, remindername)
CREATE INDEX orleansreminderstable_hash ON public.orleansreminderstable USING btree (serviceid, grainhash)
CREATE UNIQUE INDEX orleansreminderstable_pkey ON public.orleansreminderstable USING btree (serviceid, grainid, remindername)
orleansstorage.grainidhash integer not null
orleansstorage.grainidn0 bigint not null
orleansstorage.grainidn1 bigint not null
orleansstorage.graintypehash integer not null
orleansstorage.graintypestring text not null
orleansstorage.grainidextensionstring text
orleansstorage.serviceid text not null
orleansstorage.payloadbinary bytea
orleansstorage.modifiedon timestamp with time zone not null
orleansstorage.version integer not null
CREATE UNIQUE INDEX orleansstorage_key ON public.orleansstorage USING btree (grainidhash, graintypehash, grainidn0, grainidn1, serviceid, graintypestring, COALESCE(grainidextensionstring, ''::text))
CREATE INDEX orleansstorage_names ON public.orleansstorage USING btree (graintypestring, grainidextensionstring)
schedule_backfills.id uuid not null
schedule_backfills.schedule_id uuid not null
schedule_backfills.organization text not null
schedule_backfills.shard integer not null
schedule_backfills.from_at timestamp with time zone not null
schedule_backfills.to_at timestamp with time zone not null
schedule_backfills.next_at timestamp with time zone not null
schedule_backfills.max_parallel integer not null
schedule_backfills.priority integer not null
schedule_backfills.status text not null
schedule_backfills.total integer not null
schedule_backfills.started integer not null default 0
schedule_backfills.passed integer not null default 0
schedule_backfills.created_at timestamp with time zone not null
schedule_backfills.completed_at timestamp with time zone
schedule_backfills.created_by text
schedule_backfills schedule_backfills_end: CHECK (((status = 'running'::text) = (completed_at IS NULL)))
schedule_backfills schedule_backfills_pkey: PRIMARY KEY (id)
schedule_backfills schedule_backfills_range: CHECK (((from_at < to_at) AND ((next_at >= from_at) AND (next_at <= to_at))))
schedule_backfills schedule_backfills_shard_check: CHECK ((shard >= 0))
schedule_backfills schedule_backfills_total_check: CHECK ((total >= 0))
schedule_backfills schedule_backfills_passed_check: CHECK ((passed >= 0))
schedule_backfills schedule_backfills_status_check: CHECK ((status = ANY (ARRAY['running'::text, 'completed'::text, 'cancelled'::text])))
schedule_backfills schedule_backfills_started_check: CHECK ((started >= 0))
schedule_backfills schedule_backfills_schedule_id_fkey: FOREIGN KEY (schedule_id) REFERENCES schedules(id) ON DELETE CASCADE
schedule_backfills schedule_backfills_max_parallel_check: CHECK ((max_parallel >= 1))
CREATE INDEX schedule_backfills_list ON public.schedule_backfills USING btree (schedule_id, created_at DESC, id DESC)
CREATE UNIQUE INDEX schedule_backfills_pkey ON public.schedule_backfills USING btree (id)
CREATE INDEX schedule_backfills_active ON public.schedule_backfills USING btree (shard) WHERE (status = 'running'::text)
schedule_runs.schedule_id uuid not null
schedule_runs.tick timestamp with time zone not null
schedule_runs.shard integer not null
schedule_runs.kind text not null
schedule_runs.status text not null
schedule_runs.waits boolean not null
schedule_runs.cancels_older boolean not null
schedule_runs.ticks integer not null
schedule_runs.priority integer not null
schedule_runs.execution_id uuid
schedule_runs.backfill_id uuid
schedule_runs.reason text
schedule_runs.created_at timestamp with time zone not null
schedule_runs.started_at timestamp with time zone
schedule_runs.completed_at timestamp with time zone
schedule_runs schedule_runs_end: CHECK (((status = ANY (ARRAY['scheduled'::text, 'running'::text])) = (completed_at IS NULL)))
schedule_runs schedule_runs_pkey: PRIMARY KEY (schedule_id, tick)
schedule_runs schedule_runs_waits: CHECK (((NOT waits) OR (status = 'scheduled'::text)))
schedule_runs schedule_runs_execution: CHECK (((status <> ALL (ARRAY['scheduled'::text, 'running'::text, 'completed'::text])) OR (execution_id IS NOT NULL)))
schedule_runs schedule_runs_kind_check: CHECK ((kind = ANY (ARRAY['tick'::text, 'manual'::text, 'backfill'::text])))
schedule_runs schedule_runs_shard_check: CHECK ((shard >= 0))
schedule_runs schedule_runs_ticks_check: CHECK ((ticks >= 1))
schedule_runs schedule_runs_status_check: CHECK ((status = ANY (ARRAY['scheduled'::text, 'running'::text, 'completed'::text, 'failed'::text, 'skipped'::text])))
schedule_runs schedule_runs_schedule_id_fkey: FOREIGN KEY (schedule_id) REFERENCES schedules(id) ON DELETE CASCADE
CREATE UNIQUE INDEX schedule_runs_pkey ON public.schedule_runs USING btree (schedule_id, tick)
CREATE INDEX schedule_runs_ended ON public.schedule_runs USING btree (shard, completed_at) WHERE (completed_at IS NOT NULL)
CREATE INDEX schedule_runs_active ON public.schedule_runs USING btree (shard, schedule_id) WHERE (status = ANY (ARRAY['scheduled'::text, 'running'::text]))
CREATE INDEX schedule_runs_backfill ON public.schedule_runs USING btree (backfill_id) WHERE (backfill_id IS NOT NULL)
CREATE UNIQUE INDEX schedule_runs_execution ON public.schedule_runs USING btree (execution_id) WHERE (execution_id IS NOT NULL)
CREATE INDEX schedule_runs_overtaken ON public.schedule_runs USING btree (shard, completed_at) WHERE ((status = 'skipped'::text) AND (execution_id IS NOT NULL))
schedules.id uuid not null
schedules.organization text not null
schedules.shard integer not null
schedules.revision integer not null
schedules.name text
schedules.workflow_id uuid not null
schedules.cron_expression text
schedules.interval_secs integer
schedules.timezone text not null
schedules.inputs text not null
schedules.description text
schedules.overlap text not null
schedules.missed text not null
schedules.missed_window_secs integer not null
schedules.jitter_secs integer not null
schedules.start_at timestamp with time zone
schedules.end_at timestamp with time zone
schedules.priority integer not null
schedules.is_active boolean not null
schedules.next_tick timestamp with time zone
schedules.next_fire_at timestamp with time zone
schedules.last_tick timestamp with time zone
schedules.last_run_at timestamp with time zone
schedules.failures integer not null default 0
schedules.last_error text
schedules.created_at timestamp with time zone not null
schedules.updated_at timestamp with time zone not null
schedules.created_by text
schedules.deleted_at timestamp with time zone
schedules schedules_gone: CHECK (((deleted_at IS NULL) OR (NOT is_active)))
schedules schedules_next: CHECK ((((next_tick IS NULL) = (next_fire_at IS NULL)) AND ((next_tick IS NULL) OR is_active)))
schedules schedules_pkey: PRIMARY KEY (id)
schedules schedules_rule: CHECK (((cron_expression IS NULL) <> (interval_secs IS NULL)))
schedules schedules_name_check: CHECK ((name <> ''::text))
schedules schedules_shard_check: CHECK ((shard >= 0))
schedules schedules_missed_check: CHECK ((missed = ANY (ARRAY['skip'::text, 'last'::text, 'all'::text])))
schedules schedules_overlap_check: CHECK ((overlap = ANY (ARRAY['allow'::text, 'skip'::text, 'queue'::text, 'cancel_old'::text])))
schedules schedules_failures_check: CHECK ((failures >= 0))
schedules schedules_revision_check: CHECK ((revision >= 1))
schedules schedules_jitter_secs_check: CHECK ((jitter_secs >= 0))
schedules schedules_interval_secs_check: CHECK ((interval_secs >= 1))
schedules schedules_missed_window_secs_check: CHECK ((missed_window_secs >= 1))
CREATE INDEX schedules_due ON public.schedules USING btree (shard, next_fire_at) WHERE (next_fire_at IS NOT NULL)
CREATE INDEX schedules_list ON public.schedules USING btree (organization, created_at DESC, id DESC)
CREATE UNIQUE INDEX schedules_name ON public.schedules USING btree (organization, name) WHERE (name IS NOT NULL)
CREATE UNIQUE INDEX schedules_pkey ON public.schedules USING btree (id)
CREATE INDEX schedules_deleted ON public.schedules USING btree (shard) WHERE (deleted_at IS NOT NULL)
CREATE INDEX schedules_workflow ON public.schedules USING btree (workflow_id)
schema_migrations.number integer not null
schema_migrations.name text not null
schema_migrations.checksum text not null
schema_migrations.applied_at timestamp with time zone not null
schema_migrations schema_migrations_pkey: PRIMARY KEY (number)
CREATE UNIQUE INDEX schema_migrations_pkey ON public.schema_migrations USING btree (number)
task_cache.organization text not null
task_cache.workflow_id uuid not null
task_cache.task text not null
task_cache.key_hash text not null
task_cache.output text not null
task_cache.created_at timestamp with time zone not null
task_cache.expires_at timestamp with time zone
task_cache task_cache_pkey: PRIMARY KEY (organization, workflow_id, task, key_hash)
task_cache task_cache_key_hash_check: CHECK ((length(key_hash) = 64))
CREATE UNIQUE INDEX task_cache_pkey ON public.task_cache USING btree (organization, workflow_id, task, key_hash)
CREATE INDEX task_cache_created_at ON public.task_cache USING btree (created_at) WHERE (expires_at IS NULL)
CREATE INDEX task_cache_expires_at ON public.task_cache USING btree (expires_at) WHERE (expires_at IS NOT NULL)
trigger_runs.trigger_id uuid not null
trigger_runs.source text not null
trigger_runs.organization text not null
trigger_runs.fingerprint text
trigger_runs.source_execution_id uuid
trigger_runs.execution_id uuid
trigger_runs.status text not null
trigger_runs.detail text
trigger_runs.depth integer not null
trigger_runs.created_at timestamp with time zone not null
trigger_runs.updated_at timestamp with time zone not null
trigger_runs trigger_runs_pkey: PRIMARY KEY (trigger_id, source)
trigger_runs trigger_runs_depth_check: CHECK ((depth >= 0))
trigger_runs trigger_runs_status_check: CHECK ((status = ANY (ARRAY['pending'::text, 'started'::text, 'signalled'::text, 'refused'::text])))
CREATE INDEX trigger_runs_list ON public.trigger_runs USING btree (trigger_id, created_at DESC, source DESC)
CREATE UNIQUE INDEX trigger_runs_pkey ON public.trigger_runs USING btree (trigger_id, source)
CREATE INDEX trigger_runs_source ON public.trigger_runs USING btree (source_execution_id) WHERE (source_execution_id IS NOT NULL)
CREATE INDEX trigger_runs_created ON public.trigger_runs USING btree (created_at)
CREATE INDEX trigger_runs_pending ON public.trigger_runs USING btree (trigger_id, updated_at) WHERE (status = 'pending'::text)
CREATE UNIQUE INDEX trigger_runs_execution ON public.trigger_runs USING btree (execution_id) WHERE (execution_id IS NOT NULL)
CREATE UNIQUE INDEX trigger_runs_fingerprint ON public.trigger_runs USING btree (trigger_id, fingerprint) WHERE (fingerprint IS NOT NULL)
triggers.id uuid not null
triggers.organization text not null
triggers.name text not null
triggers.kind text not null
triggers.is_paused boolean not null
triggers.revision integer not null
triggers.workflow_id uuid
triggers.watched_workflow_id uuid
triggers.definition text not null
triggers.secret text
triggers.secret_set_at timestamp with time zone
triggers.previous_secret text
triggers.previous_until timestamp with time zone
triggers.active_since timestamp with time zone not null
triggers.scanned_to timestamp with time zone not null
triggers.created_at timestamp with time zone not null
triggers.updated_at timestamp with time zone not null
triggers.created_by text
triggers triggers_pkey: PRIMARY KEY (id)
triggers triggers_parts: CHECK (
CASE kind
    WHEN 'webhook'::text THEN ((secret IS NOT NULL) AND (secret_set_at IS NOT NULL) AND (watched_workflow_id IS NULL))
    ELSE ((secret IS NULL) AND (watched_workflow_id IS NOT NULL) AND (workflow_id IS NOT NULL))
END)
triggers triggers_previous: CHECK (((previous_secret IS NULL) = (previous_until IS NULL)))
triggers triggers_kind_check: CHECK ((kind = ANY (ARRAY['webhook'::text, 'completion'::text])))
triggers triggers_name_check: CHECK ((name <> ''::text))
triggers triggers_revision_check: CHECK ((revision >= 1))
CREATE UNIQUE INDEX triggers_name ON public.triggers USING btree (organization, name)
CREATE UNIQUE INDEX triggers_pkey ON public.triggers USING btree (id)
CREATE INDEX triggers_watching ON public.triggers USING btree (id) WHERE ((kind = 'completion'::text) AND (NOT is_paused))
workflow_versions.workflow_id uuid not null
workflow_versions.revision integer not null
workflow_versions.version text not null
workflow_versions.definition text not null
workflow_versions.sha256 text not null
workflow_versions.created_at timestamp with time zone not null
workflow_versions.created_by text
workflow_versions.resources text
workflow_versions workflow_versions_pkey: PRIMARY KEY (workflow_id, revision)
workflow_versions workflow_versions_sha256_check: CHECK ((length(sha256) = 64))
workflow_versions workflow_versions_revision_check: CHECK ((revision >= 1))
workflow_versions workflow_versions_workflow_id_fkey: FOREIGN KEY (workflow_id) REFERENCES workflows(id) ON DELETE CASCADE
CREATE UNIQUE INDEX workflow_versions_pkey ON public.workflow_versions USING btree (workflow_id, revision)
workflows.id uuid not null
workflows.organization text not null
workflows.name text not null
workflows.version text not null
workflows.revision integer not null
workflows.description text
workflows.tags jsonb not null default '[]'::jsonb
workflows.is_active boolean not null
workflows.is_deleted boolean not null
workflows.created_at timestamp with time zone not null
workflows.updated_at timestamp with time zone not null
workflows.created_by text
workflows workflows_pkey: PRIMARY KEY (id)
workflows workflows_name_check: CHECK ((name <> ''::text))
workflows workflows_tags_check: CHECK ((jsonb_typeof(tags) = 'array'::text))
workflows workflows_revision_check: CHECK ((revision >= 1))
CREATE UNIQUE INDEX workflows_name ON public.workflows USING btree (organization, name) WHERE (NOT is_deleted)
CREATE UNIQUE INDEX workflows_pkey ON public.workflows USING btree (id)
CREATE INDEX workflows_tags ON public.workflows USING gin (tags) WHERE (NOT is_deleted)
