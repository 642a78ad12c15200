import type { ColumnType, JSONColumnType } from 'kysely';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';

type Day = string;

/** The router's own database, as `migrations/` makes it. */
export interface RouterTables {
  cases: {
    id: string;
    provider: string | null;
    in_treatment: ColumnType<boolean, boolean | undefined>;
    read_at: ColumnType<Date | null, string | undefined, string>;
  };
  records: {
    id: string;
    verdict: string;
    seq: number;
    case_id: string | null;
    cause: string | null;
    event: JSONColumnType<MeshEvent>;
  };
  case_people: { case_id: string; party: string; person: string; since: Day; seq: number };
  steps: {
    case_id: string;
    cause: string;
    step: string;
    party: string;
    who: string;
    actor: string | null;
    other: string | null;
    root: string;
    about: string | null;
    form: string | null;
    opened_at: ColumnType<Date, string>;
    due_on: Day;
    told: ColumnType<number, number | undefined>;
    next_after: Day | null;
  };
  waits: {
    case_id: string;
    cause: string;
    party: string;
    answer: string;
    who: string;
    actor: string | null;
    counterpart: string;
    about: string;
    since: ColumnType<Date, string>;
    due_on: Day;
    lapses_at: ColumnType<Date, string>;
    has_lapsed: boolean;
    is_told: ColumnType<boolean, boolean | undefined>;
  };
  case_parts: {
    party: string;
    case_id: string;
    agency: string;
    ending: string | null;
    since: ColumnType<Date, string>;
  };
  past_leader: { id: string; party: string; since: Day };
  absences: {
    person: string;
    from_day: Day;
    until_day: Day | null;
    cause: string;
    is_told: ColumnType<boolean, boolean | undefined>;
  };
  followed: { stream: string; seq: number };
  notices: { id: string; case_id: string | null; person: string; told: string[] };
  directory_parties: { party: string; agency: string; seq: number; put: JSONColumnType<PartyPut> };
  directory_people: { person: string; party: string; seq: number; put: JSONColumnType<PersonPut> };
}
