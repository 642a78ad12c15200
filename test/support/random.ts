import { createHash, randomInt } from 'node:crypto';

/** All random traffic of a run follows from it. `SEED=` in the environment replays a run; a run of tests that fails prints it. */
export const seed = readSeed(process.env['SEED']);

/** Draws that follow from the seed and a name alone: no other test, worker or loop changes them. */
export interface Random {
  /** 0 ≤ n < 1. */
  readonly fraction: () => number;
  /** A whole number, `from` ≤ n < `below`. */
  between(from: number, below: number): number;
  oneOf<T>(values: readonly T[]): T;
  shuffled<T>(values: readonly T[]): T[];
  bytes(count: number): Uint8Array;
  /** Draws of their own for one of several that run at once: who draws first does not matter. */
  fork(name: string): Random;
}

export function randomOf(name: string, from: number = seed): Random {
  const fraction = sfc32(`${from} ${name}`);
  const between = (least: number, below: number): number =>
    least + Math.floor(fraction() * (below - least));
  return {
    fraction,
    between,
    oneOf: <T>(values: readonly T[]) => values[between(0, values.length)] as T,
    shuffled: (values) =>
      values
        .map((value) => ({ value, at: fraction() }))
        .sort((a, b) => a.at - b.at)
        .map(({ value }) => value),
    bytes: (count) => Uint8Array.from({ length: count }, () => between(0, 256)),
    fork: (part) => randomOf(`${name} ${part}`, from),
  };
}

function readSeed(text: string | undefined): number {
  if (text === undefined) return randomInt(2 ** 31);
  if (!/^\d{1,10}$/.test(text))
    throw new Error(`SEED=${text}: a whole number of ten digits at most`);
  return Number(text);
}

/** Chris Doty-Humphrey's Small Fast Counter (PractRand): 32 bits a draw, which is fine for traffic and never for keys. */
function sfc32(text: string): () => number {
  const state = new Uint32Array(
    Uint8Array.from(createHash('sha256').update(text).digest()).buffer.slice(0, 16),
  );
  let [a = 0, b = 0, c = 0, counter = 0] = state;
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}
