import { describe, expect, it } from '@jest/globals';
import { assert, property, shuffledSubarray } from 'fast-check';
import { StreamOrder } from '#libs/nats/stream-order.js';

const placed = (...seqs: readonly number[]) => seqs.map((seq) => ({ seq }));
const seqs = (messages: readonly { seq: number }[]): number[] => messages.map(({ seq }) => seq);

describe('the order of a stream', () => {
  it('holds what is ahead of its turn until what a killed instance had in hand comes again', () => {
    const order = new StreamOrder(11_000, () => 0);
    order.startAfter(4);
    for (const message of placed(7, 6)) order.add(message);
    expect(seqs(order.next())).toEqual([]);
    expect(seqs(order.held())).toEqual([6, 7]);
    order.add({ seq: 5 });
    expect(seqs(order.next())).toEqual([5, 6, 7]);
    expect(order.held()).toEqual([]);
  });

  it('passes a gap that lasts longer than its patience, and waits anew for the next one', () => {
    let now = 0;
    const order = new StreamOrder(11_000, () => now);
    order.startAfter(4);
    order.add({ seq: 6 });
    order.add({ seq: 9 });
    expect(order.next()).toEqual([]);
    now = 11_001;
    expect(seqs(order.next())).toEqual([6]);
    now = 22_000;
    expect(order.next()).toEqual([]);
    now = 33_100;
    expect(seqs(order.next())).toEqual([9]);
  });

  it('begins with the first that comes where nothing is known, and hands out repeats at once', () => {
    const order = new StreamOrder(11_000, () => 0);
    order.startAfter(0);
    order.add({ seq: 40 });
    expect(seqs(order.next())).toEqual([40]);
    order.add({ seq: 12 });
    order.add({ seq: 41 });
    expect(seqs(order.next())).toEqual([12, 41]);
  });

  it('gives any arrival of a whole run back in order, each once', () => {
    assert(
      property(shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: 9 }), (arrival) => {
        const order = new StreamOrder(11_000, () => 0);
        order.startAfter(100);
        const out = arrival.flatMap((n) => {
          order.add({ seq: 100 + n });
          return seqs(order.next());
        });
        expect(out).toEqual([101, 102, 103, 104, 105, 106, 107, 108, 109]);
      }),
    );
  });
});
