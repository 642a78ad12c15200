import { type MessageName, nameOfType } from '#libs/contracts/message-table.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { FactValue } from '#libs/contracts/service-forms.js';

type Facts = Readonly<Record<string, FactValue>>;

/** A message on record, as the simulation looks at it. */
export interface Said {
  readonly id: string;
  readonly name: MessageName;
  readonly from: string;
  readonly to: string;
  readonly facts: Facts;
  /** The message that it answers. */
  readonly about: string | undefined;
  readonly passed: boolean;
  readonly verdict: MeshEvent['verdict'];
  readonly reason: string | undefined;
  readonly at: Date;
}

export const saidIn = (event: MeshEvent): Said | undefined => {
  const name = nameOfType(event.type);
  if (name === undefined) return undefined;
  return {
    id: event.id,
    name,
    from: event.sender,
    to: event.to,
    facts: event.facts,
    about: event.cause,
    passed: event.verdict === 'cleared' || event.verdict === 'cleared-in-part',
    verdict: event.verdict,
    reason: event.reason,
    at: new Date(event.recordedAt),
  };
};

/** All that was said in a case, in the order in which it was recorded. */
export class CaseHistory {
  readonly all: Said[] = [];
  readonly #byId = new Map<string, Said>();

  add(said: Said): void {
    this.all.push(said);
    if (said.passed || !this.#byId.has(said.id)) this.#byId.set(said.id, said);
  }

  get = (id: string | undefined): Said | undefined =>
    id === undefined ? undefined : this.#byId.get(id);

  /** The last one that passed of these types, seen by the party: it sent it, or has it. */
  last(party: string, ...names: readonly MessageName[]): Said | undefined {
    return this.all.findLast(
      ({ passed, name, from, to }) =>
        passed && names.includes(name) && (from === party || to === party),
    );
  }

  lastFrom(party: string, ...names: readonly MessageName[]): Said | undefined {
    return this.all.findLast(
      ({ passed, name, from }) => passed && names.includes(name) && from === party,
    );
  }

  lastTo(party: string, ...names: readonly MessageName[]): Said | undefined {
    return this.all.findLast(
      ({ passed, name, to }) => passed && names.includes(name) && to === party,
    );
  }

  /** What passed after a message was recorded. */
  since(id: string): readonly Said[] {
    const at = this.all.findLastIndex((said) => said.id === id);
    return this.all.slice(at + 1).filter(({ passed }) => passed);
  }

  before(id: string): readonly Said[] {
    const at = this.all.findIndex((said) => said.id === id);
    return this.all.slice(0, Math.max(0, at));
  }

  /** How often the party was refused something since. */
  refusedSince(id: string, party: string): number {
    const at = this.all.findLastIndex((said) => said.id === id);
    return this.all
      .slice(at + 1)
      .filter(({ from, verdict }) => from === party && verdict === 'refused').length;
  }
}
