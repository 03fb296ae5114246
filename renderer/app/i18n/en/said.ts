/** Words for the codes that the core says in short notes, as `code` or `code: values`: the values are {a}, {b} and {what}. */
export const said = {
  "note.score": "score {a}",
  "note.score-relaxed": "score {a}, relaxed: {b}",
  "note.none-asked": "none asked for",
  "note.no-model-server": "no model server",
  "note.with-the-model": "in memory, with the model",
  "note.loads-itself": "the server loads its model itself",
  "note.no-secret-given": "no secret was given",
  "note.files": "{a} in files{b, plural, =0 {} other {, # in memory with the model}}",
  "note.traces":
    "{a, plural, =0 {0 traces} one {# trace} other {# traces}} in {b, plural, one {# place} other {# places}}",
  "note.ready": "ready",

  "given.asked": "as asked",
  "given.asked-strongest": "as asked, and the strongest way",
  "given.strongest-memory": "the strongest way: no file, no environment",
  "given.strongest-file": "the strongest way that the image supports",
  "given.not-text": "the value is not text, so it cannot go with the model",

  "reason.not-asked": "it was not asked yet",
  "reason.not-chosen": "nothing was chosen yet",
  "reason.not-given-back": "it took a test entry but did not give it back",
  "reason.no-library":
    "the library libsecret (package libsecret-1-0) is missing, or there is no build for this machine",
  "reason.not-loaded": "its module cannot be loaded ({what})",
  "reason.no-answer": "it is locked or waits for a prompt; it did not answer within 5 seconds",
  "reason.refused": "it refused a test entry ({what})",
  "reason.no-session": "there is no D-Bus session ({what})",
  "reason.no-service": "no GNOME Keyring, KWallet or KeePassXC runs in this session ({what})",
  "reason.no-keyring": "it has no keyring to put entries into, or could not ask for its password ({what})",
  "reason.not-text": "the value is not text",
  "reason.not-supported": "the image does not support it",
  "reason.no-way": "the image supports no way",

  "unchecked.vouched": "Rows {from} to {to} were written before there was a key; row {by} vouches for them.",
  "unchecked.recovered": "Row {seq}: a crash tore {file}; {bytes} bytes were set aside as {aside}.",
  "unchecked.skipped": "Row {seq}: {rows} rows of low severity were not kept, because the log could not be written.",
  "unchecked.other-files": "The rows before row {seq} are in other files, which were not looked at.",
  "unchecked.no-head":
    "The head kept apart from the log was not at hand: rows cut off since the last checkpoint would not show.",
  "unchecked.no-key": "The authentication codes of {rows} rows: the key was not at hand.",
  "unchecked.no-checkpoints": "There are no checkpoints yet: rows cut off at the end would not show by them.",
  "unchecked.own-key": "The checkpoints’ key {key} comes from their own file: compare it with the console’s.",
  "unchecked.more": "{count, plural, one {# more finding is} other {# more findings are}} not listed.",

  "practice.note.orion":
    "Healthy: two H100, a current engine, the GPU toolkit. One container on it was started carelessly.",
  "practice.note.vega": "An old engine, and no GPU toolkit although there is a GPU.",
  "practice.note.lyra": "A small host on a bad line: it goes offline for some seconds now and then.",

  "container.health.healthy": "healthy",
  "container.health.unhealthy": "unhealthy",
  "container.health.starting": "starting",
  "container.health.none": "not checked",
  "containers.connecting": "connecting to {names}…",
  "finding.ownRule": "rule of Gatehouse",
  "fleet.noToolkit": "A GPU, but no GPU toolkit",
  "fleet.engineWarns": "The engine warns: {what}",
  "launch.sharedGpu": "held by {names}: they will share its memory",
  "launch.doneText": "{name} runs on {host}, after {time}.",
  "launch.ask": "Ask the model",
  "launch.change": "Change and try again",
} as const;
