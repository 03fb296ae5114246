import type { DiagnosisStep } from "../../contract/hosts.ts";
import { Failure, isFailure } from "../failure.ts";
import type { Clock } from "../ports.ts";
import { type Examination, type ExamineDeps, examineRoute, type FoundRoute, quote } from "../ssh/index.ts";
import { type HostSession, problemOf } from "./session.ts";

export interface DoctorDeps extends Omit<ExamineDeps, "target" | "hostId" | "signal"> {
  session: HostSession;
  findRoute(signal: AbortSignal): Promise<FoundRoute>;
  clock: Clock;
}

/**
 * Goes the way to a host step by step, from the configuration to the GPU toolkit, and tells each step when it begins and
 * again when it has ended. It stops at the first that fails: all that come after would fail for the same reason.
 */
export async function* diagnose(deps: DoctorDeps, outer?: AbortSignal): AsyncGenerator<DiagnosisStep> {
  const stop = new AbortController();
  const signal = outer ? AbortSignal.any([outer, stop.signal]) : stop.signal;
  const book = createBook(deps.clock);
  const working = examine(deps, book, signal).then(
    () => book.end(),
    (error: unknown) => book.fail(error),
  );
  try {
    yield* book.read(signal);
  } finally {
    stop.abort();
    await working;
  }
}

async function examine(deps: DoctorDeps, book: Book, signal: AbortSignal): Promise<void> {
  const { session } = deps;
  const { host, id } = session.record;
  if (host.kind === "ssh") {
    book.begin("config", "");
    const route = await deps.findRoute(signal);
    for (const line of route.host?.notHonoured ?? []) book.evidence("notHonoured", line);
    if (route.host) book.evidence("resolvedBy", route.host.resolvedBy);
    const { target } = route;
    book.evidence("route", [...(target.jumps ?? []), target].map(placeOf).join(" → "));
    book.done();
    const tell: Examination = {
      begin: (kind, at) => book.begin(kind, placeOf(at)),
      evidence: ({ what, text, reason }) => book.evidence(what, text, reason),
      done: () => book.done(),
    };
    await examineRoute({ ...deps, hostId: id, target, signal }, tell);
  }
  book.begin("link", "");
  await session.link.ready({ signal });
  book.done();
  await within(deps.clock, "engine", signal, (limited) => examineEngine(session, book, limited));
}

const engineMs = 15_000;

/** A person watches: an engine that takes the connection and says nothing is a finding, not a reason to wait on. */
async function within(
  clock: Clock,
  what: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const limit = new AbortController();
  let late = false;
  const cancel = clock.after(engineMs, () => {
    late = true;
    limit.abort();
  });
  try {
    await work(AbortSignal.any([signal, limit.signal]));
  } catch (error) {
    throw late ? new Failure("TIMED_OUT", { what, ms: engineMs }, { cause: error }) : error;
  } finally {
    cancel();
  }
}

async function examineEngine(session: HostSession, book: Book, signal: AbortSignal): Promise<void> {
  book.begin("engine", "");
  const engine = await session.engine.info({ signal, onPlace: (place) => book.place(place) });
  book.evidence("engine", `${engine.kind} ${engine.version}, API ${engine.apiVersion}, ${engine.socketPath}`);
  book.done();
  book.begin("gpu", "");
  await session.refresh(signal, { onPlace: (place) => book.place(place) });
  const { gpus, gpuProblem } = session.view();
  if (gpuProblem === null) book.evidence("gpus", gpus.map(({ name }) => name).join(", ") || "0");
  if (gpuProblem !== null) book.warn(gpuProblem, "nvidia-smi");
  else if (gpus.length > 0 && !engine.gpuToolkit) {
    const fix = "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker";
    book.warn({ code: "GPU_RUNTIME_MISSING", details: {} }, fix);
  } else book.done();
}

const placeOf = (at: { user: string; address: string; port: number }) => `${at.user}@${at.address}:${at.port}`;

type Kind = DiagnosisStep["kind"];
type What = DiagnosisStep["evidence"][number]["what"];
type Reason = DiagnosisStep["evidence"][number]["reason"];

/** The steps as they are written, and read by the one who watches. */
interface Book {
  begin(kind: Kind, where: string): void;
  evidence(what: What, text: string, reason?: Reason): void;
  /** The step waits for a channel, and has this place in the queue; 0 when it goes on. Told at once. */
  place(place: number): void;
  done(): void;
  warn(problem: NonNullable<DiagnosisStep["problem"]>, fix: string | null): void;
  fail(error: unknown): void;
  end(): void;
  read(signal: AbortSignal): AsyncGenerator<DiagnosisStep>;
}

function createBook(clock: Clock): Book {
  const waiting: DiagnosisStep[] = [];
  let current: DiagnosisStep | null = null;
  let begun = 0;
  let count = 0;
  let over = false;
  let wake = () => {};

  function tell(step: DiagnosisStep): void {
    waiting.push({ ...step, evidence: [...step.evidence] });
    wake();
  }
  function close(more: Partial<DiagnosisStep>): void {
    if (current === null) return;
    tell({ ...current, ms: Math.round(clock.mono() - begun), ...more });
    current = null;
  }
  const end = () => {
    over = true;
    wake();
  };

  return {
    begin(kind, where) {
      close({ state: "ok" });
      count += 1;
      begun = clock.mono();
      current = { id: count, kind, where, state: "running", ms: null, evidence: [], problem: null, fix: null };
      tell(current);
    },
    evidence(what, text, reason = "") {
      const known = current?.evidence.some((one) => one.what === what && one.text === text);
      if (known || current === null || current.evidence.length >= 40) return;
      current.evidence.push({ what, text: text.slice(0, 500), reason });
    },
    place(place) {
      if (current === null) return;
      const evidence = current.evidence.filter(({ what }) => what !== "queued");
      if (place > 0) evidence.push({ what: "queued", text: String(place), reason: "" });
      current = { ...current, evidence };
      tell(current);
    },
    done: () => close({ state: "ok" }),
    warn: (problem, fix) => close({ state: "warn", problem, fix }),
    fail(error) {
      const problem = problemOf(error);
      close({ state: "failed", problem, fix: isFailure(error) ? fixFor(error) : null });
      end();
    },
    end,
    async *read(signal) {
      const onAbort = () => wake();
      signal.addEventListener("abort", onAbort, { once: true });
      while (!signal.aborted) {
        const step = waiting.shift();
        if (step) yield step;
        else if (over) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}

/** Where it was no plain key that was turned down, another one is no help. */
function fixForLogin({ address = "", port = 22, user = "", reason = "" }: Failure["details"]): string | null {
  const [, why = "", path = ""] = /^([a-z-]+): (.*)$/.exec(String(reason)) ?? [];
  if (why === "open-key") return quote(["chmod", "600", path]);
  if (why === "certificate-ended" || why === "needs-openssh") return null;
  return quote(["ssh-copy-id", "-p", String(port), `${user}@${address}`]);
}

/** A command that helps with a failure, to be copied; what a person has to do by hand is in the catalogue's hint. */
export function fixFor({ code, details }: Failure): string | null {
  const { address = "", port = 22, path = "", name = "" } = details;
  switch (code) {
    case "HOST_NAME_UNRESOLVED":
      return quote(["getent", "ahosts", String(address)]);
    case "HOST_REFUSED":
    case "HOST_UNREACHABLE":
    case "NOT_SSH":
      return quote(["nc", "-vz", String(address), String(port)]);
    case "HOST_KEY_CHANGED":
    case "HOST_KEY_REJECTED":
      return "for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $f; done";
    case "AUTH_FAILED":
      return fixForLogin(details);
    case "KEY_FILE_OPEN":
      return quote(["chmod", "600", String(path)]);
    case "AGENT_UNAVAILABLE":
      return "ssh-add -l";
    case "FORWARDING_REFUSED":
      return "AllowTcpForwarding yes\nAllowStreamLocalForwarding yes";
    case "SSH_CONFIG_INVALID":
      return name === "" ? null : quote(["ssh", "-G", "--", String(name)]);
    case "ENGINE_SOCKET_DENIED":
      return String(details.fix ?? "") || null;
    case "ENGINE_UNAVAILABLE":
    case "ENGINE_SOCKET_MISSING":
      return "sudo systemctl start docker";
    default:
      return null;
  }
}
