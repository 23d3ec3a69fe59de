-- What the ADO.NET providers of Orleans 10.4 need. They read their statements from orleansquery, bind parameters by name and read result
-- columns by name, so the statements below are the whole contract.

create table orleansquery (
  querykey  text primary key,
  querytext text not null
);

create table orleansstorage (
  grainidhash            integer     not null,
  grainidn0              bigint      not null,
  grainidn1              bigint      not null,
  graintypehash          integer     not null,
  graintypestring        text        not null,
  grainidextensionstring text,
  serviceid              text        not null,
  payloadbinary          bytea,
  modifiedon             timestamptz not null,
  version                integer     not null
) with (fillfactor = 70);

-- Unique, so that two first writes of one grain cannot both insert.
create unique index orleansstorage_key on orleansstorage
  (grainidhash, graintypehash, grainidn0, grainidn1, serviceid, graintypestring, (coalesce(grainidextensionstring, '')));

do $lz4$
begin
  alter table orleansstorage alter column payloadbinary set compression lz4;
exception when feature_not_supported or syntax_error or invalid_parameter_value then
  raise notice 'lz4 is not built into this server; the default compression stays';
end
$lz4$;

create table orleansreminderstable (
  serviceid    text        not null,
  grainid      text        not null,
  remindername text        not null,
  starttime    timestamptz not null,
  period       bigint      not null,
  grainhash    integer     not null,
  version      integer     not null,
  primary key (serviceid, grainid, remindername)
);
create index orleansreminderstable_hash on orleansreminderstable (serviceid, grainhash);

create table orleansmembershipversiontable (
  deploymentid text        primary key,
  timestamp    timestamptz not null,
  version      integer     not null default 0
);

create table orleansmembershiptable (
  deploymentid text        not null,
  address      text        not null,
  port         integer     not null,
  generation   integer     not null,
  siloname     text        not null,
  hostname     text        not null,
  status       integer     not null,
  proxyport    integer,
  suspecttimes text,
  starttime    timestamptz not null,
  iamalivetime timestamptz not null,
  primary key (deploymentid, address, port, generation)
);

insert into orleansquery (querykey, querytext) values

-- Without a version this is the first write and must insert; with one it must find that version. No row back means a conflict.
('WriteToStorageKey', $q$
with updated as (
  update orleansstorage
     set payloadbinary = @PayloadBinary, modifiedon = now(), version = version + 1
   where cast(@GrainStateVersion as integer) is not null and version = cast(@GrainStateVersion as integer)
     and grainidhash = @GrainIdHash and graintypehash = @GrainTypeHash and grainidn0 = @GrainIdN0 and grainidn1 = @GrainIdN1
     and serviceid = @ServiceId and graintypestring = @GrainTypeString
     and coalesce(grainidextensionstring, '') = coalesce(cast(@GrainIdExtensionString as text), '')
  returning version),
inserted as (
  insert into orleansstorage (grainidhash, grainidn0, grainidn1, graintypehash, graintypestring, grainidextensionstring, serviceid,
                              payloadbinary, modifiedon, version)
  select cast(@GrainIdHash as integer), cast(@GrainIdN0 as bigint), cast(@GrainIdN1 as bigint), cast(@GrainTypeHash as integer),
         cast(@GrainTypeString as text), cast(@GrainIdExtensionString as text), cast(@ServiceId as text),
         cast(@PayloadBinary as bytea), now(), 1
   where cast(@GrainStateVersion as integer) is null
  on conflict do nothing
  returning version)
select version as newgrainstateversion from updated union all select version from inserted
$q$),

('ReadFromStorageKey', $q$
select payloadbinary, version
  from orleansstorage
 where grainidhash = @GrainIdHash and graintypehash = @GrainTypeHash and grainidn0 = @GrainIdN0 and grainidn1 = @GrainIdN1
   and serviceid = @ServiceId and graintypestring = @GrainTypeString
   and coalesce(grainidextensionstring, '') = coalesce(cast(@GrainIdExtensionString as text), '')
$q$),

('ClearStorageKey', $q$
update orleansstorage
   set payloadbinary = null, modifiedon = now(), version = version + 1
 where grainidhash = @GrainIdHash and graintypehash = @GrainTypeHash and grainidn0 = @GrainIdN0 and grainidn1 = @GrainIdN1
   and serviceid = @ServiceId and graintypestring = @GrainTypeString
   and coalesce(grainidextensionstring, '') = coalesce(cast(@GrainIdExtensionString as text), '')
   and version = cast(@GrainStateVersion as integer)
returning version as newgrainstateversion
$q$),

('DeleteStorageKey', $q$
delete from orleansstorage
 where grainidhash = @GrainIdHash and graintypehash = @GrainTypeHash and grainidn0 = @GrainIdN0 and grainidn1 = @GrainIdN1
   and serviceid = @ServiceId and graintypestring = @GrainTypeString
   and coalesce(grainidextensionstring, '') = coalesce(cast(@GrainIdExtensionString as text), '')
   and version = cast(@GrainStateVersion as integer)
returning version + 1 as newgrainstateversion
$q$),

('UpsertReminderRowKey', $q$
insert into orleansreminderstable (serviceid, grainid, remindername, starttime, period, grainhash, version)
values (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
on conflict (serviceid, grainid, remindername) do update
  set starttime = excluded.starttime, period = excluded.period, grainhash = excluded.grainhash,
      version = orleansreminderstable.version + 1
returning version
$q$),

('ReadReminderRowsKey', $q$
select grainid, remindername, starttime, period, version
  from orleansreminderstable where serviceid = @ServiceId and grainid = @GrainId
$q$),

('ReadReminderRowKey', $q$
select grainid, remindername, starttime, period, version
  from orleansreminderstable where serviceid = @ServiceId and grainid = @GrainId and remindername = @ReminderName
$q$),

-- Hashes are unsigned on the ring and signed in the column. Both orders turn the same way, so the range (begin, end] wraps in the
-- column exactly when begin >= end as signed numbers. Both keys therefore hold a statement that decides by itself.
('ReadRangeRows1Key', $q$
select grainid, remindername, starttime, period, version
  from orleansreminderstable
 where serviceid = @ServiceId
   and ((@BeginHash < @EndHash and grainhash > @BeginHash and grainhash <= @EndHash)
     or (@BeginHash >= @EndHash and (grainhash > @BeginHash or grainhash <= @EndHash)))
$q$),

('ReadRangeRows2Key', $q$
select grainid, remindername, starttime, period, version
  from orleansreminderstable
 where serviceid = @ServiceId
   and ((@BeginHash < @EndHash and grainhash > @BeginHash and grainhash <= @EndHash)
     or (@BeginHash >= @EndHash and (grainhash > @BeginHash or grainhash <= @EndHash)))
$q$),

('DeleteReminderRowKey', $q$
with deleted as (
  delete from orleansreminderstable
   where serviceid = @ServiceId and grainid = @GrainId and remindername = @ReminderName and version = @Version
  returning 1)
select count(*) from deleted
$q$),

('DeleteReminderRowsKey', $q$
delete from orleansreminderstable where serviceid = @ServiceId
$q$),

('GatewaysQueryKey', $q$
select address, proxyport, generation
  from orleansmembershiptable where deploymentid = @DeploymentId and status = @Status and proxyport > 0
$q$),

('MembershipReadRowKey', $q$
select v.deploymentid, m.address, m.port, m.generation, m.siloname, m.hostname, m.status, m.proxyport, m.suspecttimes, m.starttime,
       m.iamalivetime, v.version
  from orleansmembershipversiontable v
  left join orleansmembershiptable m
    on m.deploymentid = v.deploymentid and m.address = @Address and m.port = @Port and m.generation = @Generation
 where v.deploymentid = @DeploymentId
$q$),

('MembershipReadAllKey', $q$
select v.deploymentid, m.address, m.port, m.generation, m.siloname, m.hostname, m.status, m.proxyport, m.suspecttimes, m.starttime,
       m.iamalivetime, v.version
  from orleansmembershipversiontable v
  left join orleansmembershiptable m on m.deploymentid = v.deploymentid
 where v.deploymentid = @DeploymentId
$q$),

('InsertMembershipVersionKey', $q$
with inserted as (
  insert into orleansmembershipversiontable (deploymentid, timestamp, version) values (@DeploymentId, now(), 0)
  on conflict do nothing
  returning 1)
select count(*) from inserted
$q$),

-- The version row is the lock of the membership table: whoever moves it on from the version it read may write the row.
('InsertMembershipKey', $q$
with moved as (
  update orleansmembershipversiontable
     set timestamp = now(), version = version + 1
   where deploymentid = @DeploymentId and version = @Version
     and not exists (select 1 from orleansmembershiptable
                      where deploymentid = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
  returning deploymentid),
inserted as (
  insert into orleansmembershiptable (deploymentid, address, port, generation, siloname, hostname, status, proxyport, starttime,
                                      iamalivetime)
  select deploymentid, cast(@Address as text), cast(@Port as integer), cast(@Generation as integer), cast(@SiloName as text),
         cast(@HostName as text), cast(@Status as integer), cast(@ProxyPort as integer), cast(@StartTime as timestamptz),
         cast(@IAmAliveTime as timestamptz)
    from moved
  returning 1)
select count(*) from inserted
$q$),

('UpdateMembershipKey', $q$
with moved as (
  update orleansmembershipversiontable
     set timestamp = now(), version = version + 1
   where deploymentid = @DeploymentId and version = @Version
     and exists (select 1 from orleansmembershiptable
                  where deploymentid = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
  returning deploymentid),
updated as (
  update orleansmembershiptable m
     set status = @Status, suspecttimes = @SuspectTimes, iamalivetime = @IAmAliveTime
    from moved
   where m.deploymentid = moved.deploymentid and m.address = @Address and m.port = @Port and m.generation = @Generation
  returning 1)
select count(*) from updated
$q$),

('UpdateIAmAlivetimeKey', $q$
update orleansmembershiptable set iamalivetime = @IAmAliveTime
 where deploymentid = @DeploymentId and address = @Address and port = @Port and generation = @Generation
$q$),

('DeleteMembershipTableEntriesKey', $q$
with entries as (delete from orleansmembershiptable where deploymentid = @DeploymentId)
delete from orleansmembershipversiontable where deploymentid = @DeploymentId
$q$),

-- Status 3 is Active: a silo that is only slow to write its heartbeat is not swept away.
('CleanupDefunctSiloEntriesKey', $q$
delete from orleansmembershiptable where deploymentid = @DeploymentId and iamalivetime < @IAmAliveTime and status <> 3
$q$);
