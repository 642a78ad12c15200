import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleDirectoryPath } from '#deploy/sample/sample-directory.js';
import { sampleFolder } from '#deploy/sample/sample-folder.js';
import type { SampleForm } from '#deploy/sample/sample-form.js';

/** What the sample's forms say about clients, as it must not be found anywhere in clear. */
export interface PersonalData {
  /** Long enough not to occur by chance in a binary file: NI numbers, dates of birth, addresses, telephone numbers. */
  readonly unmistakable: readonly string[];
  /** What of it occurs in the text: identity, contact, goals, free text, agencies' own references. */
  in(text: string): readonly string[];
  /** The same without the references. */
  identityIn(text: string): readonly string[];
}

const personalParts = [
  'client',
  'contact',
  'employment',
  'personalAdviser',
  'note',
  'treatmentSummary',
  'place',
  'bring',
  'actions',
  'support',
];
const longEnough = 9;

/** Reads them off the forms, so that what is added there is looked for too. */
export async function readSamplePersonalData(): Promise<PersonalData> {
  const forms = await readForms();
  const directory = await readFile(sampleDirectoryPath, 'utf8');
  const texts = new Set(
    forms.flatMap(({ data }) => personalParts.flatMap((part) => textsIn(data[part]))),
  );
  const words = [...texts].filter(
    (text) => text.length > 2 && !text.includes('{{') && !isTerm(text) && !directory.includes(text),
  );
  const references = [
    ...new Set(forms.flatMap(({ caseref }) => (caseref === undefined ? [] : [caseref]))),
  ];
  const identity = words.map((word) => ({
    word,
    pattern: new RegExp(`(?<![A-Za-z0-9])${escape(word)}(?![A-Za-z0-9])`),
  }));
  const own = references.map((word) => ({
    word,
    pattern: new RegExp(escape(word).replace('\\{\\{run\\}\\}', '[0-9A-F]{4}')),
  }));
  const found = (
    all: readonly { word: string; pattern: RegExp }[],
    text: string,
  ): readonly string[] => all.filter(({ pattern }) => pattern.test(text)).map(({ word }) => word);
  return {
    unmistakable: words.filter((word) => word.length >= longEnough),
    in: (text) => found([...identity, ...own], text),
    identityIn: (text) => found(identity, text),
  };
}

async function readForms(): Promise<readonly SampleForm[]> {
  const folder = join(sampleFolder, 'forms');
  const files = (await readdir(folder, { recursive: true })).filter((name) =>
    name.endsWith('.json'),
  );
  return Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as SampleForm),
  );
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** A value of the forms' own vocabulary, as `job-centre`, says nothing by itself. */
const isTerm = (text: string): boolean => /^[a-z]+(-[a-z]+)*$/.test(text);

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
