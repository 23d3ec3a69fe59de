-- What the ADO.NET providers of Orleans 10.4 need. They read their statements from orleansquery, bind parameters by name and read result
-- columns by name, so the statements below are the whole contract. SQLite 3.35 or later (returning).

create table orleansquery (
  querykey  text primary key,
  querytext text not null
) without rowid;

create table orleansstorage (
  grainidhash            integer not null,
  grainidn0              integer not null,
  grainidn1              integer not null,
  graintypehash          integer not null,
  graintypestring        text    not null,
  grainidextensionstring text,
  serviceid              text    not null,
  payloadbinary          blob,
  modifiedon             text    not null,
  version                integer not null
);

-- Unique, so that two first writes of one grain cannot both insert.
create unique index orleansstorage_key on orleansstorage
  (grainidhash, graintypehash, grainidn0, grainidn1, serviceid, graintypestring, ifnull(grainidextensionstring, ''));

create table orleansreminderstable (
  serviceid    text    not null,
  grainid      text    not null,
  remindername text    not null,
  starttime    text    not null,
  period       integer not null,
  grainhash    integer not null,
  version      integer not null,
  primary key (serviceid, grainid, remindername)
) without rowid;
create index orleansreminderstable_hash on orleansreminderstable (serviceid, grainhash);

create table orleansmembershipversiontable (
  deploymentid text    primary key,
  timestamp    text    not null,
  version      integer not null default 0
);

create table orleansmembershiptable (
  deploymentid text    not null,
  address      text    not null,
  port         integer not null,
  generation   integer not null,
  siloname     text    not null,
  hostname     text    not null,
  status       integer not null,
  proxyport    integer,
  suspecttimes text,
  starttime    text    not null,
  iamalivetime text    not null,
  primary key (deploymentid, address, port, generation)
);

insert into orleansquery (querykey, querytext) values

-- Without a version this is the first write and must insert; with one it must find that version. No row back means a conflict.
('WriteToStorageKey', '
insert into orleansstorage (grainidhash, grainidn0, grainidn1, graintypehash, graintypestring, grainidextensionstring, serviceid,
                            payloadbinary, modifiedon, version)
select @GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString, @GrainIdExtensionString, @ServiceId,
       @PayloadBinary, datetime(''now''), 1
 where @GrainStateVersion is null
    or exists (select 1 from orleansstorage
                where grainidhash = @GrainIdHash and graintypehash = @GrainTypeHash
                  and grainidn0 = @GrainIdN0 and grainidn1 = @GrainIdN1 and serviceid = @ServiceId
                  and graintypestring = @GrainTypeString
                  and ifnull(grainidextensionstring, '''') = ifnull(@GrainIdExtensionString, ''''))
on conflict (grainidhash, graintypehash, grainidn0, grainidn1, serviceid, graintypestring, ifnull(grainidextensionstring, ''''))
do update set payloadbinary = excluded.payloadbinary, modifiedon = excluded.modifiedon, version = version + 1
 where version = @GrainStateVersion
returning version as newgrainstateversion'),

('ReadFromStorageKey', '
select payloadbinary, version
  from orleansstorage
 where grainidhash = @GrainIdHash and graintypehash = @GrainTypeHash and grainidn0 = @GrainIdN0 and grainidn1 = @GrainIdN1
   and serviceid = @ServiceId and graintypestring = @GrainTypeString
   and ifnull(grainidextensionstring, '''') = ifnull(@GrainIdExtensionString, '''')'),

('ClearStorageKey', '
update orleansstorage
   set payloadbinary = null, modifiedon = datetime(''now''), version = version + 1
 where grainidhash = @GrainIdHash and graintypehash = @GrainTypeHash and grainidn0 = @GrainIdN0 and grainidn1 = @GrainIdN1
   and serviceid = @ServiceId and graintypestring = @GrainTypeString
   and ifnull(grainidextensionstring, '''') = ifnull(@GrainIdExtensionString, '''')
   and version = @GrainStateVersion
returning version as newgrainstateversion'),

('DeleteStorageKey', '
delete from orleansstorage
 where grainidhash = @GrainIdHash and graintypehash = @GrainTypeHash and grainidn0 = @GrainIdN0 and grainidn1 = @GrainIdN1
   and serviceid = @ServiceId and graintypestring = @GrainTypeString
   and ifnull(grainidextensionstring, '''') = ifnull(@GrainIdExtensionString, '''')
   and version = @GrainStateVersion
returning version + 1 as newgrainstateversion'),

('UpsertReminderRowKey', '
insert into orleansreminderstable (serviceid, grainid, remindername, starttime, period, grainhash, version)
values (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
on conflict (serviceid, grainid, remindername) do update
   set starttime = excluded.starttime, period = excluded.period, grainhash = excluded.grainhash, version = version + 1
returning version'),

('ReadReminderRowsKey', '
select grainid, remindername, starttime, period, version
  from orleansreminderstable where serviceid = @ServiceId and grainid = @GrainId'),

('ReadReminderRowKey', '
select grainid, remindername, starttime, period, version
  from orleansreminderstable where serviceid = @ServiceId and grainid = @GrainId and remindername = @ReminderName'),

-- Hashes are unsigned on the ring and signed in the column. Both orders turn the same way, so the range (begin, end] wraps in the
-- column exactly when begin >= end as signed numbers. Both keys therefore hold a statement that decides by itself.
('ReadRangeRows1Key', '
select grainid, remindername, starttime, period, version
  from orleansreminderstable
 where serviceid = @ServiceId
   and ((@BeginHash < @EndHash and grainhash > @BeginHash and grainhash <= @EndHash)
     or (@BeginHash >= @EndHash and (grainhash > @BeginHash or grainhash <= @EndHash)))'),

('ReadRangeRows2Key', '
select grainid, remindername, starttime, period, version
  from orleansreminderstable
 where serviceid = @ServiceId
   and ((@BeginHash < @EndHash and grainhash > @BeginHash and grainhash <= @EndHash)
     or (@BeginHash >= @EndHash and (grainhash > @BeginHash or grainhash <= @EndHash)))'),

('DeleteReminderRowKey', '
delete from orleansreminderstable
 where serviceid = @ServiceId and grainid = @GrainId and remindername = @ReminderName and version = @Version;
select changes()'),

('DeleteReminderRowsKey', '
delete from orleansreminderstable where serviceid = @ServiceId'),

('GatewaysQueryKey', '
select address, proxyport, generation
  from orleansmembershiptable where deploymentid = @DeploymentId and status = @Status and proxyport > 0'),

('MembershipReadRowKey', '
select v.deploymentid, m.address, m.port, m.generation, m.siloname, m.hostname, m.status, m.proxyport, m.suspecttimes, m.starttime,
       m.iamalivetime, v.version
  from orleansmembershipversiontable v
  left join orleansmembershiptable m
    on m.deploymentid = v.deploymentid and m.address = @Address and m.port = @Port and m.generation = @Generation
 where v.deploymentid = @DeploymentId'),

('MembershipReadAllKey', '
select v.deploymentid, m.address, m.port, m.generation, m.siloname, m.hostname, m.status, m.proxyport, m.suspecttimes, m.starttime,
       m.iamalivetime, v.version
  from orleansmembershipversiontable v
  left join orleansmembershiptable m on m.deploymentid = v.deploymentid
 where v.deploymentid = @DeploymentId'),

('InsertMembershipVersionKey', '
insert into orleansmembershipversiontable (deploymentid, timestamp, version) values (@DeploymentId, datetime(''now''), 0)
on conflict do nothing;
select changes()'),

-- The version row is the lock of the membership table: whoever moves it on from the version it read may write the row. The transaction
-- is immediate, so that it waits for the lock at its start and cannot fail for it later.
('InsertMembershipKey', '
begin immediate;
update orleansmembershipversiontable
   set timestamp = datetime(''now''), version = version + 1
 where deploymentid = @DeploymentId and version = @Version
   and not exists (select 1 from orleansmembershiptable
                    where deploymentid = @DeploymentId and address = @Address and port = @Port and generation = @Generation);
insert into orleansmembershiptable (deploymentid, address, port, generation, siloname, hostname, status, proxyport, starttime,
                                    iamalivetime)
select @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
 where changes() > 0;
select changes();
commit;'),

('UpdateMembershipKey', '
begin immediate;
update orleansmembershipversiontable
   set timestamp = datetime(''now''), version = version + 1
 where deploymentid = @DeploymentId and version = @Version
   and exists (select 1 from orleansmembershiptable
                where deploymentid = @DeploymentId and address = @Address and port = @Port and generation = @Generation);
update orleansmembershiptable
   set status = @Status, suspecttimes = @SuspectTimes, iamalivetime = @IAmAliveTime
 where deploymentid = @DeploymentId and address = @Address and port = @Port and generation = @Generation and changes() > 0;
select changes();
commit;'),

('UpdateIAmAlivetimeKey', '
update orleansmembershiptable set iamalivetime = @IAmAliveTime
 where deploymentid = @DeploymentId and address = @Address and port = @Port and generation = @Generation'),

('DeleteMembershipTableEntriesKey', '
delete from orleansmembershiptable where deploymentid = @DeploymentId;
delete from orleansmembershipversiontable where deploymentid = @DeploymentId'),

-- Status 3 is Active: a silo that is only slow to write its heartbeat is not swept away.
('CleanupDefunctSiloEntriesKey', '
delete from orleansmembershiptable where deploymentid = @DeploymentId and iamalivetime < @IAmAliveTime and status <> 3');
