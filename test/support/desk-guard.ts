import type { NatsConnection } from '@nats-io/nats-core';
import type { Directory, Timeline } from '#libs/contracts/ask.js';
import { readMessageText, type ReadMessage } from '#libs/contracts/read-message.js';
import type { AgreementPut, PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import { serveAsks } from '#libs/nats/answer-server.js';
import type { AskReply } from '#libs/nats/ask-client.js';
import { IngressTap } from './ingress-tap.js';
import { until } from './until.js';

/** A guard for the operator's tool alone, on the real road: takes what svc_ops puts out, keeps a directory, answers what svc_ops asks. */
export class DeskGuard {
  readonly received: ReadMessage[] = [];
  readonly #parties = new Map<string, PartyPut>();
  readonly #people = new Map<string, PersonPut>();
  readonly #agreements = new Map<string, AgreementPut>();
  readonly #timelines = new Map<string, Timeline>();
  readonly #tap: IngressTap;
  readonly #asks: { stop(): Promise<void> };

  /** @param refuses answers the reason to refuse a message with, or undefined */
  constructor(
    guard: NatsConnection,
    private readonly refuses: (message: ReadMessage) => string | undefined = () => undefined,
  ) {
    this.#tap = new IngressTap(guard, 'svc_ops', (text) => this.#take(text));
    this.#asks = serveAsks(guard, (party, verb, payload) =>
      this.#answer(party, verb, payload as Record<string, unknown>),
    );
  }

  get directory(): Directory {
    return { parties: [...this.#parties.values()], people: [...this.#people.values()] };
  }

  async stop(): Promise<void> {
    await this.#tap.stop();
    await this.#asks.stop();
  }

  #take(text: string): void {
    const read = readMessageText(text, Date.now());
    if (!read.ok)
      throw new Error(`the operator sent something unreadable: ${JSON.stringify(read.problems)}`);
    const { message } = read;
    this.received.push(message);
    const reason = this.refuses(message);
    const data: unknown = message.envelope.data;
    if (reason === undefined && message.name === 'directory.party-put')
      this.#parties.set((data as PartyPut).party, data as PartyPut);
    if (reason === undefined && message.name === 'directory.person-put')
      this.#people.set((data as PersonPut).person, data as PersonPut);
    if (reason === undefined && message.name === 'directory.agreement-put')
      this.#agreements.set(
        (data as AgreementPut).offices.toSorted().join(' '),
        data as AgreementPut,
      );
    const verdict = reason === undefined ? ('cleared' as const) : ('refused' as const);
    const { id, type, to, time } = message.envelope;
    const record = { verdict, ...(reason === undefined ? {} : { reason }), at: time };
    this.#timelines.set(id, {
      id,
      type,
      sender: message.sender,
      to,
      time,
      state: verdict,
      records: [record],
    });
  }

  async #answer(party: string, verb: string, payload: Record<string, unknown>): Promise<AskReply> {
    if (party !== 'svc_ops') return { ok: false, code: 'not-found', detail: 'not yours to ask' };
    switch (verb) {
      case 'directory':
        return { ok: true, ...this.directory };
      case 'agreements':
        return { ok: true, agreements: this.#agreementsShown(), exchanged: [['jcp', 'trt_new']] };
      case 'verdict':
      case 'timeline':
        return this.#timeline(String(payload['id']), verb === 'verdict' ? 2_000 : 100);
      case 'counts':
        return {
          ok: true,
          counts: [{ party: 'jcp_leeds', type: 'tpr2.shared', verdict: 'cleared', count: 3 }],
          ninoConflicts: 2,
        };
      case 'dead-letters':
        return {
          ok: true,
          deadLetters: [
            {
              ...deadLetter,
              redriven: this.received.some(({ name }) => name === 'deadletter.redrive'),
            },
          ],
        };
      default:
        return { ok: false, code: 'not-found', detail: 'no such question' };
    }
  }

  #agreementsShown(): readonly object[] {
    return [...this.#agreements.values()].map((put) => ({
      ...put,
      agencies: put.offices.map((office) => this.#parties.get(office)?.agency ?? ''),
    }));
  }

  async #timeline(id: string, waitMs: number): Promise<AskReply> {
    const found = await until('a verdict', () => this.#timelines.get(id), waitMs).catch(
      () => undefined,
    );
    return found === undefined
      ? { ok: false, code: 'not-found', detail: 'no such message' }
      : { ok: true, ...found };
  }
}

export const deadLetter = {
  deadLetter: '0198f2a0-0000-7000-8000-000000000001',
  party: 'trt_aire',
  code: 'malformed-message',
  field: 'data.client.nino',
  detail: 'data.client.nino: must be an NI number',
  at: '2026-11-23T09:30:00.000Z',
  redriven: false,
};
