import type { MessageTrial } from '#libs/contracts/ask.js';
import { messageNames, ruleOf } from '#libs/contracts/message-table.js';
import { labelOf } from './field-words.js';
import type { ProblemShown } from './told-by-mesh.js';
import { refusalOf } from './told-words.js';

/** Before sending: what will go, what is left out and why, what cannot go and whom to ask. */
export interface TrialShown {
  readonly mayGo: boolean;
  readonly goes: readonly string[];
  readonly leftOut: readonly string[];
  readonly cannot: string;
  /** The same where nothing has changed since it was shown. */
  readonly digest: string;
  /** What stands against it where that is not the consent: it would be refused as it is. */
  readonly problem?: ProblemShown;
}

/** Ids of other messages say nothing about the client. */
const references: ReadonlySet<string> = new Set([
  ...messageNames.flatMap((name) => ruleOf(name).cites ?? []),
  'appointment',
  'previousReferral',
  'corrects',
]);
const labels = (paths: readonly string[]): readonly string[] => [
  ...new Set(paths.filter((path) => !references.has(path)).map(labelOf)),
];

export function trialShown(
  trial: Pick<MessageTrial, 'verdict' | 'passes' | 'leftOut' | 'lacks'>,
): TrialShown {
  const { verdict, passes, leftOut, lacks } = trial;
  const mayGo = verdict !== 'refused';
  return {
    mayGo,
    goes: mayGo ? labels(passes) : [],
    leftOut: mayGo ? labels(leftOut) : [],
    cannot: mayGo
      ? ''
      : lacks.length > 0
        ? `The form makes no sense without: ${labels(lacks).join(', ')}. The client’s consent does not cover it. Ask the client.`
        : 'The client’s consent does not cover it. Ask the client.',
    digest: [verdict, ...passes.toSorted(), '-', ...leftOut.toSorted()].join(' '),
  };
}

/** The same where something else than consent stands against it: it cannot go, and why. */
export function trialOrRefusal(trial: ProblemShown | Parameters<typeof trialShown>[0]): TrialShown {
  if (!('code' in trial)) return trialShown(trial);
  const { text, remedy } = refusalOf(trial);
  const cannot = [text, remedy].filter((each) => each !== '').join('. ');
  return { mayGo: false, goes: [], leftOut: [], cannot, digest: trial.code, problem: trial };
}
