import type { PoolClient } from 'pg';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import type { Category } from '#libs/contracts/purposes.js';
import { type CopyValue, copyRows } from '#libs/postgres/copy-rows.js';
import type { GuardKeys } from './guard-keys.js';

/** A message that is cleared to a party. */
export interface Delivery {
  readonly id: string;
  readonly recipient: string;
  readonly message: DeliveredMessage;
  readonly client: string | undefined;
  /** The client's own message that it rests on; undefined: itself. */
  readonly root?: string;
  /** Kinds of information that go, and that are left out. */
  readonly told?: readonly Category[];
  readonly withheld?: readonly Category[];
  /** Not given by then, by the mesh's clock, it is not given any more. */
  readonly lapsesAtMs?: number;
}

/**
 * How a delivery stands. `open`: it waits or is in hand. `collected`: a withdrawal found it in its recipient's hands, who has no right to it any
 * more. `pulled`: a limit did; the recipient was told rightly then, and keeps it.
 */
export type DeliveryState = 'open' | 'done' | 'stopped' | 'collected' | 'pulled';

const columns = [
  'place',
  'id',
  'recipient',
  'client',
  'case_id',
  'root',
  'told',
  'withheld',
  'size',
  'lapses_at',
];

/** Puts deliveries where their recipients take them, in the transaction that records why they may go. */
export async function insertDeliveries(
  db: PoolClient,
  deliveries: readonly Delivery[],
  keys: GuardKeys,
): Promise<void> {
  if (deliveries.length === 0) return;
  const places = await nextPlaces(db, deliveries.length);
  const rows: CopyValue[][] = [];
  const bodies: CopyValue[][] = [];
  for (const [index, delivery] of deliveries.entries()) {
    const place = places[index] ?? '';
    const text = Buffer.from(JSON.stringify(delivery.message));
    rows.push(toRow(delivery, place, text.length));
    bodies.push([place, keys.seal(text, place)]);
  }
  await copyRows(db, { table: 'delivery', columns }, rows);
  await copyRows(db, { table: 'delivery_body', columns: ['id', 'body'] }, bodies);
}

async function nextPlaces(db: PoolClient, count: number): Promise<readonly string[]> {
  const { rows } = await db.query<{ places: string }>({
    name: 'next-places',
    text: `select string_agg(nextval('delivery_place_seq')::text, ',') as places from generate_series(1, $1)`,
    values: [count],
  });
  return rows[0]?.places.split(',') ?? [];
}

/** In the order of `columns`. */
function toRow(delivery: Delivery, place: string, size: number): CopyValue[] {
  const { id, recipient, client, root, message, told, withheld, lapsesAtMs } = delivery;
  return [
    place,
    id,
    recipient,
    client,
    message.case,
    root ?? id,
    arrayText(told),
    arrayText(withheld),
    size,
    // An end that is no instant throws: what rests on a consent without an end does not go.
    lapsesAtMs === undefined ? null : new Date(lapsesAtMs).toISOString(),
  ];
}

/** Categories as PostgreSQL reads an array: their names need no quotes. */
const arrayText = (categories: readonly Category[] = []): string => `{${categories.join(',')}}`;
