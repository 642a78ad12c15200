import { roleScopeKey } from '#libs/contracts/address.js';
import { findDistrict } from '#libs/contracts/districts.js';
import type { ConsentTerms } from '#libs/contracts/consent-forms.js';
import { type Purpose, consentFormRules, offByDefault } from '#libs/contracts/purposes.js';
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

type Line = Pick<Scope, 'from' | 'to' | 'purpose'>;

/**
 * The lines of disclosure that a recorded consent decides. Who takes a consent and whom it binds are two things (joint working, "Consent"):
 * TPR1 covers the referral, its passing on by a single point of contact to the parties named, and the return of appointment and attendance;
 * TPR2 covers the sharing and the job centre's answers; DPA1 the job centre's own record and a contracted provider's notices to it.
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
  const lines = linesOf(taken, parties);
  if (lines.length === 0)
    return refuse(
      'consent-incomplete',
      'data.to',
      'to.parties must name at least one party that this consent lets be told',
    );
  const { data, client, consentId } = taken;
  const excluded = [
    ...new Set([
      ...data.excludedCategories,
      ...(data.includeCriminalJusticeRoute ? [] : offByDefault),
    ]),
  ];
  return dedupe(lines).map((line) => ({
    ...line,
    client,
    consentId,
    excluded,
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
      const offices = parties
        .filter((party) => party.kind === 'jobcentre')
        .map((party) => party.agency);
      const holders = taker.kind === 'jobcentre' ? [mine] : offices;
      return data.purposes.flatMap((purpose) =>
        holders.map((holder) => line(mine, holder, purpose)),
      );
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
    case 'TPR2': {
      const partners = parties.filter(
        (party) => party.kind === 'jobcentre' || party.kind === 'contracted-provider',
      );
      return data.purposes.flatMap((purpose) =>
        partners.flatMap((party) => [
          line(mine, party.agency, purpose),
          line(party.agency, mine, purpose),
        ]),
      );
    }
  }
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
      .map((party) => ({ from: point.agency, to: party.agency, purpose })),
  );
  return [...direct, ...area, ...passedOn];
}

const dedupe = (lines: readonly Line[]): Line[] => [
  ...new Map(
    lines.map((line) => [`${line.from}|${line.to}|${line.purpose}`, line] as const),
  ).values(),
];

const refuse = (code: Problem['code'], field: string, detail: string): Problem => ({
  code,
  field,
  detail,
});
