import { findDistrict } from '#libs/contracts/districts.js';
import type { ConsentTerms } from '#libs/contracts/consent-forms.js';
import {
  type ConsentForm,
  type Purpose,
  consentForms,
  consentFormRules,
  purposes as allPurposes,
} from '#libs/contracts/purposes.js';
import type { Problem } from '#libs/contracts/problem.js';
import type { Directory } from './directory.js';
import { type ConsentTaken, refuse } from './record-consent.js';
import { type Scope, type Scopes, anyone, isYes } from './scope.js';

/** The lines that a no may mean beyond those it names. `agencies`: only lines from or to one of these; undefined, any. */
export interface Meant {
  readonly forms: readonly ConsentForm[];
  readonly purposes: readonly Purpose[];
  readonly agencies: readonly string[] | undefined;
}

/** A client's no, as far as it can be read. */
export interface ReadNo {
  /** What it says beyond doubt. */
  readonly terms: ConsentTerms;
  readonly doubts: readonly Problem[];
  /** Undefined where what is in doubt does not touch which lines are meant. */
  readonly meant: Meant | undefined;
}

/**
 * A refusal with a slip in it still says no. What is sound counts; what is not, a purpose of another form, a party or an area that nobody knows, a
 * form that is not the taker's, leaves in doubt which lines are meant. Who took it says nothing of the lines.
 */
export function readNo({ taker, data }: ConsentTaken, directory: Directory): ReadNo {
  const rule = consentFormRules[data.form];
  const isTaker = rule.takenBy.includes(taker.kind);
  const stray = data.purposes.find((purpose) => !rule.purposes.includes(purpose));
  const named = data.to?.parties ?? [];
  const unknown = named.findIndex((id) => directory.party(id) === undefined);
  const role = data.to?.role;
  const isAreaUnknown = role !== undefined && findDistrict(role.district) === undefined;
  const doubts = [
    ...(isTaker
      ? []
      : [refuse('consent-not-yours-to-take', 'data.form', `${data.form} is not yours to take`)]),
    ...(stray === undefined
      ? []
      : [
          refuse('malformed-message', 'data.purposes', `${stray} is not a purpose of ${data.form}`),
        ]),
    ...(unknown === -1
      ? []
      : [
          refuse(
            'recipient-unknown',
            `data.to.parties.${unknown}`,
            'to.parties names a party that the directory does not have',
          ),
        ]),
    ...(isAreaUnknown
      ? [
          refuse(
            'area-unknown',
            'data.to.role.district',
            'to.role.district is not a district of the directory',
          ),
        ]
      : []),
    ...(directory.agencyOfPerson(data.takenBy) === taker.agency
      ? []
      : [refuse('actor-unknown', 'data.takenBy', 'takenBy must be a person of your own agency')]),
  ];
  const isToUnclear = unknown !== -1 || isAreaUnknown || !isTaker;
  const parties = named.filter((id) => directory.party(id) !== undefined);
  const sound = data.purposes.filter((purpose) => isTaker && rule.purposes.includes(purpose));
  return {
    terms: { ...data, purposes: sound, to: toOf(parties, isAreaUnknown ? undefined : role) },
    doubts,
    meant:
      isToUnclear || stray !== undefined
        ? {
            forms: [data.form],
            purposes: isTaker && stray === undefined ? withExit(sound) : rule.purposes,
            agencies: isToUnclear
              ? undefined
              : parties.flatMap((id) => directory.party(id)?.agency ?? []),
          }
        : undefined,
  };
}

type To = NonNullable<ConsentTerms['to']>;
const toOf = (parties: string[], role: To['role']): ConsentTerms['to'] => ({
  parties,
  ...(role === undefined ? {} : { role }),
});

/** A refusal to share is one on the exit too. */
const withExit = (purposes: readonly Purpose[]): readonly Purpose[] =>
  purposes.includes('share-employment-needs') ? [...purposes, 'exit-notice'] : purposes;

/** What a no may mean of whose form only some fields can be read. */
export function meantBy(data: Readonly<Record<string, unknown>>): Meant {
  const form = consentForms.find((each) => each === data['form']);
  const keep: readonly unknown[] = Array.isArray(data['keep']) ? data['keep'] : [];
  return {
    forms: form === undefined ? consentForms : [form],
    purposes: allPurposes.filter((purpose) => !keep.includes(purpose)),
    agencies: undefined,
  };
}

/**
 * The lines that are stopped until somebody has recorded the no again, whole: of those that stand and are no newer, which it may mean. Each is still a
 * line of the consent that gave it, as after a withdrawal: whoever sees that consent sees that it no longer stands. No more than its sender could
 * take back in the client's name: a fault in a form must stop nothing that its sender could not.
 */
export function suspendedLines(
  standing: Scopes,
  meant: Meant,
  decidedAtMs: number,
): readonly Scope[] {
  return [...standing.values()]
    .filter(
      (line) =>
        isYes(line) &&
        !(line.decidedAtMs > decidedAtMs) &&
        line.from !== anyone &&
        meant.forms.includes(line.form) &&
        meant.purposes.includes(line.purpose) &&
        (meant.agencies?.some((agency) => agency === line.from || agency === line.to) ?? true),
    )
    .map((line) => ({ ...line, decision: 'refused' as const, decidedAtMs }));
}
