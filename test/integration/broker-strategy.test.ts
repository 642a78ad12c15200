import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import type { NatsConnection } from '@nats-io/nats-core';
import { from, throwError, type Observable } from 'rxjs';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { HandlesMessage } from '#libs/nats/handles-message.js';
import { InboxStrategy, type DeliveryContext } from '#libs/nats/inbox-strategy.js';
import { RethrowFilter } from '#libs/nats/rethrow-filter.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { type StandInGuard, standInGuard } from '#test/support/stand-in-guard.js';
import { until } from '#test/support/until.js';

const seen: string[] = [];

@Controller()
class Handlers {
  @HandlesMessage('t.done.v1')
  async onDone(
    @Payload() message: { name: string },
    @Ctx() context: DeliveryContext,
  ): Promise<void> {
    await Promise.resolve();
    seen.push(`done ${message.name} #${context.deliveries}`);
  }

  @HandlesMessage('t.refused.v1')
  onRefused(): never {
    throw new MeshError('dates-out-of-order', 'data.until is before data.from');
  }

  @HandlesMessage('t.passing.v1')
  async onPassing(
    @Payload() message: { name: string },
    @Ctx() context: DeliveryContext,
  ): Promise<void> {
    seen.push(`passing ${message.name} #${context.deliveries}`);
    await Promise.resolve();
    if (context.deliveries === 1) throw new MeshError('store-unavailable', 'the database is away');
  }

  @HandlesMessage('t.stream.v1')
  onStream(@Payload() message: { name: string }): Observable<unknown> {
    return message.name === 'bad'
      ? throwError(() => new MeshError('not-found', 'no such record'))
      : from(Promise.resolve(seen.push('streamed')));
  }
}

@Module({ controllers: [Handlers] })
class HandlersModule {}

@Controller()
class Doubled {
  @HandlesMessage('t.done.v1')
  one(): void {}

  @HandlesMessage('t.done.v1')
  two(): void {}
}

@Module({ controllers: [Doubled] })
class DoubledModule {}

let nats: NatsForTest;
let party: NatsConnection;
let standIn: StandInGuard;
const dead: string[] = [];

const newStrategy = (): InboxStrategy =>
  new InboxStrategy(party, {
    inFlight: 8,
    onDead: ({ message }, code, reason) => {
      dead.push(`${(message as { id: string }).id} ${code} ${reason}`);
      return Promise.resolve();
    },
  });

/** @returns its id */
function deliver(type: unknown, name = ''): string {
  const id = randomUUID();
  standIn.inbox.deliver('svc_notifier', id, { id, type, name });
  return id;
}

beforeAll(async () => {
  nats = await NatsForTest.start([]);
  party = await nats.connect('svc_notifier');
  standIn = await standInGuard(await nats.connect('guard'));
});
afterAll(async () => {
  await standIn?.stop();
  await nats?.stop();
});

describe('a service over the strategy of its inbox', () => {
  it('answers each delivery by how its handler ended', async () => {
    const strategy = newStrategy();
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(HandlersModule, {
      strategy,
      logger: ['error'],
    });
    app.useGlobalFilters(new RethrowFilter());
    await app.listen();
    deliver('t.done.v1', 'a');
    deliver('t.passing.v1', 'b');
    deliver('t.stream.v1', 'good');
    await until('handled', () =>
      ['done a #1', 'passing b #1', 'passing b #2', 'streamed'].every((line) =>
        seen.includes(line),
      ),
    );
    const expected = [
      `${deliver('t.refused.v1')} dates-out-of-order data.until is before data.from`,
      `${deliver('t.stream.v1', 'bad')} not-found no such record`,
      `${deliver('t.unheard-of.v1')} no-handler nobody here handles t.unheard-of.v1`,
    ];
    await until('all are done', () => standIn.inbox.open('svc_notifier').length === 0);
    expect(dead.toSorted()).toEqual(expected.toSorted());
    expect(seen.toSorted()).toEqual(['done a #1', 'passing b #1', 'passing b #2', 'streamed']);
    expect(strategy.isHealthy()).toBe(true);
    await app.close();
    expect(strategy.isHealthy()).toBe(false);
  });

  it('refuses to start with two handlers for one type', async () => {
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(DoubledModule, {
      strategy: newStrategy(),
      logger: false,
      abortOnError: false,
    });
    await expect(app.listen()).rejects.toMatchObject({ code: 'config-invalid' });
    await app.close();
  });
});
