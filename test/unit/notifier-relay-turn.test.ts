import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex, Readable } from 'node:stream';
import { setImmediate as nextRound } from 'node:timers/promises';
import { RelayTurn } from '#services/notifier/adapters/relay-turn.js';

/** A wire whose far end takes what is written only when it is told to. */
class Wire {
  #taken: (() => void) | undefined;
  readonly socket = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => {
      this.#taken = done;
    },
  });
  readonly turn = new RelayTurn(this.socket as Socket);

  async hear(...chunks: readonly string[]): Promise<void> {
    for (const chunk of chunks) {
      const heard = once(this.socket, 'data');
      this.socket.push(chunk);
      await heard;
    }
  }

  take(): void {
    this.#taken?.();
  }
}

describe('the turn to speak between us and the relay', () => {
  it.each([
    ['one line', ['354 go ahead\r\n']],
    ['no words', ['354\r\n']],
    ['pieces', ['250 2.1.0 Ok\r\n35', '4 go', ' ahead\r', '\n']],
    ['several lines', ['354-go\r\n354 ahead\r\n']],
    ['the answers before it', ['250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go ahead\r\n']],
  ])('is ours from a 354 in %s on', async (_how, chunks) => {
    const wire = new Wire();
    expect(wire.turn.isOurs).toBe(false);
    await wire.hear(...chunks);
    expect(wire.turn.isOurs).toBe(true);
  });

  it.each([
    ['in the same segment', ['354 go ahead\r\n250 queued\r\n']],
    ['in the next', ['354 go ahead\r\n', '250 queued\r\n']],
    ['in part', ['354 go ahead\r\n2']],
  ])('is broken by an answer that comes before the body, %s', async (_how, chunks) => {
    const wire = new Wire();
    await wire.hear(...chunks);
    expect(wire.turn.isOurs).toBe(false);
    expect(wire.turn.isBroken).toBe(true);
  });

  it.each(['250 2.1.5 354 go ahead\r\n', '3540 go\r\n', '354 go', '250 ok\r\n'])(
    'is not ours by %j',
    async (said) => {
      const wire = new Wire();
      await wire.hear(said);
      expect(wire.turn.isOurs).toBe(false);
      expect(wire.turn.isBroken).toBe(false);
    },
  );

  it('is broken by an answer while the end of the body still lies on our side', async () => {
    const wire = new Wire();
    await wire.hear('354 go ahead\r\n');
    Readable.from([Buffer.from('body\r\n.\r\n')]).pipe(wire.socket, { end: false });
    await once(wire.socket, 'unpipe');
    await wire.hear('250 queued\r\n');
    expect(wire.turn.isBroken).toBe(true);
  });

  it("is the relay's again once it has taken the end of the body", async () => {
    const wire = new Wire();
    await wire.hear('354 go ahead\r\n');
    Readable.from([Buffer.from('body\r\n.\r\n')]).pipe(wire.socket, { end: false });
    await once(wire.socket, 'unpipe');
    wire.take();
    await nextRound();
    await wire.hear('250 queued\r\n');
    expect(wire.turn.isBroken).toBe(false);
  });
});
