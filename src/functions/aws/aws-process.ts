import {
  type AwsApi,
  type AwsStore,
  createAwsApi,
  createEmfMetrics,
  createSqsWakeUps,
  environmentCredentials,
  openAwsStore,
  type SqsQueueName,
} from "../../adapters/aws/index.ts";
import { createLog, createRedactor, systemClock } from "../../base/index.ts";
import type { ReconcileConfig, Runtime, WakeUps } from "../../reconcile/index.ts";
import { kappDeployRawOptions } from "../kapp-options.ts";
import { newId } from "../new-id.ts";
import { type AwsConfig, type Environment, requireAwsConfig } from "./aws-config.ts";

/** What every function has, from its first invocation to the end of its process. Nothing is connected before it is used. */
export interface AwsProcess extends AwsStore, Runtime {
  readonly config: AwsConfig;
  readonly reconcile: ReconcileConfig;
  readonly environment: Environment;
  /** Writes what was measured; a frozen process writes nothing, so each invocation ends with it. */
  readonly flush: () => void;
  readonly api: AwsApi;
  readonly wakeUps: WakeUps;
}

/** A function gives its worker back early: waiting in it is paid for (aws.md §10). */
const waitSliceMs = 5_000;

/**
 * @param functionName stands in every log line.
 * @param needs queues that the function cannot work without.
 * @throws Error naming every fault of the environment.
 */
export function openAwsProcess(
  functionName: string,
  environment: Environment,
  needs: readonly SqsQueueName[] = [],
): AwsProcess {
  const config = requireAwsConfig(environment, needs);
  const clock = systemClock;
  // The log speaks of all Apps; what only one App's texts must hide is hidden in it too.
  const forLog = createRedactor();
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  const log = createLog(
    { write, now: () => clock.now(), redactor: forLog, level: config.logLevel },
    { function: functionName },
  );
  const api = createAwsApi({
    region: config.region,
    credentials: environmentCredentials(environment),
    clock,
    ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint }),
    endpoints: config.endpoints,
  });
  const metrics = createEmfMetrics({
    write,
    namespace: config.metricsNamespace,
    functionName,
    now: () => clock.now(),
  });
  return {
    config,
    reconcile: {
      defaultSyncPeriodMs: config.syncPeriodMs,
      minimumSyncPeriodMs: config.syncPeriodMs,
      tickMs: config.syncPeriodMs,
      fullComparePeriodMs: config.fullComparisonPeriodMs,
      waitSliceMs,
      kappDeployRawOptions,
      deletionLimits: config.deletionLimits,
      forbiddenRawOptions: config.forbiddenRawOptions,
    },
    environment,
    clock,
    random: Math.random,
    newId: () => newId(clock.now()),
    log,
    redactor: createRedactor({ witness: forLog }),
    metrics,
    flush: () => metrics.flush(),
    api,
    wakeUps: createSqsWakeUps({ api, queueUrls: config.queueUrls, clock }),
    ...openAwsStore({ api, tableName: config.table, clock }),
  };
}
