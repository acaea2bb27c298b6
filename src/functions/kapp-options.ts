/** kapp-controller's own options for each deploy (app.md §6.1). */
export const kappDeployRawOptions = ["--app-changes-max-to-keep=5", "--apply-timeout=5m"] as const;
