import { type MessageName, ruleOf } from '#libs/contracts/message-table.js';
import { consentFormRules, consentForms } from '#libs/contracts/purposes.js';
import type { FactValue } from '#libs/contracts/service-forms.js';
import type { CaseHistory, Said } from './case-history.js';

type Want = Readonly<Record<string, FactValue | readonly string[]>>;

/** All that was said since the step was opened, as questions. */
export class SinceThen {
  private readonly later: readonly Said[];
  private readonly other: string;

  constructor(
    readonly party: string,
    readonly cause: Said,
    private readonly history: CaseHistory,
    private readonly isSameAgency: (one: string, other: string) => boolean,
  ) {
    this.later = history.since(cause.id);
    this.other = cause.from === party ? cause.to : cause.from;
  }

  /** The owner's party has sent one of these. */
  sent = (...names: readonly MessageName[]): boolean =>
    this.later.some(({ from, name }) => from === this.party && names.includes(name));

  /** It got one of these. */
  got = (...names: readonly MessageName[]): boolean =>
    this.later.some(({ to, name }) => to === this.party && names.includes(name));

  /** Any office of its agency has sent one of this type that says so. */
  agencySent = (name: MessageName, want: Want = {}): boolean =>
    this.later.some(
      (said) => said.name === name && this.isSameAgency(said.from, this.party) && says(said, want),
    );

  gotThat = (name: MessageName, want: Want): boolean =>
    this.later.some((said) => said.to === this.party && said.name === name && says(said, want));

  gotFrom = (from: string, name: MessageName): boolean =>
    this.later.some((said) => said.from === from && said.to === this.party && said.name === name);

  /** The agency had named an adviser before, since the case came to the office where it lies. */
  wasNamedBefore = (): boolean => {
    const before = this.history
      .before(this.cause.id)
      .filter(({ passed, from }) => passed && this.isSameAgency(from, this.party));
    const moved = before.findLastIndex(({ name }) => name === 'case.moved-office');
    return before
      .slice(moved + 1)
      .some(({ name }) => name === 'case.caseworker-named' || name === 'tpr2.passed-to-adviser');
  };

  /** The agency's client had said no to this form before, or taken it back, and not yes since. */
  hadRefused = (form: string): boolean => {
    const decided = this.history
      .before(this.cause.id)
      .findLast(
        ({ name, passed, from, facts }) =>
          passed &&
          (name === 'consent.recorded' || name === 'consent.withdrawn') &&
          facts['form'] === form &&
          this.isSameAgency(from, this.party),
      );
    return decided?.name === 'consent.withdrawn' || decided?.facts['decision'] === 'refused';
  };

  answered = (...names: readonly MessageName[]): boolean =>
    this.later.some(
      ({ from, name, about }) =>
        from === this.party && names.includes(name) && about === this.cause.id,
    );

  sentAbout = (subject: FactValue | undefined, ...names: readonly MessageName[]): boolean =>
    this.later.some(
      ({ from, name, about }) => from === this.party && names.includes(name) && about === subject,
    );

  /** The client took back the consent that the message behind the step rests on, and one of the two sides was told to stop. */
  stopped = (): boolean =>
    this.later.some(
      ({ name, to, about }) =>
        name === 'instruction.stop-using' &&
        (to === this.party || to === this.other) &&
        this.restsOn(this.history.get(about)),
    );

  /** Does the message behind the step rest on the consent that this decision ends? */
  private restsOn(decision: Said | undefined): boolean {
    const root = this.history.get(String(this.cause.facts['about'] ?? '')) ?? this.cause;
    const kept = String(decision?.facts['keep'] ?? '').split(' ');
    // A refusal binds only the lines of the one who recorded it.
    const isBetweenThem =
      decision?.name !== 'consent.recorded' ||
      [this.party, this.other].some((each) => this.isSameAgency(each, decision.from));
    return (
      isBetweenThem &&
      decision?.facts['form'] === formFor(root.name) &&
      !kept.includes(ruleOf(root.name).purpose ?? '')
    );
  }

  /** The treatment is over, said or recorded by this party, or told to it by the provider that the step is about. */
  isOver = (): boolean =>
    this.later.some(
      ({ name, from, to, facts }) =>
        (name === 'exit.notified' || name === 'exit.recorded') &&
        facts['exit'] !== 'unplanned-likely' &&
        (from === this.party || (to === this.party && this.isOther(from))),
    );

  private isOther = (party: string): boolean =>
    this.other === 'mesh' || this.isSameAgency(party, this.other);
}

function says({ facts }: Said, want: Want): boolean {
  return Object.entries(want).every(([fact, value]) => facts[fact] === value);
}

/** Which form covers a message of this type. */
export function formFor(name: MessageName): string {
  const { purpose } = ruleOf(name);
  const form = consentForms.find((each) =>
    consentFormRules[each].purposes.some((covered) => covered === purpose),
  );
  return form ?? '';
}
