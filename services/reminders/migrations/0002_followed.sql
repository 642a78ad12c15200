-- The number of the last event of the mesh that was followed.
create table followed (
  is_only_row boolean primary key default true check (is_only_row),
  number bigint not null
);
insert into followed (number) values (0);
