-- A withdrawal looks through all that is on record of one client, by its cases.
create index client_case_client on client_case (client);

-- Instances are known by the names of their sessions.
drop table guard_instance;
