import { join } from 'node:path';
import type { DirectoryFile } from '#services/operator/domain/directory-file.js';
import { readDirectoryFile } from '#services/operator/adapters/directory-file.reader.js';
import { sampleFolder } from './sample-folder.js';

export const sampleDirectoryPath = join(sampleFolder, 'directory.json');

/** The sample's parties and people. Clients are not among them: they stand in the forms. */
export const readSampleDirectory = (): Promise<DirectoryFile> =>
  readDirectoryFile(sampleDirectoryPath);
