import { logSigner, type SampleEvent, type SampleExport, SampleLog, WITNESS } from "./sample-log.ts";

const TASK = ["ready", "assigned", "running", "submitted", "verified"];
const RUN = ["planning", "executing", "delivering", "completed"];

/**
 * What happens in `runs` runs of four tasks each, one event after the other: status changes, two of them in transactions
 * that committed in another order, approvals, payloads, the run's seal, one event after it, and another seal.
 */
export function* sampleEvents(log: SampleLog, runs: number): Generator<SampleEvent> {
  for (let n = 1; n <= runs; n++) {
    const run_id = uuid(0xa, n);
    const of = (type: string, id: string, from: string, to: string) =>
      ({ subject_type: type, subject_id: id, run_id, event_type: `${type}.${to}`, from, to }) as const;
    yield log.event({ ...of("run", run_id, "", "planning"), set: { project: `sample ${n}`, priority: "5" } });
    yield log.event({ ...of("approval", uuid(0xc, n), "", "pending"), set: { kind: "plan", note: null } });
    yield log.event({ ...of("approval", uuid(0xc, n), "pending", "approved"), actor_kind: "director" });
    yield log.event(of("run", run_id, "planning", "executing"));
    for (let t = 1; t <= 4; t++) yield* taskEvents(log, run_id, uuid(0xd, n * 4 + t));
    for (const [i, to] of RUN.slice(2).entries()) yield log.event(of("run", run_id, RUN[i + 1] ?? "", to));
    yield log.sealRun(run_id);
    yield log.event({ event_type: "report.read", run_id, subject_type: "report", subject_id: run_id });
    yield log.sealRun(run_id);
  }
}

function* taskEvents(log: SampleLog, run_id: string, task_id: string): Generator<SampleEvent> {
  const subject = { subject_type: "task", subject_id: task_id, run_id, task_id };
  const move = (from: string, to: string) => ({ ...subject, event_type: `task.${to}`, from, to });
  yield log.event({ ...move("", "blocked"), set: { title: 'a "task" with ümlaut, \u2028 and \u{1f600}', size: null } });
  yield log.event(move("blocked", "ready"));
  const [earlier, later] = [log.nextTx(), log.nextTx()];
  const [first, second] = [log.takeCounter(), log.takeCounter()];
  yield log.event({ ...move("assigned", "running"), tx: earlier, counter: second });
  yield log.event({ ...move("ready", "assigned"), tx: later, counter: first });
  const notes = { run_id, task_id, subject_type: "activity", subject_id: task_id, event_type: "activity.logged" };
  yield log.event(notes, `{"message":"what the agent of ${task_id} said"}`);
  yield log.event(move("running", "running"));
  for (const [i, to] of TASK.slice(3).entries()) yield log.event(move(TASK[i + 2] ?? "", to));
}

/** A sound export: several checkpoints, two keys under one of them, a restored backup, payloads erased and archived. */
export function sampleExport(): SampleExport {
  const log = new SampleLog();
  const events: SampleEvent[] = [];
  for (const event of sampleEvents(log, 2)) {
    events.push(event);
    if (event.seq % 20 === 19) log.checkpoint(event.seq === 39 ? [logSigner(), logSigner(1, 2)] : undefined);
  }
  events.push(...lostPayloads(log));
  log.checkpoint();
  events.push(log.restore(), ...sampleEvents(log, 0));
  log.checkpoint();
  for (let n = 0; n < 5; n++)
    events.push(log.event({ event_type: "key.created", subject_type: "key", subject_id: `${n}` }));
  log.checkpoint(undefined, [WITNESS]);
  return exportOf(log, events);
}

/** A longer one without what tiles do not have: more entries than a tile holds. */
export function longExport(): SampleExport {
  const log = new SampleLog();
  const events: SampleEvent[] = [];
  for (const event of sampleEvents(log, 8)) {
    events.push(event);
    if (event.seq === 99) log.checkpoint();
  }
  log.checkpoint(undefined, [WITNESS]);
  return exportOf(log, events);
}

function lostPayloads(log: SampleLog): SampleEvent[] {
  const note = { event_type: "activity.logged", subject_type: "activity", subject_id: "a" };
  const lost = [1, 2, 3, 4].map((n) => log.event(note, `personal ${n}`, true));
  const [first = "", , third = "", fourth = ""] = lost.map(({ columns }) => columns.id);
  const erased = { event_type: "payload.erased", severity: "warning" as const, subject_type: "audit_payloads" };
  const segment = { event_type: "archive_segment.created", subject_type: "archive_segment", subject_id: "s" };
  return [
    ...lost,
    log.event({ ...erased, subject_id: fourth }),
    log.event({ ...segment, set: { first_event_id: first, last_event_id: third } }),
  ];
}

export function exportOf(log: SampleLog, events: SampleEvent[]): SampleExport {
  const checkpoints = log.notes.map((note) => ({ kind: "checkpoint" as const, note }));
  const origin = log.notes.at(-1)?.split("\n")[0] ?? "";
  return {
    head: { kind: "log", format: "aura-export/1", origin, size: events.length },
    events,
    checkpoints,
    end: { kind: "end", events: events.length, checkpoints: checkpoints.length },
  };
}

function uuid(kind: number, n: number): string {
  return `01a208ec-0000-7000-800${kind.toString(16)}-${n.toString(16).padStart(12, "0")}`;
}
