import { z } from 'zod';
import {
  type ConsentsShown,
  type MessageTrial,
  type TrialLine,
  consentsReply,
  dpa1Reply,
  timelineReply,
  tryMessageReply,
  tryReply,
  worklistReply,
} from '#libs/contracts/ask.js';
import { type CaseView, caseReply } from '#libs/contracts/ask-case.js';
import { type PartyShown, partiesReply, referenceReply } from '#libs/contracts/ask-around.js';
import { type OwnCases, casesReply } from '#libs/contracts/ask-router.js';
import type { DeliveredMessage, MeshEnvelope } from '#libs/contracts/mesh-message.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { MeshAnswer, ProblemShown } from '../domain/told-by-mesh.js';

type Json = Readonly<Record<string, unknown>>;
interface Answer {
  readonly status: number;
  readonly body: unknown;
}
export type Worklist = z.output<typeof worklistReply>;
export type Dpa1Answer = z.output<typeof dpa1Reply>;

const questionMs = 8_000;
/** How long a person waits for the verdict; then the page says that it is not decided yet. */
const verdictSeconds = 10;
const verdictMarginMs = 5_000;
export const inboxWaitSeconds = 20;
const inboxMarginMs = 10_000;

const problemSchema = z.object({
  type: z.string(),
  title: z.string().default(''),
  detail: z.string().default(''),
  errors: z.array(z.object({ field: z.string().optional(), detail: z.string() })).default([]),
});
const inboxReply = z.object({ messages: z.array(z.looseObject({ id: z.string() })) });

/** The gateway's public HTTP API, as any agency's own system uses it: a bearer token an office, and nothing else. */
export class GatewayClient {
  constructor(
    private readonly url: string,
    private readonly tokenOf: (office: string) => string,
  ) {}

  /** @throws MeshError `not-found` where the directory does not know the person at this agency */
  async worklist(office: string, person?: string): Promise<Worklist> {
    const query = person === undefined ? '' : `?person=${encodeURIComponent(person)}`;
    return worklistReply.parse(await this.#get(office, `/v1/worklist${query}`));
  }

  /** Undefined alike for a case of others and for none. */
  async case(office: string, id: string): Promise<CaseView | undefined> {
    return this.#own(async () => caseReply.parse(await this.#get(office, `/v1/cases/${id}`)));
  }

  async consents(office: string, id: string): Promise<ConsentsShown | undefined> {
    const path = `/v1/cases/${id}/consents`;
    return this.#own(async () => consentsReply.parse(await this.#get(office, path)));
  }

  /** May the office's agency keep the client's problem on its record today? Undefined alike for a case of others and for none. */
  async dpa1(office: string, id: string): Promise<Dpa1Answer | undefined> {
    const path = `/v1/cases/${id}/dpa1`;
    return this.#own(async () => dpa1Reply.parse(await this.#get(office, path)));
  }

  /** A page of the office's cases, newest first. @param before the last case of the page before */
  async cases(office: string, before: string | undefined): Promise<OwnCases> {
    const query = before === undefined ? '' : `?before=${encodeURIComponent(before)}`;
    return casesReply.parse(await this.#get(office, `/v1/cases${query}`));
  }

  /** The case behind a short reference; undefined for one that is mistyped, another's, or nobody's. */
  async reference(office: string, typed: string): Promise<string | undefined> {
    const path = `/v1/references/${encodeURIComponent(typed.slice(0, 20))}`;
    return this.#own(async () => referenceReply.parse(await this.#get(office, path)).case);
  }

  /** Whom the office may write to. */
  async parties(office: string): Promise<readonly PartyShown[]> {
    return partiesReply.parse(await this.#get(office, '/v1/parties')).parties;
  }

  /** Whom the client's consent lets the office refer to next, less who declined. Undefined alike for a case of others and for none. */
  async nextProviders(office: string, id: string): Promise<readonly PartyShown[] | undefined> {
    const path = `/v1/cases/${id}/next-providers`;
    return this.#own(async () => partiesReply.parse(await this.#get(office, path)).parties);
  }

  async tryConsent(office: string, asked: object): Promise<readonly TrialLine[] | ProblemShown> {
    const answer = await this.#post(office, '/v1/consents/try', asked);
    return answer.status === 200 ? tryReply.parse(answer.body).messages : problemOf(answer);
  }

  async tryMessage(office: string, asked: object): Promise<MessageTrial | ProblemShown> {
    const answer = await this.#post(office, '/v1/messages/try', asked);
    return answer.status === 200 ? tryMessageReply.parse(answer.body) : problemOf(answer);
  }

  /** @throws MeshError that passes: the mesh may or may not have it; the same is sent again. */
  async send(office: string, message: MeshEnvelope): Promise<MeshAnswer> {
    const answer = await this.#call(office, '/v1/messages', {
      method: 'POST',
      headers: {
        'content-type': 'application/cloudevents+json',
        prefer: `wait=${verdictSeconds}`,
      },
      body: JSON.stringify(message),
      timeoutMs: verdictSeconds * 1_000 + verdictMarginMs,
    });
    if (answer.status === 202) return { kind: 'accepted' };
    // No answer to the message: it goes when the office's token is right again.
    if (answer.status === 401)
      throw new MeshError('broker-unavailable', `the gateway does not take the token of ${office}`);
    if (answer.status === 200)
      return { kind: 'decided', timeline: timelineReply.parse(answer.body) };
    return { kind: 'refused', problem: problemOf(answer) };
  }

  async take(office: string): Promise<readonly DeliveredMessage[]> {
    const body = await this.#get(
      office,
      `/v1/inbox?max=50&wait=${inboxWaitSeconds}`,
      inboxWaitSeconds * 1_000 + inboxMarginMs,
    );
    return inboxReply.parse(body).messages as unknown as DeliveredMessage[];
  }

  /** One that is no longer in hand comes again, and is kept as it was the first time. */
  async acknowledge(office: string, id: string): Promise<void> {
    await this.#call(office, `/v1/inbox/${id}/ack`, { method: 'POST', timeoutMs: questionMs });
  }

  async #own<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof MeshError && ['not-found', 'case-not-yours'].includes(error.code))
        return undefined;
      throw error;
    }
  }

  async #get(office: string, path: string, timeoutMs = questionMs): Promise<unknown> {
    const answer = await this.#call(office, path, { timeoutMs });
    if (answer.status === 200) return answer.body;
    if (answer.status === 401)
      throw new MeshError('config-invalid', `the gateway does not take the token of ${office}`);
    const { code, detail } = problemOf(answer);
    throw new MeshError(code === 'case-not-yours' ? 'case-not-yours' : 'not-found', detail);
  }

  #post(office: string, path: string, body: object): Promise<Answer> {
    return this.#call(office, path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      timeoutMs: questionMs,
    });
  }

  /** @throws MeshError `broker-unavailable` where there is no answer, or one that passes */
  async #call(
    office: string,
    path: string,
    { timeoutMs, headers, ...init }: RequestInit & { readonly timeoutMs: number },
  ): Promise<Answer> {
    try {
      const response = await fetch(new URL(path, this.url), {
        ...init,
        headers: {
          ...(headers as Record<string, string>),
          authorization: `Bearer ${this.tokenOf(office)}`,
        },
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      if (response.status >= 500 || response.status === 429) throw new Error('passing');
      return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Json) };
    } catch (cause) {
      throw new MeshError('broker-unavailable', 'the mesh does not answer at present', { cause });
    }
  }
}

function problemOf({ status, body }: Answer): ProblemShown {
  const { type, ...rest } = problemSchema.parse(body);
  return { status, code: type.slice(type.lastIndexOf(':') + 1), ...rest };
}
