-- The version of the guard's key that all instances write with. It moves forward under an exclusive lock; every commit checks it under the shared one.
create table key_state (
  is_only_row boolean primary key default true check (is_only_row),
  writing smallint
);
insert into key_state (writing) select max(key_version) from client;

-- Which versions each instance knows: a version is written with only when all at work know it.
create table key_holder (
  instance uuid primary key,
  versions smallint[] not null,
  seen_at timestamptz not null
);

-- What still needs an older version is found without reading everything.
create index client_key_version on client (key_version);
create index consent_seal on consent ((get_byte(body, 0) * 256 + get_byte(body, 1)));
