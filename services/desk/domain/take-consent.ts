import type { PartyShown } from '#libs/contracts/ask-around.js';
import { type ConsentForm, type Purpose, consentFormRules } from '#libs/contracts/purposes.js';

type Data = Readonly<Record<string, unknown>>;

/** A client's answer to one form, as it is recorded. */
export interface ConsentTaken {
  readonly form: ConsentForm;
  readonly decision: 'given' | 'refused';
  readonly client: Data;
  readonly purposes: readonly Purpose[];
  /** Who may be told; undefined: nobody outside. */
  readonly to: Data | undefined;
  readonly excludedCategories: readonly string[];
  readonly isCriminalJusticeIncluded: boolean;
  readonly takenAt: string;
  readonly takenBy: string;
  readonly statements: readonly string[];
  readonly language: string;
  readonly isCopyGiven: boolean;
  /** The id of its message: the form's reference comes from it. */
  readonly id: string;
}

/** The words of this desk's pages that a client is asked by. A new wording gets a new version. */
const wordingVersion = 'desk 1';

export const consentData = (taken: ConsentTaken): Data => ({
  form: taken.form,
  formReference: `${taken.form} ${taken.id.slice(-8)}`,
  client: taken.client,
  decision: taken.decision,
  purposes: taken.purposes,
  ...(taken.to === undefined ? {} : { to: taken.to }),
  excludedCategories: taken.excludedCategories,
  includeCriminalJusticeRoute: taken.isCriminalJusticeIncluded,
  takenAt: taken.takenAt,
  takenBy: taken.takenBy,
  explained: {
    statements: taken.statements,
    wordingVersion,
    language: taken.language,
    copyGiven: taken.isCopyGiven,
  },
});

/** The same without the client: what `consents/try` is asked with. */
export function consentTerms(taken: ConsentTaken): Data {
  const { client: _client, ...terms } = consentData(taken);
  return terms;
}

const areaPattern = /^area:([a-z-]+)\/treatment$/;

/**
 * Who is named to the client where the referral goes to this address. A single point of contact, or an area, passes it on: then the
 * providers are named too, or the passing on would not be covered. One that serves other districts alone is not: nobody would pass it there.
 */
export function namedFor(to: string, parties: readonly PartyShown[]): Data {
  const district = areaPattern.exec(to)?.[1];
  if (district !== undefined) {
    const ids = parties.filter((party) => mayServe(party, [district])).map(({ id }) => id);
    return { parties: ids, role: { role: 'treatment', district } };
  }
  const point = parties.find(({ id, kind }) => id === to && kind === 'spoc');
  if (point === undefined) return { parties: [to] };
  const districts = point.serves.map((each) => each.district);
  const providers = parties
    .filter(({ id }) => id !== to)
    .filter((each) => mayServe(each, districts));
  return { parties: [to, ...providers.map(({ id }) => id)] };
}

/** By the directory; a provider that is reached through a point of contact serves no district of its own there. */
const mayServe = ({ kind, serves }: PartyShown, districts: readonly string[]): boolean =>
  serves.some(({ role, district }) => role === 'treatment' && districts.includes(district)) ||
  (kind === 'treatment-provider' && serves.length === 0);

/** A DPA1 names nobody where the record is the job centre's own; a contracted provider returns it to the job centre. */
export function dpa1Terms(
  isContracted: boolean,
  parties: readonly PartyShown[],
): { readonly purposes: readonly Purpose[]; readonly to: Data | undefined } {
  const centres = parties.filter(({ kind }) => kind === 'jobcentre').map(({ id }) => id);
  return isContracted && centres.length > 0
    ? { purposes: consentFormRules.DPA1.purposes, to: { parties: centres } }
    : { purposes: ['record-on-lms'], to: undefined };
}
