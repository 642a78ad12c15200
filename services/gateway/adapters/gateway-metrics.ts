import { Counter, Histogram, Registry } from 'prom-client';
import { processMetrics } from '#libs/health/process-metrics.js';

export interface GatewayMetrics {
  readonly registry: Registry;
  readonly requestSeconds: Histogram;
  readonly publishSeconds: Histogram;
  readonly unreadableRequests: Counter;
}

/** Labels are routes, methods and statuses: nothing of a party or a client. */
export function gatewayMetrics(): GatewayMetrics {
  const registry = processMetrics();
  const registers = [registry];
  return {
    registry,
    requestSeconds: new Histogram({
      name: 'gateway_http_request_seconds',
      help: 'Requests by route and status; those that ask to wait take their wait',
      labelNames: ['route', 'method', 'status'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 30],
      registers,
    }),
    publishSeconds: new Histogram({
      name: 'gateway_publish_seconds',
      help: 'From putting a message out to the acknowledgement of the broker',
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 8],
      registers,
    }),
    unreadableRequests: new Counter({
      name: 'gateway_unreadable_requests_total',
      help: 'Requests that HTTP itself refuses: malformed, too large in their headers, too slow',
      labelNames: ['status'],
      registers,
    }),
  };
}
