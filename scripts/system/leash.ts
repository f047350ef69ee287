/**
 * Loaded before a service by `node --import`. The service holds an IPC channel to its starter; when the starter dies,
 * however that was, the channel closes and the service ends itself as if it had been asked to.
 */

const PATIENCE_MS = 5000;

process.on("disconnect", () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), PATIENCE_MS).unref();
});
process.channel?.unref(); // a listener keeps the channel, and with it the process, open
