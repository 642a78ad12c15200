import type { MessageTrial } from '#libs/contracts/ask.js';
import { type FieldRule, fieldRules } from '#libs/contracts/field.js';
import type { Decision } from './decision.js';
import { valueAt } from './field-path.js';
import type { Incoming } from './incoming.js';

/**
 * What a decision says of a draft: its verdict, and which of its fields would pass. A refusal for want of consent names all of the draft's
 * fields, whatever consent is missing: nothing in it tells a client who refused from one who was never asked.
 */
export function trialOf({ read }: Incoming, { record, effects }: Decision): MessageTrial {
  const { data } = read.envelope;
  const present = fieldRules(read.rule.form).filter(({ path }) => valueAt(data, path) !== undefined);
  const { kind } = record.verdict;
  if (kind === 'refused' || kind === 'stopped')
    return {
      verdict: 'refused',
      passes: [],
      leftOut: present.map(nameOf),
      lacks: present.filter(({ required }) => required).map(nameOf),
    };
  const delivered = effects.find(
    (effect) => effect.kind === 'deliver' && effect.id === record.id,
  );
  const passed = delivered?.kind === 'deliver' ? delivered.message.data : undefined;
  const isPassed = ({ path }: FieldRule): boolean =>
    passed !== undefined && valueAt(passed, path) !== undefined;
  return {
    verdict: kind,
    passes: present.filter(isPassed).map(nameOf),
    leftOut: passed === undefined ? [] : present.filter((rule) => !isPassed(rule)).map(nameOf),
    lacks: [],
  };
}

const nameOf = ({ path }: FieldRule): string => path.join('.');
