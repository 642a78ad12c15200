import { readDirectoryFile } from '#services/operator/adapters/directory-file.reader.js';
import { makeSecrets } from './make-secrets.js';

// node dist/deploy/docker/make-secrets-main.js <directory.json> <folder>
const [directory, folder] = process.argv.slice(2);
if (directory === undefined || folder === undefined) {
  console.error('usage: make-secrets-main.js <directory.json> <folder>');
  process.exitCode = 2;
} else {
  const file = await readDirectoryFile(directory);
  const parties = await makeSecrets({ folder, parties: file.parties, directory: file });
  console.log(
    `secrets of ${parties.length} parties are in ${folder}; hand over tokens/ and delete it`,
  );
}
