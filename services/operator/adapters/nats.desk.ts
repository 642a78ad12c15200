import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import { timelineReply, type Timeline } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { Clock } from '#libs/clock/clock.js';
import { askGuard } from '#libs/nats/ask-client.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { MeshDesk, type OperatorMessage } from '../domain/mesh-desk.js';

/** One question to the guard waits this long at most: below the broker's own request limits, asked again until `verdictMs` is over. */
const waitMs = 5_000;
const verdictMs = 30_000;
const askAgainMs = 50;

/** The desk on NATS: messages to `out.msg`, questions to `ask.<verb>`. */
export class NatsDesk extends MeshDesk {
  readonly #publisher: RoadPublisher;

  constructor(
    private readonly connection: NatsConnection,
    private readonly clock: Clock,
  ) {
    super();
    this.#publisher = new RoadPublisher(connection);
  }

  override async send(message: OperatorMessage): Promise<string> {
    const now = this.clock.now();
    const id = uuidV7(now.getTime(), randomBytes(10));
    const event = {
      specversion: '1.0',
      id,
      source: sourceOf('svc_ops'),
      type: typeOf(message.type),
      time: now.toISOString(),
      datacontenttype: 'application/json',
      to: message.to,
      data: message.data,
    };
    const body = Buffer.from(JSON.stringify(event));
    await this.#publisher.publish(
      body,
      `${id}.${createHash('sha256').update(body).digest('hex').slice(0, 16)}`,
    );
    return id;
  }

  override async verdict(id: string): Promise<Timeline> {
    const end = performance.now() + verdictMs;
    for (;;) {
      const timeline = await this.#decided(id);
      if (timeline !== undefined) return timeline;
      await delay(askAgainMs);
      if (performance.now() >= end)
        throw new MeshError('answer-timeout', `no verdict on ${id} within ${verdictMs / 1_000} s`);
    }
  }

  async #decided(id: string): Promise<Timeline | undefined> {
    const reply = await askGuard<object>(
      this.connection,
      'verdict',
      { id, waitMs },
      waitMs + 5_000,
    );
    // Not recorded yet reads as not found: the guard has it on its way.
    if (!reply.ok && reply.code !== 'not-found') throw new MeshError(reply.code, reply.detail);
    const timeline = reply.ok ? timelineReply.parse(withoutOk(reply)) : undefined;
    if (timeline !== undefined && timeline.state !== 'undecided') return timeline;
    return undefined;
  }

  override async ask(verb: string, question: Readonly<Record<string, unknown>>): Promise<unknown> {
    const reply = await askGuard<object>(this.connection, verb, question, 10_000);
    if (!reply.ok) throw new MeshError(reply.code, reply.detail);
    return withoutOk(reply);
  }

  override async close(): Promise<void> {
    await this.#publisher.stop();
    await this.connection.close();
  }
}

function withoutOk({ ok: _ok, ...answer }: { readonly ok: true }): object {
  return answer;
}
