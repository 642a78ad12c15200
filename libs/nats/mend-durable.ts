import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { DurablePlan } from './durable-plan.js';
import {
  type ApiError,
  askJetStream,
  consumerNotFound,
  type DurableState,
  type StreamState,
} from './jetstream-api.js';
import { presentConnection } from './present-connection.js';

/**
 * How a durable stands to its stream. `lost`: it is not there. `ahead`: it stands behind messages that it never gave out. `claimed`: so say the
 * acknowledgements of a party, and 2.9.10 takes its word for anything; such a durable is kept in memory, and goes with a broker that loses count.
 * `elsewhere`: an earlier release made it, kept otherwise than now.
 */
interface Standing {
  readonly kind: 'sound' | 'ahead' | 'claimed' | 'lost' | 'elsewhere';
  /** What must still be so at a second look. */
  readonly firstSeq: number;
}

/** An acknowledged message goes from its stream a moment after the durable has counted it. */
const lookAgainMs = 250;
/** A party that acknowledges without end keeps nobody looking. What is still moving is looked at again in a minute. */
const mostLooks = 8;
/** A question that was under way when the connection went is not answered; it is asked again. */
const answerMs = 1_500;

/**
 * Makes a durable anew that would never give out what lies in its stream, so that it begins at the stream's first message.
 *
 * A work-queue stream that was empty when its server was killed may begin to count at 1 again, while its durable goes on where it was
 * (nats-server issues 2068, 6881; seen on 2.9.10 in about one of a thousand kills of a busy stream): what is stored then, and was
 * acknowledged to its sender, lies below what the durable has given out, and is never given to anyone. Nothing in the stream is lost by
 * making the durable anew; what was in hand comes a second time, as after any crash.
 *
 *     stream   │1 2 3│ · · · · ·                last_seq 3       1 to 3 are never given out,
 *     durable   ─────────────────▶ delivered 16, ack floor 15    nor is 4 to 16
 *
 * @param beforeAnew called when there is no durable, right before it is made; when it throws, none is made
 * @returns whether it was made anew
 * @throws MeshError `broker-unavailable`, `answer-timeout`: ask again; whatever `beforeAnew` throws
 */
export async function mendDurable(
  connection: NatsConnection,
  plan: DurablePlan,
  beforeAnew: () => Promise<void> = () => Promise.resolve(),
): Promise<boolean> {
  const present = presentConnection(connection);
  let standing = await look(connection, plan);
  // Until two looks agree: what is stored in between moves the first message.
  const isAhead = (): boolean => standing.kind === 'ahead' || standing.kind === 'claimed';
  let before: number | undefined;
  for (let looks = 0; isAhead() && standing.firstSeq !== before && looks < mostLooks; looks += 1) {
    before = standing.firstSeq;
    await delay(lookAgainMs);
    standing = await look(connection, plan);
  }
  if (standing.kind === 'sound' || (isAhead() && standing.firstSeq !== before)) return false;
  if (isAhead() && (await removeFence(connection, plan, standing.firstSeq)))
    return mendDurable(connection, plan, beforeAnew);
  if (standing.kind === 'claimed') return false;
  if (standing.kind !== 'lost') await change(connection, `CONSUMER.DELETE.${nameOf(plan)}`, {});
  await beforeAnew();
  // What came before the durable was done at a broker that is gone.
  if (present === undefined || present !== presentConnection(connection))
    throw new MeshError(
      'broker-unavailable',
      'the broker was started anew, or the connection to it was lost',
    );
  await change(connection, `CONSUMER.DURABLE.CREATE.${nameOf(plan)}`, {
    stream_name: plan.stream,
    config: { ...plan.config, name: plan.config.durable_name },
  });
  return true;
}

/** The durable first: a message that comes in between, or goes, makes it look no worse than it is. */
async function look(connection: NatsConnection, plan: DurablePlan): Promise<Standing> {
  const durable = await askJetStream<DurableState>(
    connection,
    `CONSUMER.INFO.${nameOf(plan)}`,
    {},
    answerMs,
  );
  if (durable.error?.err_code === consumerNotFound) return { kind: 'lost', firstSeq: 0 };
  const { error, state } = await askJetStream<{ state: StreamState }>(
    connection,
    `STREAM.INFO.${plan.stream}`,
    {},
    answerMs,
  );
  const { delivered, ack_floor: ackFloor, config } = durable;
  if (delivered === undefined || ackFloor === undefined || state === undefined)
    throw unavailable(plan, durable.error ?? error);
  if ((config?.mem_storage === true) !== (plan.config.mem_storage === true))
    return { kind: 'elsewhere', firstSeq: 0 };
  const isBehind = state.last_seq < delivered.stream_seq;
  // In a work queue what is answered is gone, so nothing lies at or below the floor.
  const isPassedOver = state.messages > 0 && state.first_seq <= ackFloor.stream_seq;
  const passedOver = plan.config.mem_storage === true ? 'claimed' : 'ahead';
  return {
    kind: isBehind ? 'ahead' : isPassedOver ? passedOver : 'sound',
    firstSeq: state.first_seq,
  };
}

/**
 * What lies first may be nothing that the durable would give out: a fence, whose guard was cut off before it was through. Its id is used up
 * whether it lies there or not.
 *
 * @returns whether it was that; what lies behind it is to be looked at next
 */
async function removeFence(
  connection: NatsConnection,
  { stream, config }: DurablePlan,
  seq: number,
): Promise<boolean> {
  if (config.filter_subject === undefined) return false;
  const { message } = await askJetStream<{ message: { subject: string } }>(
    connection,
    `STREAM.MSG.GET.${stream}`,
    { seq },
    answerMs,
  );
  if (message === undefined || message.subject === config.filter_subject) return false;
  await change(connection, `STREAM.MSG.DELETE.${stream}`, { seq });
  return true;
}

async function change(connection: NatsConnection, verb: string, payload: object): Promise<void> {
  const { error } = await askJetStream(connection, verb, payload, answerMs);
  // Another instance was here.
  if (error !== undefined && error.err_code !== consumerNotFound)
    throw new MeshError(
      'broker-unavailable',
      `the broker does not change a durable: ${error.description}`,
    );
}

const nameOf = ({ stream, config }: DurablePlan): string => `${stream}.${config.durable_name}`;

const unavailable = ({ stream }: DurablePlan, error: ApiError | undefined): MeshError =>
  new MeshError(
    'broker-unavailable',
    `the broker does not tell how ${stream} stands: ${error?.description ?? 'no state in its answer'}`,
  );
