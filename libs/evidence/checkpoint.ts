import { hashBytes } from './tiles.js';

/** The head of the tree at a size (C2SP tlog-checkpoint): what is signed. */
export interface Checkpoint {
  /** Which log: the name of its key. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`;

/** @returns undefined where the text is no checkpoint. Extension lines after the third are let be. */
export function readCheckpoint(text: string): Checkpoint | undefined {
  if (!text.endsWith('\n')) return undefined;
  const [origin = '', sizeText = '', rootText = '', ...extensions] = text.slice(0, -1).split('\n');
  const size = Number(sizeText);
  const root = Buffer.from(rootText, 'base64');
  const isSize = /^(0|[1-9][0-9]*)$/.test(sizeText) && Number.isSafeInteger(size);
  const isRoot = root.length === hashBytes && root.toString('base64') === rootText;
  return origin === '' || !isSize || !isRoot || extensions.includes('')
    ? undefined
    : { origin, size, root };
}
