import type { NatsConnection } from '@nats-io/nats-core';
import type { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { KeepDead } from '#libs/nats/delivery.js';
import { EventsFollower } from '#libs/nats/events-follower.js';
import type { LeaseKeeper } from '#libs/postgres/lease-keeper.js';

export interface EventsConsumerOptions {
  readonly connection: NatsConnection;
  readonly leases: LeaseKeeper;
  readonly clock: Clock;
  /** `number`: up to which all is applied with this event; kept with what it changes. */
  readonly apply: (event: MeshEvent, number: number) => Promise<void>;
  /** Up to which number everything was applied. */
  readonly followedTo: () => Promise<number>;
  readonly onDead: KeepDead;
  readonly onTrouble: (error: unknown) => void;
}

const eventsLease = 'events';
const leaseEveryMs = 1_000;
/** Events older than this (by the mesh's clock) are history that is being caught up with … */
const behindMs = 3_600_000;
/** … until none has come for so long (real). */
const quietMs = 3_000;

/**
 * Follows the mesh's events in their order, in one instance at a time: who holds the lease. What a case is does not depend on the order (see
 * `read-case.ts`), but who is told does: a naming that a killed instance had in hand must not be overtaken by the alert it is about.
 */
export class EventsConsumer {
  private follower: EventsFollower | undefined;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private isStopped = false;
  private oldSeenAt = performance.now();

  constructor(private readonly options: EventsConsumerOptions) {}

  start(): void {
    if (this.isStopped || this.timer !== undefined) return;
    this.timer = setInterval(() => this.look(), leaseEveryMs);
    this.look();
  }

  /** The lease was lost: work in hand ends, and another instance goes on. */
  async yieldWork(): Promise<void> {
    const follower = this.follower;
    this.follower = undefined;
    await follower?.stop();
  }

  /** Takes no more and waits for the event in hand. Idempotent. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.looking;
    await this.yieldWork();
    await this.options.leases.release(eventsLease);
  }

  /** True for an instance that stands by, too. */
  isHealthy(): boolean {
    return this.timer !== undefined && (this.follower === undefined || this.follower.isHealthy());
  }

  /** Whether this instance follows, or stands by. */
  isFollowing(): boolean {
    return this.follower !== undefined;
  }

  /** Whether this instance follows, and what it reads now is of now. */
  isCaughtUp(): boolean {
    return this.follower !== undefined && performance.now() - this.oldSeenAt > quietMs;
  }

  private look(): void {
    this.looking ??= this.take()
      .catch(this.options.onTrouble)
      .finally(() => (this.looking = undefined));
  }

  private async take(): Promise<void> {
    if (
      this.isStopped ||
      !(await this.options.leases.acquire(eventsLease)) ||
      this.follower !== undefined
    )
      return;
    const { connection, onDead, onTrouble, followedTo } = this.options;
    this.oldSeenAt = performance.now();
    this.follower = new EventsFollower(connection, {
      followedTo,
      onDead,
      onTrouble,
      handle: (event, number) => this.handle(event, number),
    });
    this.follower.start();
  }

  private async handle(event: MeshEvent, number: number): Promise<void> {
    if (!this.options.leases.isHeld(eventsLease))
      throw new MeshError('lease-lost', 'another instance follows the events now');
    await this.options.apply(event, number);
    if (this.options.clock.now().getTime() - Date.parse(event.recordedAt) > behindMs)
      this.oldSeenAt = performance.now();
  }
}
