import { roleScopeKey } from '#libs/contracts/address.js';
import { findDistrict } from '#libs/contracts/districts.js';
import type { ConsentTerms } from '#libs/contracts/consent-forms.js';
import {
  type Category,
  type Purpose,
  consentFormRules,
  offByDefault,
  sharingCoversExit,
} from '#libs/contracts/purposes.js';
import type { Problem } from '#libs/contracts/problem.js';
import type { Directory, DirectoryParty } from './directory.js';
import type { Scope } from './scope.js';

export interface ConsentTaken {
  readonly consentId: string;
  readonly client: string;
  readonly taker: DirectoryParty;
  readonly data: ConsentTerms;
}

export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

type Line = Pick<Scope, 'from' | 'to' | 'purpose'> & { readonly excluded?: readonly Category[] };

/**
 * The lines of disclosure that a recorded consent decides. Who takes a consent and whom it binds are two things (joint working, "Consent"):
 * TPR1 covers the referral, its passing on by a single point of contact to the parties named and its return to that point, and the return of
 * appointment and attendance; TPR2 covers the sharing and the job centre's answers, and between provider and probation who leads; DPA1 the
 * record of who takes it, and where it names `notify-jcp`, the notices to the job centre. The job centre's own record a refusal decides at once,
 * a yes when the form is returned (`countReturnedDpa1`).
 * A problem when the form may not be taken by that kind of party, misses what must be explained, or names a party that is not there.
 */
export function scopesOfConsent(
  taken: ConsentTaken,
  directory: Directory,
  validity: Validity,
): readonly Scope[] | Problem {
  const problem = takerProblem(taken);
  if (problem !== undefined) return problem;
  const district = taken.data.to?.role?.district;
  if (district !== undefined && findDistrict(district) === undefined)
    return refuse(
      'area-unknown',
      'data.to.role.district',
      'to.role.district is not a district of the directory',
    );
  const parties: DirectoryParty[] = [];
  for (const [index, id] of (taken.data.to?.parties ?? []).entries()) {
    const party = directory.party(id);
    if (party === undefined)
      return refuse(
        'recipient-unknown',
        `data.to.parties.${index}`,
        'to.parties names a party that the directory does not have',
      );
    parties.push(party);
  }
  const scopes = scopesFor(taken, parties, validity);
  return scopes.length === 0 ? nobodyNamed : scopes;
}

export const nobodyNamed: Problem = {
  code: 'consent-incomplete',
  field: 'data.to',
  detail: 'to.parties must name at least one party that this consent lets be told',
};

/** The lines that sound terms decide, between the taker and these parties. */
export function scopesFor(
  taken: ConsentTaken,
  parties: readonly DirectoryParty[],
  validity: Validity,
): readonly Scope[] {
  const { data, client, consentId } = taken;
  const excluded = [
    ...new Set([
      ...data.excludedCategories,
      ...(data.includeCriminalJusticeRoute ? [] : offByDefault),
    ]),
  ];
  return dedupe(linesOf(taken, parties)).map(({ excluded: more = [], ...line }) => ({
    ...line,
    client,
    consentId,
    excluded: [...new Set([...excluded, ...more])],
    decision: data.decision,
    form: data.form,
    validFromMs: validity.fromMs,
    validUntilMs: validity.untilMs,
    decidedAtMs: Date.parse(data.takenAt),
  }));
}

function takerProblem({ taker, data }: ConsentTaken): Problem | undefined {
  const rule = consentFormRules[data.form];
  if (!rule.takenBy.includes(taker.kind))
    return refuse(
      'consent-not-yours-to-take',
      'data.form',
      `${data.form} is not taken by your kind of party`,
    );
  const stray = data.purposes.find((purpose) => !rule.purposes.includes(purpose));
  if (stray !== undefined)
    return refuse(
      'malformed-message',
      'data.purposes',
      `${stray} is not a purpose of ${data.form}`,
    );
  const unsaid = rule.statements.find(
    (statement) => !data.explained.statements.includes(statement),
  );
  if (unsaid !== undefined && data.decision === 'given')
    return refuse(
      'consent-incomplete',
      'data.explained.statements',
      `the client must have been told: ${unsaid}`,
    );
  return undefined;
}

function linesOf(
  { taker, data }: ConsentTaken,
  parties: readonly DirectoryParty[],
): readonly Line[] {
  const mine = taker.agency;
  const has = (purpose: Purpose): boolean => data.purposes.includes(purpose);
  const line = (from: string, to: string, purpose: Purpose): Line => ({ from, to, purpose });
  switch (data.form) {
    case 'DPA1': {
      const own = has('record-on-lms') ? [line(mine, mine, 'record-on-lms')] : [];
      if (taker.kind === 'jobcentre' || !has('notify-jcp')) return own;
      const offices = parties.filter((party) => party.kind === 'jobcentre');
      const told = data.purposes.filter(
        (purpose) => purpose !== 'record-on-lms' || data.decision === 'refused',
      );
      return [
        ...own,
        ...offices.flatMap(({ agency }) => told.map((purpose) => line(mine, agency, purpose))),
      ];
    }
    case 'TPR1': {
      const treaters = parties.filter(
        (party) => party.kind === 'treatment-provider' || party.kind === 'spoc',
      );
      const refer = has('refer-to-treatment') ? referralLines(mine, treaters, data) : [];
      const feedback = has('attendance-feedback')
        ? treaters.map((party) => line(party.agency, mine, 'attendance-feedback'))
        : [];
      return [...refer, ...feedback];
    }
    case 'TPR2':
      return [
        ...data.purposes.flatMap((purpose) =>
          partnersOf(purpose, parties).flatMap(({ agency }) => bothWays(mine, agency, purpose)),
        ),
        ...exitWithSharing(mine, parties, data),
      ];
  }
}

const bothWays = (one: string, other: string, purpose: Purpose): Line[] => [
  { from: one, to: other, purpose },
  { from: other, to: one, purpose },
];

/** With whom a purpose of the TPR2 is about: who leads is between provider and probation, and nothing else is. */
const partnersOf = (
  purpose: Purpose,
  parties: readonly DirectoryParty[],
): readonly DirectoryParty[] =>
  parties.filter(({ kind }) =>
    purpose === 'agree-ete-lead'
      ? kind === 'probation'
      : kind === 'jobcentre' || kind === 'contracted-provider',
  );

/**
 * A consent to share covers the notice of an exit, where the client was told so and does not exclude it; a likely exit only where it is named
 * (step 9). An exclusion, and a refusal to share, are the client's newer word on the exit too: they end what an older consent covered so.
 * Which older one that was is not looked at: the order of recording would matter.
 */
function exitWithSharing(
  mine: string,
  parties: readonly DirectoryParty[],
  { purposes, excludedCategories, explained, decision }: ConsentTerms,
): Line[] {
  if (purposes.includes('exit-notice') || !purposes.includes('share-employment-needs')) return [];
  const isDecided =
    decision === 'refused' ||
    explained.statements.includes(sharingCoversExit) ||
    excludedCategories.includes('exit');
  if (!isDecided) return [];
  return partnersOf('exit-notice', parties).flatMap(({ agency }) =>
    bothWays(mine, agency, 'exit-notice').map((each) => ({ ...each, excluded: ['likely-exit'] })),
  );
}

function referralLines(
  mine: string,
  treaters: readonly DirectoryParty[],
  data: ConsentTerms,
): Line[] {
  const purpose: Purpose = 'refer-to-treatment';
  const direct = treaters.map((party) => ({ from: mine, to: party.agency, purpose }));
  const role = data.to?.role;
  const area =
    role === undefined ? [] : [{ from: mine, to: roleScopeKey(role.role, role.district), purpose }];
  const points = treaters.filter((party) => party.kind === 'spoc');
  const passedOn = points.flatMap((point) =>
    treaters
      .filter((party) => party.agency !== point.agency)
      .flatMap((party) => bothWays(point.agency, party.agency, purpose)),
  );
  return [...direct, ...area, ...passedOn];
}

const dedupe = (lines: readonly Line[]): Line[] => [
  ...new Map(
    lines.map((line) => [`${line.from}|${line.to}|${line.purpose}`, line] as const),
  ).values(),
];

export const refuse = (code: Problem['code'], field: string, detail: string): Problem => ({
  code,
  field,
  detail,
});
