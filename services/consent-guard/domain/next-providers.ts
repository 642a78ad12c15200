import { type GuardRecord, isCleared } from './guard-record.js';

/**
 * Of the parties that a consent names, whom to refer to next. Who gave the referral back is not asked again; and where the client asked for
 * that, nobody is.
 *
 * @param answers what came back to the asker along the referrals of the case, oldest first
 */
export function nextProviders(
  named: readonly string[],
  answers: readonly GuardRecord[],
): readonly string[] {
  const declines = answers.filter(
    (record) =>
      isCleared(record) &&
      (record.name === 'referral.declined' || record.name === 'referral.handed-back'),
  );
  if (declines.at(-1)?.facts['reason'] === 'client-asked') return [];
  const declined = new Set(declines.map(({ sender }) => sender));
  return named.filter((party) => !declined.has(party));
}
