import { readFile } from 'node:fs/promises';
import type { Condition } from '#libs/contracts/condition.js';
import { stepEnds } from '#libs/contracts/step-ends.js';
import {
  type FollowUp,
  type StepOutcome,
  stepFollowUps,
  stepOutcomes,
} from '#libs/contracts/step-outcomes.js';
import { type StepName, stepNames, stepWorkingDays } from '#libs/contracts/steps.js';

/** Read where it was written: it is not compiled into dist. */
export const readmeUrl = new URL('../../../services/referral-router/README.md', import.meta.url);

const begin = '<!-- prettier-ignore-start -->\n<!-- Written by `npm run steps` -->\n';
const end = '<!-- prettier-ignore-end -->';

/** The README with the table of steps as the contracts have it now. */
export async function readmeNow(): Promise<string> {
  const text = await readFile(readmeUrl, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.slice(rest.indexOf(end));
  if (before === undefined || after === undefined) throw new Error('the README has no table');
  return `${before}${begin}${stepsTable()}${after}`;
}

/** Every step: its working days, why it is open, what ends it, and what follows when its owner says how it ended. */
function stepsTable(): string {
  const head = ['Step', 'Days', 'Open because', 'Ended by', ...stepOutcomes.map(wordsOf)];
  const rows = stepNames.map((step) => [
    `**${step}**`,
    String(stepWorkingDays[step]),
    stepEnds[step].reason,
    endsOf(step),
    ...stepOutcomes.map((outcome) => cellOf(step, outcome)),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [head, head.map(() => '---'), ...rows].map(line).join('');
}

const wordsOf = (outcome: StepOutcome): string => outcome.replaceAll('-', ' ');

function endsOf(step: StepName): string {
  const ends = stepEnds[step].ends.map(({ by, when }) => `\`${by}\`${conditionOf(when)}`);
  return ends.length === 0 ? 'its owner alone' : [...new Set(ends)].join(', ');
}

function conditionOf(when: Condition | undefined): string {
  const tests = Object.entries(when ?? {}).map(([fact, test]) =>
    typeof test === 'object' && 'present' in test
      ? fact
      : `${fact}: ${String(test) === '' ? 'nothing' : String(test).replaceAll(',', ' or ')}`,
  );
  return tests.length === 0 ? '' : ` (${tests.join(', ')})`;
}

function cellOf(step: StepName, outcome: StepOutcome): string {
  const follows: FollowUp = stepFollowUps[step][outcome];
  switch (follows.kind) {
    case 'end':
      return `end: ${follows.end.replaceAll('-', ' ')}`;
    case 'step':
      return `next: **${follows.step}**`;
    case 'again':
      return 'again';
    case 'send':
      return `by ${follows.types.map((type) => `\`${type}\``).join(' or ')}`;
    case 'only-done':
      return 'not so';
  }
}
