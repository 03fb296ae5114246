/**
 * Programs for a POSIX shell that are run on the host or in a container. They are fixed texts: what changes comes in as
 * arguments. Their output is read by `readLook`, and holds keys: it is never logged or handed on.
 */

/** Jupyter is often installed where a shell that nobody logs in to does not look. */
const path =
  'PATH="$PATH:$HOME/.local/bin:/usr/local/bin:/opt/conda/bin:/opt/venv/bin:$HOME/miniconda3/bin:$HOME/anaconda3/bin"';

const runtimeDir =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
  'dir="${JUPYTER_RUNTIME_DIR:-${JUPYTER_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/jupyter}/runtime}"';

/**
 * Sets `d` to where a process keeps its runtime files, by what is in its environment (jupyter_core, `paths.py`). Of
 * other users' processes only root sees that.
 */
const runtimeDirOfProcess = [
  'e=$(tr "\\0" "\\n" 2>/dev/null <"$' + '{c%cmdline}environ") || continue',
  "d=",
  ...[
    ["JUPYTER_RUNTIME_DIR", ""],
    ["JUPYTER_DATA_DIR", "/runtime"],
    ["XDG_DATA_HOME", "/jupyter/runtime"],
    ["HOME", "/.local/share/jupyter/runtime"],
  ].map(
    ([name, under]) =>
      `[ -n "$d" ] || { d=$(printf '%s\\n' "$e" | sed -n 's/^${name}=//p'); [ -z "$d" ] || d="$d${under}"; }`,
  ),
].join("\n");

/**
 * Every running server: its runtime file, and of its process the user, the sockets that it listens on and whether its
 * arguments hold a key. With "all" as argument the programs' own lists are asked too, which takes them a second each.
 */
export const look = [
  path,
  runtimeDir,
  'how="$1"',
  '[ -d "$dir" ] || [ "$how" != all ] || dir=$(jupyter --runtime-dir 2>/dev/null)',
  'set -- "$dir"',
  // Servers that were started with another environment than this shell's keep their files elsewhere.
  "for c in $(grep -ls jupyter /proc/[0-9]*/cmdline 2>/dev/null); do",
  runtimeDirOfProcess,
  '  [ -d "$d" ] || continue',
  '  case " $* " in *" $d "*) ;; *) set -- "$@" "$d";; esac',
  "done",
  "pids=",
  'for dir in "$@"; do for f in "$dir"/jpserver-*.json "$dir"/nbserver-*.json; do',
  '  [ -f "$f" ] || continue',
  "  p=$" + "{f##*-}; p=$" + "{p%.json}",
  '  [ ! -d /proc/self ] || [ -d "/proc/$p" ] || continue',
  '  pids="$pids $p"; printf \'\\n#file %s\\n\' "$' + '{f##*/}"; cat "$f"',
  "done; done",
  'if [ "$how" = all ] && [ -z "$pids" ]; then',
  "  printf '\\n#list jpserver\\n'; jupyter server list --jsonlist 2>/dev/null || jupyter server list --json 2>/dev/null",
  "  printf '\\n#list nbserver\\n'; jupyter notebook list --jsonlist 2>/dev/null || jupyter notebook list --json 2>/dev/null",
  "fi",
  "for p in $pids; do",
  '  [ -r "/proc/$p/status" ] || continue',
  "  printf '\\n#process %s\\n' \"$p\"",
  "  grep '^Uid:' \"/proc/$p/status\"",
  '  ls -l "/proc/$p/fd" 2>/dev/null | sed -n "s/.*socket:\\[\\([0-9]*\\)\\]$/inode \\1/p"',
  "  tr '\\0' '\\n' <\"/proc/$p/cmdline\" 2>/dev/null | grep -qE '(token|password)=.' && echo key-in-arguments",
  "done",
  'if [ -n "$pids" ]; then',
  "  printf '\\n#sockets\\n'",
  '  for t in tcp tcp6; do [ ! -r "/proc/net/$t" ] || grep " 0A " "/proc/net/$t"; done',
  "fi",
  "exit 0",
].join("\n");

/**
 * Starts a server that outlives this shell, on the loopback interface, with a random key of Jupyter's own making, which
 * stands in no argument, no environment and no file but Jupyter's private one. Arguments: program, folder, port.
 * Prints `pid N`, or `missing`, or `ended` and the last lines it said.
 */
export const start = [
  path,
  runtimeDir,
  "umask 077",
  'case "$1" in',
  "best) for c in lab notebook server; do command -v jupyter-$c >/dev/null 2>&1 && break; c=; done;;",
  '*) c="$1"; command -v "jupyter-$c" >/dev/null 2>&1 || c=;;',
  "esac",
  '[ -n "$c" ] || { echo missing; exit 0; }',
  'cd "$' + '{2:-$HOME}" || { echo ended; echo "no such folder"; exit 0; }',
  "log=$(mktemp) || exit 1",
  'root=; [ "$(id -u)" = 0 ] && root=--allow-root',
  "w=; command -v setsid >/dev/null 2>&1 && w=setsid",
  // The mark of this command would let the whole server be ended with it.
  'nohup $w env -u GATEHOUSE_RUN -u JUPYTER_TOKEN -u JUPYTER_TOKEN_FILE "jupyter-$c" --no-browser --ip=127.0.0.1 "--port=$3" $root \\',
  '  >"$log" 2>&1 </dev/null &',
  "p=$!; n=0",
  'while kill -0 "$p" 2>/dev/null && [ "$n" -lt 100 ]; do',
  '  [ -f "$dir/jpserver-$p.json" ] || [ -f "$dir/nbserver-$p.json" ] && { rm -f "$log"; echo "pid $p"; exit 0; }',
  "  sleep 0.25; n=$((n + 1))",
  "done",
  'kill "$p" 2>/dev/null',
  'echo ended; tail -n 5 "$log" | sed \'s/token=[0-9A-Za-z_-]*/token=/g\' | cut -c1-300; rm -f "$log"',
].join("\n");

/** Ends a process, once it is seen to be a Jupyter server: 15 first, 9 after five seconds. Argument: process id. */
export const end = [
  'grep -qa jupyter "/proc/$1/cmdline" 2>/dev/null || exit 0',
  'kill "$1" 2>/dev/null; n=0',
  'while kill -0 "$1" 2>/dev/null && [ "$n" -lt 20 ]; do sleep 0.25; n=$((n + 1)); done',
  'kill -9 "$1" 2>/dev/null; exit 0',
].join("\n");

/** Cookies that Jupyter gave out before stay good with this file, whatever the new key is. */
export const forgetCookies = [runtimeDir, 'rm -f "$dir/jupyter_cookie_secret" "$dir/notebook_cookie_secret"'].join(
  "\n",
);

/** What each process holds on GPUs: process id, MiB. */
export const gpuMemory =
  "nvidia-smi --query-compute-apps=pid,used_gpu_memory --format=csv,noheader,nounits 2>/dev/null; exit 0";

/** Memory of kernels: process id, KiB, arguments; then what each process holds on GPUs. */
export const kernelMemory = [
  "ps -eo pid=,rss=,args= 2>/dev/null | grep 'kernel-[0-9a-f-]*\\.json'",
  "echo '#gpu'",
  gpuMemory,
].join("\n");
