import { createHash } from "node:crypto";

/** How a container of the image is brought to life. */
export type ImageProgram = "server" | "notebook" | "shell";

export interface Image {
  /** `sha256:…` */
  id: string;
  tags: string[];
  digests: readonly string[];
  createdAt: number;
  sizeBytes: number;
  config: {
    User: string;
    Env: string[];
    Cmd: string[] | null;
    Entrypoint: string[] | null;
    WorkingDir: string;
    ExposedPorts: Record<string, object>;
    Volumes: Record<string, object> | null;
    Labels: Record<string, string>;
    Healthcheck?: Record<string, unknown>;
  };
  history: { by: string; sizeBytes: number; empty: boolean }[];
  layers: readonly string[];
  program: ImageProgram;
}

export function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const seconds = 1_000_000_000;

interface Draft {
  name: string;
  tag: string;
  digests: number;
  created: string;
  program: ImageProgram;
  config: Partial<Image["config"]>;
  history: [by: string, sizeBytes: number][];
}

const drafts: readonly Draft[] = [
  {
    name: "gatehouse/inference-server",
    tag: "1",
    digests: 2,
    created: "2025-09-30T10:12:44.000Z",
    program: "server",
    config: {
      User: "10001:10001",
      Env: [path, "AUTH_TOKEN_FILE=/run/secrets/auth_token", "MODEL_DIR=/models"],
      Entrypoint: ["/usr/local/bin/node", "/app/inference-server.mjs"],
      WorkingDir: "/app",
      ExposedPorts: { "8000/tcp": {} },
      Labels: { "org.opencontainers.image.title": "Gatehouse inference server", simulated: "true" },
      Healthcheck: {
        Test: ["CMD", "/usr/local/bin/node", "/app/inference-server.mjs", "health"],
        Interval: 10 * seconds,
        Timeout: 3 * seconds,
        StartPeriod: 5 * seconds,
      },
    },
    // As the Dockerfile of the reference server, and a few tools to look around with, which that one does not have.
    history: [
      ['ENTRYPOINT ["/usr/local/bin/node" "/app/inference-server.mjs"]', 0],
      [
        'HEALTHCHECK &{["CMD" "/usr/local/bin/node" "/app/inference-server.mjs" "health"] "10s" "3s" "5s" "0s" \'\\x00\'}',
        0,
      ],
      ["EXPOSE map[8000/tcp:{}]", 0],
      ["USER 10001:10001", 0],
      ["WORKDIR /app", 0],
      ["ENV MODEL_DIR=/models", 0],
      ["ENV AUTH_TOKEN_FILE=/run/secrets/auth_token", 0],
      ["COPY /busybox /bin/ # buildkit (simulated image only)", 1_048_213],
      ["COPY /rootfs / # buildkit", 187_402_733],
    ],
  },
  {
    name: "quay.io/jupyter/scipy-notebook",
    tag: "2025-03-14",
    digests: 1,
    created: "2025-03-14T07:40:02.000Z",
    program: "notebook",
    config: {
      User: "1000:100",
      Env: [path, "NB_USER=jovyan", "HOME=/home/jovyan"],
      Cmd: ["start-notebook.py"],
      WorkingDir: "/home/jovyan",
      ExposedPorts: { "8888/tcp": {} },
      Labels: { simulated: "true" },
    },
    history: [
      ['CMD ["start-notebook.py"]', 0],
      ["USER 1000:100", 0],
      ["RUN /bin/sh -c mamba install --yes jupyterlab notebook # buildkit", 212_403_117],
      ["/bin/sh -c #(nop) ADD file:7b1ac2 in / ", 129_440_010],
    ],
  },
  ...["1", "1.36"].map(
    (tag): Draft => ({
      name: "busybox",
      tag,
      digests: 1,
      created: tag === "1" ? "2024-09-26T21:31:42.000Z" : "2023-05-18T22:34:17.000Z",
      program: "shell",
      config: { Env: [path], Cmd: ["sh"], Labels: {} },
      history: [
        ['CMD ["sh"]', 0],
        [`BusyBox ${tag === "1" ? "1.37.0" : "1.36.1"} (glibc), Debian 12`, 4_269_694],
      ],
    }),
  ),
];

/** Everything that the simulated registry has. Ids and digests are the same on every host and at every start. */
export function registryImages(): Image[] {
  return drafts.map((draft) => {
    const reference = `${draft.name}:${draft.tag}`;
    const digests = Array.from(
      { length: draft.digests },
      (_, n) => `${draft.name}@${digestOf(`${reference} manifest ${n}`)}`,
    );
    const history = draft.history.map(([by, sizeBytes]) => ({ by, sizeBytes, empty: sizeBytes === 0 }));
    return {
      id: digestOf(`${reference} config`),
      tags: [reference],
      digests,
      createdAt: Date.parse(draft.created),
      sizeBytes: history.reduce((sum, layer) => sum + layer.sizeBytes, 0),
      config: {
        User: "",
        Env: [],
        Cmd: null,
        Entrypoint: null,
        WorkingDir: "",
        ExposedPorts: {},
        Volumes: null,
        Labels: {},
        ...draft.config,
      },
      history,
      layers: history.filter((layer) => !layer.empty).map((layer) => digestOf(`${reference} ${layer.by}`)),
      program: draft.program,
    };
  });
}

export interface Reference {
  /** Without `docker.io/` and `library/`. */
  name: string;
  tag: string | null;
  digest: string | null;
}

/** Takes a reference apart; `null` when it is not one. */
export function parseReference(text: string): Reference | null {
  const [rest = "", digest = null] = text.split("@");
  const colon = rest.lastIndexOf(":");
  const tagged = colon > rest.lastIndexOf("/");
  const name = (tagged ? rest.slice(0, colon) : rest)
    .replace(/^(?:index\.)?docker\.io\//, "")
    .replace(/^library\//, "");
  if (!/^[a-z0-9]+(?:[._/:-]+[a-z0-9]+)*$/.test(name)) return null;
  if (digest !== null && !/^sha256:[0-9a-f]{64}$/.test(digest)) return null;
  const tag = tagged ? rest.slice(colon + 1) : null;
  if (tag !== null && !/^\w[\w.-]{0,127}$/.test(tag)) return null;
  return { name, tag, digest };
}

/** The image that `text` (a reference, an id or the beginning of one) names among `images`. */
export function findImage(images: readonly Image[], text: string): Image | undefined {
  const bare = text.replace(/^sha256:/, "");
  if (/^[0-9a-f]{4,64}$/.test(bare)) {
    const byId = images.filter(({ id }) => id.slice(7).startsWith(bare));
    if (byId.length === 1) return byId[0];
  }
  const reference = parseReference(text);
  if (reference === null) return undefined;
  const { name, tag, digest } = reference;
  if (digest !== null) return images.find(({ digests }) => digests.includes(`${name}@${digest}`));
  return images.find(({ tags }) => tags.includes(`${name}:${tag ?? "latest"}`));
}
