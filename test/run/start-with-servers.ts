import { join } from 'node:path';
import { clusterVariable, makeCluster } from '#test/support/postgres-cluster.js';
import { portsVariable } from '#test/support/shared-postgres.js';
import { startPostgres } from '#test/support/start-postgres.js';
import { atEndOfRun, beginRun } from './begin-run.js';

/** Before the first test of the projects with servers: one PostgreSQL for each worker, all copies of one cluster. */
async function startWithServers({ maxWorkers }: { readonly maxWorkers: number }): Promise<void> {
  const folder = await beginRun();
  const cluster = join(folder.path, 'cluster');
  await makeCluster(cluster);
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
