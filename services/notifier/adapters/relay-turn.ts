import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

const goAhead = /^354(?: .*)?\r?\n/m;

/**
 * Whose turn it is to speak, from the relay's `354` to the final dot (RFC 5321 §4.1.1.4). nodemailer matches answers to questions by
 * their order alone: a `250` that comes before the body is out would be taken for its acceptance, and the relay would have nothing.
 */
export class RelayTurn {
  #heard = '';
  #hasGoneAhead = false;
  #isDotWritten = false;
  #isBroken = false;

  constructor(private readonly socket: Socket) {
    // Before nodemailer's own listener, which acts on what it hears at once.
    socket.prependListener('data', (chunk: Buffer) => this.#hear(chunk.toString('latin1')));
    // The body's stream lets go of the socket when all of it, with the dot, was handed over. A closed connection also lets go.
    socket.on('unpipe', (source: Readable) => {
      this.#isDotWritten ||= source.readableEnded;
    });
  }

  /** The relay said `354` to DATA, as RFC 5321 has it, and nothing more since. Some say `250`; that may answer anything. */
  get isOurs(): boolean {
    return this.#hasGoneAhead && !this.#isBroken;
  }

  /** The relay spoke while the body was still on its way: what it says after that may answer anything. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  #hear(text: string): void {
    if (this.#hasGoneAhead) {
      this.#isBroken ||= !this.#isDotWritten || this.socket.writableLength > 0;
      return;
    }
    this.#heard += text;
    const found = goAhead.exec(this.#heard);
    if (found === null) return;
    this.#hasGoneAhead = true;
    this.#isBroken = found.index + found[0].length < this.#heard.length;
    this.#heard = '';
  }
}
