DROP TABLE OrleansMembershipTable;
DROP TABLE OrleansMembershipVersionTable;
DROP TABLE OrleansRemindersTable;
DROP TABLE OrleansStorage;
DROP TABLE OrleansQuery;
