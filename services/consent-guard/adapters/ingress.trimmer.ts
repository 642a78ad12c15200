import type { NatsConnection } from '@nats-io/nats-core';
import { ingressFill, trimIngress } from '#libs/nats/trim-ingress.js';

interface Committed {
  readonly seq: number;
  readonly at: number;
}

/** A stream fuller than this is trimmed at once: its sender would be refused soon. */
const fullAt = 0.5;
/** Marks in between are left out: the time of one is told to a tenth of the whole. */
const marks = 10;

/**
 * Takes away from a party's stream what was committed long enough ago: until then a database that lost its last seconds finds them there. The last
 * message that was read stays.
 */
export class IngressTrimmer {
  private committed: Committed[] = [];
  private last = 0;
  private trimmedTo = 0;
  /** Up to where it was looked how full the stream is. */
  private filledTo = 0;
  private over: string | undefined;

  constructor(
    private readonly connection: NatsConnection,
    private readonly party: string,
    private readonly afterMs: number,
  ) {}

  /** A reading begins anew over this connection: the stream's count may have, too. */
  restart(over: string | undefined): void {
    this.over = over;
    this.committed = [];
    this.last = 0;
    this.trimmedTo = 0;
    this.filledTo = 0;
  }

  note(seq: number): void {
    const now = performance.now();
    const newest = this.committed.at(-1);
    this.last = seq;
    if (newest === undefined || now - newest.at > this.afterMs / marks)
      this.committed.push({ seq, at: now });
  }

  /** @throws MeshError `broker-unavailable`, `answer-timeout`: tried again later */
  async trim(): Promise<void> {
    const { connection, party, over, last } = this;
    if (last <= this.trimmedTo || over === undefined) return;
    // How full it is changes with what comes; what comes is read, and noted.
    const isFull = last > this.filledTo && (await ingressFill(connection, party)) > fullAt;
    const now = performance.now();
    const old = this.committed.filter(({ at }) => now - at >= this.afterMs);
    // One that stays: the last that was read.
    const before = isFull ? last : Math.min((old.at(-1)?.seq ?? 0) + 1, last);
    if (before > this.trimmedTo && before > 1) {
      await trimIngress({ connection, party, over }, before);
      this.trimmedTo = before;
      this.committed = this.committed.filter(({ seq }) => seq >= before);
    }
    this.filledTo = last;
  }
}
