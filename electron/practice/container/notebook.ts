import type { JupyterRoom } from "../jupyter/room.ts";
import { type ShellOptions, startIn } from "./programs.ts";
import { type Container, type RunningProgram, servicePort } from "./types.ts";

/** Inside, behind the small init process. */
const firstPid = 7;

/** A container of an image with Jupyter: its command is run by the simulated shell, which knows `jupyter-lab`. */
export function startNotebook(container: Container, room: JupyterRoom, options: ShellOptions): RunningProgram {
  const program = startIn(container, { ...options, machine: { ...options.machine, pid: firstPid } }, false);
  const outer = (pid: number) => (pid === firstPid ? options.pid : options.pid + pid);
  return {
    ...program,
    get port() {
      return room.resolve(servicePort(container), "outside");
    },
    more: () => {
      const kernels = new Set(room.kernels());
      return room.processes().map(({ pid, ...rest }) => ({ ...rest, pid: outer(pid), computes: kernels.has(pid) }));
    },
  };
}
