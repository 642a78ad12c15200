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
    opened_at: ColumnType<Date, string>;
    due_on: Day;
    told: ColumnType<number, number | undefined>;
    next_after: Day | null;
  };
  followed: { stream: string; seq: number };
  notices: { id: string; case_id: string; person: string; told: string[] };
  directory_parties: { party: string; agency: string; seq: number; put: JSONColumnType<PartyPut> };
  directory_people: { person: string; party: string; seq: number; put: JSONColumnType<PersonPut> };
}
