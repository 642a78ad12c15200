import type { ProblemShown } from './told-by-mesh.js';
import { labelOf } from './field-words.js';

/** A refusal of the mesh, in words, with its remedy. */
export interface Refusal {
  readonly heading: string;
  readonly text: string;
  readonly remedy: string;
}

const remedies: Readonly<Record<string, Omit<Refusal, 'text'>>> = {
  'no-consent-on-record': {
    heading: 'It did not go: no consent on record covers it',
    remedy:
      'Nothing was told to anybody. Ask the client and record the answer under Seek consent. This is no legal bar: safeguarding has its own route outside.',
  },
  'contradicts-record': {
    heading: 'It did not go: the record says otherwise',
    remedy:
      'Somebody may have recorded it meanwhile. See what stands in the case. What you wrote is still here.',
  },
  'identity-mismatch': {
    heading: 'It did not go: the client’s details do not agree with the record',
    remedy: 'Check NI number, date of birth and surname with the client, and send again.',
  },
  'no-unclear': {
    heading: 'The client’s no could not be read whole',
    remedy:
      'What could be read counts. What else it may mean is stopped until you record it again, whole.',
  },
  'newer-decision-stands': {
    heading: 'It changed nothing: the client decided otherwise',
    remedy: 'See what stands in the case, ask the client, and record the answer.',
  },
  'actor-unknown': {
    heading: 'It did not go: the directory does not know you at this office',
    remedy: 'Ask your team leader to have you entered.',
  },
  'cause-unknown': {
    heading: 'It did not go: what it answers is not there any more',
    remedy: 'Open the case again and see what stands.',
  },
};

export function refusalOf({ code, title, detail, errors }: ProblemShown): Refusal {
  const known = remedies[code];
  const lines = errors.map((each) =>
    each.field === undefined
      ? each.detail
      : `${labelOf(each.field.replace(/^data\./, ''))}: ${each.detail}`,
  );
  const text =
    code === 'no-consent-on-record'
      ? ''
      : [...new Set(lines.length > 0 ? lines : [detail])].join('; ');
  return {
    heading: known?.heading ?? 'It did not go',
    text,
    remedy: known?.remedy ?? title,
  };
}
