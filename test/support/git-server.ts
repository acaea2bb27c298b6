export {
  type CommitOptions,
  type GitServer,
  type GitServerOptions,
  type GitServerRequest,
  hasGitHttpBackend,
  type ServedRepository,
  startGitServer,
  writeFolder,
} from "../../src/cli/demo/git-server.ts";
