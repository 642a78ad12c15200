import { join } from 'node:path';
import { clusterVariable, makeCluster } from '#test/support/postgres-cluster.js';
import { makePeople, peopleVariable } from '#test/support/sample-people.js';
import { portsVariable } from '#test/support/shared-postgres.js';
import { startPostgres } from '#test/support/start-postgres.js';
import { atEndOfRun, beginRun } from './begin-run.js';

/** Before the first test of the projects with servers: one PostgreSQL for each worker, all copies of one cluster, and the keys of the sample's people. */
async function startWithServers({ maxWorkers }: { readonly maxWorkers: number }): Promise<void> {
  const folder = await beginRun();
  const cluster = join(folder.path, 'cluster');
  const people = join(folder.path, 'people');
  await Promise.all([makeCluster(cluster), makePeople(people)]);
  process.env[peopleVariable] = people;
  process.env[clusterVariable] = cluster;
  const ports: string[] = [];
  for (let worker = 1; worker <= maxWorkers; worker += 1) {
    const server = await startPostgres();
    atEndOfRun(() => server.stop());
    ports.push(new URL(server.url('postgres')).port);
  }
  process.env[portsVariable] = ports.join();
}

// oxlint-disable-next-line import/no-default-export -- jest takes nothing else
export default startWithServers;
