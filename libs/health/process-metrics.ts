import { Registry, collectDefaultMetrics } from 'prom-client';

/** How often the delay of the event loop is sampled, in ms. prom-client's own 10 wakes an idle service two hundred times a second. */
const samplesEveryMs = 250;

/** A registry that holds what Node tells of its own process. */
export function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: samplesEveryMs });
  return registry;
}
