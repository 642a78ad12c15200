import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { createInbox, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { addParty } from '#deploy/nats/add-party.js';
import { serviceParties } from '#libs/contracts/party.js';
import {
  deliveryDurable,
  deliverySubject,
  eventsStream,
  eventsSubject,
  ingressDurable,
  ingressStream,
} from '#libs/contracts/subjects.js';
import { serveAnswers, serveAsks, type AnswerServer } from '#libs/nats/answer-server.js';
import { askGuard, requestJson } from '#libs/nats/ask-client.js';
import { deliveryPlan, ingressPlan } from '#libs/nats/durable-plan.js';
import { mendDurable } from '#libs/nats/mend-durable.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { type Tried, tryStrangers, tryUser, usersOf } from './broker-matrix.js';
import { NatsForTest } from './nats-for-test.js';
import { until } from './until.js';

/** One party of each kind that an agency can be. */
const agencyKinds = ['jcp_a', 'cp_a', 'trt_a', 'spoc_a', 'prob_a'];
const followers = ['svc_router', 'svc_reminders'];
const answering = ['svc_router', 'svc_reminders', 'svc_notifier'];

export interface Control {
  readonly who: string;
  readonly what: string;
  readonly works: boolean;
}

/** A live broker with something in every stream, and every user's connection. */
export class BrokerGround {
  readonly #connections = new Map<string, NatsConnection>();
  readonly #publisher: RoadPublisher;
  #agencies: readonly string[] = agencyKinds;

  #sowings = 0;

  constructor(
    readonly nats: NatsForTest,
    private readonly manager: JetStreamManager,
    private readonly guard: NatsConnection,
    private readonly asks: AnswerServer,
  ) {
    this.#publisher = new RoadPublisher(guard, { inboxPrefix: '_INBOX_guard' });
  }

  get users(): readonly string[] {
    return usersOf(this.#agencies);
  }

  get parties(): readonly string[] {
    return [...this.#agencies, ...serviceParties];
  }

  async seed(parties: readonly string[]): Promise<void> {
    const bytes = new TextEncoder().encode('{"seed":true}');
    // New ids each time: the broker would take a second sowing for the first.
    this.#sowings += 1;
    for (const party of parties)
      for (const n of [1, 2]) {
        await this.#publisher.publish(
          bytes,
          `${party}-${n}-${this.#sowings}`,
          deliverySubject(party),
        );
        await (await this.connectionOf(party)).request('out.msg', bytes);
      }
    for (const n of [1, 2, 3, 4])
      await this.#publisher.publish(
        bytes,
        `event-${parties.join()}-${n}-${this.#sowings}`,
        eventsSubject,
      );
  }

  async tryUndeclared(): Promise<{
    readonly tried: readonly Tried[];
    readonly changed: readonly string[];
  }> {
    const before = await this.#states();
    const tried: Tried[] = [];
    for (const user of this.users)
      tried.push(
        ...(await tryUser(await this.connectionOf(user), user, this.parties, 'undeclared')),
      );
    const after = await this.#states();
    const changed = [...after].flatMap(([stream, state]) =>
      state === before.get(stream) ? [] : [`${stream}: ${before.get(stream)} → ${state}`],
    );
    return { tried, changed };
  }

  async tryDeclared(): Promise<readonly Tried[]> {
    const tried: Tried[] = [];
    for (const user of this.users)
      tried.push(...(await tryUser(await this.connectionOf(user), user, this.parties, 'declared')));
    return tried;
  }

  tryStrangers(): Promise<string[]> {
    return tryStrangers(this.nats);
  }

  /** Each declared right, shown to do what it is for. */
  async controls(): Promise<readonly Control[]> {
    await this.seed(this.parties);
    const found: Control[] = [];
    const show = async (
      who: string,
      what: string,
      proof: () => Promise<unknown>,
    ): Promise<void> => {
      const works = await proof().then(
        (value) => value !== undefined && value !== false,
        () => false,
      );
      found.push({ who, what, works });
    };
    for (const party of this.parties) await this.#partyControls(party, show);
    await this.#guardControls(show);
    const sys = await this.connectionOf('sys');
    await show('sys', 'asks the server', async () =>
      (await sys.request('$SYS.REQ.SERVER.PING')).json(),
    );
    await show('provisioner', 'reads a stream', () => this.manager.streams.info(eventsStream));
    return found;
  }

  async #partyControls(
    party: string,
    show: (who: string, what: string, proof: () => Promise<unknown>) => Promise<void>,
  ): Promise<void> {
    const connection = await this.connectionOf(party);
    const puback = async () =>
      (await connection.request('out.msg', '{"own":true}')).json<{ stream: string }>().stream ===
      ingressStream(party);
    await show(party, 'puts out', puback);
    await show(party, 'asks under its own name', async () => {
      const reply = await askGuard<{ party: string }>(connection, 'verdict', {});
      return reply.ok && reply.party === party;
    });
    await show(party, 'takes in and acknowledges', () =>
      takeOne(connection, party, deliveryDurable),
    );
    if (followers.includes(party))
      await show(party, 'follows EVENTS', () => takeOne(connection, eventsStream, party));
    if (!answering.includes(party)) return;
    const server = serveAnswers(connection, party, {
      worklist: () => Promise.resolve({ ok: true, party }),
    });
    await connection.flush();
    await show(party, 'answers the guard', () =>
      requestJson(this.guard, `answer.${party}.worklist`, {}),
    );
    await server.stop();
  }

  async #guardControls(
    show: (who: string, what: string, proof: () => Promise<unknown>) => Promise<void>,
  ): Promise<void> {
    const { guard } = this;
    const [party = ''] = this.parties;
    const api = async (verb: string, payload: object = {}) => {
      const reply = (await requestJson<Record<string, unknown>>(
        guard,
        `$JS.API.${verb}`,
        payload,
      )) as Record<string, unknown>;
      return reply['error'] === undefined ? reply : undefined;
    };
    await show('guard', 'takes from an ingress and acknowledges', () =>
      takeOne(guard, ingressStream(party), ingressDurable, '_INBOX_guard'),
    );
    await show('guard', 'sees a consumer', () => api(`CONSUMER.INFO.${party}.${deliveryDurable}`));
    await show('guard', 'sees a stream', () => api(`STREAM.INFO.${party}`));
    await show('guard', 'takes a delivery back', async () => {
      const { seq } = await this.#publisher.publish(
        new TextEncoder().encode('{}'),
        createInbox(),
        deliverySubject(party),
      );
      return (
        (await api(`STREAM.MSG.GET.${party}`, { seq })) &&
        api(`STREAM.MSG.DELETE.${party}`, { seq })
      );
    });
    for (const plan of [ingressPlan(party), deliveryPlan(party)]) {
      const name = `${plan.stream}.${plan.config.durable_name}`;
      await show(
        'guard',
        `makes ${name} anew`,
        async () => (await api(`CONSUMER.DELETE.${name}`)) && mendDurable(guard, plan),
      );
    }
  }

  /** The operator's command, on the running broker. */
  async addAgency(id: string): Promise<void> {
    const party = await this.nats.newParty(id);
    this.nats.parties = await addParty(
      this.nats.broker,
      this.nats.parties,
      party,
      this.nats.seedFile(id),
    );
    this.#agencies = [...this.#agencies, id];
  }

  async connectionOf(user: string): Promise<NatsConnection> {
    const known = user === 'guard' ? this.guard : this.#connections.get(user);
    if (known !== undefined) return known;
    const connection = await this.nats.connect(user);
    this.#connections.set(user, connection);
    return connection;
  }

  /** All that could have been done to a stream or to a consumer. */
  async #states(): Promise<ReadonlyMap<string, string>> {
    const states = new Map<string, string>();
    const names = [...this.parties.flatMap((party) => [ingressStream(party), party]), eventsStream];
    for (const name of names) {
      const { config, state } = await this.manager.streams.info(name);
      const consumers = [];
      for await (const {
        config: durable,
        ack_floor: floor,
        num_ack_pending: pending,
        delivered,
      } of this.manager.consumers.list(name))
        consumers.push({
          durable,
          floor: floor.stream_seq,
          pending,
          delivered: delivered.stream_seq,
        });
      states.set(
        name,
        JSON.stringify({
          config,
          messages: state.messages,
          first: state.first_seq,
          last: state.last_seq,
          consumers,
        }),
      );
    }
    return states;
  }

  async stop(): Promise<void> {
    await this.#publisher.stop();
    await this.asks.stop();
    await this.nats.stop();
  }
}

export async function openBrokerGround(): Promise<BrokerGround> {
  const nats = await NatsForTest.start(agencyKinds);
  const guard = await nats.connect('guard');
  const manager = await jetstreamManager(await nats.connect('provisioner'));
  const asks = serveAsks(guard, (party) => Promise.resolve({ ok: true, party }));
  const ground = new BrokerGround(nats, manager, guard, asks);
  await guard.flush();
  await ground.seed(ground.parties);
  return ground;
}

/** One message of a durable, as its user may take it, with a confirmed acknowledgement. By subscription: a request would not see it. */
async function takeOne(
  connection: NatsConnection,
  stream: string,
  durable: string,
  inboxPrefix = '_INBOX',
): Promise<true> {
  const inbox = createInbox(inboxPrefix);
  const got: Msg[] = [];
  const subscription = connection.subscribe(inbox, {
    callback: (_error, message) => void got.push(message),
  });
  connection.publish(
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    JSON.stringify({ batch: 1, no_wait: true }),
    { reply: inbox },
  );
  const message = await until(
    `a message of ${stream}`,
    () => got.find(({ reply }) => reply !== undefined && reply !== ''),
    3_000,
  );
  subscription.unsubscribe();
  await connection.request(message.reply as string, '+ACK', { timeout: 2_000 });
  return true;
}
