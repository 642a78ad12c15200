import { type SignInOptions, startSignInProvider } from './sign-in-provider.js';

// The sample's sign-in provider as a process: MESH_ENV, SIGN_IN_PORT, SIGN_IN_PEOPLE_FILE, SIGN_IN_CLIENTS and SIGN_IN_SYSTEMS (JSON), SIGN_IN_AUDIENCE, SIGN_IN_KEYS (JSON; a test’s) in the environment. It lets anybody in
// as anybody of the sample, so it starts nowhere but on one's own machine.
const { MESH_ENV, SIGN_IN_PORT, SIGN_IN_PEOPLE_FILE } = process.env;
const { SIGN_IN_CLIENTS, SIGN_IN_SYSTEMS, SIGN_IN_AUDIENCE, SIGN_IN_KEYS } = process.env;
if (MESH_ENV !== 'local') throw new Error('the sample’s sign-in provider is refused outside local');
if (SIGN_IN_PEOPLE_FILE === undefined) throw new Error('SIGN_IN_PEOPLE_FILE is not set');

const provider = await startSignInProvider({
  port: Number(SIGN_IN_PORT),
  peopleFile: SIGN_IN_PEOPLE_FILE,
  clients: JSON.parse(SIGN_IN_CLIENTS ?? '[]') as SignInOptions['clients'],
  systems: JSON.parse(SIGN_IN_SYSTEMS ?? '[]') as NonNullable<SignInOptions['systems']>,
  ...(SIGN_IN_KEYS === undefined
    ? {}
    : { keys: JSON.parse(SIGN_IN_KEYS) as NonNullable<SignInOptions['keys']> }),
  ...(SIGN_IN_AUDIENCE === undefined ? {} : { audience: SIGN_IN_AUDIENCE }),
});
process.once('SIGTERM', () => void provider.stop());
console.log(JSON.stringify({ event: 'ready', port: provider.port }));
