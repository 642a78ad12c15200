-- Whom the people of an office stand in for, and for which offices they answer: asked with each worklist.
create index directory_people_deputy on directory_people ((put ->> 'deputy'));
create index directory_parties_duty on directory_parties ((put ->> 'dutyPerson'));
create index directory_parties_leader on directory_parties ((put ->> 'teamLeader'));
