import { setTimeout as delay } from 'node:timers/promises';
import {
  type Timeline,
  timelineReply,
  type WorklistStep,
  worklistReply,
} from '#libs/contracts/ask.js';
import { type WholeCase, caseReply, isWholeCase } from '#libs/contracts/ask-case.js';

export interface EdgeAnswer {
  readonly status: number;
  /** What became of the message, as far as it is known. */
  readonly timeline: Timeline | undefined;
  /** The problem document's own words, where the answer is one (RFC 9457). */
  readonly problem: { readonly type: string; readonly detail: string } | undefined;
}

export type Delivered = Readonly<Record<string, unknown>> & { readonly id: string };

/** Too many requests, and a mesh or a part of it that is not there at present. */
const passingStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const againMs = 200;

/**
 * The HTTP edge as an agency's system uses it: one bearer token a party, nothing else. With patience it goes on, for so many ms, after what
 * passes: no connection, no answer, "send again with the same id"; and asks for a verdict that is not there yet. Default: it does not.
 */
export class EdgeClient {
  constructor(
    private readonly gatewayUrl: string,
    private readonly tokens: Readonly<Record<string, string>>,
    private readonly patienceMs = 0,
  ) {}

  /** `POST /v1/messages` with `Prefer: wait`. */
  async send(
    party: string,
    event: Readonly<Record<string, unknown>>,
    waitSeconds = 10,
  ): Promise<EdgeAnswer> {
    const response = await this.call(party, '/v1/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json', prefer: `wait=${waitSeconds}` },
      body: JSON.stringify(event),
    });
    const body = (await response.json()) as Record<string, unknown>;
    const told = timelineReply.safeParse(response.ok ? body : body['verdict']);
    const isProblem = response.headers.get('content-type')?.includes('problem+json') === true;
    return {
      status: response.status,
      timeline: told.success
        ? told.data
        : response.status === 202
          ? await this.decided(party, String(event['id']))
          : undefined,
      problem: isProblem
        ? { type: String(body['type']), detail: String(body['detail']) }
        : undefined,
    };
  }

  /** The timeline of a message that was accepted and not decided at once, if patience lasts. */
  private async decided(party: string, id: string): Promise<Timeline | undefined> {
    const end = performance.now() + this.patienceMs;
    while (performance.now() < end) {
      const timeline = await this.timeline(party, id);
      if (timeline !== undefined && timeline.state !== 'undecided') return timeline;
      await delay(againMs);
    }
    return undefined;
  }

  /** `GET /v1/messages/{id}`: the timeline, or undefined where there is none for this party. */
  async timeline(party: string, id: string): Promise<Timeline | undefined> {
    const response = await this.call(party, `/v1/messages/${id}`);
    return response.ok ? timelineReply.parse(await response.json()) : undefined;
  }

  /** `GET /v1/inbox`, then `POST /v1/inbox/{id}/ack` for each message in it. */
  async collect(party: string, waitSeconds: number): Promise<readonly Delivered[]> {
    const { messages } = await this.json<{ messages: Delivered[] }>(
      party,
      `/v1/inbox?max=50&wait=${waitSeconds}`,
    );
    for (const { id } of messages)
      await this.call(party, `/v1/inbox/${id}/ack`, { method: 'POST' });
    return messages;
  }

  async worklist(party: string): Promise<readonly WorklistStep[]> {
    return worklistReply.parse(await this.json(party, '/v1/worklist')).steps;
  }

  /** The whole of it: a part that could not be had is asked for again, if patience lasts. */
  async case(party: string, caseId: string): Promise<WholeCase> {
    const end = performance.now() + this.patienceMs;
    for (;;) {
      const view = caseReply.parse(await this.json(party, `/v1/cases/${caseId}`));
      if (isWholeCase(view)) return view;
      if (performance.now() >= end)
        throw new Error(`case ${caseId} as ${party}: no ${view.notHad.join(', ')}`);
      await delay(againMs);
    }
  }

  private async json<T>(party: string, path: string): Promise<T> {
    const response = await this.call(party, path);
    if (!response.ok) throw new Error(`GET ${path} as ${party}: ${response.status}`);
    return (await response.json()) as T;
  }

  private async call(party: string, path: string, init: RequestInit = {}): Promise<Response> {
    const end = performance.now() + this.patienceMs;
    for (;;) {
      try {
        const response = await this.once(party, path, init);
        if (!passingStatuses.has(response.status) || performance.now() >= end) return response;
        await response.body?.cancel();
      } catch (error) {
        if (performance.now() >= end) throw error;
      }
      await delay(againMs);
    }
  }

  private once(party: string, path: string, init: RequestInit): Promise<Response> {
    const token = this.tokens[party];
    if (token === undefined) throw new Error(`there is no bearer token for ${party}`);
    return fetch(new URL(path, this.gatewayUrl), {
      ...init,
      headers: {
        ...(init.headers as Record<string, string> | undefined),
        authorization: `Bearer ${token}`,
      },
      signal: AbortSignal.timeout(45_000),
    });
  }
}
