/** One thing that an operator may configure. The same table makes the flags, reads the environment and `lateen.yml`, and prints the reference. */
export interface Setting {
  /** Key in `lateen.yml`. */
  readonly key: string;
  /** `undefined`: no flag, because flags show in process lists. */
  readonly flag: string | undefined;
  /** Placeholder of the flag's value; absent for a switch that only turns something off (`--no-…`). */
  readonly argument?: string;
  readonly variable: string;
  /** One or two sentences, units included. */
  readonly description: string;
  /** The default, as a user would write it; absent if there is none. */
  readonly default?: string;
  /** The flag may be repeated, the variable holds several separated by white space, `lateen.yml` holds a list. */
  readonly isList?: true;
  /** May not stand in `lateen.yml`, which is often committed. */
  readonly isSecret?: true;
}

/** Every setting of `lateen serve`. A flag wins over the environment, the environment over `lateen.yml`, that over the default. */
export const settings: readonly Setting[] = [
  {
    key: "dataDir",
    flag: "--data-dir",
    argument: "dir",
    variable: "LATEEN_DATA_DIR",
    description:
      "Folder for the database, locally kept secrets and the hub's certificate; made if absent, for its owner only.",
    default: ".lateen",
  },
  {
    key: "appsDir",
    flag: "--apps-dir",
    argument: "dir",
    variable: "LATEEN_APPS_DIR",
    description:
      "Folder of App, Secret and ConfigMap YAML that is loaded into the hub and watched. Without it the hub holds what kubectl puts there.",
  },
  {
    key: "homeKubeconfig",
    flag: "--home-kubeconfig",
    argument: "file",
    variable: "LATEEN_HOME_KUBECONFIG",
    description: "Kubeconfig of the home cluster, where Apps without spec.cluster deploy as their serviceAccountName.",
  },
  {
    key: "forwardIdentities",
    flag: "--no-forward-identities",
    variable: "LATEEN_FORWARD_IDENTITIES",
    description:
      "Keep ServiceAccounts, roles and role bindings that are applied to the hub in the hub, where they grant nothing. By default they go to the home cluster, with its kubeconfig's rights, for tokens with the scope identities:write or admin. In the environment and the file: false.",
    default: "true",
  },
  {
    key: "host",
    flag: "--host",
    argument: "address",
    variable: "LATEEN_HOST",
    description: "Address to listen on; 0.0.0.0 for all.",
    default: "127.0.0.1",
  },
  {
    key: "port",
    flag: "--port",
    argument: "number",
    variable: "LATEEN_PORT",
    description: "Port to listen on; 0 takes a free one.",
    default: "8080",
  },
  {
    key: "publicUrl",
    flag: "--public-url",
    argument: "url",
    variable: "LATEEN_PUBLIC_URL",
    description:
      "Address under which kubectl and git forges reach lateen, if it is not the one it listens on. Stands in the kubeconfigs that lateen prints.",
  },
  {
    key: "tlsCert",
    flag: "--tls-cert",
    argument: "file",
    variable: "LATEEN_TLS_CERT",
    description:
      "PEM certificate chain to serve with; needs tlsKey too. Without both, lateen makes a certificate and puts its authority into the kubeconfigs.",
  },
  {
    key: "tlsKey",
    flag: "--tls-key",
    argument: "file",
    variable: "LATEEN_TLS_KEY",
    description: "PEM private key of tlsCert.",
  },
  {
    key: "tls",
    flag: "--no-tls",
    variable: "LATEEN_TLS",
    description:
      "Plain HTTP, for use behind a proxy that speaks TLS; kubectl sends no token over plain HTTP. In the environment and the file: false.",
    default: "true",
  },
  {
    key: "webhookSecretFiles",
    flag: "--webhook-secret-file",
    argument: "file",
    variable: "LATEEN_WEBHOOK_SECRET_FILES",
    description:
      "File with one webhook secret. Several are valid at once, so that a new one can stand beside the old one while hooks are changed.",
    isList: true,
  },
  {
    key: "webhookSecrets",
    flag: undefined,
    variable: "LATEEN_WEBHOOK_SECRETS",
    description: "Webhook secrets themselves, each of 16 characters or more (better 32) without white space.",
    isList: true,
    isSecret: true,
  },
  {
    key: "syncPeriod",
    flag: "--sync-period",
    argument: "duration",
    variable: "LATEEN_SYNC_PERIOD",
    description:
      "How often repositories are asked for their refs and run clusters are checked for drift, at most; an App's spec.syncPeriod may be longer.",
    default: "30s",
  },
  {
    key: "fullComparisonPeriod",
    flag: "--full-comparison-period",
    argument: "duration",
    variable: "LATEEN_FULL_COMPARISON_PERIOD",
    description: "How often every object is compared in full, as a check on the cheap drift check.",
    default: "10m",
  },
  {
    key: "appsAtOnce",
    flag: "--apps-at-once",
    argument: "number",
    variable: "LATEEN_APPS_AT_ONCE",
    description: "App runs in parallel, 1 to 200.",
    default: "16",
  },
  {
    key: "secrets",
    flag: "--secrets",
    argument: "backend",
    variable: "LATEEN_SECRETS",
    description: "Where Secret data lives: files (owner-only, in the data folder) or aws-secrets-manager.",
    default: "files",
  },
  {
    key: "awsSecretsPrefix",
    flag: "--aws-secrets-prefix",
    argument: "prefix",
    variable: "LATEEN_AWS_SECRETS_PREFIX",
    description: "Secrets are named PREFIX/NAMESPACE/NAME in AWS Secrets Manager.",
    default: "lateen",
  },
  {
    key: "awsRegion",
    flag: "--aws-region",
    argument: "region",
    variable: "LATEEN_AWS_REGION",
    description: "Region of AWS Secrets Manager; by default the one that the AWS environment names.",
  },
  {
    key: "allowedAddresses",
    flag: "--allow-address",
    argument: "range",
    variable: "LATEEN_ALLOWED_ADDRESSES",
    description:
      "Addresses besides public ones that git servers and run clusters may have: CIDR ranges or the words loopback and private. Link-local addresses, where clouds keep credentials, need a range of their own.",
    default: "loopback private",
    isList: true,
  },
  {
    key: "adaptiveCalls",
    flag: "--no-adaptive-calls",
    variable: "LATEEN_ADAPTIVE_CALLS",
    description:
      "Always make up to 64 calls at once to a run cluster. By default fewer are made while it says that it has too many (429), or has become slow. In the environment and the file: false.",
    default: "true",
  },
  {
    key: "forbiddenRawOptions",
    flag: "--forbid-raw-option",
    argument: "option",
    variable: "LATEEN_FORBIDDEN_RAW_OPTIONS",
    description:
      "kapp option that Apps may not use in rawOptions, such as --dangerous-override-ownership-of-existing-resources.",
    isList: true,
  },
  {
    key: "maxDeletions",
    flag: "--max-deletions",
    argument: "number",
    variable: "LATEEN_MAX_DELETIONS",
    description:
      "Most objects of an App that one deploy may delete because they are no longer in its input; more needs an approval. 0 asks for each. An App's annotation lateen.dev/max-deletions wins. Without it no number is too many.",
  },
  {
    key: "maxDeletedPercent",
    flag: "--max-deleted-percent",
    argument: "number",
    variable: "LATEEN_MAX_DELETED_PERCENT",
    description:
      "The same as a part of the App's objects, 0 to 100; the annotation is lateen.dev/max-deleted-percent. With both, either limit stops a deploy.",
  },
  {
    key: "logLevel",
    flag: "--log-level",
    argument: "level",
    variable: "LATEEN_LOG_LEVEL",
    description: "debug, info, warn or error. Logs are JSON lines on stderr.",
    default: "info",
  },
];
