/** A message with its place in the stream. */
interface Placed {
  readonly seq: number;
}

/**
 * Puts messages of one stream back into its order. One that is ahead of its turn is held until those before it have come, or until the gap
 * has lasted too long to be filled. One that is behind (it came before, or the stream was made anew) is handed out at once: who handles it
 * knows repeats.
 */
export class StreamOrder<T extends Placed = Placed> {
  private early: T[] = [];
  private turn: number | undefined;
  private gapSince: number | undefined;

  /** @param patienceMs how long a gap is waited for */
  constructor(
    private readonly patienceMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param seq everything up to here was handled; 0 = nothing known: the first that comes begins */
  startAfter(seq: number): void {
    this.turn = seq > 0 ? seq + 1 : undefined;
  }

  add(message: T): void {
    this.early.push(message);
    this.early.sort((a, b) => a.seq - b.seq);
  }

  /** Those whose turn it is, in order; they are no longer held. */
  next(): T[] {
    const out: T[] = [];
    for (let [first] = this.early; first !== undefined; [first] = this.early) {
      if (this.turn !== undefined && first.seq > this.turn && !this.isGapOver()) break;
      this.early.shift();
      this.gapSince = undefined;
      this.turn = Math.max(first.seq + 1, this.turn ?? 0);
      out.push(first);
    }
    return out;
  }

  /** Ahead of their turn. */
  held(): readonly T[] {
    return this.early;
  }

  private isGapOver(): boolean {
    this.gapSince ??= this.now();
    return this.now() - this.gapSince > this.patienceMs;
  }
}
