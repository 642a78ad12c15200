-- Local sharing agreements, as the operator put them: warned of before they lapse, asked about by the operator, read by no decision.
create table agreement (
  one text not null references party (id),
  other text not null references party (id),
  body jsonb not null,
  primary key (one, other)
);
