-- A list is looked at too, and is of no one case.
alter table viewing alter column case_id drop not null;
