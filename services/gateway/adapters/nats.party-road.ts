import { createHash } from 'node:crypto';
import type { Histogram } from 'prom-client';
import { errorRules, type MeshErrorCode } from '#libs/contracts/error-codes.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { askGuard } from '#libs/nats/ask-client.js';
import { type Answer, PartyRoad } from '../domain/party-road.js';
import type { PartyLinks } from './party-links.js';

/** Asks without a time of their own. */
const askTimeoutMs = 5_000;

/** The road over NATS. `Nats-Msg-Id` = message id and 16 hex digits of SHA-256 of the body: another body is another message. */
export class NatsPartyRoad extends PartyRoad {
  #stop: (error: MeshError) => void = () => undefined;
  readonly #stopped = new Promise<never>((_resolve, reject) => (this.#stop = reject));

  constructor(
    private readonly links: PartyLinks,
    private readonly publishSeconds: Histogram,
  ) {
    super();
    this.#stopped.catch(() => undefined);
  }

  override async publish(party: string, id: string, body: string): Promise<void> {
    const { publisher } = this.links.open(party);
    const bytes = Buffer.from(body);
    const end = this.publishSeconds.startTimer();
    await publisher.publish(
      bytes,
      `${id}.${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`,
    );
    end();
  }

  override async ask(
    party: string,
    verb: string,
    payload: Readonly<Record<string, unknown>>,
    timeoutMs = askTimeoutMs,
  ): Promise<Answer> {
    const { connection } = this.links.open(party);
    const reply = await Promise.race([
      askGuard<Record<string, unknown>>(connection, verb, payload, timeoutMs),
      this.#stopped,
    ]);
    if (reply.ok) return { ok: true, value: reply };
    const { code, detail, field } = reply as { code?: unknown; detail?: unknown; field?: unknown };
    if (typeof code !== 'string' || !Object.hasOwn(errorRules, code))
      throw new MeshError('internal', 'the answer of the mesh cannot be read');
    return {
      ok: false,
      code: code as MeshErrorCode,
      detail: typeof detail === 'string' ? detail : errorRules[code as MeshErrorCode].title,
      ...(typeof field === 'string' ? { field } : {}),
    };
  }

  /** Ends every question that still waits for its answer, so that a long wait does not hold up the end of the process. */
  endWaiting(): void {
    this.#stop(new MeshError('broker-unavailable', 'the gateway is being stopped; ask again'));
  }
}
