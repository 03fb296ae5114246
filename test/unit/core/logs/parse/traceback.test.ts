import { describe, expect, it } from "vitest";
import { createTracebackReader, levelOf } from "../../../../../electron/core/logs/parse/index.ts";

/** Lines that begin with `>` are parts of the line above. */
const rows: [name: string, lines: string[]][] = [
  [
    "Python, behind the line of a logger",
    [
      "INFO:     Started server process",
      "ERROR:    Exception in ASGI application",
      ">Traceback (most recent call last):",
      '>  File "/app/main.py", line 10, in infer',
      ">    return model(x)",
      ">           ^^^^^^^^",
      ">torch.cuda.OutOfMemoryError: CUDA out of memory.",
      'INFO:     10.0.0.1:5 - "POST /infer HTTP/1.1" 500 Internal Server Error',
    ],
  ],
  [
    "Python by itself, with a chained exception",
    [
      "Traceback (most recent call last):",
      '>  File "/app/a.py", line 1, in <module>',
      ">    {}['x']",
      ">KeyError: 'x'",
      ">",
      ">During handling of the above exception, another exception occurred:",
      ">",
      ">Traceback (most recent call last):",
      '>  File "/app/a.py", line 3, in <module>',
      ">    raise ValueError('no x')",
      ">ValueError: no x",
      "next line",
    ],
  ],
  [
    "Python, the cause of an exception",
    [
      "Traceback (most recent call last):",
      '>  File "a.py", line 1, in f',
      ">  [Previous line repeated 996 more times]",
      ">socket.gaierror: [Errno -2] Name or service not known",
      ">",
      ">The above exception was the direct cause of the following exception:",
      ">",
      ">Traceback (most recent call last):",
      '>  File "a.py", line 2, in g',
      ">KeyboardInterrupt",
      "next line",
    ],
  ],
  [
    "two Python tracebacks one behind the other",
    [
      "Traceback (most recent call last):",
      '>  File "a.py", line 1, in f',
      ">ValueError: first",
      "Traceback (most recent call last):",
      '>  File "a.py", line 1, in f',
      ">ValueError: second",
    ],
  ],
  [
    "a Python exception group",
    [
      "  + Exception Group Traceback (most recent call last):",
      '>  |   File "a.py", line 1, in <module>',
      ">  |     raise ExceptionGroup('two', [ValueError(1)])",
      ">  | ExceptionGroup: two (1 sub-exception)",
      ">  +-+---------------- 1 ----------------",
      ">    | Traceback (most recent call last):",
      '>    |   File "a.py", line 2, in <module>',
      ">    | ValueError: 1",
      ">    +------------------------------------",
      "next line",
    ],
  ],
  [
    "a Python traceback that was cut off by its logger",
    ["Traceback (most recent call last):", '>  File "a.py", line 1, in f', "INFO:     next line"],
  ],
  [
    "vLLM, with its prefix before each line",
    [
      "(EngineCore pid=7) ERROR 11-22 10:00:00 [core.py:700] EngineCore failed to start.",
      ">(EngineCore pid=7) ERROR 11-22 10:00:00 [core.py:700] Traceback (most recent call last):",
      '>(EngineCore pid=7) ERROR 11-22 10:00:00 [core.py:700]   File "core.py", line 691, in run',
      ">(EngineCore pid=7) ERROR 11-22 10:00:00 [core.py:700]     engine = EngineCoreProc()",
      ">(EngineCore pid=7) ERROR 11-22 10:00:00 [core.py:700] RuntimeError: no GPU",
      "(APIServer pid=1) INFO 11-22 10:00:01 [launcher.py:20] Shutting down",
    ],
  ],
  [
    "Node, with fields behind the stack",
    [
      "Error: connect ECONNREFUSED 10.0.0.1:5432",
      ">    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1607:16)",
      ">    at async file:///app/server.mjs:12:3 {",
      ">  errno: -111,",
      ">  code: 'ECONNREFUSED'",
      ">}",
      "next line",
    ],
  ],
  [
    "Node, with a cause",
    [
      "Error: outer",
      ">    at main (/app/a.js:2:9)",
      ">  [cause]: TypeError: inner",
      ">    at f (/app/a.js:1:7)",
      "next line",
    ],
  ],
  [
    "Java, behind the line of a logger",
    [
      "2026-11-22 10:00:00,123 ERROR [main] c.e.App - failed",
      ">java.lang.IllegalStateException: no model",
      ">\tat com.example.App.run(App.java:10)",
      ">\tat java.base/java.lang.Thread.run(Thread.java:840)",
      ">Caused by: java.io.IOException: no file",
      ">\tat com.example.Files.open(Files.java:3)",
      ">\t... 12 more",
      "2026-11-22 10:00:01,000 INFO [main] c.e.App - bye",
    ],
  ],
  [
    "Java by itself",
    [
      'Exception in thread "main" java.lang.NullPointerException',
      ">\tat com.example.App.main(App.java:5)",
      "next line",
    ],
  ],
  [
    "a Go panic",
    [
      "panic: runtime error: invalid memory address or nil pointer dereference",
      ">[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47b6f2]",
      ">",
      ">goroutine 1 [running]:",
      ">main.(*server).serve(0xc000012345, {0x1, 0x2})",
      ">\t/app/main.go:10 +0x1d",
      ">main.main()",
      ">\t/app/main.go:5 +0x25",
      ">created by net/http.(*Server).Serve in goroutine 1",
      ">\t/usr/local/go/src/net/http/server.go:3285 +0x4b4",
      ">exit status 2",
      "next line",
    ],
  ],
  ["the very first line, as if cut", ["    at f (/app/a.js:1:7)", ">    at g (/app/a.js:2:7)", "next line"]],
  [
    "what only looks like it",
    ["ERROR it broke", "  look at the manual", "Error: plain", "Traceback of a parcel", "panic is no answer", ""],
  ],
];

describe("parts of an error report", () => {
  it.each(rows)("%s", (_, marked) => {
    const reader = createTracebackReader();
    const read = marked
      .map((line) => line.replace(/^>/, ""))
      .map((line) => `${reader.isPart(line, levelOf(line)) ? ">" : ""}${line}`);
    expect(read).toEqual(marked);
  });

  it("a report that never ends is let go", () => {
    const reader = createTracebackReader();
    reader.isPart("Traceback (most recent call last):", "error");
    const parts = Array.from({ length: 20_000 }, () => reader.isPart("  x", null)).filter((part) => part);
    expect(parts).toHaveLength(5_000);
  });
});
