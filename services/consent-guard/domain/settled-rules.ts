import { startOf } from './case-past.js';
import { type Rule, against, shown } from './held-rule.js';

/** A page that was open while a colleague ended the step says the second word about it. */
export const notEndedYet: Rule = ({ data, known }) => {
  const { step, about } = data;
  const ended = known.findLast(
    ({ name, facts }) =>
      name === 'step.done' &&
      about !== undefined &&
      facts['step'] === step &&
      facts['about'] === about,
  );
  return ended === undefined
    ? undefined
    : against(
        'about',
        `the step is ended already, by ${ended.actor ?? ended.sender} at ${ended.time}: ${shown(ended)}`,
      );
};

/** Who passed a referral on holds it no more: the provider that has it declines it, or gives it back first. */
export const notPassedOn: Rule = ({ sender, cited, known, find }) => {
  if (sender.kind !== 'spoc' || cited === undefined) return undefined;
  const referral = startOf(cited, find);
  const newest = known.findLast(
    (record) =>
      ((record.name === 'referral.forwarded' && record.sender === sender.id) ||
        (record.name === 'referral.handed-back' && record.recipient === sender.id)) &&
      startOf(record, find) === referral,
  );
  return newest?.name === 'referral.forwarded'
    ? against(
        'referral',
        `you passed it on: ${shown(newest)}; the provider that has it declines it, or gives it back to you`,
      )
    : undefined;
};
