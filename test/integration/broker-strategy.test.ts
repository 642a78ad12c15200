import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import type { NatsConnection } from '@nats-io/nats-core';
import { from, throwError, type Observable } from 'rxjs';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { deliveryDurable, deliverySubject } from '#libs/contracts/subjects.js';
import { HandlesMessage } from '#libs/nats/handles-message.js';
import { JetStreamStrategy, type DeliveryContext } from '#libs/nats/jetstream-strategy.js';
import { RethrowFilter } from '#libs/nats/rethrow-filter.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { NatsForTest } from '#test/support/nats-for-test.js';
import { until } from '#test/support/until.js';

const seen: string[] = [];

@Controller()
class Handlers {
  @HandlesMessage('t.done.v1')
  async onDone(@Payload() message: { id: string }, @Ctx() context: DeliveryContext): Promise<void> {
    await Promise.resolve();
    seen.push(`done ${message.id} #${context.deliveries}`);
  }

  @HandlesMessage('t.refused.v1')
  onRefused(): never {
    throw new MeshError('dates-out-of-order', 'data.until is before data.from');
  }

  @HandlesMessage('t.passing.v1')
  async onPassing(
    @Payload() message: { id: string },
    @Ctx() context: DeliveryContext,
  ): Promise<void> {
    seen.push(`passing ${message.id} #${context.deliveries}`);
    await Promise.resolve();
    if (context.deliveries === 1) throw new MeshError('store-unavailable', 'the database is away');
  }

  @HandlesMessage('t.stream.v1')
  onStream(@Payload() message: { id: string }): Observable<unknown> {
    return message.id === 'bad'
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
let guard: NatsConnection;
const dead: string[] = [];

const strategyFor = (unknownTypes: 'dead' | 'ack'): JetStreamStrategy =>
  new JetStreamStrategy(party, {
    stream: 'svc_router',
    durable: deliveryDurable,
    ackWaitMs: 60_000,
    inFlight: 8,
    isOrdered: false,
    unknownTypes,
    onDead: ({ seq }, code, reason) => {
      dead.push(`${seq} ${code} ${reason}`);
      return Promise.resolve();
    },
  });

async function deliver(body: string): Promise<number> {
  const out = new RoadPublisher(guard, { inboxPrefix: '_INBOX_guard' });
  const { seq } = await out.publish(
    new TextEncoder().encode(body),
    body,
    deliverySubject('svc_router'),
  );
  await out.stop();
  return seq;
}

beforeAll(async () => {
  nats = await NatsForTest.start([]);
  [party, guard] = await Promise.all([nats.connect('svc_router'), nats.connect('guard')]);
});
afterAll(() => nats?.stop());

describe('a service over the JetStream strategy', () => {
  it('answers each delivery by how its handler ended', async () => {
    const strategy = strategyFor('dead');
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(HandlersModule, {
      strategy,
      logger: ['error'],
    });
    app.useGlobalFilters(new RethrowFilter());
    await app.listen();
    await deliver(JSON.stringify({ type: 't.done.v1', id: 'a' }));
    await deliver(JSON.stringify({ type: 't.passing.v1', id: 'b' }));
    await deliver(JSON.stringify({ type: 't.stream.v1', id: 'good' }));
    await until('handled', () =>
      ['done a #1', 'passing b #1', 'passing b #2', 'streamed'].every((line) =>
        seen.includes(line),
      ),
    );

    const expected = [
      `${await deliver(JSON.stringify({ type: 't.refused.v1' }))} dates-out-of-order data.until is before data.from`,
      `${await deliver(JSON.stringify({ type: 't.stream.v1', id: 'bad' }))} not-found no such record`,
      `${await deliver(JSON.stringify({ type: 't.unheard-of.v1' }))} no-handler nobody here handles t.unheard-of.v1`,
      `${await deliver('{"type": 1}')} malformed-message the message has no type`,
      `${await deliver('no JSON')} malformed-json the message is not JSON`,
    ];
    await until('all dead', () => dead.length === expected.length);
    expect([...dead].sort()).toEqual(expected.sort());
    expect(strategy.isHealthy()).toBe(true);
    await app.close();
    expect(strategy.isHealthy()).toBe(false);
  });

  it('takes types it does not handle as done with, where told so', async () => {
    const strategy = strategyFor('ack');
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(HandlersModule, {
      strategy,
      logger: ['error'],
    });
    app.useGlobalFilters(new RethrowFilter());
    await app.listen();
    const before = dead.length;
    await deliver(JSON.stringify({ type: 't.unheard-of.v1', id: 'x' }));
    await deliver(JSON.stringify({ type: 't.done.v1', id: 'z' }));
    await until('handled', () => seen.includes('done z #1'));
    await app.close();
    expect(dead.length).toBe(before);
  });

  it('refuses to start with two handlers for one type', async () => {
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(DoubledModule, {
      strategy: strategyFor('dead'),
      logger: false,
      abortOnError: false,
    });
    await expect(app.listen()).rejects.toMatchObject({ code: 'config-invalid' });
    await app.close();
  });
});
