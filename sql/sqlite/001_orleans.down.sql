drop table orleansmembershiptable;
drop table orleansmembershipversiontable;
drop table orleansreminderstable;
drop table orleansstorage;
drop table orleansquery;
